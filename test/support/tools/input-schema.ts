import {
  astFromValue,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  TypeInfo,
  typeFromAST,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { JsonSchema } from '../../../src/mcp/descriptor.ts';
import { descriptions, hidden, type ToolSettings, withoutValues } from './settings.ts';

const scalars: Record<string, JsonSchema> = {
  ID: { type: 'string' },
  String: { type: 'string' },
  Int: { type: 'integer' },
  Float: { type: 'number' },
  Boolean: { type: 'boolean' },
  DateTime: { type: 'string', format: 'date-time' },
  JSONObject: { type: 'object' },
  JSON: {},
};

/** What JSON Schema says of a scalar of the schema. Throws for one that is new. */
export function scalarSchema(name: string): JsonSchema {
  const schema = scalars[name];
  if (!schema) throw new Error(`There is no JSON Schema for the scalar ${name}: add one.`);
  return { ...schema };
}

/** What models may give to a tool: the variables of its document, but for those `left out`. */
export function inputSchemaOf(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  leftOut: ReadonlySet<string>,
  { choices = {}, nullable = [] }: ToolSettings,
): JsonSchema {
  const places = placesOf(schema, operation);
  const chosen = new Set(Object.values(choices).flat());
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const variable of operation.variableDefinitions ?? []) {
    const name = variable.variable.name.value;
    if (leftOut.has(name)) continue;
    const type = typeFromAST(schema, variable.type as never) as GraphQLInputType;
    const found = valueSchema(type, places.get(name)?.description ?? '');
    if (nullable.includes(name)) found.type = [found.type as string, 'null'];
    if (variable.description) found.description = variable.description.value;
    if (variable.defaultValue && !chosen.has(name)) found.default = valueFromASTUntyped(variable.defaultValue);
    if (isNonNullType(type) && !variable.defaultValue) required.push(name);
    properties[name] = found;
  }
  return objectSchema(properties, required);
}

const objectSchema = (properties: Record<string, JsonSchema>, required: string[]): JsonSchema => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
});

/** Where the variables are used: the argument or field of an input that each is the value of. */
function placesOf(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
): Map<string, GraphQLArgument | GraphQLInputField> {
  const types = new TypeInfo(schema);
  const places = new Map<string, GraphQLArgument | GraphQLInputField>();
  visit(
    operation,
    visitWithTypeInfo(types, {
      Argument({ value }) {
        const argument = types.getArgument();
        if (value.kind === 'Variable' && argument) places.set(value.name.value, argument);
      },
      ObjectField({ name, value }) {
        if (value.kind !== 'Variable') return;
        const parent = getNamedType(types.getParentInputType());
        const field = isInputObjectType(parent) ? parent.getFields()[name.value] : undefined;
        if (field) places.set(value.name.value, field);
      },
    }),
  );
  return places;
}

/** A value of a type. Bounds of numbers are those that the schema's description says: `0 to 10`. */
function valueSchema(type: GraphQLInputType, says = '', place = ''): JsonSchema {
  if (isNonNullType(type)) return valueSchema(type.ofType, says, place);
  if (isListType(type)) return { type: 'array', items: valueSchema(type.ofType) };
  if (isEnumType(type)) {
    const without = withoutValues[place] ?? [];
    const values = type.getValues().map(({ name }) => name);
    return { type: 'string', enum: values.filter((name) => !without.includes(name)) };
  }
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter(({ name }) => !hidden[type.name]?.includes(name));
    const inOrder = [...fields].sort((a, b) => Number(isOptional(a)) - Number(isOptional(b)));
    const properties = Object.fromEntries(inOrder.map((field) => [field.name, fieldSchema(type.name, field)]));
    const required = inOrder.filter((field) => !isOptional(field)).map(({ name }) => name);
    return objectSchema(properties, required);
  }
  return { ...scalarSchema(type.name), ...(/^(?:Int|Float)$/.test(type.name) && boundsIn(says)) };
}

const isOptional = ({ type, defaultValue }: GraphQLInputField): boolean =>
  !isNonNullType(type) || defaultValue !== undefined;

function fieldSchema(owner: string, field: GraphQLInputField): JsonSchema {
  const place = `${owner}.${field.name}`;
  const found = valueSchema(field.type, field.description ?? '', place);
  const description = descriptions[place];
  if (description) found.description = description;
  const preset = field.defaultValue === undefined ? null : astFromValue(field.defaultValue, field.type);
  if (preset) found.default = valueFromASTUntyped(preset);
  return found;
}

const NUMBER = '([−-]?[\\d,]+)';
const BOUNDS = new RegExp(`: ${NUMBER} to ${NUMBER}[.,]`);
const MINIMUM = new RegExp(`: ${NUMBER} or more`);

const numberOf = (text: string): number => Number(text.replace('−', '-').replaceAll(',', ''));

function boundsIn(description: string): JsonSchema {
  const both = BOUNDS.exec(description);
  if (both) return { minimum: numberOf(both[1] as string), maximum: numberOf(both[2] as string) };
  const least = MINIMUM.exec(description);
  return least ? { minimum: numberOf(least[1] as string) } : {};
}
