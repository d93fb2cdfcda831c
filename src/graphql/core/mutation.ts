import type { ObjectRef } from '@pothos/core';
import type { GraphQLResolveInfo } from 'graphql';
import type { Tenant, WriteTransaction } from '../../db/transaction.ts';
import { write } from '../../db/write.ts';
import type { TextToEmbed, Vector } from '../../domain/embedding/embeddings.ts';
import { claim, hashInput, keepSuccess, type Outcome } from '../../domain/idempotency/successes.ts';
import {
  DomainError,
  Forbidden,
  IdempotencyConflict,
  InvalidInput,
  LimitExceeded,
  NotFound,
  TookTooLong,
  Unavailable,
} from '../../kernel/errors.ts';
import { bounds, parseInput } from '../../kernel/input.ts';
import type { AccessScope } from '../../kernel/principal.ts';
import type { Types } from './builder.ts';
import type { Context } from './context.ts';
import { idempotencyKeyDescription } from './idempotency-key.ts';
import { defineInput, type Fields, type GivenOf, optional, type ReadOf, text } from './input.ts';
import { addField, argsOf } from './pothos.ts';
import { scopeNote } from './scope-note.ts';

/** The failures any mutation can have. */
const common = [InvalidInput, NotFound, Forbidden, IdempotencyConflict, LimitExceeded];

interface MutationOptions<F extends Fields, Result extends Outcome> {
  description: string;
  /** The scope that is needed. Default WRITE. */
  scope?: AccessScope;
  /** What its input type says of itself. It is named after the mutation: `createMemory` takes a `CreateMemoryInput`. */
  input: string;
  /** The fields of its input. In addition all inputs have `idempotencyKey`. */
  fields: F;
  payload: ObjectRef<Types, Result>;
  /** The failures it can have in addition to the common ones. */
  errors?: (abstract new (
    ...args: never[]
  ) => DomainError)[];
  /** Throws LimitExceeded where the input is too much, before it is read. */
  limit?: (input: GivenOf<F>) => void;
  /** The contents in the input that get vectors: made before any transaction, and handed to `run` in this order. */
  embeds?: (input: ReadOf<F>) => readonly TextToEmbed[];
  /** The memories and relations in the outcome: when one is forgotten, the kept success is too. */
  subjects?: (result: Result) => readonly string[];
}

/** One transaction: all of it, or nothing. `vectors` are those of what `embeds` names. */
type RunAtOnce<F extends Fields, Result> = (
  tx: WriteTransaction,
  input: ReadOf<F>,
  vectors: readonly Vector[],
) => Promise<Result>;
/**
 * Transactions of its own, each complete in itself: what an interruption leaves, a retry takes up. The last one, which
 * makes the result, is returned: it keeps the success, too.
 */
type RunInBatches<F extends Fields, Result> = (
  tenant: Tenant,
  input: ReadOf<F>,
) => Promise<(tx: WriteTransaction) => Promise<Result>>;

type Run<F extends Fields, Result> =
  /** With both, it runs in batches where it takes longer than one transaction may. */
  | { run: RunAtOnce<F, Result>; runInBatches?: RunInBatches<F, Result> }
  | { run?: undefined; runInBatches: RunInBatches<F, Result> };

/** What GraphQL hands over, and what is read of it. */
interface Asked<F extends Fields> {
  mutation: string;
  given: GivenOf<F>;
  input: ReadOf<F>;
  idempotencyKey: string | null | undefined;
}

const idempotencyKeyField = optional(text('idempotencyKey', bounds.key), idempotencyKeyDescription);

const capitalised = (name: string) => `${name[0]?.toUpperCase()}${name.slice(1)}`;

/**
 * A mutation, as all of them are: its input is checked, its idempotency key honoured, its operation run in a
 * transaction, and its expected failures become members of the result union `…Result` and `extensions.failures`.
 * What it returns are ids and scalars; the payload type reads the rest as it is now.
 */
export function defineMutation<F extends Fields, Result extends Outcome>(
  name: string,
  options: MutationOptions<F, Result> & Run<F, Result>,
): void {
  const { description, scope = 'WRITE', payload, errors = [], limit } = options;
  const input = defineInput(`${capitalised(name)}Input`, options.input, {
    idempotencyKey: idempotencyKeyField,
    ...options.fields,
  });
  const resolve = async (
    _root: unknown,
    { input: all }: { input: GivenOf<F> & { idempotencyKey?: string | null } },
    context: Context,
    info: GraphQLResolveInfo,
  ): Promise<Result> => {
    try {
      context.require(scope);
      limit?.(all);
      const { idempotencyKey, ...read } = parseInput(input.check, all, ['input']) as ReadOf<F> & {
        idempotencyKey?: string | null;
      };
      const { idempotencyKey: _, ...given } = all;
      const asked = { mutation: name, given: given as GivenOf<F>, input: read as unknown as ReadOf<F>, idempotencyKey };
      const result = await perform(context, asked, options);
      context.hasWritten = true;
      return result;
    } catch (error) {
      throw noteFailure(context, info, error);
    }
  };
  addField('Mutation', name, {
    type: payload,
    description: `${description} ${scopeNote(scope)}`,
    extensions: { scope },
    args: argsOf({
      input: { type: input.type, required: true, description: 'The input of the mutation.', defaultValue: undefined },
    }),
    errors: {
      types: [...common, ...errors],
      directResult: true,
      union: {
        name: `${capitalised(name)}Result`,
        description: `The answer of ${name}: its payload, or an expected failure.`,
      },
    },
    resolve,
  });
}

async function perform<F extends Fields, Result extends Outcome>(
  context: Context,
  { mutation, given, input, idempotencyKey: key }: Asked<F>,
  options: MutationOptions<F, Result> & Run<F, Result>,
): Promise<Result> {
  const once = key == null ? undefined : { key, mutation, inputHash: hashInput(given) };
  await context.refresh();
  const vectors = options.embeds ? await context.embeddings.vectorsOf(context.tenant, options.embeds(input)) : [];
  const keep = (tx: WriteTransaction, result: Result) =>
    once && keepSuccess(tx, once.key, result, options.subjects?.(result) ?? []);
  const { run, runInBatches } = options;
  if (run) {
    try {
      return await write(context.tenant, async (tx) => {
        const before = once && (await claim(tx, once));
        if (before) return before as Result;
        const result = await run(tx, input, vectors);
        await keep(tx, result);
        return result;
      });
    } catch (error) {
      if (!runInBatches || !(error instanceof TookTooLong)) throw error;
    }
  }
  const runBatches = () => inBatches(() => (runInBatches as RunInBatches<F, Result>)(context.tenant, input));
  if (!once) return write(context.tenant, await runBatches());
  return inTurn(`${context.tenant.workspaceId} ${once.key}`, async () => {
    // The key is looked at first and claimed with the success: batches that ran before an interruption stay done.
    const look = () =>
      write(context.tenant, async (tx) => {
        const kept = await claim(tx, once);
        if (!kept) throw new Unclaimed();
        return kept;
      }).catch((error) => {
        if (error instanceof Unclaimed) return undefined;
        throw error;
      });
    const before = await look();
    if (before) return before as Result;
    let last: (tx: WriteTransaction) => Promise<Result>;
    try {
      last = await runBatches();
    } catch (error) {
      // Another process may have had the success meanwhile: then there was nothing left here to be found.
      const other = error instanceof DomainError ? await look() : undefined;
      if (other) return other as Result;
      throw error;
    }
    return write(context.tenant, async (tx) => {
      const other = await claim(tx, once);
      if (other) return other as Result;
      const result = await last(tx);
      await keep(tx, result);
      return result;
    });
  });
}

/** Whether batches were done before the one that could not be is not known here. */
async function inBatches<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    throw new Unavailable(
      'The connection to the database was lost, and part of this may be done: send it again, and the rest is done.',
      error.retryAfterSeconds,
      { cause: error, isUncertain: true },
    );
  }
}

const turns = new Map<string, Promise<unknown>>();

/** Runs one at a time of a name: a retry that comes while the first is still at it waits for its success. */
async function inTurn<T>(name: string, run: () => Promise<T>): Promise<T> {
  const before = turns.get(name) ?? Promise.resolve();
  const turn = before.then(run, run);
  turns.set(name, turn);
  try {
    return await turn;
  } finally {
    if (turns.get(name) === turn) turns.delete(name);
  }
}

/** Rolls a look at an idempotency key back. */
class Unclaimed extends Error {}

function noteFailure(context: Context, info: GraphQLResolveInfo, error: unknown): unknown {
  if (error instanceof DomainError) {
    context.failures.push({ path: pathOf(info), code: error.code, message: error.message });
  }
  return error;
}

function pathOf(info: GraphQLResolveInfo): (string | number)[] {
  const path: (string | number)[] = [];
  for (let at: GraphQLResolveInfo['path'] | undefined = info.path; at; at = at.prev) path.unshift(at.key);
  return path;
}
