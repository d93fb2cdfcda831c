// Every table, for migrations and relations. Features reach each other's tables through here alone.
export * from './audit.ts';
export * from './companion.ts';
export * from './contradiction.ts';
export * from './correction.ts';
export * from './credential.ts';
export * from './decay.ts';
export * from './embedding.ts';
export * from './entity.ts';
export * from './event.ts';
export * from './idempotency.ts';
export * from './memory.ts';
export * from './recall.ts';
export * from './relation.ts';
export * from './user.ts';
export * from './workspace.ts';
