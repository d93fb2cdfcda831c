import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { StatementCount } from '../../db/statement-count.ts';
import type { Principal } from '../../graphql/core/context.ts';

/** What a request is for. */
export type Route = 'graphql' | 'mcp' | 'health' | 'ready' | 'metrics' | 'other';
export type OperationType = 'query' | 'mutation' | 'subscription';

/** Longer names of operations are cut: the client chooses them, and a document has room for millions of letters. */
const MAX_NAME_LENGTH = 100;
/** What ids of requests, given by clients or proxies, look like. */
const REQUEST_ID = /^[\w.:+/=-]{1,128}$/;

/**
 * What logs, metrics and traces say of one request, as far as it is known. It has no place for contents, variables,
 * documents or values of rows: what is not here cannot leak.
 */
export class RequestRecord {
  readonly id: string;
  readonly statements = new StatementCount();
  readonly #startedAt = performance.now();
  route: Route | undefined;
  principal: Principal | undefined;
  operationType: OperationType | undefined;
  /** The operation's name in its document, cut. */
  operationName: string | undefined;
  complexity: number | undefined;
  /** Of the response; undefined where none was made. */
  status: number | undefined;
  /** The codes of errors, and of expected failures of mutations, each once. */
  readonly codes = new Set<string>();
  /** The id of its trace, where it is traced. */
  traceId: string | undefined;
  durationMs = 0;

  /** `given` is the id that came with the request, taken over where it is one. */
  constructor(given: string | null) {
    this.id = given !== null && REQUEST_ID.test(given) ? given : randomUUID();
  }

  /** It asks by another protocol than GraphQL. */
  asks(name: string): void {
    this.operationName = name.slice(0, MAX_NAME_LENGTH);
  }

  isOf(type: OperationType, name: string | undefined): void {
    this.operationType = type;
    this.operationName = name?.slice(0, MAX_NAME_LENGTH);
  }

  end(): void {
    this.durationMs = performance.now() - this.#startedAt;
  }

  get outcome(): Outcome {
    if (this.status === undefined) return 'aborted';
    if (this.codes.has(INTERNAL) || this.status >= 500) return 'error';
    return this.codes.size > 0 || this.status >= 400 ? 'refused' : 'success';
  }
}

/** `error`: the service is at fault; `refused`: the client can do something about it; `aborted`: the client is gone. */
export type Outcome = 'success' | 'refused' | 'error' | 'aborted';

/** The code of errors that are masked. */
export const INTERNAL = 'INTERNAL_SERVER_ERROR';

/** Is notified when a request begins and ends. */
export interface RequestObserver {
  started?(record: RequestRecord): void;
  finished(record: RequestRecord): void;
}

/** The request that what runs is done for, if any. */
export const currentRequest = new AsyncLocalStorage<RequestRecord>();
