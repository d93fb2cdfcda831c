import { type ExecutionResult, GraphQLError } from 'graphql';
import { describeError } from '../../kernel/describe-error.ts';
import { DomainError, Unavailable } from '../../kernel/errors.ts';
import { refusedUntil } from './refusal.ts';

/** While an outage lasts it is logged this often. */
const LOG_EVERY_MS = 5_000;
/** And a clock that is behind this often. */
const CLOCK_LOG_EVERY_MS = 60_000;

/** The failure of a kind that an error comes from, if it comes from one. */
export function expectedOf(error: unknown): DomainError | Unavailable | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = deeper(cause)) {
    if (cause instanceof DomainError || cause instanceof Unavailable) return cause;
  }
  return undefined;
}

const deeper = (error: Error): unknown => (error instanceof GraphQLError && error.originalError) || error.cause;

/** What the service could not do. */
export function outageOf({ errors = [] }: ExecutionResult): Unavailable | undefined {
  for (const error of errors) {
    const expected = expectedOf(error);
    if (expected instanceof Unavailable) return expected;
  }
  return undefined;
}

/**
 * The answer in place of one that an outage has left nothing of: a request error, as if nothing had been executed, with
 * status 503, which tells every client and proxy that it may send the request again. Undefined where something is left.
 */
export function refusalOf({ data }: ExecutionResult, outage: Unavailable): ExecutionResult | undefined {
  const hasSomething = Object.values(data ?? {}).some((value) => value !== null);
  if (hasSomething || outage.isUncertain) return undefined;
  return { errors: [refusedUntil(503, outage.code, outage.message, outage.retryAfterSeconds)] };
}

/** Logs something that may be so of every request, and does not log each. */
export function logNowAndThen<T>(
  log: (text: string) => void,
  everyMs: number,
  describe: (subject: T) => string,
): (subject: T) => void {
  let quietUntil = 0;
  return (subject) => {
    if (performance.now() < quietUntil) return;
    quietUntil = performance.now() + everyMs;
    log(describe(subject));
  };
}

export const outageLog = (log: (text: string) => void): ((outage: Unavailable) => void) =>
  logNowAndThen(log, LOG_EVERY_MS, (outage) => `Requests cannot be answered: ${describeError(outage)}`);

/** Takes how many milliseconds the database's clock is behind what has been written. */
export const clockLog = (log: (text: string) => void): ((ms: number) => void) =>
  logNowAndThen(
    log,
    CLOCK_LOG_EVERY_MS,
    (ms) =>
      `The clock of the database is ${(ms / 1_000).toFixed(1)} s behind what has been written: it was set back. ` +
      'Until it catches up, changes are dated a millisecond after each other. Check the clock of that machine.',
  );

/**
 * The same errors, where a mutation has been done: one from below it says so, since the outage itself says that nothing
 * was done.
 */
export const afterWrite = (errors: readonly GraphQLError[]): GraphQLError[] =>
  errors.map((error) => {
    const outage = expectedOf(error);
    const isBelow = error.path !== undefined && error.path.length > 1;
    if (!isBelow || !(outage instanceof Unavailable) || outage.isUncertain) return error;
    return new GraphQLError(UNREAD, {
      ...(error.nodes && { nodes: error.nodes }),
      path: error.path,
      originalError: new Unavailable(UNREAD, outage.retryAfterSeconds, { cause: outage, isUncertain: true }),
    });
  });

const UNREAD =
  'The mutation was done, but not all of its answer could be read, because the database became unavailable: read it, ' +
  'or send the mutation again with the same idempotencyKey.';
