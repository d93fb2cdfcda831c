import { createHash } from 'node:crypto';
import { stringify as uuidFrom } from 'uuid';
import { InvalidInput, LimitExceeded } from '../../kernel/errors.ts';
import { bounds } from '../../kernel/input.ts';
import { inTurns } from '../../kernel/turns.ts';
import { wordsOf } from '../../model/message/cut.ts';
import { textParts } from '../../model/message/parts.ts';
import type { MessageFormat, MessageRole } from '../../tables/conversation.ts';

/** A message as it is given. */
export interface NewMessage {
  /** The caller's own id for it, unique in the conversation. */
  externalId?: string | null | undefined;
  role: MessageRole;
  name?: string | null | undefined;
  format: MessageFormat;
  /** Any JSON, in the shape of the format. */
  content: unknown;
  tokens?: number | null | undefined;
  metadata?: Record<string, unknown> | null | undefined;
  /** When it was said; default: now. */
  createdAt?: Date | null | undefined;
  /** False while it is being streamed. */
  isFinal: boolean;
}

/** A message that has been looked at: what it says, and what it is known by. */
export interface PreparedMessage extends NewMessage {
  index: number;
  parts: string[];
  /** Its text parts as one text; null: it has none. */
  words: string | null;
  /** Whether a memory can hold the words. */
  isKeepable: boolean;
  digest: string;
}

/** A memory holds what PostgreSQL can hold as text, up to a length, and says something. */
export const isKeepable = (words: string | null): words is string =>
  words !== null &&
  words.length <= bounds.content &&
  !words.includes('\0') &&
  words.isWellFormed() &&
  words.trim() !== '';

/** Bytes of UTF-8 of one message's content as JSON, and of all contents of one mutation. */
export const contentBounds = { bytes: 2 ** 20, all: 16 * 2 ** 20, depth: 200 } as const;

/**
 * Looks at messages, in turns with other work. Throws InvalidInput for a content that is too large, nests too deep, or is
 * no text where the format is TEXT, and for two messages with one externalId; LimitExceeded where all are too large.
 */
export async function prepareMessages(messages: readonly NewMessage[], field = 'messages'): Promise<PreparedMessage[]> {
  const issues: { path: (string | number)[]; message: string }[] = [];
  const firstBy = new Map<string, number>();
  let total = 0;
  const prepared = await inTurns(messages, (message, index): PreparedMessage => {
    const { role, format, content, externalId } = message;
    const refuse = (part: string, text: string) =>
      void issues.push({ path: ['input', field, index, part], message: text });
    const nothing = { ...message, index, parts: [], words: null, isKeepable: false, digest: '' };
    const before = externalId == null ? undefined : firstBy.get(externalId);
    if (before !== undefined)
      refuse('externalId', `Message ${before} of the input has this externalId, too: send one.`);
    if (externalId != null) firstBy.set(externalId, index);
    const { bytes, refusal } = measureContent(format, content);
    total += bytes;
    if (refusal) {
      refuse('content', refusal);
      return nothing;
    }
    const parts = textParts(format, content);
    const words = wordsOf(parts);
    const digest = digestOf([role, format, message.name ?? null, message.metadata ?? {}, content]);
    return { ...message, index, parts, words, isKeepable: isKeepable(words), digest };
  });
  if (issues.length > 0) throw new InvalidInput(issues);
  if (total > contentBounds.all) throw new LimitExceeded('Bytes of all contents', contentBounds.all, total);
  return prepared;
}

/** How many bytes of JSON a content is, and why it is refused; undefined: it is taken. */
export function measureContent(format: MessageFormat, content: unknown): { bytes: number; refusal?: string } {
  if (format === 'TEXT' && typeof content !== 'string') {
    return { bytes: 0, refusal: 'The content of format TEXT is a text: send a JSON string, or say the format.' };
  }
  const fault = faultOf(content);
  if (fault) return { bytes: 0, refusal: fault };
  const bytes = Buffer.byteLength(JSON.stringify(content) ?? 'null');
  if (bytes <= contentBounds.bytes) return { bytes };
  return { bytes, refusal: `At most ${contentBounds.bytes} bytes of JSON are allowed, given ${bytes}.` };
}

/** Equal for what is the same JSON, in whatever order its keys came. Half of SHA-256, as a UUID. */
function digestOf(value: unknown): string {
  const sorted = (_key: string, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part;
  return uuidFromHash(createHash('sha256').update(JSON.stringify(value, sorted)).digest());
}

/** As UUIDs of version 8 are made: from 122 bits of anything (RFC 9562, 5.8). */
function uuidFromHash(hash: Buffer): string {
  const bytes = Uint8Array.from(hash.subarray(0, 16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return uuidFrom(bytes);
}

/**
 * Why JSON would not come back as it is: it nests too deep, or has a number that is no finite double, as 1e999 is read.
 * Without recursion: it may nest very deep.
 */
function faultOf(value: unknown): string | undefined {
  let level = [value];
  for (let depth = 1; level.length > 0; depth++) {
    const next: unknown[] = [];
    for (const each of level) {
      if (typeof each === 'number' && !Number.isFinite(each)) return 'Numbers must be finite.';
      if (typeof each !== 'object' || each === null) continue;
      if (depth > contentBounds.depth) return `At most ${contentBounds.depth} levels of nesting are allowed.`;
      for (const inner of Object.values(each))
        if (typeof inner === 'object' || typeof inner === 'number') next.push(inner);
    }
    level = next;
  }
  return undefined;
}
