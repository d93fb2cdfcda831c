import type { ErrorObject, ValidateFunction } from 'ajv';
import type { JsonSchema } from './json-schema.ts';
import { type Issue, invalid } from './result.ts';

/** Says what is wrong with arguments; nothing where they fit. */
type Check = (given: unknown) => Issue[];

const checks = new WeakMap<JsonSchema, Promise<Check>>();

/** Throws an OperationError, INVALID_INPUT, where arguments do not fit a schema, or are not named by it. */
export async function refuseBad(schema: JsonSchema, given: unknown): Promise<void> {
  const known = checks.get(schema) ?? compile(schema);
  checks.set(schema, known);
  const issues = (await known)(given);
  if (issues.length > 0) throw invalid('The arguments do not fit.', issues);
}

/** Of each schema made once, when it is first asked for. */
async function compile(schema: JsonSchema): Promise<Check> {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const ajv = new Ajv2020({ allErrors: true, verbose: true, strict: false, validateFormats: false });
  const validate: ValidateFunction = ajv.compile(closed(schema));
  return (given) => (validate(given) ? [] : (validate.errors ?? []).map(issueOf));
}

/** Objects take the properties that are named, and no others; to say so each time would cost models room. */
function closed(schema: JsonSchema): JsonSchema {
  const { properties, items } = schema;
  return {
    ...schema,
    ...(items && { items: closed(items) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, closed(each)])),
      additionalProperties: false,
    }),
  };
}

function issueOf({ instancePath, keyword, params, message = 'does not fit', parentSchema }: ErrorObject): Issue {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (keyword === 'additionalProperties') {
    const names = Object.keys((parentSchema as JsonSchema | undefined)?.properties ?? {});
    const known = names.length > 0 ? `: there are ${names.join(', ')}` : '';
    return { path: [...path, String(params.additionalProperty)], message: `It is not known${known}.` };
  }
  if (keyword === 'required') return { path: [...path, String(params.missingProperty)], message: 'It is required.' };
  if (keyword === 'enum') return { path, message: `It must be one of ${params.allowedValues.join(', ')}.` };
  return { path, message: `It ${message}.` };
}

const allowsNull = ({ type }: JsonSchema): boolean => type === undefined || type === 'null' || type.includes('null');

/** Without properties that are null where the schema knows no null: models write them for what they leave out. */
export function withoutNulls(schema: JsonSchema, value: unknown): unknown {
  const { properties, items } = schema;
  if (Array.isArray(value)) return items ? value.map((each) => withoutNulls(items, each)) : value;
  if (typeof value !== 'object' || value === null || !properties) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, each]) => {
      const of = properties[name];
      if (of && each === null && !allowsNull(of)) return [];
      return [[name, of ? withoutNulls(of, each) : each]];
    }),
  );
}

/** Without properties that the schema does not name. */
export function withoutUnknown(schema: JsonSchema, value: unknown): unknown {
  const { properties, items } = schema;
  if (Array.isArray(value)) return items ? value.map((each) => withoutUnknown(items, each)) : value;
  if (typeof value !== 'object' || value === null || !properties) return value;
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, of]) => {
      return Object.hasOwn(value, name) ? [[name, withoutUnknown(of, value[name as keyof typeof value])]] : [];
    }),
  );
}
