// The thread in which JSON Schemas are read, and data is checked by them: both are the caller's, and may take forever.
import { createHash } from 'node:crypto';
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { LRUCache } from 'lru-cache';
import { answerAsThread } from '../../kernel/work-thread.ts';

export interface SchemaRequest {
  /** JSON of the schema, and of the data; null: the schema alone is checked. */
  schema: string;
  data: string | null;
}
/** Something is wrong at a place of the data, or of the schema. */
export interface SchemaProblem {
  path: string[];
  message: string;
}
export interface SchemaAnswer {
  of: 'schema' | 'data';
  problems: SchemaProblem[];
}

/** How many problems are told, and how long each may be. */
const MOST_PROBLEMS = 20;
const MAX_MESSAGE = 500;
/** Characters of the schemas whose checks are kept. */
const KEPT = 1_000_000;

/** By `$schema`: without one, the newest. */
const drafts: Record<string, typeof Ajv | typeof Ajv2020> = {
  '': Ajv2020,
  'https://json-schema.org/draft/2020-12/schema': Ajv2020,
  'http://json-schema.org/draft-07/schema': Ajv,
};

/** Unknown keywords and formats say nothing; all problems are told; nothing is fetched. */
const options: Options = {
  strict: false,
  allErrors: true,
  validateFormats: false,
  inlineRefs: false,
  logger: false,
  code: { optimize: false },
};

const metaChecks = new Map<string, Ajv | Ajv2020>();
const kept = new LRUCache<string, ValidateFunction>({ maxSize: KEPT });

const problem = (path: string[], message: string): SchemaProblem => ({ path, message: message.slice(0, MAX_MESSAGE) });

const pathOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

function said({ instancePath, message = 'It does not fit.', params }: ErrorObject): SchemaProblem {
  const extra = params.additionalProperty ?? params.unevaluatedProperty ?? params.allowedValues?.join(', ');
  return problem(pathOf(instancePath), `By its schema it ${message}${extra === undefined ? '' : `: ${extra}`}.`);
}

const problemsOf = ({ errors }: { errors?: ErrorObject[] | null | undefined }): SchemaProblem[] =>
  (errors ?? []).slice(0, MOST_PROBLEMS).map(said);

/** The check that a schema is, or what is wrong with it. */
function compile(text: string): ValidateFunction | SchemaProblem[] {
  const schema = JSON.parse(text) as Record<string, unknown>;
  const draft = typeof schema.$schema === 'string' ? schema.$schema.replace(/#$/, '') : '';
  const Draft = drafts[draft];
  if (!Draft || (schema.$schema !== undefined && typeof schema.$schema !== 'string')) {
    const known = Object.keys(drafts).filter(Boolean).join(' or ');
    return [problem(['$schema'], `JSON Schema is read as ${known}: leave $schema out for the first.`)];
  }
  const meta = metaChecks.get(draft) ?? new Draft(options);
  metaChecks.set(draft, meta);
  if (!meta.validateSchema(schema)) return problemsOf(meta);
  try {
    // Of its own for each: what one schema calls itself must not be in the way of another.
    const check = new Draft({ ...options, meta: false, validateSchema: false }).compile(schema);
    if (!('$async' in check && check.$async)) return check;
    return [problem(['$async'], 'A schema that is checked asynchronously is not allowed.')];
  } catch (error) {
    return [problem([], `The schema cannot be used: ${(error as Error).message}.`)];
  }
}

answerAsThread<SchemaRequest, SchemaAnswer>(({ schema, data }) => {
  const digest = createHash('sha256').update(schema).digest('base64');
  const check = kept.get(digest) ?? compile(schema);
  if (Array.isArray(check)) return { of: 'schema', problems: check };
  kept.set(digest, check, { size: schema.length });
  if (data === null) return { of: 'data', problems: [] };
  try {
    check(JSON.parse(data));
  } catch (error) {
    // One that refers to itself without an end has come to the end of the stack.
    return { of: 'schema', problems: [problem([], `Data cannot be checked by it: ${(error as Error).message}.`)] };
  }
  const problems = problemsOf(check);
  check.errors = null;
  return { of: 'data', problems };
});
