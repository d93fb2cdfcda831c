import type { InferSelectModel } from 'drizzle-orm';
import type { GivenFields } from '../../model/memory/fields.ts';
import type { UserRef } from '../../model/user/ref.ts';
import type { MemoryType, memories } from '../../tables/memory.ts';
import type { MentionedEntity } from '../entity/mention.ts';
import type { Merge } from './duplicate.ts';

type Stored = InferSelectModel<typeof memories>;

/** A memory to create. Moments left out: `validFrom` is the moment it is recorded. */
export interface NewMemory extends GivenFields {
  /** The caller's name for it in this batch. */
  ref?: string | null;
  user?: UserRef | null;
  content: string;
  type: MemoryType;
  importance: number;
  confidence: number;
  /** The single-valued question it answers: see placeInSlot. */
  slot?: string | null;
  entities?: readonly MentionedEntity[] | null;
  /** Its vector; else the service makes one later. */
  embedding?: readonly number[] | null | undefined;
  validFrom?: Date | null;
  validUntil?: Date | null;
  /** Another memory that says the same does not stand for it. */
  isApart?: boolean | null | undefined;
  /** What an import brings along, and nobody else. */
  past?: ImportedPast;
}

type Lived = 'recordedAt' | 'importanceAsOf' | 'accessCount' | 'lastAccessedAt' | 'archivedAt';

/** What happened to a memory before it was imported. */
export type Life = { [K in Lived]?: Stored[K] | null | undefined };

/** The life a memory had before it was imported, and its key. */
export interface ImportedPast extends Life {
  id: string;
}

/** What was written of a new memory. */
export type WrittenMemory = Pick<
  Stored,
  | 'id'
  | 'lineageId'
  | 'companionId'
  | 'userId'
  | 'content'
  | 'context'
  | 'slot'
  | 'validFrom'
  | 'validUntil'
  | 'recordedAt'
>;

export interface CreatedMemory extends Merge {
  id: string;
  lineageId: string;
  /** It was there before: the memory with the same content, and what the new one brings along merged into it. */
  duplicate: boolean;
  /** The version whose time ended with it, on the time line of its slot. */
  succeededId: string | null;
  /** The contradiction it opened with the version of its slot that begins at the same moment. */
  contradictionId: string | null;
  /** What was written of it; null: it was there before. */
  row: WrittenMemory | null;
}
