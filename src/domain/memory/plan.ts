import type { InferSelectModel } from 'drizzle-orm';
import { InvalidInput } from '../../kernel/errors.ts';
import { storedFields } from '../../model/memory/fields.ts';
import { foldContent } from '../../model/memory/fold.ts';
import type { memories } from '../../tables/memory.ts';
import type { Embeddable } from '../embedding/vectors.ts';
import type { MentionedEntity } from '../entity/mention.ts';
import type { NewEvent } from '../event/record.ts';
import { type SlotWriter, slotChanges, type Written } from '../slot/writer.ts';
import type { CreatedMemory, NewMemory } from './new-memory.ts';

// What createMemories decides, without a database: which memories are new, and all that is to be written for them.

type Stored = InferSelectModel<typeof memories>;

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
  userOf(memory: NewMemory): string | null;
  newId(): string;
  /** Leads to the memory of an index, for error messages. */
  root(index: number): readonly (string | number)[];
}

/** A row to be inserted. What an insert makes of it, or is the same for all, is left out. */
export interface NewRow
  extends Omit<Stored, 'workspaceId' | 'retractedAt' | 'updatedAt' | 'knownFrom' | 'isCorrected' | 'search'> {
  /** The lineage to be made for it; null where it stands in its slot's. */
  ownLineageId: string | null;
}

/** A memory that is there already. */
export type Same = Pick<Stored, 'id' | 'lineageId'>;

export interface MemoryPlan {
  /** In the order of the input. */
  created: CreatedMemory[];
  rows: NewRow[];
  vectors: Embeddable[];
  events: NewEvent[];
  mentions: (MentionedEntity & { memoryId: string })[];
}

/**
 * Completes the memories of an input; `folds` are those of their contents. Throws InvalidInput where a period ends
 * before it begins.
 */
export function draftMemories(
  given: readonly NewMemory[],
  known: Known,
  folds: readonly string[] = given.map(({ content }) => foldContent(content)),
): Draft[] {
  const { companionId, stamp, userOf, newId, root } = known;
  return given.map((memory, index) => {
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
      userId: userOf(memory),
      fold: folds[index] as string,
      from,
      recordedAt: memory.past?.recordedAt ?? stamp,
    };
  });
}

/** The time lines that memories with a slot are placed on, in memory. */
export type Slots = Pick<SlotWriter, 'place' | 'belief'>;

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
  const fresh: Fresh[] = [];
  const within = new Map<string, Draft[]>();
  for (const draft of drafts) {
    const { slot } = draft;
    const key = JSON.stringify([draft.userId, draft.type, draft.fold]);
    const twins = draft.type === 'EXPERIENCE' || slot ? [] : (within.get(key) ?? []);
    const there = existing.get(draft.index) ?? twins.find((twin) => isTrueAt(twin, draft.from));
    const written = there || !slot ? undefined : slots?.place({ ...draft, slot });
    const same = there ?? written?.duplicateOf;
    const { id, lineageId } = same ?? draft;
    const { succeededId = null, contradictionId = null } = written ?? {};
    created.push({ id, lineageId, duplicate: same !== undefined, succeededId, contradictionId });
    if (same) continue;
    if (!slot) within.set(key, [...twins, draft]);
    fresh.push({ draft, written });
  }
  const newDrafts = fresh.map(({ draft }) => draft);
  return {
    created,
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
