// Written by `npm run tools` from src/mcp/tools and the schema.

export type CompanionRef = { id: string } | { key: string };

export interface ContradictionFields {
  id: string;
  reason: string | null;
  resolution: ContradictionResolution | null;
  memory: {
    id: string;
    content: string;
  };
  by: {
    id: string;
    content: string;
  };
}

export type ContradictionResolution = 'DISMISSED' | 'KEEP_BY' | 'KEEP_MEMORY' | 'SUCCEEDED';

export type ConversationRef = { externalId: string } | { id: string };

export type CorrectionKind = 'CHANGE' | 'MISTAKE';

export type Direction = 'IN' | 'OUT';

/** An entity that a memory mentions. An unknown one is created. */
export interface EntityInput {
  /** Its name: 1 to 500 characters. */
  name: string;
  /** What it is, such as person, place or project: 1 to 100 characters. */
  type: string;
}

export type EntityRef = { id: string } | { name: string };

export interface FindingFields {
  id: string;
  kind: FindingKind;
  score: number;
  reason: string;
  verdict: Verdict | null;
  memory: KeptFields;
  by: KeptFields;
}

export type FindingKind = 'CONFLICT' | 'NEGATION' | 'SAME' | 'UPDATE';

export interface KeptFields {
  id: string;
  type: MemoryType;
  status: MemoryStatus;
  content: string;
  validFrom: string;
  validUntil: string | null;
}

export interface MemoryFields {
  id: string;
  type: MemoryType;
  status: MemoryStatus;
  content: string;
  slot: string | null;
  context: Record<string, unknown>;
  suspect: boolean;
  validFrom: string;
  validUntil: string | null;
  retractedAt: string | null;
  current: {
    id: string;
  };
}

export type MemoryRef = { id: string } | { ref: string };

export type MemoryStatus =
  | 'ACTIVE'
  | 'ARCHIVED'
  | 'CORRECTED'
  | 'DISPUTED'
  | 'ENDED'
  | 'EXPIRED'
  | 'RETRACTED'
  | 'UPCOMING';

export type MemoryType = 'EXPERIENCE' | 'FACT' | 'INSTRUCTION' | 'PREFERENCE' | 'REFLECTION';

export type MessageRole = 'ASSISTANT' | 'SYSTEM' | 'TOOL' | 'USER';

/** A memory to create, as CreateMemoryInput but without the companion. */
export interface NewMemory {
  /** How certain it is: 0 to 1. */
  confidence?: number | undefined;
  /** The statement: 1 to 100,000 characters, not blank. */
  content: string;
  /**
   * Your own notes on where it comes from. These keys have a meaning here: conversationId, turnNumber,
   * speaker, source.
   */
  context?: Record<string, unknown> | null | undefined;
  /**
   * The vector of its content, of the model and dimension that viewer.embedding names. Default: the
   * service makes it.
   */
  embedding?: readonly number[] | null | undefined;
  /** The entities it mentions: at most 100. */
  entities?: readonly EntityInput[] | null | undefined;
  /** When it expires. Default: never. */
  expiresAt?: string | null | undefined;
  /** How much it matters: 0 to 10. */
  importance?: number | undefined;
  /**
   * True: it is a memory of its own, whatever else says the same; in a slot, unless that begins at the
   * same moment. Default, also for null: false.
   */
  isApart?: boolean | null | undefined;
  /** A name for it, used by `relations` of the same input, where it must be unique: 1 to 500 characters. */
  ref?: string | null | undefined;
  /**
   * The question it answers, if that has one answer at a time, named in your own words, e.g.
   * `user.diet`: 1 to 500 characters. The memory is added to the time line of this slot for this
   * companion and user.
   */
  slot?: string | null | undefined;
  /** A summary of the statement: at most 10,000 characters. */
  summary?: string | null | undefined;
  /** The kind of statement. */
  type: MemoryType;
  /** The user it is about. Default: no particular user. */
  user?: UserRef | null | undefined;
  /** When it became true in the world. Default: now. */
  validFrom?: string | null | undefined;
  /** When it stops being true, after validFrom. Default: it stays true. */
  validUntil?: string | null | undefined;
}

/** A relation to create with the memories of the same input. */
export interface NewRelation {
  /** The memory it begins at. */
  from: MemoryRef;
  /** The caller's own notes on it. */
  metadata?: Record<string, unknown> | null | undefined;
  /** How strongly: 0 to 1. */
  strength?: number | undefined;
  /** The memory it leads to. */
  to: MemoryRef;
  /** How `from` is related to `to`. CONTRADICTS and CORRECTS are created only by their own mutations. */
  type: RelationType;
}

export type OrderDirection = 'ASC' | 'DESC';

/** A point on both clocks. It applies to everything nested below it, and ids read there carry it. */
export interface PointInTime {
  /**
   * The answer uses what the service knew at this moment. Default: now. A moment in the future is
   * INVALID_INPUT.
   */
  knownAt?: string | null | undefined;
  /** The moment in the world that is asked about. Default: `knownAt`. It may be in the future. */
  validAt?: string | null | undefined;
}

export interface RelationFields {
  id: string;
  type: RelationType;
  strength: number;
  from: {
    id: string;
  };
  to: {
    id: string;
  };
}

export type RelationType = 'CAUSES' | 'CONTRADICTS' | 'CORRECTS' | 'ELABORATES' | 'FOLLOWS' | 'REFERENCES';

export type UserRef = { externalId: string } | { id: string };

export type Verdict = 'CONTRADICTS' | 'CORRECTS' | 'SAME' | 'SUCCEEDS' | 'UNRELATED';

export type WorkingMemoryScope = 'COMPANION' | 'CONVERSATION' | 'USER';
