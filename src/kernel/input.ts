import { z } from 'zod';
import { InvalidInput, LimitExceeded } from './errors.ts';
import { decodeId, type NodeType } from './ids.ts';
import { readSearch } from './search-text.ts';
import { faultOf } from './text-fault.ts';
import { UNSPACED } from './unspaced.ts';

/** The bounds of input, in one place; UTF-16 code units for texts, bytes of UTF-8 for JSON. */
export const bounds = {
  content: 100_000,
  summary: 10_000,
  key: 500,
  name: 500,
  entityType: 100,
  query: 10_000,
  queryWords: 100,
  exclusions: 30,
  json: 65_536,
  jsonDepth: 64,
  nodes: 100,
  ids: 1_000,
  memories: 1_000,
  relations: 5_000,
  /** Of one memory. */
  entities: 100,
  /** Entities of all memories that are created at once. */
  mentions: 20_000,
} as const;

/** A text that has no fault; one check, since there may be hundreds of thousands of them in an input. */
const textWithout = (fault: (text: string) => string | undefined) =>
  z.string().check((payload) => {
    const message = fault(payload.value);
    if (message) payload.issues.push({ code: 'custom', message, input: payload.value });
  });

/** A text that PostgreSQL can hold: no NUL, no half of a surrogate pair. */
const cleanText = (max: number) => textWithout((text) => faultOf(text, max));

/** A text that says something. */
export const filledText = (what: string, max: number) =>
  textWithout((text) => faultOf(text, max) ?? (text.trim() === '' ? `${what} must not be empty.` : undefined));

/** A key or name of the caller's. */
export const keyText = (what: string) => filledText(what, bounds.key);

/** A text that may be empty. */
export const freeText = (max: number) => cleanText(max);

const unspaced = new RegExp(`[${UNSPACED}]`, 'gu');

/** What is written without spaces is looked for by pairs of characters: two of them count as a word. */
const wordsIn = (text: string): number =>
  (text.match(/[\p{L}\p{N}]+/gu) ?? []).reduce((total, run) => {
    const characters = run.match(unspaced)?.length ?? 0;
    return total + Math.max(1, Math.ceil(characters / 2));
  }, 0);

/** More marks of exclusion before one word than PostgreSQL's parser keeps; `or` is none there. */
const tooManyExclusions = new RegExp(String.raw`-(?:[^\p{L}\p{N}-]*-){${bounds.exclusions}}`, 'u');

/** A full-text search, see {@link readSearch}: what is asked of each memory is bounded. */
export const searchText = cleanText(bounds.query).superRefine((text, context) => {
  const words = wordsIn(text);
  if (words > bounds.queryWords) {
    context.addIssue({ code: 'custom', message: `At most ${bounds.queryWords} words are allowed, given ${words}.` });
  }
  if (tooManyExclusions.test(text.replaceAll(/(?<![\p{L}\p{N}])or(?![\p{L}\p{N}])/giu, ' '))) {
    const message = `At most ${bounds.exclusions} exclusion marks (-) are allowed in a row: one before a word excludes it.`;
    context.addIssue({ code: 'custom', message });
  } else if (readSearch(text).some((parts) => parts.every(({ isExcluded }) => isExcluded))) {
    const message =
      'An exclusion alone finds nearly everything: say what to look for beside it, such as coffee -milk, also on both sides of or.';
    context.addIssue({ code: 'custom', message });
  }
});

/** A number within `[min, max]`; NaN and infinities are none. */
export const bounded = (min: number, max: number) =>
  z
    .number(`A number from ${min} to ${max} is expected.`)
    .min(min, `At least ${min} is expected.`)
    .max(max, `At most ${max} is allowed.`);

/** A vector; how long it must be, the service's model says. */
export const vector = z.array(z.number());

export interface GivenId {
  /** As the caller gave it, for error messages. */
  given: string;
  uuid: string;
}

/** The public id of a `type`; its point in time, if it has one, plays no part. */
export const idOf = (type: NodeType) =>
  z.string().transform((id, context): GivenId => {
    try {
      return { given: id, uuid: decodeId(type, id, []).uuid };
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      for (const { message } of error.issues) context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
  });

/** Ids of one `type`, each kept once. */
export const idsOf = (type: NodeType) =>
  z.array(idOf(type)).transform((ids) => [...new Map(ids.map((id) => [id.uuid, id])).values()]);

/** An input of which GraphQL lets exactly one field through (`@oneOf`): that field's schema reads it. */
export const oneOf = <Members extends Record<string, z.ZodType>>(members: Members) =>
  z.record(z.string(), z.unknown()).transform((value, context): { [M in keyof Members]?: z.output<Members[M]> } => {
    const [name, schema] = Object.entries(members).find(([member]) => value[member] != null) ?? [];
    if (!name || !schema) {
      context.addIssue({ code: 'custom', message: `Exactly one of ${Object.keys(members).join(', ')} is expected.` });
      return z.NEVER;
    }
    const parsed = schema.safeParse(value[name]);
    if (parsed.success)
      return Object.fromEntries([[name, parsed.data]]) as { [M in keyof Members]?: z.output<Members[M]> };
    for (const { path, message } of parsed.error.issues) {
      context.addIssue({ code: 'custom', path: [name, ...path], message });
    }
    return z.NEVER;
  });

function whyNotJson(value: unknown, depth = 0): string | undefined {
  if (depth > bounds.jsonDepth) return `At most ${bounds.jsonDepth} levels of nesting are allowed.`;
  if (typeof value === 'string') {
    if (value.includes('\0')) return 'The character NUL (U+0000) is not allowed.';
    if (!value.isWellFormed()) return 'The text has half of a surrogate pair: send well-formed Unicode.';
    return undefined;
  }
  if (typeof value === 'number' && !Number.isFinite(value)) return 'Numbers must be finite.';
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, part] of Object.entries(value)) {
    const why = whyNotJson(key, depth) ?? whyNotJson(part, depth + 1);
    if (why) return why;
  }
  return undefined;
}

/** A JSON object of bounded size. */
export const jsonObject = z
  .custom<Record<string, unknown>>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
    message: 'A JSON object is expected.',
  })
  .superRefine((value, context) => {
    const why = whyNotJson(value);
    if (why) return context.addIssue({ code: 'custom', message: why });
    const size = Buffer.byteLength(JSON.stringify(value));
    if (size > bounds.json) {
      context.addIssue({ code: 'custom', message: `At most ${bounds.json} bytes of JSON are allowed, given ${size}.` });
    }
  });

/** A moment that PostgreSQL and ISO 8601 with four digits of year agree on. */
export const momentInput = z
  .date()
  .refine(
    (date) => date.getUTCFullYear() >= 1 && date.getUTCFullYear() <= 9999,
    'A year from 0001 to 9999 is expected.',
  );

export const idempotencyKey = keyText('idempotencyKey').nullish();

/**
 * Checks input against a schema. Throws InvalidInput with every issue, its path starting at `root`
 * (for a mutation, `['input']`).
 */
export function parseInput<T>(schema: z.ZodType<T>, value: unknown, root: readonly string[]): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new InvalidInput(
    parsed.error.issues.map(({ path, message }) => ({
      path: [...root, ...path.map((part) => (typeof part === 'number' ? part : String(part)))],
      message,
    })),
  );
}

/** Throws LimitExceeded where a list is longer than allowed: said as a limit, not item by item. */
export function checkCount(what: string, limit: number, given: number): void {
  if (given > limit) throw new LimitExceeded(what, limit, given);
}
