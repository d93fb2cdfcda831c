export type { ContextSectionKind } from './context.ts';
export { type PalimpsestMiddlewareOptions, palimpsestMiddleware } from './middleware.ts';
export { PalimpsestMemory, type PalimpsestMemoryOptions, palimpsestMemory } from './provider.ts';
export type {
  ChatSession,
  ConversationMessage,
  MemoryScope,
  WorkingMemory,
  WorkingMemoryOf,
} from './provider-types.ts';
