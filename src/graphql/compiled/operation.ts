import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  getVariableValues,
  isNonNullType,
  isObjectType,
  locatedError,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { RowTooLarge } from '../../domain/nested/read.ts';
import { InvalidInput } from '../../kernel/errors.ts';
import type { Context } from '../core/context.ts';
import { type Nested, Uncovered } from '../core/nested.ts';
import { Collecting } from './collect.ts';
import { type Prepared, prepare, type Root } from './prepare.ts';
import { Shaping } from './shape.ts';

/** How many statements are kept of one field: each session keeps a few hundred prepared. */
const MAX_STATEMENTS = 10;

/** Follows what is done for a field, by its name in the schema. */
type Follow = <T>(name: string, run: () => Promise<T>) => Promise<T>;

/** Operations whose fields each become one statement: kept as long as their documents are. */
export class CompiledOperations {
  readonly #schema: GraphQLSchema;
  readonly #known = new WeakMap<OperationDefinitionNode, readonly Root[] | null>();

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  /**
   * The answer of an operation, as the executor would give it; undefined where something of it is not covered or wrong,
   * which is for the executor to answer as a whole. `mayReadAlone`: nothing else of the request is read in the same view.
   */
  async answer(
    { schema, document, operationName, variableValues }: ExecutionArgs,
    context: Context,
    follow: Follow,
    mayReadAlone: boolean,
  ): Promise<ExecutionResult | undefined> {
    const operation = getOperationAST(document, operationName);
    if (operation?.operation !== OperationTypeNode.QUERY || schema !== this.#schema) return undefined;
    if (!context.principal.scopes.has('READ')) return undefined;
    const roots = this.#rootsOf(document, operation);
    if (!roots) return undefined;
    const { variableValues: variables } = getVariableValues(
      schema,
      operation.variableDefinitions ?? [],
      variableValues ?? {},
    );
    if (!variables) return undefined;
    let prepared: Prepared[];
    try {
      prepared = await Promise.all(
        roots.map((root) => prepare(root, variables, context, mayReadAlone && roots.length === 1)),
      );
    } catch {
      // What is wrong with the arguments is said where the executor comes to them.
      return undefined;
    }
    const settled = await Promise.allSettled(
      prepared.map((read, index) => follow(`Query.${roots[index]?.field.name}`, read)),
    );
    if (!settled.some((each) => each.status === 'rejected' && isForExecutor(each.reason)))
      return answerOf(roots, settled);
    // What was read is held no more, and counts no more.
    context.tenant.budget?.release();
    return undefined;
  }

  #rootsOf(document: DocumentNode, operation: OperationDefinitionNode) {
    let roots = this.#known.get(operation);
    if (roots === undefined) {
      roots = rootsOf(this.#schema, document, operation);
      this.#known.set(operation, roots);
    }
    return roots;
  }
}

/** Whether the executor reads it in another way, or says of which field it is wrong. */
const isForExecutor = (reason: unknown): boolean => reason instanceof RowTooLarge || reason instanceof InvalidInput;

function rootsOf(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): Root[] | null {
  const query = schema.getQueryType();
  if (!query || operation.directives?.length) return null;
  try {
    const collecting = new Collecting(schema, document);
    return [...collecting.of(query, [operation.selectionSet])].map(([key, nodes]) => {
      const field = query.getFields()[nodes[0]?.name.value as string];
      const nested = field?.extensions.nested as Nested | undefined;
      if (!field || !nested) throw new Uncovered(key);
      const shaping = new Shaping(collecting);
      const named = 'type' in nested && nested.type ? schema.getType(nested.type) : getNamedType(field.type);
      if (!isObjectType(named)) throw new Uncovered(key);
      const shape = 'find' in nested ? shaping.object(named, nodes) : shaping.list(field, nodes);
      return { key, nodes, field, nested, shape, statements: new LRUCache({ max: MAX_STATEMENTS }) };
    });
  } catch (error) {
    // A process may be started so that no code is made of texts.
    if (error instanceof Uncovered || error instanceof EvalError) return null;
    throw error;
  }
}

/** The answer as the executor puts it together: null where a field fails, and of all that where a field has no null. */
function answerOf(roots: readonly Root[], settled: readonly PromiseSettledResult<unknown>[]): ExecutionResult {
  const data: Record<string, unknown> = {};
  const errors: GraphQLError[] = [];
  let isNull = false;
  for (const [index, { key, nodes, field }] of roots.entries()) {
    const result = settled[index] as PromiseSettledResult<unknown>;
    data[key] = result.status === 'fulfilled' ? result.value : null;
    if (result.status === 'fulfilled') continue;
    const hasNoNull = isNonNullType(field.type);
    // The first that has no null ends the operation: no other is told.
    if (!hasNoNull || !isNull) errors.push(locatedError(result.reason, nodes, [key]));
    isNull ||= hasNoNull;
  }
  return { ...(errors.length > 0 && { errors }), data: isNull ? null : data };
}
