// Written by `npm run tools` from src/mcp/tools and the schema.

export * from './connect.ts';
export * from './context.ts';
export * from './correct.ts';
export * from './dispute.ts';
export * from './explore.ts';
export * from './forget.ts';
export * from './open.ts';
export * from './recall.ts';
export * from './remember.ts';
export * from './retract.ts';
export * from './timeline.ts';
export type * from './types.ts';
export * from './update-working-memory.ts';
