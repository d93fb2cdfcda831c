export { type Client, type ConnectOptions, connect, type Narrowing } from './connect.ts';
export type { GraphQLDocument } from './document.ts';
export type { Execute, ExecuteOptions, Executes } from './execute.ts';
export { type Failure, OperationError } from './operation-error.ts';
export type { Connection, Pages } from './pages.ts';
