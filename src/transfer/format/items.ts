import type { Correction } from '../../domain/belief/version.ts';
import type { CompanionChanges } from '../../domain/companion/companions.ts';
import type { ContradictionResolution } from '../../domain/contradiction/resolve.ts';
import type { RememberPolicy } from '../../domain/conversation/plan.ts';
import type { NewMessage } from '../../domain/conversation/prepare.ts';
import type { CorrectionKind } from '../../domain/correction/target.ts';
import type { PolicyChanges } from '../../domain/decay/policies.ts';
import type { ImportedPast, Life, NewMemory } from '../../domain/memory/new-memory.ts';
import type { NewRelation } from '../../domain/relation/edges.ts';
import type { WorkingMemoryOf } from '../../domain/working-memory/owner.ts';
import type { PastVersion } from '../../domain/working-memory/write.ts';
import type { GivenId } from '../../kernel/input.ts';
import type { GivenFields, KeptField } from '../../model/memory/fields.ts';
import type { MessageFormat, MessageRole } from '../../tables/conversation.ts';
import type { FindingKind, Verdict } from '../../tables/finding.ts';
import type { MemoryType } from '../../tables/memory.ts';
import type { ProposalKind, ProposalStatus, SourceRole } from '../../tables/proposal.ts';

/** What a line says: one thing to be made, or several for a line of another program's. */
export type Item =
  | CompanionItem
  | UserItem
  | PolicyItem
  | EntityItem
  | MemoryItem
  | DecisionItem
  | RelationItem
  | FindingItem
  | ProposalItem
  | ConversationItem
  | MessageItem
  | TurnItem
  | WorkingMemoryItem;
export type DecisionItem =
  | CorrectionItem
  | RetractionItem
  | ReversionItem
  | ContradictionItem
  | ResolutionItem
  | ReopeningItem;

export interface CompanionItem {
  kind: 'companion';
  key: string;
  changes: CompanionChanges;
}

export interface UserItem {
  kind: 'user';
  externalId: string;
  metadata?: Record<string, unknown> | null | undefined;
}

/** How importance fades: what is left out stays as it is. */
export interface PolicyItem {
  kind: 'policy';
  type: MemoryType;
  changes: PolicyChanges;
  recordedAt: Date | null;
}

export interface EntityItem {
  kind: 'entity';
  companion: string;
  type: string;
  name: string;
  aliases: readonly string[];
  /** Those that were merged into it; left out, its aliases name them. */
  merged?: readonly { type: string; name: string }[] | null | undefined;
  /** It stays though nothing mentions it. */
  isKept?: boolean | null | undefined;
  recordedAt?: Date | null | undefined;
}

export interface MemoryItem {
  kind: 'memory';
  /** As the file calls it, for messages. */
  id: string;
  companion: string;
  memory: NewMemory & { past: ImportedPast };
}

export interface RelationItem extends Omit<NewRelation, 'path'> {
  kind: 'relation';
}

/** What was decided about a memory, or between two: applied in the order of the file. */
export interface CorrectionItem {
  kind: 'correction';
  /** As the file calls the version corrected. */
  memory: GivenId;
  correction: Correction & { id: string; kind: CorrectionKind; effectiveAt?: Date | null; reason?: string | null };
  /** What happened to the new version since. What is left out stays as the correction makes it. */
  life: Omit<Life, 'recordedAt'> & GivenFields<KeptField>;
  recordedAt: Date | null;
}

export interface RetractionItem {
  kind: 'retraction';
  memory: GivenId;
  retraction: { kind: CorrectionKind; effectiveAt?: Date | null; reason?: string | null };
  recordedAt: Date | null;
}

/** A correction or retraction was taken back. */
export interface ReversionItem {
  kind: 'reversion';
  /** What it was about. */
  memory: GivenId;
  /** The version it had made; null: it was a retraction. */
  version: GivenId | null;
  recordedAt: Date | null;
}

export interface ContradictionItem {
  kind: 'contradiction';
  memory: GivenId;
  by: GivenId;
  strength: number;
  reason: string | null;
  recordedAt: Date | null;
}

export interface ResolutionItem {
  kind: 'resolution';
  memory: GivenId;
  by: GivenId;
  resolution: ContradictionResolution;
  note: string | null;
  recordedAt: Date | null;
}

/** The resolution of a contradiction was taken back. */
export interface ReopeningItem {
  kind: 'reopening';
  memory: GivenId;
  by: GivenId;
  recordedAt: Date | null;
}

/** What one memory seemed to say of another, and what was judged of it. */
export interface FindingItem {
  kind: 'finding';
  memory: GivenId;
  by: GivenId;
  as: FindingKind;
  score: number;
  reason: string;
  memoryText: string;
  byText: string;
  recordedAt: Date | null;
  verdict: Verdict | null;
  note: string | null;
  judgedAt: Date | null;
  judgedBy: string | null;
  /** The chat model that confirmed it, as actors are named, and when. */
  confirmedBy: string | null;
  confirmedAt: Date | null;
}

/** What a chat model proposed of a conversation, and what was decided. */
export interface ProposalItem {
  kind: 'proposal';
  id: GivenId;
  companion: string;
  conversation: string;
  as: ProposalKind;
  status: ProposalStatus;
  draft: Record<string, unknown>;
  memory: GivenId | null;
  other: GivenId | null;
  confidence: number;
  proposedBy: string;
  recordedAt: Date | null;
  decidedAt: Date | null;
  decidedBy: string | null;
  note: string | null;
  /** The messages and memories that it depends on, with its quotes. */
  sources: { role: SourceRole; message: GivenId | null; memory: GivenId | null; quote: string | null }[];
}

/** A conversation, named by the caller's own id within its companion. */
export interface ConversationItem {
  kind: 'conversation';
  companion: string;
  externalId: string;
  user: string | null;
  title: string | null;
  metadata: Record<string, unknown>;
  createdAt: Date | null;
  updatedAt: Date | null;
  /** Positions below are not given to new messages. */
  nextPosition: number;
  /** The position up to which it was read for proposals; null: it was not. */
  readUntil?: number | null;
  /** One that is there gets the title that it lacks. */
  fillsIn?: boolean;
}

export interface MessageItem {
  kind: 'message';
  id: GivenId;
  companion: string;
  conversation: string;
  /** Null: behind those that there are. */
  position: number | null;
  externalId: string | null;
  role: MessageRole;
  name: string | null;
  format: MessageFormat;
  /** As it was given; undefined of one that is forgotten. */
  content: unknown;
  isFinal: boolean;
  isForgotten: boolean;
  tokens: number | null;
  metadata: Record<string, unknown>;
  /** The version of a memory that it became. */
  memory: GivenId | null;
  createdAt: Date | null;
  updatedAt: Date | null;
  recordedAt: Date | null;
}

/** A message of another program's: added at the end of its conversation, and remembered where that is wanted. */
export interface TurnItem {
  kind: 'turn';
  companion: string;
  conversation: string;
  user: string | null;
  message: NewMessage;
  remember: RememberPolicy;
}

/** A version of a working memory. */
export interface WorkingMemoryItem {
  kind: 'workingMemory';
  of: WorkingMemoryOf;
  past: PastVersion;
}

export const kinds = [
  'companion',
  'user',
  'policy',
  'entity',
  'memory',
  'correction',
  'retraction',
  'reversion',
  'contradiction',
  'resolution',
  'reopening',
  'relation',
  'finding',
  'conversation',
  'message',
  'proposal',
  'workingMemory',
] as const;
export type Kind = (typeof kinds)[number];

/** An item, and the line of the file it is from. */
export interface Numbered<I extends Item = Item> {
  line: number;
  item: I;
}

/** Something is wrong with a line; `message` says what. */
export class LineProblem extends Error {
  readonly line: number;
  /** The line is not even JSON. */
  readonly isNoJson: boolean;
  constructor(line: number, message: string, { isNoJson = false } = {}) {
    super(message);
    this.line = line;
    this.isNoJson = isNoJson;
  }
}
