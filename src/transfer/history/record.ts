import type { NewMessage } from '../../domain/conversation/prepare.ts';
import type { Entry } from './entries.ts';
import type { Json } from './values.ts';

/** What an entry of another program's file says. */
export type HistoryRecord = ConversationRecord | MessageRecord | MemoryRecord | SkippedRecord;

export interface ConversationRecord {
  kind: 'conversation';
  /** The other program's id for it. */
  id: string;
  user?: string | null | undefined;
  title?: string | null | undefined;
  metadata?: Json | undefined;
  createdAt?: Date | null | undefined;
  updatedAt?: Date | null | undefined;
}

export interface MessageRecord {
  kind: 'message';
  conversation: string;
  user?: string | null | undefined;
  message: Omit<NewMessage, 'isFinal' | 'externalId'> & { externalId: string };
}

/** A fact: the fields of a line of our own format. */
export interface MemoryRecord {
  kind: 'memory';
  id: string;
  user?: string | null | undefined;
  content: string;
  context: Json;
  entities?: { type: string; name: string }[];
  validFrom: Date | null;
  validUntil?: Date | null;
  expiresAt?: Date | null;
  recordedAt: Date | null;
}

export interface SkippedRecord {
  kind: 'skipped';
  /** In the plural, for a count: `empty messages`. */
  what: string;
}

/** Reads entries of one format; `unnamed` is the id of a conversation that the file gives none. Throws Unreadable. */
export type Reader = (entry: Entry, unnamed: string) => HistoryRecord[];

/** An entry is not what its format has; `message` says why. */
export class Unreadable extends Error {}

export const skipped = (what: string): SkippedRecord[] => [{ kind: 'skipped', what }];
