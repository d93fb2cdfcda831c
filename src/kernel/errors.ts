import type { NodeType } from './ids.ts';
import type { Principal } from './principal.ts';

/** The codes by which a client distinguishes failures. */
export const errorCodes = [
  'INVALID_INPUT',
  'NOT_FOUND',
  'ALREADY_CORRECTED',
  'ALREADY_RESOLVED',
  'RELATION_EXISTS',
  'CYCLE',
  'IDEMPOTENCY_CONFLICT',
  'CONFLICT',
  'EMBEDDING_UNAVAILABLE',
  'EMBEDDING_DIMENSION',
  'CHAT_PROVIDER_UNAVAILABLE',
  'LIMIT_EXCEEDED',
  'FORBIDDEN',
  'UNAUTHENTICATED',
  'RATE_LIMITED',
  'UNAVAILABLE',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** A failure that a caller can expect and act on: data of a mutation, a coded error of a query, never a bug. */
export abstract class DomainError extends Error {
  abstract readonly code: ErrorCode;
}

export interface InputIssue {
  /** Leads to the field, e.g. `['input', 'memories', 3, 'content']`. */
  path: readonly (string | number)[];
  /** What is wrong there, what is allowed, and what to do. */
  message: string;
}

export class InvalidInput extends DomainError {
  readonly code = 'INVALID_INPUT';
  readonly issues: readonly InputIssue[];
  constructor(issues: readonly InputIssue[]) {
    super(issues.map(({ path, message }) => (path.length ? `${path.join('.')}: ${message}` : message)).join(' '));
    this.issues = issues;
  }
}

/** Something the caller named does not exist in this workspace, or no longer. */
export class NotFound extends DomainError {
  readonly code = 'NOT_FOUND';
  /** The ids, as the caller gave them. */
  readonly ids: readonly string[];
  constructor(what: string, ids: readonly string[], message = missing(what, ids)) {
    super(message);
    this.ids = ids;
  }
}

const missing = (what: string, ids: readonly string[]): string =>
  `There is no ${what} ${ids.slice(0, 10).join(', ')}${ids.length > 10 ? ` (and ${ids.length - 10} more)` : ''}: ` +
  'check the id, it may have been erased.';

/** A retry of a mutation, of whose success something has been erased since: it makes nothing again. */
export class ErasedSince extends NotFound {
  constructor(key: string, mutation: string) {
    super(
      '',
      [],
      `What ${mutation} answered to the idempotencyKey ${JSON.stringify(key)} has been erased since, or part of it: ` +
        'nothing was made. Use a new key to make it again.',
    );
  }
}

export class Forbidden extends DomainError {
  readonly code = 'FORBIDDEN';
  /** `UNRESTRICTED`: the scopes would do, but the credential is restricted to companions or users. */
  readonly requiredScope: string;
  constructor(
    requiredScope: string,
    message = `This needs the scope ${requiredScope}, which the credential does not have.`,
  ) {
    super(message);
    this.requiredScope = requiredScope;
  }
}

/**
 * The service cannot do it now. It is no failure of what was asked, so no mutation has it as data. Unless
 * `isUncertain`, nothing was done.
 */
export class Unavailable extends Error {
  override name = 'Unavailable';
  readonly code = 'UNAVAILABLE' satisfies ErrorCode;
  /** When to ask again. */
  readonly retryAfterSeconds: number;
  /** Something of it may have been done. */
  readonly isUncertain: boolean;
  constructor(message: string, retryAfterSeconds: number, options: { cause?: unknown; isUncertain?: boolean } = {}) {
    super(message, { cause: options.cause });
    this.retryAfterSeconds = retryAfterSeconds;
    this.isUncertain = options.isUncertain ?? false;
  }
}

/**
 * Nobody known asks. The message says what is wrong with the credential, and nothing of what it might have been good
 * for.
 */
export class Unauthenticated extends DomainError {
  readonly code = 'UNAUTHENTICATED';
  /** The credential that was tried, where there is one of its id, and why it was refused: for the audit trail alone. */
  readonly tried: Tried | undefined;
  constructor(message: string, tried?: Tried) {
    super(message);
    this.tried = tried;
  }
}

/** A credential that is known and was refused. */
export interface Tried {
  who: Pick<Principal, 'workspaceId' | 'actor' | 'credential'>;
  outcome: 'WRONG_SECRET' | 'SECRET_REPLACED' | 'KEY_REVOKED' | 'KEY_EXPIRED';
}

export class IdempotencyConflict extends DomainError {
  readonly code = 'IDEMPOTENCY_CONFLICT';
  constructor(key: string, mutation: string) {
    super(
      `The idempotencyKey ${JSON.stringify(key)} was used within the last 7 days by ${mutation} with ` +
        `another input: use a new key for a new change.`,
    );
  }
}

/** What was expected is not what is there. The message says nothing of what is. */
export class Conflict extends DomainError {
  readonly code = 'CONFLICT';
  /** What is there; null: nothing is. */
  readonly current: { type: NodeType; id: string } | null;
  constructor(message: string, current: Conflict['current']) {
    super(`${message}: read current, and decide again.`);
    this.current = current;
  }
}

export class LimitExceeded extends DomainError {
  readonly code = 'LIMIT_EXCEEDED';
  readonly limit: number;
  readonly given: number;
  constructor(what: string, limit: number, given: number) {
    super(`${what}: at most ${limit}, given ${given}.`);
    this.limit = limit;
    this.given = given;
  }
}

/** It was too much for the time there is: less at once can be done. Nothing was done. */
export class TookTooLong extends LimitExceeded {}

/** The two memories already have a relation of this type. */
export class RelationExists extends DomainError {
  readonly code = 'RELATION_EXISTS';
  /** Key of the relation there is. */
  readonly relationId: string;
  /** Key of its contradiction, where it is one. */
  readonly contradictionId: string | null;
  constructor(type: string, relationId: string, contradictionId: string | null = null) {
    super(
      contradictionId
        ? 'These memories have a contradiction already: see contradiction. reopenContradiction opens it again.'
        : `These memories have a ${type} relation already: see relation. unrelateMemories ends it.`,
    );
    this.relationId = relationId;
    this.contradictionId = contradictionId;
  }
}

/** A version that is no longer believed, or does not hold at the moment a change is to take effect. */
export class AlreadyCorrected extends DomainError {
  readonly code = 'ALREADY_CORRECTED';
  /** Key of the version that holds, else of the one last believed. */
  readonly currentId: string;
  constructor(currentId: string, why: string) {
    super(`This version ${why}: see current, and correct that one.`);
    this.currentId = currentId;
  }
}

/** What was asked wants a vector, and none can be had. */
export class EmbeddingUnavailable extends DomainError {
  readonly code = 'EMBEDDING_UNAVAILABLE';
  constructor() {
    super(
      'The vector of the question is not available now: give a query with words to search for, or try again later.',
    );
  }
}

/** What was asked needs a chat model, and none answers: nothing was done, and the same may do later. */
export class ChatProviderUnavailable extends DomainError {
  readonly code = 'CHAT_PROVIDER_UNAVAILABLE';
}

/** A vector of another dimension than the service's model gives. */
export class EmbeddingDimension extends DomainError {
  readonly code = 'EMBEDDING_DIMENSION';
  readonly expected: number;
  readonly given: number;
  constructor(expected: number, given: number) {
    super(`A vector of dimension ${given} was given, but ${expected} is expected: see viewer.embedding for the model.`);
    this.expected = expected;
    this.given = given;
  }
}

/** The contradiction is not open. */
export class AlreadyResolved extends DomainError {
  readonly code = 'ALREADY_RESOLVED';
  readonly contradictionId: string;
  constructor(contradictionId: string, resolution: string) {
    super(`The contradiction is resolved already (${resolution}): undo that first with reopenContradiction.`);
    this.contradictionId = contradictionId;
  }
}

/** A CAUSES relation would make something its own cause. */
export class Cycle extends DomainError {
  readonly code = 'CYCLE';
  /** Keys of the memories on the way that would close, in order, the first one again left out. */
  readonly memoryIds: readonly string[];
  constructor(memoryIds: readonly string[]) {
    super(`CAUSES relations must not form a circle: this one would close a circle of ${memoryIds.length} memories.`);
    this.memoryIds = memoryIds;
  }
}
