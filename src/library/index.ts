export type { Narrowing } from '../client/connect.ts';
export type { GraphQLDocument } from '../client/document.ts';
export type { Execute, ExecuteOptions, Executes } from '../client/execute.ts';
export { type Failure, OperationError } from '../client/operation-error.ts';
export type { Connection, Pages } from '../client/pages.ts';
export type { Client } from '../client/verbs/client.ts';
export {
  type Memorable,
  type Memory,
  type MemoryOf,
  memory,
  type Recalled,
  type WriteOptions,
} from '../client/verbs/memory.ts';
export { DatabaseUnavailable } from '../db/database.ts';
export { ConfigError } from '../kernel/config-error.ts';
export { open, type Palimpsest } from './open.ts';
export type { OpenOptions } from './options.ts';
export type { Settings } from './settings.ts';
