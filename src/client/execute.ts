import type { GraphQLDocument } from './document.ts';

export interface ExecuteOptions {
  /** Ends the waiting; what was sent may still be done. */
  signal?: AbortSignal | undefined;
}

/**
 * Runs one GraphQL document and answers its data. Throws OperationError where anything of it failed: a refusal of the
 * request, an error of a field, or an expected failure of a mutation. Code that takes such a function works with a
 * service in the same process and with a remote one alike.
 */
export type Execute = <Data, Variables extends object = Record<string, unknown>>(
  document: GraphQLDocument<Data, Variables>,
  variables?: Variables,
  options?: ExecuteOptions,
) => Promise<Data>;

export interface Executes {
  execute: Execute;
}
