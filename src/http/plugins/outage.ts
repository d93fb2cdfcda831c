import { type ExecutionResult, GraphQLError } from 'graphql';
import { describeError } from '../../kernel/describe-error.ts';
import { DomainError, Unavailable } from '../../kernel/errors.ts';
import { refusedUntil } from './refusal.ts';

/** While an outage lasts it is logged this often. */
const LOG_EVERY_MS = 5_000;

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

/** Logs outages: not each, since every request has one. */
export function outageLog(log: (text: string) => void): (outage: Unavailable) => void {
  let quietUntil = 0;
  return (outage) => {
    if (performance.now() < quietUntil) return;
    quietUntil = performance.now() + LOG_EVERY_MS;
    log(`Requests cannot be answered: ${describeError(outage)}`);
  };
}
