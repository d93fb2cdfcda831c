export type { ConnectOptions, Narrowing } from '../connect.ts';
export type { GraphQLDocument } from '../document.ts';
export type { Execute, ExecuteOptions, Executes } from '../execute.ts';
export { type Failure, OperationError } from '../operation-error.ts';
export * as documents from '../operations/all.ts';
export type * from '../operations/types.ts';
export type { Connection, Pages } from '../pages.ts';
export { type Client, connect } from './client.ts';
export { type Memorable, type Memory, type MemoryOf, memory, type Recalled, type WriteOptions } from './memory.ts';
