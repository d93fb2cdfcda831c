import type { ObjectRef } from '@pothos/core';
import type { GraphQLResolveInfo } from 'graphql';
import type { Tenant, WriteTransaction } from '../../db/transaction.ts';
import { write } from '../../db/write.ts';
import type { TextToEmbed, Vector } from '../../domain/embedding/embeddings.ts';
import { type Attempt, claim, keepSuccess, type Outcome } from '../../domain/idempotency/successes.ts';
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
import { beyond } from '../../model/restriction/allowed.ts';
import { blinded } from './blinded.ts';
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
  /** A credential restricted to users may not do it. One that is restricted at all may do nothing that needs ADMIN. */
  isOfAllUsers?: boolean;
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
  /** It stands in the audit trail: what it was done to, by an id or a type, where that is one thing. */
  audited?: (result: Result) => string | undefined;
  /** What takes long to check of the input: done before any transaction. Throws. */
  check?: (tenant: Tenant, input: ReadOf<F>, context: Context) => Promise<void>;
  /** The contents in the input that get vectors: made before any transaction, and handed to `run` in this order. */
  embeds?: (input: ReadOf<F>) => readonly TextToEmbed[];
  /** Some of what it writes may get its vector later, beside what `embeds` names. */
  leavesPending?: (input: ReadOf<F>) => boolean;
  /** The memories, relations and contradictions in the outcome: when one is forgotten, the kept success is emptied. */
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
  context: Context,
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
    const note = (outcome: string, subject?: string) =>
      options.audited && context.note({ action: name, outcome, subject });
    try {
      context.require(scope, name);
      refuseRestricted(context, scope, options.isOfAllUsers);
      limit?.(all);
      const { idempotencyKey, ...read } = parseInput(input.check, all, ['input']) as ReadOf<F> & {
        idempotencyKey?: string | null;
      };
      const { idempotencyKey: _, ...given } = all;
      const asked = { mutation: name, given: given as GivenOf<F>, input: read as unknown as ReadOf<F>, idempotencyKey };
      const result = await perform(context, asked, options);
      context.noteWritten();
      if (!repeated.has(result)) note('DONE', options.audited?.(result));
      return result;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      if (!(error instanceof Forbidden)) note(error.code);
      throw noteFailure(context, info, context.tenant.isBlind ? blinded(error, all) : error);
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

function refuseRestricted({ principal }: Context, scope: AccessScope, isOfAllUsers = false): void {
  const { restriction } = principal;
  if (restriction && scope === 'ADMIN') throw beyond('what is of the whole workspace it may not change.');
  if (restriction?.users && isOfAllUsers) throw beyond('what is shared by all users it may not change.');
}

async function perform<F extends Fields, Result extends Outcome>(
  context: Context,
  { mutation, given, input, idempotencyKey: key }: Asked<F>,
  options: MutationOptions<F, Result> & Run<F, Result>,
): Promise<Result> {
  const { tenant } = context;
  const attempt = key == null ? undefined : { owner: ownerOf(context), key, mutation, input: given };
  await context.refresh();
  await options.check?.(tenant, input, context);
  const vectors = options.embeds ? await context.embeddings.vectorsOf(tenant, options.embeds(input)) : [];
  const { run, runInBatches } = options;
  if (run) {
    try {
      const result = await write(tenant, (tx) => once(tx, attempt, () => run(tx, input, vectors), options));
      if (vectors.includes(undefined) || options.leavesPending?.(input)) context.embeddings.events.emit('pending');
      return result;
    } catch (error) {
      if (!runInBatches || !(error instanceof TookTooLong)) throw error;
    }
  }
  const runBatches = () => inBatches(() => (runInBatches as RunInBatches<F, Result>)(tenant, input, context));
  if (!attempt) return write(tenant, await runBatches());
  return inTurn(`${tenant.workspaceId} ${attempt.owner} ${attempt.key}`, async () => {
    // The key is looked at first and claimed with the success: batches that ran before an interruption stay done.
    const before = await look<Result>(tenant, attempt);
    if (before) return before;
    let last: (tx: WriteTransaction) => Promise<Result>;
    try {
      last = await runBatches();
    } catch (error) {
      // Another process may have had the success meanwhile: then there was nothing left here to be found.
      const other = error instanceof DomainError ? await look<Result>(tenant, attempt) : undefined;
      if (other) return other;
      throw error;
    }
    return write(tenant, (tx) => once(tx, attempt, () => last(tx), options));
  });
}

/** Tokens of one subject may have other scopes: what one that may read was answered is not told to one that may not. */
const ownerOf = ({ principal, tenant }: Context): string =>
  `${principal.owner ?? principal.credential}${tenant.isBlind ? ' without READ' : ''}`;

/** Runs what a key was not used for yet, and keeps its success; else answers with the success that is kept. */
async function once<Result extends Outcome>(
  tx: WriteTransaction,
  attempt: Attempt | undefined,
  run: () => Promise<Result>,
  { subjects }: { subjects?: (result: Result) => readonly string[] },
): Promise<Result> {
  if (!attempt) return run();
  const claimed = await claim(tx, attempt);
  if ('before' in claimed) return repeat(claimed.before);
  const result = await run();
  await keepSuccess(tx, claimed.claim, result, subjects?.(result) ?? []);
  return result;
}

/** Answers that were kept from before: nothing was done for them now. */
const repeated = new WeakSet<Outcome>();

function repeat<Result>(before: Outcome): Result {
  repeated.add(before);
  return before as Result;
}

/** The success that is kept of an attempt; it is not claimed. */
const look = <Result>(tenant: Tenant, attempt: Attempt): Promise<Result | undefined> =>
  write(tenant, async (tx) => {
    const claimed = await claim(tx, attempt);
    if (!('before' in claimed)) throw new Unclaimed();
    return repeat<Result>(claimed.before);
  }).catch((error) => {
    if (error instanceof Unclaimed) return undefined;
    throw error;
  });

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

function noteFailure(context: Context, info: GraphQLResolveInfo, error: DomainError): DomainError {
  context.failures.push({ path: pathOf(info), code: error.code, message: error.message });
  return error;
}

function pathOf(info: GraphQLResolveInfo): (string | number)[] {
  const path: (string | number)[] = [];
  for (let at: GraphQLResolveInfo['path'] | undefined = info.path; at; at = at.prev) path.unshift(at.key);
  return path;
}
