import type { InputRef, ObjectRef } from '@pothos/core';
import type { GraphQLResolveInfo } from 'graphql';
import type { z } from 'zod';
import { type Tenant, type WriteTransaction, write } from '../../db/transaction.ts';
import type { TextToEmbed } from '../../domain/embedding/embeddings.ts';
import { claim, hashInput, keepSuccess, type Outcome } from '../../domain/idempotency/successes.ts';
import {
  DomainError,
  Forbidden,
  IdempotencyConflict,
  InvalidInput,
  LimitExceeded,
  NotFound,
  Unavailable,
} from '../../kernel/errors.ts';
import { parseInput } from '../../kernel/input.ts';
import type { AccessScope } from '../../kernel/principal.ts';
import { builder, type Types } from './builder.ts';
import type { Context } from './context.ts';
import { scopeNote } from './scope-note.ts';

/** The failures any mutation can have. */
const common = [InvalidInput, NotFound, Forbidden, IdempotencyConflict, LimitExceeded];

interface MutationOptions<Input, Given extends object, Result extends Outcome> {
  description: string;
  /** The scope it needs. Default WRITE. */
  scope?: AccessScope;
  /** The GraphQL input type; the mutation's only argument, `input`. */
  input: InputRef<Given>;
  /** Reads the input; what it finds wrong is InvalidInput. */
  schema: z.ZodType<Input>;
  payload: ObjectRef<Types, Result>;
  /** The failures it can have beside the common ones. */
  errors?: (abstract new (
    ...args: never[]
  ) => DomainError)[];
  /** Throws LimitExceeded where the input is too much, before it is read. */
  limit?: (input: Given) => void;
  /** The contents in the input that want vectors: they get them in place, before any transaction. */
  embeds?: (input: Input) => readonly TextToEmbed[];
  /** The memories and relations the outcome speaks of: when one is forgotten, the kept success is too. */
  subjects?: (result: Result) => readonly string[];
}

type Run<Input, Result> =
  /** One transaction: all of it, or nothing. */
  | { run: (tx: WriteTransaction, input: Input) => Promise<Result> }
  /**
   * Transactions of its own, each complete in itself: what an interruption leaves, a retry takes up. The last one,
   * which makes the result, is returned: it keeps the success, too.
   */
  | { runInBatches: (tenant: Tenant, input: Input) => Promise<(tx: WriteTransaction) => Promise<Result>> };

/**
 * A mutation, as all of them are: its input is checked, its idempotency key honoured, its operation run in a
 * transaction, and its expected failures become members of the result union `…Result` and `extensions.failures`.
 * What it returns are ids and scalars; the payload type reads the rest as it is now.
 */
export function defineMutation<Input, Given extends object, Result extends Outcome>(
  name: string,
  options: MutationOptions<Input, Given, Result> & Run<Input, Result>,
): void {
  const { description, scope = 'WRITE', input, schema, payload, errors = [], limit } = options;
  const resolve = async (
    _root: unknown,
    { input: given }: { input: Given & { idempotencyKey?: string | null } },
    context: Context,
    info: GraphQLResolveInfo,
  ): Promise<Result> => {
    try {
      context.require(scope);
      limit?.(given);
      const result = await perform(context, name, given, parseInput(schema, given, ['input']), options);
      context.hasWritten = true;
      return result;
    } catch (error) {
      throw noteFailure(context, info, error);
    }
  };
  builder.mutationField(name, (t) =>
    t.field({
      type: payload,
      description: `${description} ${scopeNote(scope)}`,
      extensions: { scope },
      args: { input: t.arg({ type: input, required: true, description: 'What is to be done.' }) },
      errors: {
        types: [...common, ...errors],
        directResult: true,
        union: {
          name: `${name[0]?.toUpperCase()}${name.slice(1)}Result`,
          description: `What ${name} answers: its payload, or an expected failure.`,
        },
      },
      resolve,
    } as never),
  );
}

async function perform<Input, Given extends object, Result extends Outcome>(
  context: Context,
  mutation: string,
  given: Given & { idempotencyKey?: string | null },
  input: Input,
  options: MutationOptions<Input, Given, Result> & Run<Input, Result>,
): Promise<Result> {
  const { idempotencyKey: key, ...rest } = given;
  const once = key == null ? undefined : { key, mutation, inputHash: hashInput(rest) };
  await context.refresh();
  if (options.embeds) await context.embeddings.prepare(context.tenant, options.embeds(input));
  const keep = (tx: WriteTransaction, result: Result) =>
    once && keepSuccess(tx, once.key, result, options.subjects?.(result) ?? []);
  if ('run' in options) {
    return write(context.tenant, async (tx) => {
      const before = once && (await claim(tx, once));
      if (before) return before as Result;
      const result = await options.run(tx, input);
      await keep(tx, result);
      return result;
    });
  }
  if (!once) return write(context.tenant, await inBatches(() => options.runInBatches(context.tenant, input)));
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
      last = await inBatches(() => options.runInBatches(context.tenant, input));
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
      'The database went away, and part of this may have been done: ask again, and the rest is.',
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
