import type { InferSelectModel } from 'drizzle-orm';
import { InvalidInput } from '../../kernel/errors.ts';
import { storedFields } from '../../model/memory/fields.ts';
import { foldContent, foldContentBefore } from '../../model/memory/fold.ts';
import type { memories } from '../../tables/memory.ts';
import type { Embeddable } from '../embedding/vectors.ts';
import type { MentionedEntity } from '../entity/mention.ts';
import type { NewEvent } from '../event/record.ts';
import { type SlotWriter, slotChanges, type Written } from '../slot/writer.ts';
import { bringsMore, type Merge, mergeSaid, nothingMerged, type SaidAgain } from './duplicate.ts';
import type { CreatedMemory, NewMemory } from './new-memory.ts';

// What createMemories decides, without a database: which memories are new, and all that is to be written for them.

type Stored = InferSelectModel<typeof memories>;

/** A memory of the input with what others are compared with it by. */
export interface Wanted {
  index: number;
  userId: string | null;
  fold: string;
  /** As version 0.1 made it. */
  foldBefore: string;
  memory: NewMemory;
}

/** A memory of an input as it is looked for. */
export const wantMemory = (memory: NewMemory, index: number, userId: string | null): Wanted => ({
  index,
  userId,
  fold: foldContent(memory.content),
  foldBefore: foldContentBefore(memory.content),
  memory,
});

/** A memory of the input that has its keys, user and moments. */
export interface Draft extends NewMemory {
  index: number;
  id: string;
  /** The lineage it has of its own, unless its slot takes it in. */
  lineageId: string;
  companionId: string;
  userId: string | null;
  fold: string;
  from: Date;
  recordedAt: Date;
}

/** What is known of all the memories of an input. */
export interface Known {
  companionId: string;
  stamp: Date;
  newId(): string;
  /** Leads to the memory of an index, for error messages. */
  root(index: number): readonly (string | number)[];
}

/** A row to be inserted. What an insert makes of it, or is the same for all, is left out. */
export interface NewRow
  extends Omit<
    Stored,
    'workspaceId' | 'retractedAt' | 'updatedAt' | 'knownFrom' | 'isCorrected' | 'search' | 'analysis'
  > {
  /** The lineage to be made for it; null where it stands in its slot's. */
  ownLineageId: string | null;
}

/** A memory that is there already. */
export interface Same extends Pick<Stored, 'id' | 'lineageId' | 'knownFrom'> {
  /** It says the same from a later moment on than the new one. */
  beginsLater: boolean;
}

export interface MemoryPlan {
  /** In the order of the input. */
  created: CreatedMemory[];
  rows: NewRow[];
  vectors: Embeddable[];
  events: NewEvent[];
  mentions: (MentionedEntity & { memoryId: string })[];
  /** What duplicates say again of memories that are there, in the order of the input. */
  again: (SaidAgain & { index: number })[];
}

/** Completes the memories of an input. Throws InvalidInput where a period ends before it begins. */
export function draftMemories(given: readonly Wanted[], known: Known): Draft[] {
  const { companionId, stamp, newId, root } = known;
  return given.map(({ memory, index, userId, fold }) => {
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
      companionId,
      userId,
      fold,
      from,
      recordedAt: memory.past?.recordedAt ?? stamp,
    };
  });
}

/** The time lines that memories with a slot are placed on, in memory. */
export type Slots = Pick<SlotWriter, 'place' | 'belief' | 'end'>;

/**
 * Plans what is written for an input, in its order. `existing` has, by index, the memory that is there and says the
 * same. Memories with a slot are placed on `slots`; nothing else changes.
 */
export function planMemories(
  drafts: readonly Draft[],
  existing: ReadonlyMap<number, Same>,
  slots: Slots | undefined,
): MemoryPlan {
  const created: CreatedMemory[] = [];
  const fresh = new Map<string, Fresh>();
  const again: MemoryPlan['again'] = [];
  const within = new Map<string, string[]>();
  for (const draft of drafts) {
    const { slot, index } = draft;
    const key = JSON.stringify([draft.userId, draft.type, draft.fold]);
    const twins = draft.type === 'EXPERIENCE' || slot || draft.isApart ? [] : (within.get(key) ?? []);
    const there = existing.get(index);
    const twin = !there || there.beginsLater ? twinOf(draft, twins, fresh, there !== undefined) : undefined;
    const written = there || twin || !slot ? undefined : slots?.place({ ...draft, slot });
    const same = twin ?? there ?? written?.duplicateOf;
    const { id, lineageId } = same ?? draft;
    const { succeededId = null, contradictionId = null } = written ?? {};
    const made: CreatedMemory = {
      id,
      lineageId,
      duplicate: !!same,
      succeededId,
      contradictionId,
      row: null,
      ...nothingMerged,
    };
    created.push(made);
    const before = fresh.get(id);
    if (before) Object.assign(made, mergeDraft(before, draft, slots));
    else if (!same) {
      if (!slot) within.set(key, [...(within.get(key) ?? []), id]);
      fresh.set(id, { draft, written });
    } else if (!draft.past && (there?.beginsLater || bringsMore(draft))) {
      again.push({ index, memoryId: id, lineageId, again: draft });
    }
  }
  return { created, again, ...rowsOf([...fresh.values()], slots) };
}

/** What is written for the memories that are new. */
function rowsOf(fresh: readonly Fresh[], slots: Slots | undefined): Omit<MemoryPlan, 'created' | 'again'> {
  const newDrafts = fresh.map(({ draft }) => draft);
  return {
    // Only now: what comes later to a slot moves what came before.
    rows: fresh.map((each) => rowOf(each, slots)),
    vectors: newDrafts.map(({ id, companionId, userId, content, embedding }) => ({
      memoryId: id,
      companionId,
      userId,
      content,
      embedding,
    })),
    events: fresh.map(recorded),
    mentions: newDrafts.flatMap(({ id, entities, past }) =>
      (entities ?? []).map((entity) => ({ ...entity, recordedAt: past?.recordedAt, memoryId: id })),
    ),
  };
}

/** A memory that is new, and where its slot has put it. */
interface Fresh {
  draft: Draft;
  written: Written | undefined;
}

/** The memory of this input that says the same; one that begins later only where none is true then, nor `isThere`. */
function twinOf(draft: Draft, twins: readonly string[], fresh: ReadonlyMap<string, Fresh>, isThere: boolean) {
  const drafts = twins.map((id) => (fresh.get(id) as Fresh).draft);
  const now = drafts.find((twin) => isTrueAt(twin, draft.from));
  if (now || isThere || draft.past) return now;
  const later = drafts.filter(
    (twin) =>
      draft.from < twin.from && (!draft.validUntil || twin.from < draft.validUntil) && isTrueAt(twin, twin.from),
  );
  return later.sort((a, b) => a.from.getTime() - b.from.getTime())[0];
}

/** Lets a memory that is not written yet take over what a duplicate brings along. */
function mergeDraft(fresh: Fresh, again: Draft, slots: Slots | undefined): Merge {
  const { draft } = fresh;
  if (again.past) return nothingMerged;
  const { said, merged, ignored } = mergeSaid(
    { ...draft, ...storedFields(draft), until: draft.validUntil ?? null, entities: draft.entities ?? [] },
    again,
  );
  const { summary, context, expiresAt, from, until: validUntil, entities } = said;
  fresh.draft = { ...draft, summary, context, expiresAt, from, validUntil, entities };
  if (merged.includes('validUntil')) slots?.end(draft.id, validUntil);
  return { merged, ignored };
}

const isTrueAt = (draft: Draft, moment: Date): boolean =>
  draft.from <= moment &&
  (!draft.validUntil || moment < draft.validUntil) &&
  (!draft.expiresAt || moment < draft.expiresAt) &&
  !draft.past?.archivedAt;

const recorded = ({ draft: { id, slot, past }, written }: Fresh): NewEvent => ({
  kind: 'RECORDED',
  memoryId: id,
  ...(past?.recordedAt && { at: past.recordedAt }),
  ...(slot && written && { changes: slotChanges(slot, written) }),
});

function rowOf({ draft, written }: Fresh, slots: Slots | undefined): NewRow {
  const belief = written && slots?.belief(draft.id);
  const { id, companionId, userId, type, content, confidence, importance, from, recordedAt, past } = draft;
  const statedUntil = draft.validUntil ?? null;
  return {
    id,
    ownLineageId: belief && !written?.contradictionId ? null : draft.lineageId,
    lineageId: belief?.lineageId ?? draft.lineageId,
    companionId,
    userId,
    slot: draft.slot ?? null,
    type,
    content,
    contentFold: draft.fold,
    ...storedFields(draft),
    confidence,
    importance,
    importanceAsOf: past?.importanceAsOf ?? recordedAt,
    accessCount: past?.accessCount ?? 0,
    lastAccessedAt: past?.lastAccessedAt ?? null,
    validFrom: from,
    statedUntil,
    validUntil: belief ? momentOf(belief.validUntil) : statedUntil,
    recordedAt,
    archivedAt: past?.archivedAt ?? null,
    isContested: belief?.isContested ?? false,
  };
}

const momentOf = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));
