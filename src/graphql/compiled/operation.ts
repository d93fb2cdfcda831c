import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type FieldNode,
  type GraphQLError,
  type GraphQLField,
  type GraphQLSchema,
  getArgumentValues,
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
import type { ListPart } from '../../domain/nested/plan.ts';
import { readList, readMemories, type Statements } from '../../domain/nested/read.ts';
import { formatPoint } from '../../kernel/point.ts';
import type { Window } from '../../model/paging/window.ts';
import type { Context } from '../core/context.ts';
import type { Nested } from '../core/nested.ts';
import { snapshotAt } from '../core/point-type.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { Collecting, Uncovered } from './collect.ts';
import type { Run } from './read.ts';
import { type Shape, Shaping } from './shape.ts';

type Variables = NonNullable<ReturnType<typeof getVariableValues>['variableValues']>;
/** How many statements are kept of one field: each session keeps a few hundred prepared. */
const MAX_STATEMENTS = 10;
/** How many objects one row may have nested in it. */
const MAX_OBJECTS = 200;

interface Root {
  key: string;
  nodes: readonly FieldNode[];
  field: GraphQLField<unknown, unknown>;
  nested: Nested;
  shape: Shape;
  statements: Statements;
}

/** What is to be done for one field of a request, when its arguments have been found right. */
type Prepared = () => Promise<unknown>;

/** Operations whose fields each become one statement: kept as long as their documents are. */
export class CompiledOperations {
  readonly #known = new WeakMap<OperationDefinitionNode, readonly Root[] | null>();

  /**
   * The answer of an operation, as the executor would give it; undefined where something of it is not covered or wrong,
   * which is for the executor to answer as a whole.
   */
  async answer({ schema, document, operationName, variableValues }: ExecutionArgs, context: Context) {
    const operation = getOperationAST(document, operationName);
    if (operation?.operation !== OperationTypeNode.QUERY || !context.principal.scopes.has('READ')) return undefined;
    const roots = this.#rootsOf(schema, document, operation);
    if (!roots) return undefined;
    const { variableValues: variables } = getVariableValues(
      schema,
      operation.variableDefinitions ?? [],
      variableValues ?? {},
    );
    if (!variables) return undefined;
    let prepared: Prepared[];
    try {
      prepared = await Promise.all(roots.map((root) => prepare(root, variables, context)));
    } catch {
      // What is wrong with the arguments is said where the executor comes to them.
      return undefined;
    }
    return answerOf(roots, await Promise.allSettled(prepared.map((read) => read())));
  }

  #rootsOf(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) {
    let roots = this.#known.get(operation);
    if (roots === undefined) {
      roots = rootsOf(schema, document, operation);
      this.#known.set(operation, roots);
    }
    return roots;
  }
}

function rootsOf(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): Root[] | null {
  const query = schema.getQueryType();
  if (!query) return null;
  try {
    const collecting = new Collecting(schema, document);
    return [...collecting.of(query, [operation.selectionSet])].map(([key, nodes]) => {
      const field = query.getFields()[nodes[0]?.name.value as string];
      const nested = field?.extensions.nested as Nested | undefined;
      if (!field || !nested) throw new Uncovered(key);
      const shaping = new Shaping(collecting);
      const type = getNamedType(field.type);
      if (!isObjectType(type)) throw new Uncovered(key);
      const shape = 'memory' in nested ? shaping.object(type, nodes) : shaping.list(field, nodes);
      return { key, nodes, field, nested, shape, statements: new LRUCache({ max: MAX_STATEMENTS }) };
    });
  } catch (error) {
    if (error instanceof Uncovered) return null;
    throw error;
  }
}

/** Reads the arguments of a field and of all lists below it. Throws where the executor has to say what is wrong. */
async function prepare(root: Root, variables: Variables, context: Context): Promise<Prepared> {
  const { nested, shape, statements } = root;
  const args = getArgumentValues(root.field, root.nodes[0] as FieldNode, variables);
  const asked = 'memory' in nested ? await nested.memory(context, args) : undefined;
  const snapshots: Snapshot[] = [];
  const reads = [];
  for (const list of shape.lists) {
    const own = getArgumentValues(list.field, list.node, variables);
    const read = list.nested.read(own);
    const parent = snapshots[list.within] ?? asked?.at;
    const at = list.nested.takesAt ? await snapshotAt(context, own.at as never, parent, read.window) : parent;
    snapshots.push(at ?? context.at());
    reads.push(read);
    // The ends of relations are known from the page, which later pages choose as it was then.
    if (read.window.asOf && list.part.parts.some(({ of }) => of === 'from' || of === 'to')) throw new Uncovered('ends');
  }
  refuseLarge(shape, reads);
  const points = snapshots.map(({ point }) => point);
  const suffixes = [...points, ...(asked ? [asked.at.point] : [])].map(
    (point) => formatPoint(point) && `@${formatPoint(point)}`,
  );
  const lists = reads.map(({ given, window }, index) => ({
    given,
    window,
    reading: (snapshots[index] as Snapshot).reading,
  }));
  const orders = reads.map(({ order }) => order);
  const tx = context.reads;
  const runAt = async (): Promise<Run> => ({
    suffixes,
    points,
    orders,
    asked: lists,
    now: shape.hasCursors ? await tx.now() : undefined,
  });
  if (!asked) {
    const list = shape.parts[0] as unknown as ListPart;
    return async () => {
      const { rows, count } = await readList(tx, statements, list, lists, shape.isCounted);
      return shape.read([rows, count ?? 0], await runAt());
    };
  }
  return async () => {
    const found = await readMemories(tx, statements, asked.at.reading, [asked.id], shape.parts, lists);
    const row = found.get(asked.id);
    return row ? shape.read(row, await runAt()) : null;
  };
}

/**
 * A row is held as a whole before its bytes are counted, with all that is nested in it. So one that may have many objects
 * is left to the executor, which reads each as a row.
 */
function refuseLarge({ lists }: Shape, reads: readonly { window: Window }[]): void {
  const within = lists.map(() => 0);
  let ofRoot = 0;
  for (const [index, { within: outer }] of [...lists.entries()].reverse()) {
    const objects = (reads[index] as { window: Window }).window.limit * (1 + (within[index] as number));
    const isRows = outer < 0 && lists[index]?.nested.list === 'memories';
    const most = isRows ? (within[index] as number) : objects;
    if (outer < 0) ofRoot += most;
    else within[outer] = (within[outer] as number) + objects;
  }
  if (ofRoot > MAX_OBJECTS) throw new Uncovered('more objects of a row');
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
    errors.push(locatedError(result.reason, nodes, [key]));
    isNull ||= isNonNullType(field.type);
  }
  return { ...(errors.length > 0 && { errors }), data: isNull ? null : data };
}
