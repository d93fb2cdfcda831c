import type { NewMessage } from '../../domain/conversation/prepare.ts';
import type { Entry } from './entries.ts';
import type { Json } from './values.ts';

/** What an entry of a file of another program's says. */
export type Told = ToldConversation | ToldMessage | ToldMemory | ToldNothing;

export interface ToldConversation {
  kind: 'conversation';
  /** The other program's id for it. */
  id: string;
  user?: string | null | undefined;
  title?: string | null | undefined;
  metadata?: Json | undefined;
  createdAt?: Date | null | undefined;
  updatedAt?: Date | null | undefined;
}

export interface ToldMessage {
  kind: 'message';
  conversation: string;
  user?: string | null | undefined;
  message: Omit<NewMessage, 'isFinal' | 'externalId'> & { externalId: string };
}

/** A fact: the fields of a line of our own format. */
export interface ToldMemory {
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

export interface ToldNothing {
  kind: 'nothing';
  /** In the plural, for a count: `empty messages`. */
  what: string;
}

/** Reads entries of one format; `unnamed` is the id of a conversation that the file gives none. Throws Unreadable. */
export type Reader = (entry: Entry, unnamed: string) => Told[];

/** An entry is not what its format has; `message` says why. */
export class Unreadable extends Error {}

export const nothing = (what: string): ToldNothing[] => [{ kind: 'nothing', what }];
