import { z } from 'zod';
import { bounds, filledText } from '../../kernel/input.ts';
import { entityName, entityType, moment } from './parts.ts';

// What the files of the Model Context Protocol's memory server, and of its many variants, say of entities and relations.

/** The type of an entity that none is given for. */
export const UNKNOWN_TYPE = 'unknown';

/** Something observed of an entity. */
export interface Observation {
  text: string;
  /** When, where the file says so. */
  recordedAt: Date | undefined;
  /** What else is said of it. */
  context: Record<string, string | number | boolean>;
}

export interface McpEntity {
  name: string;
  entityType: string;
  observations: Observation[];
  /** How many observations said nothing. */
  empty: number;
}

export interface McpRelation {
  from: string;
  to: string;
  relationType: string;
}

type Fields = Readonly<Record<string, unknown>>;

const first = (fields: Fields, ...names: string[]): unknown =>
  names.map((name) => fields[name]).find((value) => value != null);

/** Names of fields, as the server has them and variants of it. */
const names = {
  marker: ['type', '_type'],
  entityType: ['entityType', 'entity_type', 'label'],
  from: ['from', 'from_entity', 'source'],
  to: ['to', 'to_entity', 'target'],
  relationType: ['relationType', 'relation_type', 'relation'],
  text: ['text', 'content', 'observation'],
  moment: ['timestamp', 'recordedAt', 'createdAt', 'created_at'],
} as const;

const markerOf = (fields: Fields): string | undefined => {
  const marker = first(fields, ...names.marker);
  return typeof marker === 'string' ? marker.toLowerCase() : undefined;
};

/** What an object speaks of, by its `type` or by the fields it has; undefined: of neither. */
export function subjectOf(fields: Fields): 'entity' | 'relation' | undefined {
  const marker = markerOf(fields);
  if (marker === 'entity' || marker === 'relation') return marker;
  if (first(fields, ...names.from) != null && first(fields, ...names.to) != null) return 'relation';
  const isEntity = typeof fields.name === 'string' && (fields.observations != null || fields.entityType != null);
  return isEntity ? 'entity' : undefined;
}

/** From so many on, a number counts milliseconds since 1970, else seconds. */
const MILLISECONDS = 100_000_000_000;

/** A moment in one of the ways it is written; undefined where it is none, or still to come. */
function momentOf(value: unknown): Date | undefined {
  const when =
    typeof value === 'number'
      ? moment.safeParse(isoOf(value < MILLISECONDS ? value * 1_000 : value)).data
      : moment.safeParse(value).data;
  return when && when.getTime() <= Date.now() ? when : undefined;
}

const isoOf = (ms: number): string | undefined => {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
};

const isScalar = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);

/** False of a whole number that JavaScript cannot hold: the file says another. */
const isExact = (value: unknown): boolean =>
  typeof value !== 'number' || !Number.isInteger(value) || Number.isSafeInteger(value);
const INEXACT = 'This number is too large to be read exactly: write it as a text, in quotes.';

/** What may be kept of what else is said of an observation, and how much of it. */
const remark = z.union([filledText('A remark', bounds.key), z.number().refine(isExact), z.boolean()]);
const REMARKS = 20;

function remarksOf(fields: Fields): Observation['context'] {
  const known = new Set<string>([...names.text, ...names.moment, 'source', 'speaker']);
  const others = Object.entries(fields).flatMap(([name, value]) => {
    const said = remark.safeParse(value);
    return known.has(name) || !remark.safeParse(name).success || !said.success ? [] : [[name, said.data] as const];
  });
  return Object.fromEntries(others.slice(0, REMARKS));
}

const said = filledText('An observation', bounds.content);

/** An observation: a text, a number, or an object with its text and the moment of it. Undefined where it says nothing. */
const observation = z.unknown().transform((value, context): Observation | undefined => {
  const fields = typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  const given = fields ? first(fields, ...names.text) : value;
  if (given == null && (!fields || names.text.some((name) => name in fields))) return undefined;
  if (!isScalar(given)) {
    const message = 'An observation must be a text, or an object with its "text" or "content".';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }
  if (!isExact(given)) {
    context.addIssue({ code: 'custom', message: INEXACT });
    return z.NEVER;
  }
  if (String(given).trim() === '') return undefined;
  const text = said.safeParse(String(given));
  if (!text.success) {
    for (const { message } of text.error.issues) context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }
  const recordedAt = fields && momentOf(first(fields, ...names.moment));
  return { text: text.data, recordedAt, context: fields ? remarksOf(fields) : {} };
});

const textOrNumber = z
  .union([z.string(), z.number()], {
    error: ({ input }) => (input === undefined ? 'This field is missing.' : 'This must be a string.'),
  })
  .refine(isExact, INEXACT)
  .transform(String);
const nameOf = textOrNumber.pipe(entityName);
const relationType = textOrNumber.pipe(filledText('relationType', bounds.name)).transform((type) => type.trim());

/** A list, of which one alone may stand without brackets; null is none. */
const list = z.preprocess((value) => {
  if (value === null) return [];
  return isScalar(value) ? [value] : value;
}, z.array(observation));

const entity = z
  .object({ name: nameOf, entityType, observations: list })
  .transform(({ observations, ...rest }): McpEntity => {
    const filled = observations.filter((each) => each !== undefined);
    return { ...rest, observations: filled, empty: observations.length - filled.length };
  });

const relation = z.object({ from: nameOf, to: nameOf, relationType });

/** Fields that are not known are left out. */
export const entitySchema = z
  .custom<Fields>()
  .transform((fields) => fieldsOfEntity(fields))
  .pipe(entity);
export const relationSchema = z
  .custom<Fields>()
  .transform((fields) => fieldsOfRelation(fields))
  .pipe(relation);

function fieldsOfEntity(fields: Fields): unknown {
  const marker = first(fields, ...names.marker);
  const type = first(fields, ...names.entityType) ?? (markerOf(fields) === 'entity' ? undefined : marker);
  const entityType = typeof type === 'string' && type.trim() !== '' ? type : UNKNOWN_TYPE;
  return { name: fields.name, entityType, observations: fields.observations };
}

const fieldsOfRelation = (fields: Fields): unknown => ({
  from: first(fields, ...names.from),
  to: first(fields, ...names.to),
  relationType: first(fields, ...names.relationType),
});
