import type { ErrorObject, ValidateFunction } from 'ajv';
import type { JsonSchema, ToolDescriptor } from './descriptor.ts';

export interface Issue {
  path: string[];
  message: string;
}

/** Says what is wrong with arguments; nothing where they fit. */
export type Check = (given: unknown) => Issue[];

const checks = new WeakMap<JsonSchema, Promise<Check>>();

/** The check of a tool's arguments, made when it is first called: other arguments than those it names are refused. */
export function checkOf({ inputSchema }: Pick<ToolDescriptor, 'inputSchema'>): Promise<Check> {
  const known = checks.get(inputSchema) ?? compile(inputSchema);
  checks.set(inputSchema, known);
  return known;
}

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
