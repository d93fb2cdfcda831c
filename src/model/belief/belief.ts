import type { InferSelectModel } from 'drizzle-orm';
import type { contradictions } from '../../tables/contradiction.ts';
import type { decisions } from '../../tables/correction.ts';

/** A version of a memory, as its time line knows it; moments are milliseconds since 1970. */
export interface Version {
  id: string;
  /** The lineage it stands in now. */
  lineageId: string;
  start: number;
  /** The end stated with it. */
  statedUntil: number | null;
}

type DecisionColumns = Pick<InferSelectModel<typeof decisions>, 'id' | 'kind' | 'memoryId' | 'versionId'>;
/** A correction or retraction: `memoryId` is the version it is about, `versionId` the one it made. */
export interface Decision extends DecisionColumns {
  effectiveAt: number | null;
  recordedAt: number;
  /** When it was taken back. */
  revertedAt: number | null;
}

type Stored = InferSelectModel<typeof contradictions>;
type DisputeColumns = Pick<Stored, 'id' | 'memoryLineageId' | 'byLineageId' | 'memoryAnchorId' | 'byAnchorId'> &
  Pick<Stored, 'isOfSlot' | 'status' | 'resolution'>;
/** A contradiction between two lineages. */
export interface Dispute extends DisputeColumns {
  openedAt: number;
  resolvedAt: number | null;
}

/** What the decisions in force make of a version. */
export interface Belief {
  /** The lineage it stands in: its own, or that of a slot that took it in. */
  lineageId: string;
  validUntil: number | null;
  /** Since when it is not believed; null: it is. */
  retractedAt: number | null;
  /** Not believed, but what a MISTAKE put in its place is. */
  isCorrected: boolean;
  /** A side of an open contradiction. */
  isContested: boolean;
  /** The lineage whose slot it answers; null: its own. `leaves`: it answered a slot, and does not any more. */
  guestOf: string | null;
  leaves: boolean;
}

export interface Sides {
  memoryId: string;
  byId: string;
}

export interface Beliefs {
  versions: ReadonlyMap<string, Belief>;
  sides: ReadonlyMap<string, Sides>;
  /** Pairs of believed versions of one lineage that begin at the same moment: no time line can hold both. */
  collisions: readonly (readonly [string, string])[];
}
