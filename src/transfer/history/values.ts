import type { MessageRole } from '../../tables/conversation.ts';

// Reading what other programs write, in whatever variant.

export type Json = Record<string, unknown>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** The first of some fields that names something: a text, or a number. */
export function keyIn(fields: Json, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === 'number') return String(value);
    if (textOf(value) !== undefined) return value as string;
  }
  return undefined;
}

/** A number from here on is a moment in milliseconds since 1970, one before in seconds. */
const MILLISECONDS = 100_000_000_000;
const hasZone = /(?:Z|[+-]\d{2}(?::?\d{2})?)$/i;
const hasTime = /\d[T ]\d/;

/** A moment, in ISO 8601 (without an offset: UTC), or in seconds or milliseconds since 1970; null where it is none. */
export function momentOf(value: unknown): Date | null {
  const date =
    typeof value === 'number'
      ? new Date(value < MILLISECONDS ? Math.round(value * 1_000) : value)
      : new Date(typeof value === 'string' ? (hasTime.test(value) && !hasZone.test(value) ? `${value}Z` : value) : '');
  return date.getUTCFullYear() >= 1 && date.getUTCFullYear() <= 9999 ? date : null;
}

/** The first of some fields that is a moment. */
export const momentIn = (fields: Json, ...names: readonly string[]): Date | null =>
  names.map((name) => (fields[name] == null ? null : momentOf(fields[name]))).find((moment) => moment !== null) ?? null;

const roles: Record<string, MessageRole> = {
  user: 'USER',
  human: 'USER',
  assistant: 'ASSISTANT',
  ai: 'ASSISTANT',
  model: 'ASSISTANT',
  system: 'SYSTEM',
  developer: 'SYSTEM',
  tool: 'TOOL',
  function: 'TOOL',
  data: 'TOOL',
};

/** Who says something, in the word of whichever program. */
export const roleOf = (value: unknown): MessageRole | undefined =>
  typeof value === 'string' ? roles[value.toLowerCase()] : undefined;

/** JSON that may have come as a text; a text that is none stays a text. */
export function parsed(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
