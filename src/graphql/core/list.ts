import type { ObjectRef } from '@pothos/core';
import type { GraphQLResolveInfo } from 'graphql';
import type { Reading } from '../../db/reading.ts';
import type { Transaction } from '../../db/transaction.ts';
import type { ListName } from '../../domain/nested/plan.ts';
import { parseInput } from '../../kernel/input.ts';
import type { AccessScope } from '../../kernel/principal.ts';
import type { Page } from '../../model/paging/keyset.ts';
import { type PageArgs, readWindow, type Window } from '../../model/paging/window.ts';
import type { Types } from './builder.ts';
import { type Connection, type Edge, toConnection } from './connection.ts';
import { forwardArgs, pageArgs } from './connection-type.ts';
import type { Context } from './context.ts';
import { defineArgs, type Fields, type ReadOf } from './input.ts';
import { nested } from './nested.ts';
import type { NodeValue } from './node.ts';
import { type AtArgument, atArgument, snapshotAt } from './point-type.ts';
import { addField } from './pothos.ts';
import { scopeNote } from './scope-note.ts';
import type { Prefetch } from './selection.ts';
import type { Snapshot } from './snapshot.ts';

/** The columns that a document asks for, by what they are of. */
export type Columns = Readonly<Record<string, ReadonlySet<string>>>;

/** What a list asks the domain for: of each of the keys a page, or a count. */
export interface Asked<Given, C extends Columns> {
  tx: Transaction;
  /** The point in time that rows are read at; counts are read as the first page saw them. */
  reading: Reading;
  /** The objects the lists belong to; of a list of the workspace, one key that says nothing. */
  keys: readonly string[];
  /** The arguments but those of paging, checked. */
  given: Given;
  window: Window;
  columns: C;
}

interface ListOptions<Parent, Row, Node, E extends Edge<Node>, F extends Fields, C extends Columns> {
  type: ObjectRef<Types, Connection<Node> & { edges: E[] }>;
  description: string;
  /** Needed beside READ, by a credential that nothing restricts: for a list of the workspace. Default: none is. */
  scope?: AccessScope;
  /** Arguments in addition to those of paging, each declared and checked in one place. */
  args?: F;
  /** Whether it can be read from its end, too. Default: forward only. */
  paging?: 'forward' | 'either';
  /** It takes `at`, a point in time other than its parent's. */
  at?: boolean;
  /** What it is ordered by, as cursors name it: those of another order are refused. */
  order: string | ((given: ReadOf<F>) => string);
  /** Key of the object that it belongs to. Default: its id. */
  key?: (parent: Parent) => string;
  /** How it is part of a statement that reads more than one level of a document; left out where it cannot be. */
  nested?: { name: ListName; given?: (given: ReadOf<F>) => unknown };
  /** Begin to read as soon as the parent is asked for, by its id: for lists that documents often have, and without a `key`. */
  prefetch?: boolean;
  columns?: (info: GraphQLResolveInfo) => C;
  /** A page of each list, in a constant number of statements. */
  pages: (asked: Asked<ReadOf<F>, C>) => Promise<ReadonlyMap<string, Page<Row>>>;
  /** Counts are of the reading's own point, not of the first page's moment: for a list that grows at its end alone. */
  countsNow?: boolean;
  /** How many each whole list has, in one statement; left out where they are not counted. */
  counts?: (asked: Asked<ReadOf<F>, C>) => Promise<ReadonlyMap<string, number>>;
  toNode: (at: Snapshot, row: Row) => Node;
  /** What an edge has in addition to its node and cursor. */
  toEdge?: (edge: Edge<Node>, row: Row) => E;
}

const WORKSPACE = 'workspace';

/** A list of an object, or of the workspace where `parent` is `Query`: its field, and all that reads it. */
export function defineList<
  Parent extends NodeValue,
  Row,
  Node,
  E extends Edge<Node> = Edge<Node>,
  F extends Fields = Record<never, never>,
  C extends Columns = Record<never, never>,
>(parent: ObjectRef<Types, Parent> | 'Query', name: string, options: ListOptions<Parent, Row, Node, E, F, C>): void {
  const { type, description, args: fields = {} as F, paging = 'forward', key = ({ id }: Parent) => id } = options;
  const { args, check } = defineArgs(fields);
  const owner = parent === 'Query' ? 'Query' : parent.name;

  /** What the arguments ask for, and the page of it, read along with that of others that ask the same. */
  const read = (at: Snapshot, of: string, given: ReadOf<F>, window: Window, info: GraphQLResolveInfo) => {
    const columns = options.columns?.(info) ?? ({} as C);
    const names = Object.values(columns).map((set) => [...set].sort().join());
    const page = at.load(JSON.stringify([owner, name, given, window, ...names]), of, (keys) =>
      options.pages({ tx: at.tx, reading: at.reading, keys, given, window, columns }),
    );
    return { page, columns };
  };
  const orderOf = (given: ReadOf<F>) => (typeof options.order === 'string' ? options.order : options.order(given));
  const split = ({ first, after, last, before, at: _, ...rest }: PageArgs & AtArgument) => ({
    page: { first, after, last, before } as PageArgs,
    given: parseInput(check, rest, []),
  });

  const resolve = async (
    value: Parent | undefined,
    all: PageArgs & AtArgument,
    context: Context,
    info: GraphQLResolveInfo,
  ): Promise<Connection<Node> & { edges: E[] }> => {
    if (options.scope) context.requireWhole(options.scope, name);
    const { page: paged, given } = split(all);
    const order = orderOf(given);
    const window = readWindow(paged, order);
    const chosen = options.at ? snapshotAt(context, all.at, value?.at, window) : (value?.at ?? context.at());
    // Nothing is awaited that is there: what one level of a document asks for is asked in one go.
    const at = chosen instanceof Promise ? await chosen : chosen;
    const of = value ? key(value) : WORKSPACE;
    const { page, columns } = read(at, of, given, window, info);
    return toConnection<Row, Node, E>(at, {
      order,
      window,
      page,
      toNode: (row) => options.toNode(at, row),
      ...(options.toEdge && { toEdge: options.toEdge }),
      count: (asAtFirst) => {
        const reading = options.countsNow ? at.reading : asAtFirst;
        const { counts } = options;
        if (!counts) throw new Error(`${owner}.${name} is not counted`);
        return at.load(JSON.stringify([owner, name, 'count', given, window.asOf]), of, (keys) =>
          counts({ tx: at.tx, reading, keys, given, window, columns }),
        );
      },
    });
  };

  const prefetch: Prefetch = (at, id, all, info) => {
    const { page, given } = split(all);
    return read(at, id, given, readWindow(page, orderOf(given)), info).page;
  };
  addField(parent, name, {
    type,
    description: options.scope ? `${description} ${scopeNote(options.scope)}` : description,
    args: { ...args, ...(options.at && atArgument), ...(paging === 'either' ? pageArgs : forwardArgs) },
    extensions: {
      ...(options.prefetch && { prefetch }),
      ...(options.nested && nestedList(options.nested, options, split)),
    },
    resolve: (value: Parent | undefined, ...rest: [PageArgs & AtArgument, Context, GraphQLResolveInfo]) =>
      resolve(parent === 'Query' ? undefined : value, ...rest),
  });
}

/** What a list says of itself to statements that read more than one level. */
function nestedList<Given>(
  { name, given: made = (given) => given }: { name: ListName; given?: (given: Given) => unknown },
  { order, at = false }: { order: string | ((given: Given) => string); at?: boolean },
  split: (all: PageArgs & AtArgument) => { page: PageArgs; given: Given },
) {
  const read = (all: PageArgs & AtArgument) => {
    const { page, given } = split(all);
    const named = typeof order === 'string' ? order : order(given);
    return { given: made(given), window: readWindow(page, named), order: named };
  };
  return nested({ list: name, read, takesAt: at }).extensions;
}

/** The pages of a list of the workspace, of which there is one. */
export const ofWorkspace = async <Value>(value: Promise<Value>): Promise<ReadonlyMap<string, Value>> =>
  new Map([[WORKSPACE, await value]]);
