import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  isNonNullType,
  locatedError,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import { RowTooLarge } from '../../domain/nested/read.ts';
import { InvalidInput } from '../../kernel/errors.ts';
import type { Context } from '../core/context.ts';
import { type Prepared, prepare } from './prepare.ts';
import { type Root, Roots } from './roots.ts';

/** Follows what is done for a field, by its name in the schema. */
type Follow = <T>(name: string, run: () => Promise<T>) => Promise<T>;

/** Operations whose fields each become one statement: kept as long as their documents are. */
export class CompiledOperations {
  readonly #schema: GraphQLSchema;
  readonly #known = new WeakMap<OperationDefinitionNode, Roots>();

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
    const known = this.#rootsOf(document, operation);
    if (known.areUncovered) return undefined;
    const { variableValues: variables } = getVariableValues(
      schema,
      operation.variableDefinitions ?? [],
      variableValues ?? {},
    );
    const roots = variables && known.with(variables);
    if (!roots) return undefined;
    let prepared: Prepared[];
    try {
      prepared = await Promise.all(
        roots.map((root) => prepare(root, variables, context, mayReadAlone && roots.length === 1)),
      );
    } catch {
      // The executor reports what is wrong with the arguments.
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

  #rootsOf(document: DocumentNode, operation: OperationDefinitionNode): Roots {
    let roots = this.#known.get(operation);
    if (!roots) {
      roots = new Roots(this.#schema, document, operation);
      this.#known.set(operation, roots);
    }
    return roots;
  }
}

/** Whether the executor reads it in another way, or says of which field it is wrong. */
const isForExecutor = (reason: unknown): boolean => reason instanceof RowTooLarge || reason instanceof InvalidInput;

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
    // The first non-null field that fails ends the operation: later errors are left out.
    if (!hasNoNull || !isNull) errors.push(locatedError(result.reason, nodes, [key]));
    isNull ||= hasNoNull;
  }
  return { ...(errors.length > 0 && { errors }), data: isNull ? null : data };
}
