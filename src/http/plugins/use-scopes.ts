import {
  type DocumentNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  isAbstractType,
  isIntrospectionType,
  isObjectType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { createGraphQLError, type Plugin } from 'graphql-yoga';
import { Forbidden } from '../../kernel/errors.ts';
import type { Principal } from '../../kernel/principal.ts';
import type { Note } from './use-audit.ts';

/**
 * A credential with WRITE and without READ gets from a mutation only what the mutation itself says, and the ids of what
 * it made. A document that asks for more is refused before any of it runs. Fields of Query and Mutation check their
 * scopes themselves.
 */
export function useScopes(note: Note): Plugin<{ principal?: Principal }> {
  const read = new WeakMap<DocumentNode, string | null>();
  return {
    onExecute({ args, setResultAndStopExecution }) {
      const { principal } = args.contextValue;
      if (!principal || principal.scopes.has('READ')) return;
      const { schema, document, operationName } = args;
      // Every field of Query asks for READ itself.
      if (getOperationAST(document, operationName)?.operation !== 'mutation') return;
      if (!read.has(document)) read.set(document, firstRead(schema, document) ?? null);
      const field = read.get(document);
      if (!field) return;
      note(args.contextValue, { action: field, outcome: 'FORBIDDEN' });
      const { message, code, requiredScope } = new Forbidden('READ');
      const extensions = { code, requiredScope, field, http: { spec: true, status: 403 } };
      setResultAndStopExecution({ errors: [createGraphQLError(`${field}: ${message}`, { extensions })] });
    },
  };
}

/**
 * The first field that needs READ, except those of Query and Mutation, as `Type.field`; undefined where there is none.
 */
function firstRead(schema: GraphQLSchema, document: DocumentNode): string | undefined {
  const types = new TypeInfo(schema);
  let found: string | undefined;
  visit(
    document,
    visitWithTypeInfo(types, {
      Field(node) {
        const parent = types.getParentType();
        if (!found && parent && !isOpen(schema, parent, node.name.value)) found = `${parent.name}.${node.name.value}`;
      },
    }),
  );
  return found;
}

/**
 * Whether a field tells nothing that a writer does not know: names of types, ids, and what payloads and failures say,
 * except what they say of what was there before.
 */
function isOpen(schema: GraphQLSchema, parent: GraphQLNamedType, field: string): boolean {
  if (field === 'id' || field.startsWith('__')) return true;
  if (parent === schema.getQueryType() || parent === schema.getMutationType()) return true;
  if (isObjectType(parent) && parent.getFields()[field]?.extensions.scope === 'READ') return false;
  return isIntrospectionType(parent) || saidByMutations(schema).has(parent.name);
}

const said = new WeakMap<GraphQLSchema, ReadonlySet<string>>();

/** The payloads and failures of mutations, and the types that only these use. */
function saidByMutations(schema: GraphQLSchema): ReadonlySet<string> {
  const known = said.get(schema);
  if (known) return known;
  const names = new Set<string>(['Error', 'InputIssue']);
  for (const { type } of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const result = getNamedType(type);
    for (const member of isAbstractType(result) ? schema.getPossibleTypes(result) : [])
      if (isObjectType(member)) names.add(member.name);
  }
  said.set(schema, names);
  return names;
}
