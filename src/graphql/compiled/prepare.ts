import { type FieldNode, getArgumentValues } from 'graphql';
import type { Asked, ListPart } from '../../domain/nested/plan.ts';
import { isOneStatement, readList, readObjects } from '../../domain/nested/read.ts';
import { formatPoint } from '../../kernel/point.ts';
import { inTurns } from '../../kernel/turns.ts';
import type { Window } from '../../model/paging/window.ts';
import type { Context } from '../core/context.ts';
import { type ListRead, Uncovered } from '../core/nested.ts';
import { snapshotAt } from '../core/point-type.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { Variables } from './collect.ts';
import type { Row, Run } from './read.ts';
import type { Root } from './roots.ts';
import type { Shape } from './shape.ts';

/** How many objects one row may have nested in it. */
const MAX_OBJECTS = 500;

/** What is to be done for one field of a request, when its arguments have been found right. */
export type Prepared = () => Promise<unknown>;

/**
 * Reads the arguments of a field and of all lists below it. Throws where the executor has to say what is wrong.
 * `isOnly`: the request has no other field.
 */
export async function prepare(root: Root, variables: Variables, context: Context, isOnly: boolean): Promise<Prepared> {
  const { nested, statements } = root;
  const args = getArgumentValues(root.field, root.nodes[0] as FieldNode, variables);
  const asked = 'find' in nested ? await nested.find(context, args) : undefined;
  const shape = root.shapeOf(asked?.type);
  const { reads, snapshots } = await listsOf(shape, variables, context, asked?.at);
  const points = snapshots.map(({ point }) => point);
  const lists = reads.map(({ given, window }, index) => ({
    given,
    window,
    reading: (snapshots[index] as Snapshot).reading,
  }));
  const tx = context.reads;
  const list = shape.parts[0] as unknown as ListPart;
  const isLone = isOnly && (asked !== undefined || isOneStatement(list, lists[list.list] as Asked, shape.isCounted));
  const view = isLone ? tx.alone() : tx;
  const runAt = async (): Promise<Run> => ({
    suffixes: [...points, ...(asked ? [asked.at.point] : [])].map(
      (point) => formatPoint(point) && `@${formatPoint(point)}`,
    ),
    points,
    orders: reads.map(({ order }) => order),
    asked: lists,
    now: shape.hasCursors ? await view.now() : undefined,
    later: [],
  });
  if (!asked) {
    return async () => {
      const { rows, count } = await readList(tx, view, statements, list, lists, shape.isCounted);
      const run = await runAt();
      return whole(run, await shape.read([rows, count ?? 0], run));
    };
  }
  const { found, at } = asked;
  return async () => {
    const rows = await readObjects(view, statements, at.reading, found, shape.parts, lists);
    const run = await runAt();
    const read = (row: Row | undefined) => (row ? shape.read(row, run) : null);
    if (found.kind === 'memories') return whole(run, await inTurns(found.ids, (id) => read(rows.get(id))));
    return whole(run, await read(rows.values().next().value));
  };
}

/** An answer when all of it has been made. */
async function whole<T>({ later }: Run, answer: T): Promise<T> {
  await inTurns(later, (make) => make());
  return answer;
}

/** What is asked of each list, and the graph that it is read from. */
async function listsOf(shape: Shape, variables: Variables, context: Context, above: Snapshot | undefined) {
  const snapshots: Snapshot[] = [];
  const reads: ListRead[] = [];
  for (const { node, field, nested, within, part } of shape.lists) {
    const own = getArgumentValues(field, node, variables);
    const read = nested.read(own);
    const parent = snapshots[within] ?? above;
    const at = nested.takesAt ? await snapshotAt(context, own.at as never, parent, read.window) : parent;
    snapshots.push(at ?? context.at());
    reads.push(read);
    // The ends of relations are known from the page, which later pages choose as it was then.
    if (read.window.asOf && part.parts.some(({ of }) => of === 'from' || of === 'to')) throw new Uncovered('ends');
  }
  refuseLarge(shape, reads);
  return { reads, snapshots };
}

/**
 * A row is held as a whole before its bytes are counted, with all that is nested in it. So one that may have many objects
 * is left to the executor, which reads each as a row.
 */
function refuseLarge({ lists, isList }: Shape, reads: readonly { window: Window }[]): void {
  const within = lists.map(() => 0);
  let ofRoot = 0;
  for (const [index, { within: outer }] of [...lists.entries()].reverse()) {
    const objects = (reads[index] as { window: Window }).window.limit * (1 + (within[index] as number));
    const isRows = outer < 0 && isList;
    const most = isRows ? (within[index] as number) : objects;
    if (outer < 0) ofRoot += most;
    else within[outer] = (within[outer] as number) + objects;
  }
  if (ofRoot > MAX_OBJECTS) throw new Uncovered('more objects of a row');
}
