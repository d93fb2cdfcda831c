import { sql } from 'drizzle-orm';
import { json } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { InvalidInput } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import type { CompanionRef } from '../../model/companion/ref.ts';
import { presentSql } from '../../model/memory/columns.ts';
import { foldContent } from '../../model/memory/fold.ts';
import { dateInWords, gramsOf, searchSql } from '../../model/recall/terms.ts';
import type { UserRef } from '../../model/user/ref.ts';
import type { MemoryType } from '../../tables/memory.ts';
import { memories } from '../../tables/memory.ts';
import { ensureCompanion } from '../companion/companions.ts';
import { keepVectors } from '../embedding/vectors.ts';
import { type MentionedEntity, mention } from '../entity/entities.ts';
import { noteEvents } from '../event/record.ts';
import { openSlots } from '../slot/slots.ts';
import { SlotWriter, slotChanges, type Written } from '../slot/writer.ts';
import { ensureUsers, userRefKey } from '../user/users.ts';

const m = under(memories, 'm');

/** So many memories at once are worth planning their statements anew. */
const MANY = 250;

/** A memory to create. Moments left out: `validFrom` is the moment it is recorded. */
export interface NewMemory {
  /** The caller's name for it in this batch. */
  ref?: string | null;
  user?: UserRef | null;
  content: string;
  summary?: string | null;
  type: MemoryType;
  importance: number;
  confidence: number;
  context?: Record<string, unknown> | null;
  /** The single-valued question it answers: see placeInSlot. */
  slot?: string | null;
  entities?: readonly MentionedEntity[] | null;
  /** Its vector; else it is owed. */
  embedding?: readonly number[] | null | undefined;
  validFrom?: Date | null;
  validUntil?: Date | null;
  expiresAt?: Date | null;
  /** What an import brings along, and nobody else. */
  past?: ImportedPast;
}

/** The life a memory had before it came here. */
export interface ImportedPast {
  id: string;
  recordedAt?: Date | null;
  importanceAsOf?: Date | null;
  accessCount?: number | null;
  lastAccessedAt?: Date | null;
  archivedAt?: Date | null;
}

export interface CreatedMemory {
  id: string;
  lineageId: string;
  /** It was there before: the memory with the same content, as it is. */
  duplicate: boolean;
  /** The version whose time ended with it, on the time line of its slot. */
  succeededId: string | null;
  /** The contradiction it opened with the version of its slot that begins at the same moment. */
  contradictionId: string | null;
}

interface Draft extends NewMemory {
  index: number;
  id: string;
  lineageId: string;
  userId: string | null;
  fold: string;
  from: Date;
  /** What came of it on its slot's time line. */
  written?: Written;
}

/**
 * Makes memories of one companion, in order, in a constant number of statements. The same content of the same type
 * for the same user, where it is ACTIVE or DISPUTED at the new one's `validFrom`, is returned as it is; not so an
 * EXPERIENCE, since an event may repeat. With a slot it goes to that slot's time line. Companions and users named by
 * unknown keys are created. Lineages that the caller is going to change as well are locked `besides`.
 * Throws NotFound and InvalidInput (`root` leads to the memory of an index).
 */
export async function createMemories(
  tx: WriteTransaction,
  companion: CompanionRef,
  memories: readonly NewMemory[],
  root: (index: number) => readonly (string | number)[],
  besides: readonly string[] = [],
): Promise<CreatedMemory[]> {
  // Plans are kept for a session: what was planned for a few rows, keys' checks too, would read many from end to end.
  if (memories.length >= MANY) await tx.rows(sql`discard plans`);
  const companionId = await ensureCompanion(tx, companion);
  const users = await ensureUsers(
    tx,
    memories.flatMap(({ user }) => (user ? [user] : [])),
  );
  const userOf = ({ user }: NewMemory) => (user ? (users.get(userRefKey(user)) as string) : null);
  const refs = memories.flatMap((memory) => (memory.slot ? [{ userId: userOf(memory), slot: memory.slot }] : []));
  const slots = refs.length + besides.length > 0 ? await openSlots(tx, companionId, refs, besides) : undefined;
  const stamp = await tx.stamp(slots?.timeLines.latest);
  const drafts = memories.map((memory, index): Draft => {
    const from = memory.validFrom ?? memory.past?.recordedAt ?? stamp;
    if (memory.validUntil && memory.validUntil <= from) {
      throw new InvalidInput([
        {
          path: [...root(index), 'validUntil'],
          message: `validUntil (${memory.validUntil.toISOString()}) must be after validFrom (${from.toISOString()}).`,
        },
      ]);
    }
    return {
      ...memory,
      index,
      id: memory.past?.id ?? newId(),
      lineageId: newId(),
      userId: userOf(memory),
      fold: foldContent(memory.content),
      from,
    };
  });
  const existing = await findSame(tx, companionId, drafts);
  const created: CreatedMemory[] = [];
  const fresh: Draft[] = [];
  const writer = slots && new SlotWriter(slots, companionId, stamp);
  const within = new Map<string, Draft[]>();
  for (const draft of drafts) {
    const key = JSON.stringify([draft.userId, draft.type, draft.fold]);
    const { slot } = draft;
    const twins = draft.type === 'EXPERIENCE' || slot ? [] : (within.get(key) ?? []);
    const there = existing.get(draft.index) ?? twins.find((twin) => isTrueAt(twin, draft.from));
    const written = there || !slot ? undefined : writer?.place({ ...draft, slot });
    const same = there ?? written?.duplicateOf;
    const { id, lineageId } = same ?? draft;
    const { succeededId = null, contradictionId = null } = written ?? {};
    created.push({ id, lineageId, duplicate: same !== undefined, succeededId, contradictionId });
    if (same) continue;
    if (!slot) within.set(key, [...twins, draft]);
    fresh.push(written ? { ...draft, written } : draft);
  }
  await insert(tx, companionId, fresh, writer, stamp);
  await keepVectors(
    tx,
    fresh.map(({ id, userId, content, embedding }) => ({ memoryId: id, companionId, userId, content, embedding })),
  );
  noteEvents(
    tx,
    fresh.map(({ id, slot, past, written }) => ({
      kind: 'RECORDED',
      memoryId: id,
      ...(past?.recordedAt && { at: past.recordedAt }),
      ...(slot && written && { changes: slotChanges(slot, written) }),
    })),
  );
  await writer?.write(tx);
  await mention(
    tx,
    companionId,
    fresh.flatMap(({ id, entities, past }) =>
      (entities ?? []).map((entity) => ({ ...entity, recordedAt: past?.recordedAt, memoryId: id })),
    ),
  );
  return created;
}

const isTrueAt = (draft: Draft, moment: Date): boolean =>
  draft.from <= moment &&
  (!draft.validUntil || moment < draft.validUntil) &&
  (!draft.expiresAt || moment < draft.expiresAt) &&
  !draft.past?.archivedAt;

/** By index: the memory that says the same already, or that has the key an import brings. */
async function findSame(tx: WriteTransaction, companionId: string, drafts: readonly Draft[]) {
  const wanted = drafts.map(({ index, id, userId, type, fold, from, past, slot }) => ({
    index,
    id: past ? id : null,
    userId,
    type,
    fold,
    from: from.toISOString(),
    // Of what answers a slot, its time line knows whether it is there.
    isOfSlot: slot != null,
  }));
  const rows = await tx.rows<{ index: number; id: string; lineageId: string }>(sql`
    select draft.index, same.id, same.lineage_id as "lineageId"
    from jsonb_to_recordset(${json(wanted)}) as draft
      (index int, id uuid, "userId" uuid, type memory_type, fold text, "from" timestamptz, "isOfSlot" boolean)
    cross join lateral (
      (select ${m.id}, ${m.lineageId}, ${m.recordedAt} from ${aliased(m)}
       where draft.id is not null and ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = draft.id)
      union all
      (select ${m.id}, ${m.lineageId}, ${m.recordedAt}
       from (
         -- By content and nothing else (offset 0): without statistics the planner prefers the index on valid_from.
         select * from memories
         where workspace_id = ${tx.workspaceId} and companion_id = ${companionId}::uuid and content_fold = draft.fold
         offset 0
       ) m
       where draft.type <> 'EXPERIENCE' and not draft."isOfSlot" and ${m.type} = draft.type
         and ${m.userId} is not distinct from draft."userId" and ${presentSql(m, sql`draft."from"`)})
    ) same
    order by draft.index, same.id = draft.id, same.recorded_at desc, same.id desc`);
  // The last of an index counts: the one with the key an import brings, else the one recorded first.
  return new Map(rows.map(({ index, ...same }) => [index, same]));
}

async function insert(
  tx: WriteTransaction,
  companionId: string,
  drafts: readonly Draft[],
  writer: SlotWriter | undefined,
  stamp: Date,
): Promise<void> {
  if (drafts.length === 0) return;
  const rows = drafts.map((draft) => {
    const recordedAt = draft.past?.recordedAt ?? stamp;
    const belief = draft.written && writer?.belief(draft.id);
    return {
      id: draft.id,
      own_lineage_id: belief && !draft.written?.contradictionId ? null : draft.lineageId,
      lineage_id: belief?.lineageId ?? draft.lineageId,
      slot: draft.slot ?? null,
      is_contested: belief?.isContested ?? false,
      user_id: draft.userId,
      type: draft.type,
      content: draft.content,
      content_fold: draft.fold,
      summary: draft.summary ?? null,
      context: draft.context ?? {},
      confidence: draft.confidence,
      importance: draft.importance,
      importance_as_of: draft.past?.importanceAsOf ?? recordedAt,
      access_count: draft.past?.accessCount ?? 0,
      last_accessed_at: draft.past?.lastAccessedAt ?? null,
      valid_from: draft.from,
      stated_until: draft.validUntil ?? null,
      valid_until: belief ? belief.validUntil && new Date(belief.validUntil) : (draft.validUntil ?? null),
      recorded_at: recordedAt,
      expires_at: draft.expiresAt ?? null,
      archived_at: draft.past?.archivedAt ?? null,
      date: dateInWords(draft.from, tx.textSearchConfig),
      grams: gramsOf(`${draft.content} ${draft.summary ?? ''}`),
    };
  });
  await tx.rows(sql`
    with draft as (
      select * from jsonb_to_recordset(${json(rows)}) as draft (
        id uuid, own_lineage_id uuid, lineage_id uuid, slot text, is_contested boolean, user_id uuid, type memory_type, content text, content_fold text, summary text,
        context jsonb, confidence float8, importance float8, importance_as_of timestamptz, access_count int,
        last_accessed_at timestamptz, valid_from timestamptz, stated_until timestamptz, valid_until timestamptz, recorded_at timestamptz,
        expires_at timestamptz, archived_at timestamptz, date text, grams text[])
    ), line as (
      insert into lineages (workspace_id, id, companion_id, user_id)
      select ${tx.workspaceId}, own_lineage_id, ${companionId}::uuid, user_id from draft where own_lineage_id is not null
    )
    insert into memories (workspace_id, id, lineage_id, companion_id, user_id, type, content, content_fold, summary,
      context, confidence, importance, importance_as_of, access_count, last_accessed_at, valid_from, stated_until,
      valid_until, recorded_at, expires_at, archived_at, updated_at, known_from, slot, is_contested, search)
    select ${tx.workspaceId}, id, lineage_id, ${companionId}::uuid, user_id, type, content, content_fold, summary,
      context, confidence, importance, importance_as_of, access_count, last_accessed_at, valid_from, stated_until,
      valid_until, recorded_at, expires_at, archived_at, recorded_at, recorded_at, slot, is_contested, ${searchSql({ content: sql`content`, summary: sql`summary`, context: sql`context`, date: sql`date`, grams: sql`grams` })}
    from draft`);
}
