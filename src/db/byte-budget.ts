import { LimitExceeded, Unavailable } from '../kernel/errors.ts';

/** When there may be room again. */
const RETRY_S = 1;
let count = 0;
/** The code of the failure to read more bytes than are left of a budget, where it comes from another thread. */
export const TOO_MANY_BYTES = 'TOO_MANY_BYTES';

/** An answer would have more bytes than `limit`; `given`: those counted by then. */
export class AnswerTooLarge extends LimitExceeded {
  /** What the document changes has been done nevertheless. */
  readonly isAfterChange: boolean;

  constructor(limit: number, given: number, isAfterChange: boolean) {
    const what = 'Ask for fewer items or fields, and for each content only once. Bytes of an answer';
    super(
      isAfterChange
        ? `What this document changes has been done, but its answer would be too large: read it with a query. ${what}`
        : `This answer would be too large. ${what}`,
      limit,
      given,
    );
    this.isAfterChange = isAfterChange;
  }
}

/** The bytes that all requests of the process together may hold of what they have read. */
export class BytePool {
  readonly limit: number;
  held = 0;

  constructor(limit: number) {
    this.limit = limit;
  }
}

/**
 * What one request may still take from the database, in bytes of the values of rows: counted while they come, so that
 * nothing far beyond it is ever held. It may read more than it may answer, as not all that is read is shown.
 */
export class ByteBudget {
  /** Another for each budget of the process. */
  readonly id = count++;
  readonly #answer: number;
  readonly #limit: number;
  readonly #pool: BytePool;
  #taken = 0;
  /** A mutation of the request has been done, which its refusal has to say. */
  isAfterChange = false;

  /** `answer`: the most bytes of the answer; twice as many may be read for it. */
  constructor(answer: number, pool: BytePool) {
    this.#answer = answer;
    this.#limit = 2 * answer;
    this.#pool = pool;
  }

  /** A budget of its own for something else that the same process answers. */
  another(answer: number): ByteBudget {
    return new ByteBudget(answer, this.#pool);
  }

  get left(): number {
    return Math.min(this.#ownLeft, this.#poolLeft);
  }

  get #ownLeft(): number {
    return this.#limit - this.#taken;
  }

  get #poolLeft(): number {
    return this.#pool.limit - this.#pool.held;
  }

  /** Counts what has come. Throws LimitExceeded where the request has read too much, Unavailable where all have. */
  take(bytes: number): void {
    this.#taken += bytes;
    this.#pool.held += bytes;
    if (this.left < 0) throw this.refusal();
  }

  /** Why nothing more may be read. */
  refusal(): AnswerTooLarge | Unavailable {
    if (this.#ownLeft <= this.#poolLeft) return this.tooLarge();
    return new Unavailable('Too many large answers are being made at once: try again in a moment.', RETRY_S);
  }

  /** The failure of a request whose answer would have more bytes than it may. */
  tooLarge(): AnswerTooLarge {
    return new AnswerTooLarge(this.#answer, Math.max(this.#taken, this.#answer + 1), this.isAfterChange);
  }

  /** To be called once, when nothing of what was read is held any more. */
  release(): void {
    this.#pool.held -= this.#taken;
    this.#taken = 0;
  }
}
