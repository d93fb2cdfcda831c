import {
  GraphQLNonNull,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isCompositeType,
  isNonNullType,
  type SelectionSetNode,
} from 'graphql';
import type { JsonSchema, ToolDescriptor, ToolScope } from '../../../src/mcp/descriptor.ts';
import type { ToolDocument } from './documents.ts';
import { inputSchemaOf } from './input-schema.ts';
import { outputSchemaOf } from './output-schema.ts';
import { type Selected, Selections } from './selections.ts';
import { idempotencyVariable, outside, settings, type ToolSettings } from './settings.ts';

/** The descriptors of all tools: what `src/mcp/tools.json` has. Throws where documents and settings name other tools. */
export function describeTools(schema: GraphQLSchema, documents: ReadonlyMap<string, ToolDocument>): ToolDescriptor[] {
  const without = [...documents.keys()].filter((name) => !settings[name]);
  if (without.length > 0) throw new Error(`test/support/tools/settings.ts says nothing of ${without.join(', ')}.`);
  return Object.entries(settings).map(([name, of]) => describe(schema, documents.get(name) as ToolDocument, of));
}

function describe(schema: GraphQLSchema, document: ToolDocument, of: ToolSettings): ToolDescriptor {
  const { name, operation, fragments, text } = document;
  const kind = operation.operation as 'query' | 'mutation';
  const variables = (operation.variableDefinitions ?? []).map(({ variable }) => variable.name.value);
  const choices = of.choices ?? null;
  const root = (kind === 'query' ? schema.getQueryType() : schema.getMutationType()) as GraphQLObjectType;
  const selections = new Selections(schema, fragments);
  const fields = selections.of(root, operation.selectionSet);
  const [first] = fields;
  const only = fields.length === 1 || choices ? first : undefined;
  const unwraps = only?.field !== undefined && isWholeObject(only.field.type);
  return {
    name,
    title: of.title,
    description: operation.description?.value ?? '',
    document: text,
    kind,
    scopes: scopesOf(fields),
    inputSchema: inputSchemaOf(schema, operation, new Set([...outside, ...Object.keys(choices ?? {})]), of),
    outputSchema: outlined(answerSchemaOf(selections, root, operation.selectionSet, unwraps ? fields : []), of),
    annotations: {
      readOnlyHint: kind === 'query',
      destructiveHint: of.destructive ?? false,
      idempotentHint: kind === 'query' || (of.idempotent ?? false),
      openWorldHint: false,
    },
    bound: variables.filter((variable) => outside.includes(variable) && !of.unbound?.includes(variable)),
    idempotency: variables.includes(idempotencyVariable) ? idempotencyVariable : null,
    choices,
    unwraps,
  };
}

function answerSchemaOf(
  selections: Selections,
  root: GraphQLObjectType,
  set: SelectionSetNode,
  alternatives: readonly Selected[],
): JsonSchema {
  const answers = alternatives.flatMap(({ field, below }): JsonSchema[] =>
    field ? [outputSchemaOf(selections, field.type, below)] : [],
  );
  if (answers.length === 0) return outputSchemaOf(selections, new GraphQLNonNull(root), set);
  const properties = answers.flatMap((answer) => Object.entries(answer.properties ?? {}));
  return { type: 'object', properties: Object.fromEntries(properties) };
}

function outlined(schema: JsonSchema, { outlined: names = [] }: ToolSettings): JsonSchema {
  const properties = { ...schema.properties };
  for (const name of names) {
    if (!properties[name]?.items) throw new Error(`There is no list ${name} to be outlined.`);
    properties[name] = { type: 'array', items: { type: 'object' } };
  }
  return { ...schema, properties };
}

/** An object that is never null, such as a page or the union of a mutation's answers: it can stand for the answer. */
const isWholeObject = (type: GraphQLOutputType): boolean => isNonNullType(type) && isCompositeType(type.ofType);

/** Reading, since all answers tell of memories, and what its mutations ask for. */
function scopesOf(fields: readonly Selected[]): ToolScope[] {
  const found = new Set(['READ', ...fields.map(({ field }) => field?.extensions.scope)]);
  return (['READ', 'WRITE', 'ADMIN'] as const).filter((scope) => found.has(scope));
}
