import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { measureContent } from '../../domain/conversation/prepare.ts';
import { bounds, jsonObject, keyText } from '../../kernel/input.ts';
import type { SaidLine } from '../format/file.ts';
import { type Item, LineProblem } from '../format/items.ts';
import { itemOf } from '../format/parse.ts';
import { type Entry, readEntries } from './entries.ts';
import { formatOf, type HistoryFormat, readers } from './formats.ts';
import {
  type ConversationRecord,
  type HistoryRecord,
  type MemoryRecord,
  type MessageRecord,
  Unreadable,
} from './record.ts';

/** How the file of another program is imported. */
export interface History {
  format: HistoryFormat;
  /** The key of the companion that it goes to. */
  companion: string;
  /** The externalId of the user that it is with; undefined: who the file says. */
  user?: string | undefined;
  /** Whether what users and assistants say becomes memories. */
  remember: 'TURNS' | 'NONE';
  /** What a conversation is called that the file gives no id. */
  unnamed: string;
}

/** The format of a file, by what it begins with; undefined: it is none of another program's that is known. */
export async function guessFormat(file: string): Promise<HistoryFormat | undefined> {
  const chunks = createReadStream(file);
  try {
    for await (const entry of readEntries(chunks)) return formatOf(entry);
    return undefined;
  } catch (error) {
    // What is wrong with it, its import will say.
    if (error instanceof LineProblem) return undefined;
    throw error;
  } finally {
    chunks.destroy();
  }
}

/** Reads the file of another program for an import, an entry at a time. */
export class HistoryFile {
  /** How much has been left out, by what it is. */
  readonly leftOut = new Map<string, number>();
  readonly #history: History;
  /** The conversation of the entry before, and when its last message was said. */
  #at: { conversation: string; said: Date | null } | undefined;
  readonly #now = new Date();

  constructor(history: History) {
    this.#history = history;
  }

  /** The entries as lines, with what they say. Throws LineProblem. */
  async *lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<SaidLine> {
    for await (const entry of readEntries(chunks)) {
      const items = this.#read(entry).flatMap((record) => this.#itemsOf(record, entry.number));
      yield { number: entry.number, text: '', end: entry.end, items };
    }
  }

  #read(entry: Entry): HistoryRecord[] {
    const { format, unnamed } = this.#history;
    try {
      return readers[format](entry, unnamed);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      throw new LineProblem(entry.number, `${error.message} Is the file of the format ${format}?`);
    }
  }

  #itemsOf(record: HistoryRecord, number: number): Item[] {
    switch (record.kind) {
      case 'conversation':
        return [this.#conversation(record)];
      case 'message':
        return this.#message(record);
      case 'memory':
        return [this.#memory(record, number)];
      case 'skipped':
        this.#leaveOut(record.what);
        return [];
    }
  }

  #conversation({ id, user, title, metadata, createdAt, updatedAt }: ConversationRecord): Item {
    const conversation = keyFrom(id);
    const begun = this.#past(createdAt);
    this.#at = { conversation, said: begun };
    const changed = this.#past(updatedAt);
    return {
      kind: 'conversation',
      companion: this.#history.companion,
      externalId: conversation,
      user: this.#userOf(user),
      title: textWithin(title, bounds.key),
      metadata: objectWithin(metadata) ?? {},
      createdAt: begun,
      updatedAt: begun && changed && changed > begun ? changed : begun,
      nextPosition: 0,
      fillsIn: true,
    };
  }

  #message({ conversation: id, user, message }: MessageRecord): Item[] {
    if (measureContent(message.format, message.content).refusal) {
      this.#leaveOut('messages that are too large');
      return [];
    }
    const conversation = keyFrom(id);
    const begins = this.#at?.conversation !== conversation;
    const first = begins ? [this.#conversation({ kind: 'conversation', id, user, createdAt: message.createdAt })] : [];
    // One without a date was said when the one before it was.
    const createdAt = message.createdAt ?? this.#at?.said ?? null;
    this.#at = { conversation, said: createdAt };
    const { companion, remember } = this.#history;
    return [
      ...first,
      {
        kind: 'turn',
        companion,
        conversation,
        user: this.#userOf(user),
        remember,
        message: {
          ...message,
          externalId: keyFrom(message.externalId),
          name: textWithin(message.name, bounds.key),
          metadata: objectWithin(message.metadata),
          createdAt,
          isFinal: true,
        },
      },
    ];
  }

  #memory({ kind, user, context, expiresAt, ...memory }: MemoryRecord, number: number): Item {
    const line = {
      kind,
      ...memory,
      type: 'FACT',
      companion: this.#history.companion,
      user: this.#userOf(user) ?? undefined,
      context,
      expiresAt: expiresAt ?? undefined,
      validFrom: memory.validFrom ?? undefined,
      validUntil: memory.validUntil ?? undefined,
      recordedAt: this.#past(memory.recordedAt) ?? undefined,
    };
    // With its moments as they are written in a file.
    return itemOf(JSON.parse(JSON.stringify(line)), number);
  }

  #userOf(given: string | null | undefined): string | null {
    const user = this.#history.user ?? given;
    return user == null ? null : keyFrom(user);
  }

  /** A clock elsewhere may be ahead. */
  #past(moment: Date | null | undefined): Date | null {
    return moment && moment > this.#now ? this.#now : (moment ?? null);
  }

  #leaveOut(what: string): void {
    this.leftOut.set(what, (this.leftOut.get(what) ?? 0) + 1);
  }
}

const anyKey = keyText('A key');

/** An id of another program's as a key of ours: itself, or a digest where it cannot be one. */
const keyFrom = (id: string): string =>
  anyKey.safeParse(id).success ? id : createHash('sha256').update(id).digest('hex');

/** As much of a text as there is room for. */
function textWithin(text: string | null | undefined, length: number): string | null {
  const cleaned = text?.replaceAll('\0', '').slice(0, length).toWellFormed().trim();
  return cleaned ? cleaned : null;
}

/** An object that can be kept as metadata; another is left out. */
const objectWithin = (value: Record<string, unknown> | null | undefined): Record<string, unknown> | null =>
  value && jsonObject.safeParse(value).success ? value : null;
