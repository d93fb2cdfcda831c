import {
  coerceInputValue,
  type DocumentNode,
  GraphQLError,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLScalarType,
  type GraphQLSchema,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  typeFromAST,
  type VariableDefinitionNode,
  validateInputValue,
} from 'graphql';
import { Turns } from '../../kernel/turns.ts';

/** Lists of fewer items than this are coerced at once. */
const SHORT = 20;

/** What has been coerced: the executor takes it as it is. No document can name it, and no schema has it. */
const Coerced = new GraphQLScalarType({ name: 'Coerced' });

interface Execution {
  schema: GraphQLSchema;
  document: DocumentNode;
  variableValues: Record<string, unknown>;
}

/**
 * The same execution with variables that are coerced already: the executor coerces all of them in one turn of the event
 * loop, and here others have a turn in between. Throws Uncoercible where a value is not of its type.
 */
export async function coerceInTurns(
  { schema, document, variableValues }: Execution,
  operation: OperationDefinitionNode,
): Promise<Execution> {
  const turns = new Turns();
  const coerced: Record<string, unknown> = { ...variableValues };
  const variableDefinitions = [];
  for (const definition of operation.variableDefinitions ?? []) {
    const name = definition.variable.name.value;
    const type = typeFromAST(schema, definition.type);
    const value = variableValues[name];
    if (!isInputType(type) || typeof value !== 'object' || value === null) {
      variableDefinitions.push(definition);
      continue;
    }
    coerced[name] = await coerce({ value, type, path: [name], definition }, turns);
    const named = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: Coerced.name } } as const;
    variableDefinitions.push({ ...definition, type: named });
  }
  const changed: OperationDefinitionNode = { ...operation, variableDefinitions };
  return {
    schema: withCoerced(schema),
    document: { ...document, definitions: document.definitions.map((node) => (node === operation ? changed : node)) },
    variableValues: coerced,
  };
}

const withCoerced = (schema: GraphQLSchema): GraphQLSchema =>
  Object.create(schema, {
    getType: { value: (name: string) => (name === Coerced.name ? Coerced : schema.getType(name)) },
  });

interface Part {
  value: unknown;
  type: GraphQLInputType;
  /** Where it stands, beginning with the name of the variable. */
  path: readonly (string | number)[];
  /** The variable that it is of. */
  definition: VariableDefinitionNode;
}

/** Variables that are not of their types. */
export class Uncoercible extends Error {
  readonly errors: readonly GraphQLError[];

  /** What is wrong with a part that `coerceInputValue` makes nothing of. */
  constructor({ value, type, path, definition }: Part) {
    const errors: GraphQLError[] = [];
    const note = ({ message }: GraphQLError, below: readonly (string | number)[]) => {
      if (errors.length === MAX_ERRORS) return;
      const place = [...path, ...below].join('.');
      const text = `Variable "$${path[0]}" got an invalid value at "${place}"; ${message}`;
      errors.push(new GraphQLError(text, { nodes: definition, extensions: { code: 'INVALID_INPUT' } }));
    };
    // Without suggestions: they name what else is there.
    validateInputValue(value, type, note, true);
    super(errors[0]?.message);
    this.errors = errors;
  }
}

/** At most so many errors are reported, as by the executor. */
const MAX_ERRORS = 50;

async function coerce(part: Part, turns: Turns): Promise<unknown> {
  const { value, type, path } = part;
  await turns.next();
  if (isNonNullType(type) && value !== null) return coerce({ ...part, type: type.ofType }, turns);
  if (isListType(type) && isLong(value)) {
    const items: unknown[] = [];
    for (const [index, item] of value.entries()) {
      items.push(await coerce({ ...part, value: item, type: type.ofType, path: [...path, index] }, turns));
    }
    return items;
  }
  if (isInputObjectType(type) && typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return coerceObject(value, type, part, turns);
  }
  return coerceAtOnce(part);
}

function coerceAtOnce(part: Part): unknown {
  const coerced = coerceInputValue(part.value, part.type);
  if (coerced === undefined) throw new Uncoercible(part);
  return coerced;
}

/** Its long lists by themselves, and all the rest at once. */
async function coerceObject(value: object, type: GraphQLInputObjectType, part: Part, turns: Turns): Promise<unknown> {
  const fields = type.getFields();
  const long = Object.entries(value).flatMap(([name, inner]): { name: string; part: Part }[] => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!field || !isLong(inner)) return [];
    return [{ name, part: { ...part, value: inner, type: field.type, path: [...part.path, name] } }];
  });
  const rest = { ...value, ...Object.fromEntries(long.map(({ name }) => [name, []])) };
  const coerced = coerceAtOnce({ ...part, value: rest, type }) as Record<string, unknown>;
  for (const { name, part } of long) coerced[name] = await coerce(part, turns);
  return coerced;
}

const isLong = (part: unknown): part is unknown[] => Array.isArray(part) && part.length >= SHORT;
