import { z } from 'zod';
import { NoDateTime, readDateTime } from '../../kernel/date-time.ts';
import { bounds, filledText, freeText, keyText, momentInput } from '../../kernel/input.ts';
import { type PlainField, plainFields, plainNames, type StoredFields } from '../../model/memory/fields.ts';
import { memoryKey } from './keys.ts';

// What lines of several kinds are made of.

const offsetTime = z.iso.datetime({ offset: true });

export const object = z.strictObject;
export const kind = z.string();

export const trimmed = (what: string, max: number) => filledText(what, max).transform((text) => text.trim());
export const entityName = trimmed('name', bounds.name);
export const entityType = trimmed('type', bounds.entityType);

/** A moment with its time zone; the seconds may be left out. */
export const moment = z
  .string()
  .transform((text, context) => {
    if (offsetTime.safeParse(text).success) return new Date(text);
    try {
      return readDateTime(text);
    } catch (error) {
      if (!(error instanceof NoDateTime)) throw error;
      const message = `A moment with its offset is expected, e.g. 2026-01-31T09:00:00.000Z: ${error.why}.`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
  })
  .pipe(momentInput);

/** More than a request may give at once: names that were given one after the other. */
export const gathered = <T extends z.ZodType>(part: T, what: string) =>
  z.array(part).max(100_000, `At most 100000 ${what} are allowed.`);

export const mentioned = gathered(object({ type: entityType, name: entityName }), 'entities');

export const reason = freeText(bounds.summary).nullish();

/** A memory by its id. */
export const memoryId = keyText('A memory').transform((id) => ({ given: id, uuid: memoryKey(id) }));

type PlainParts = { [K in PlainField]: z.ZodOptional<z.ZodNullable<z.ZodType<NonNullable<StoredFields[K]>>>> };
const part = (schema: z.ZodType) => (schema === momentInput ? moment : schema).nullish();

/** The plain fields of a memory, moments as JSON has them. */
export const plainParts = Object.fromEntries(plainNames.map((name) => [name, part(plainFields[name])])) as PlainParts;

export const count = z.int().min(0, 'At least 0 is expected.').max(2_147_483_647, 'At most 2147483647 is allowed.');

/** What happened to a memory since it was made. */
export const life = {
  recordedAt: moment.nullish(),
  importanceAsOf: moment.nullish(),
  accessCount: count.nullish(),
  lastAccessedAt: moment.nullish(),
  archivedAt: moment.nullish(),
};
