import { type ExecutionResult, executeSubscriptionEvent, GraphQLError, type ValidatedSubscriptionArgs } from 'graphql';
import { AnswerTooLarge, type ByteBudget } from '../../db/byte-budget.ts';
import type { Context } from '../../graphql/core/context.ts';
import type { Delivered, LiveSource } from '../../graphql/live/source.ts';
import { roomAfter } from '../answers/json-pieces.ts';
import type { Operating } from '../plugins/make-context.ts';
import { expectedOf, outageOf, refusalOf } from '../plugins/outage.ts';
import { withCode } from '../plugins/use-error-codes.ts';
import type { Batch, Payload } from './batches.ts';

/** The most bytes of what is delivered of one event. */
const PAYLOAD_BYTES = 2 ** 20;

/** The operation that is executed for each event. */
export interface Following {
  args: ValidatedSubscriptionArgs;
  source: LiveSource;
  /** Names what those have in common who may share an answer, but for what they see. */
  name: string;
}

/** Who follows. */
export interface Followed extends Operating {
  budget: ByteBudget;
}

/** Reads what comes next for subscribers. */
export class Reading {
  readonly #contextOf: (operating: Operating) => Context;

  constructor(contextOf: (operating: Operating) => Context) {
    this.#contextOf = contextOf;
  }

  /**
   * The answers to the next events behind a place, all of one view; of several that are large together the first alone.
   * Throws Unavailable where the database could not be asked: then nothing has been delivered.
   */
  async read(operation: Following, asking: Followed, position: number, head: number, limit: number): Promise<Batch> {
    const budget = asking.budget.another(PAYLOAD_BYTES);
    const context = this.#contextOf({ ...asking, budget });
    try {
      const { items, to } = await operation.source.read(context, position, head, limit);
      return { payloads: await Promise.all(items.map((item) => answer(operation, context, item, limit > 1))), to };
    } catch (error) {
      if (!(error instanceof AnswerTooLarge) || limit === 1) throw error;
    } finally {
      await context.reads.close();
      budget.release();
    }
    return this.read(operation, asking, position, head, 1);
  }
}

/** Throws AnswerTooLarge where it may be because of others that were read with it. */
async function answer(
  { args }: Following,
  contextValue: Context,
  { value, position, cursor }: Delivered<unknown>,
  hasOthers: boolean,
): Promise<Payload> {
  const result = await executeSubscriptionEvent({ ...args, contextValue, rootValue: value });
  const outage = outageOf(result);
  if (outage) throw outage;
  const tooLarge = result.errors?.map(expectedOf).find((error) => error instanceof AnswerTooLarge);
  if (tooLarge && hasOthers) throw tooLarge;
  const room = roomAfter(result.data, PAYLOAD_BYTES);
  if (room >= 0) return { result: coded(result), position, cursor, bytes: PAYLOAD_BYTES - room };
  const { code, message, limit, given } = new AnswerTooLarge(PAYLOAD_BYTES, PAYLOAD_BYTES + 1, false);
  const extensions = { code, limit, given, ...(cursor !== undefined && { after: cursor }) };
  return { result: { data: null, errors: [new GraphQLError(message, { extensions })] }, position, cursor, bytes: 0 };
}

/** The same result with the codes of its errors. */
export const coded = (result: ExecutionResult): ExecutionResult => {
  const { errors } = result;
  if (!errors) return result;
  const outage = outageOf(result);
  return (outage && refusalOf(result, outage)) ?? { ...result, errors: errors.map(withCode) };
};
