import {
  type DocumentNode,
  GraphQLError,
  GraphQLScalarType,
  type GraphQLSchema,
  isInputObjectType,
  isListType,
  isNonNullType,
  isScalarType,
  Kind,
  type OperationDefinitionNode,
  print,
  TypeInfo,
  typeFromAST,
  type ValueNode,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { JSONObjectResolver } from 'graphql-scalars';
import { inexact, isKept } from '../../kernel/exact-number.ts';

const MAX_SHOWN = 80;
const shown = (text: string) => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);

/** GraphQL's own message would say `[object Object]` of a list, and fail over one that nests deeply. */
const noObject = (given: string) =>
  new GraphQLError(`A JSON object is expected, such as {"source": "chat"}, not ${shown(given)}.`);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const parseValue = (value: unknown) => {
  if (isObject(value)) return value;
  throw noObject(Array.isArray(value) ? 'a list' : JSON.stringify(value));
};

/** The variables of an operation, where they are known: not yet while a document is validated. */
type Given = Readonly<Record<string, unknown>> | null | undefined;

/**
 * The JSON that a literal stands for. Nothing of it is left out: what JSON cannot say is refused, and a whole number
 * beyond 2^53, unless it may become a double.
 */
export function jsonOf(node: ValueNode, variables: Given, mayBeDouble = false): unknown {
  switch (node.kind) {
    case Kind.OBJECT:
      return Object.fromEntries(
        node.fields.map(({ name, value }) => [name.value, jsonOf(value, variables, mayBeDouble)]),
      );
    case Kind.LIST:
      return node.values.map((value) => jsonOf(value, variables, mayBeDouble));
    case Kind.NULL:
      return null;
    case Kind.ENUM: {
      const word = shown(node.value);
      throw new GraphQLError(`A JSON value cannot be the unquoted word ${word}: quote it, as "${word}".`, {
        nodes: node,
      });
    }
    case Kind.INT:
    case Kind.FLOAT:
      if (!mayBeDouble && !isKept(node.value)) throw new GraphQLError(inexact(node.value), { nodes: node });
      return Number(node.value);
    case Kind.VARIABLE:
      // One that has no value is refused before: see variablesInJson.
      return variables?.[node.name.value];
    default:
      return node.value;
  }
}

/** A JSON object, whole: by a variable or by a literal. */
export const JsonObject = new GraphQLScalarType<Record<string, unknown>, Record<string, unknown>>({
  ...(JSONObjectResolver as GraphQLScalarType<Record<string, unknown>, Record<string, unknown>>).toConfig(),
  parseValue,
  coerceInputValue: parseValue,
  parseLiteral(node, variables) {
    if (node.kind !== Kind.OBJECT) throw noObject(node.kind === Kind.LIST ? 'a list' : print(node));
    return jsonOf(node, variables) as Record<string, unknown>;
  },
});

const refuseInfinite = (value: unknown): unknown => {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new GraphQLError('A JSON number must be finite.');
  return value;
};

/** Any JSON value. Its numbers are doubles: a whole number beyond 2^53 is taken, and comes back as the nearest double. */
export const Json = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  parseValue: refuseInfinite,
  coerceInputValue: refuseInfinite,
  parseLiteral: (node, variables) => jsonOf(node, variables, true),
});

/** Of an operation's variables: whether a place in them, beginning with a variable's name, is within a value of type {@link Json}. */
export function takesDoubles(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
): (path: readonly (string | number)[]) => boolean {
  return ([name, ...path]) => {
    const definition = variableDefinitions.find(({ variable }) => variable.name.value === name);
    let type: unknown = definition && typeFromAST(schema, definition.type);
    for (const part of [...path, undefined]) {
      // One value may stand for a list of one.
      while (isNonNullType(type) || (isListType(type) && typeof part !== 'number')) type = type.ofType;
      if (isScalarType(type)) return type.name === Json.name;
      if (isListType(type)) type = type.ofType;
      else if (isInputObjectType(type)) type = type.getFields()[part as string]?.type;
      else return false;
    }
    return false;
  };
}

const inJson = new WeakMap<DocumentNode, ReadonlySet<string>>();

/**
 * The variables that stand within the literal of a JSON object. There one cannot be left out: what it stands in would be
 * another object without a word.
 */
export function variablesInJson(schema: GraphQLSchema, document: DocumentNode): ReadonlySet<string> {
  const known = inJson.get(document);
  if (known) return known;
  const types = new TypeInfo(schema);
  const names = new Set<string>();
  const Variable = ({ name }: { name: { value: string } }) => {
    // Within JSON there are no types.
    if (!types.getInputType()) names.add(name.value);
  };
  const VariableDefinition = () => false as const;
  visit(document, visitWithTypeInfo(types, { VariableDefinition, Variable }));
  inJson.set(document, names);
  return names;
}
