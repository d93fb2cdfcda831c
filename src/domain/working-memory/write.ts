import { sql } from 'drizzle-orm';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, insertSelect, names, pick, type RowOf, set, under, valueFor } from '../../db/typed-sql.ts';
import { Conflict, InvalidInput, NotFound } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { givenConversation } from '../../model/conversation/ref.ts';
import { refuseReadOnly } from '../../model/restriction/allowed.ts';
import { workingMemories } from '../../tables/working-memory.ts';
import { emptySuccessesOf } from '../idempotency/successes.ts';
import { ensureOwner, findOwner, isOf, type Owner, type WorkingMemoryOf } from './owner.ts';
import { checkBySchema } from './schema-check.ts';
import { type Change, refuseUnclear, type State, stateAfter } from './state.ts';

const w = under(workingMemories, 'w');

const locked = fields(pick(w, 'id', 'content', 'data', 'template', 'schema', 'version', 'knownFrom'));
type Locked = RowOf<typeof locked>;

/** Which one was written, and whose it is: erasing any of these empties the kept success. */
export type Written = Omit<Owner, 'scope'> & { workingMemoryId: string };
const writtenOf = (workingMemoryId: string, { scope: _, ...owner }: Owner): Written => ({ workingMemoryId, ...owner });

/** Where the schema and the data stand in the input of a change. */
const pathsOf = ({ data, patch }: Change) => ({
  schema: ['input', 'schema'],
  data: ['input', patch != null ? 'patch' : data != null ? 'data' : 'schema'],
});

/**
 * What of a change can be checked before any transaction: a schema that is given, and the data given with it. What has
 * passed here once is quick.
 */
export async function checkChange(workspaceId: string, change: Change): Promise<void> {
  refuseUnclear(change);
  if (change.schema) await checkBySchema(workspaceId, change.schema, change.data ?? null, pathsOf(change));
}

/**
 * Rewrites a working memory, or begins one, and keeps what it said before as a version. Writers wait for each other: each
 * makes a version of its own. `expectedVersion`: the one it is based on, 0 where there is none yet. Throws Conflict where
 * that is not the present one, InvalidInput where the change or the data does not fit, NotFound, and Forbidden.
 */
export async function updateWorkingMemory(
  tx: WriteTransaction,
  of: WorkingMemoryOf,
  change: Change & { expectedVersion?: number | null | undefined },
): Promise<Written> {
  const owner = await ensureOwner(tx, of);
  refuseReadOnly(tx.restriction, [owner]);
  for (;;) {
    const before = await lock(tx, owner);
    refuseOthers(before, change.expectedVersion);
    const after = stateAfter(before, change);
    if (after.schema && after.data) await checkBySchema(tx.workspaceId, after.schema, after.data, pathsOf(change));
    if (before) {
      await rewrite(tx, before, after);
      return writtenOf(before.id, owner);
    }
    const id = await begin(tx, owner, after, { version: 1, updatedBy: tx.actor });
    // Another transaction may have begun it meanwhile: then it is rewritten.
    if (id) return writtenOf(id, owner);
  }
}

async function lock(tx: WriteTransaction, owner: Owner): Promise<Locked | undefined> {
  const [row] = await tx.rows<Locked>(sql`
    select ${locked} from ${aliased(w)} where ${isOf(w, tx.workspaceId, owner)} for update`);
  return row;
}

function refuseOthers(before: Locked | undefined, expected: number | null | undefined): void {
  if (expected == null || expected === (before?.version ?? 0)) return;
  const message =
    expected === 0 ? 'There is a working memory already' : `The working memory is not at version ${expected}`;
  throw new Conflict(message, before ? { type: 'WorkingMemory', id: before.id } : null);
}

const valuesOf = ({ content, data, template, schema }: State) => ({
  content: valueFor(workingMemories.content, content),
  data: valueFor(workingMemories.data, data),
  template: valueFor(workingMemories.template, template),
  schema: valueFor(workingMemories.schema, schema),
});

/** Who wrote which version. */
type Author = Pick<RowOf<typeof authored>, 'version' | 'updatedBy'>;
const authored = fields(pick(w, 'version', 'updatedBy'));

async function rewrite(
  tx: WriteTransaction,
  before: Pick<Locked, 'id' | 'version' | 'knownFrom'>,
  after: State,
  { version, updatedBy }: Author = { version: before.version + 1, updatedBy: tx.actor },
): Promise<void> {
  const values = {
    ...valuesOf(after),
    version: valueFor(workingMemories.version, version),
    updatedAt: valueFor(workingMemories.updatedAt, await tx.stamp(before.knownFrom)),
    updatedBy: valueFor(workingMemories.updatedBy, updatedBy),
  };
  await tx.rows(sql`
    update ${aliased(w)} set ${set(workingMemories, values)}
    where ${w.workspaceId} = ${tx.workspaceId} and ${w.id} = ${before.id}::uuid`);
}

/** Undefined where another transaction has begun it. */
async function begin(
  tx: WriteTransaction,
  owner: Owner,
  state: State,
  { version, updatedBy }: Author,
): Promise<string | undefined> {
  const stamp = valueFor(workingMemories.updatedAt, await tx.stamp());
  const id = newId();
  const values = {
    workspaceId: valueFor(workingMemories.workspaceId, tx.workspaceId),
    id: valueFor(workingMemories.id, id),
    scope: valueFor(workingMemories.scope, owner.scope),
    companionId: valueFor(workingMemories.companionId, owner.companionId),
    userId: valueFor(workingMemories.userId, owner.userId),
    conversationId: valueFor(workingMemories.conversationId, owner.conversationId),
    ...valuesOf(state),
    version: valueFor(workingMemories.version, version),
    updatedAt: stamp,
    updatedBy: valueFor(workingMemories.updatedBy, updatedBy),
    knownFrom: stamp,
  };
  const made = await tx.rows(sql`
    ${insertSelect(workingMemories, values, sql``)} on conflict do nothing returning ${names(workingMemories, 'id')}`);
  return made.length > 0 ? id : undefined;
}

/** Erases a working memory with all its versions, and returns its key. Throws NotFound, InvalidInput and Forbidden. */
export async function deleteWorkingMemory(tx: WriteTransaction, of: WorkingMemoryOf): Promise<string> {
  const owner = await findOwner(tx, of, ['input']);
  if (owner) refuseReadOnly(tx.restriction, [owner]);
  const [gone] = owner
    ? await tx.rows<{ id: string }>(sql`
        delete from ${aliased(w)} where ${isOf(w, tx.workspaceId, owner)} returning ${names(workingMemories, 'id')}`)
    : [];
  if (!gone) throw new NotFound('working memory of', [namedBy(of)]);
  await emptySuccessesOf(tx, { workingMemoryId: gone.id });
  return gone.id;
}

/** As callers named whose it is. */
function namedBy({ companion, user, conversation }: WorkingMemoryOf): string {
  if (conversation) return givenConversation(conversation);
  if (user) return 'id' in user ? user.given : user.externalId;
  return 'id' in companion ? companion.given : companion.key;
}

/** A version of the past, as an import brings it along. */
export interface PastVersion extends State, Author {
  writtenAt: Date;
}

/**
 * Writes a version of the past; false: there is one of its number, or a later one. Call it for the versions of a working
 * memory in their order. Throws InvalidInput where it was written before the one that there is.
 */
export async function putVersion(tx: WriteTransaction, owner: Owner, past: PastVersion): Promise<boolean> {
  const before = await lock(tx, owner);
  if (before && before.version >= past.version) return false;
  if (before && before.knownFrom >= past.writtenAt) {
    const message = `Version ${past.version} was written before version ${before.version}, which is there.`;
    throw new InvalidInput([{ path: ['recordedAt'], message }]);
  }
  await tx.asOf(past.writtenAt, async (then) => {
    if (before) await rewrite(then, before, past, past);
    else await begin(then, owner, past, past);
  });
  return true;
}
