import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  getArgumentValues,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import type { MemoryColumn, MemoryColumns } from '../../model/memory/columns.ts';
import type { Snapshot } from './snapshot.ts';

/** The names of the fields that the document selects at `path` below the field being resolved, under any alias. */
export function selectedFields(info: GraphQLResolveInfo, path: readonly string[]): Set<string> {
  let sets: SelectionSetNode[] = info.fieldNodes.flatMap(({ selectionSet }) => selectionSet ?? []);
  for (const name of path) {
    sets = sets
      .flatMap((set) => fieldsOf(set, info))
      .flatMap((field) => (field.name.value === name && field.selectionSet ? [field.selectionSet] : []));
  }
  return new Set(sets.flatMap((set) => fieldsOf(set, info)).map((field) => field.name.value));
}

/** Whether the document asks the object being resolved for nothing but what its key says: its id and the name of its type. */
export const asksForKeyAlone = (info: GraphQLResolveInfo): boolean =>
  [...selectedFields(info, [])].every((name) => name === 'id' || name === '__typename');

function fieldsOf(set: SelectionSetNode, info: GraphQLResolveInfo): FieldNode[] {
  return set.selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsOf(selection.selectionSet, info);
    const fragment = info.fragments[selection.name.value];
    return fragment ? fieldsOf(fragment.selectionSet, info) : [];
  });
}

/**
 * Objects of a type below a field, by the paths that lead to them; a constant of the code, by which columns are kept.
 */
export interface Places {
  readonly type: string;
  readonly paths: readonly (readonly string[])[];
}

const known = new WeakMap<FieldNode, Map<Places, ReadonlySet<string>>>();

/**
 * The columns that the objects at `places` below the field being resolved need: each field of their type names its own
 * in `extensions.columns`. Looked up once per document.
 */
export function columnsAt<Column extends string>(info: GraphQLResolveInfo, places: Places): ReadonlySet<Column> {
  const [node] = info.fieldNodes;
  const single = info.fieldNodes.length === 1 && node ? node : undefined;
  const before = single && known.get(single)?.get(places);
  if (before) return before as ReadonlySet<Column>;
  const fields = (info.schema.getType(places.type) as GraphQLObjectType).getFields();
  const columns = new Set<Column>(
    places.paths.flatMap((path) =>
      [...selectedFields(info, path)].flatMap((name) => (fields[name]?.extensions.columns as Column[]) ?? []),
    ),
  );
  if (single) known.set(single, (known.get(single) ?? new Map<Places, ReadonlySet<string>>()).set(places, columns));
  return columns;
}

/** The memory that the field being resolved is. */
const itself: Places = { type: 'Memory', paths: [[]] };
/** The memories of the connection that it is. */
export const listedMemories: Places = { type: 'Memory', paths: [['nodes'], ['edges', 'node']] };

/** The columns that the memories at `places` need. */
export const memoryColumnsAt = (info: GraphQLResolveInfo, places: Places = itself): MemoryColumns =>
  columnsAt<MemoryColumn>(info, places);

/** Begins to read what a field of an object will ask for, before the object is there: `id` is its key. */
export type Prefetch = (at: Snapshot, id: string, args: Record<string, unknown>, info: GraphQLResolveInfo) => unknown;

/**
 * Has the fields of `type` selected below the field being resolved begin to read for the object with this key, each by
 * its `extensions.prefetch`: their statements go to the database along with the one that reads the object.
 */
export function prefetchBelow(type: string, info: GraphQLResolveInfo, at: Snapshot, id: string): void {
  const fields = (info.schema.getType(type) as GraphQLObjectType).getFields();
  const selected = info.fieldNodes.flatMap(({ selectionSet }) => (selectionSet ? fieldsOf(selectionSet, info) : []));
  for (const node of selected) {
    const field = fields[node.name.value];
    const prefetch = field?.extensions.prefetch as Prefetch | undefined;
    if (!field || !prefetch || node.directives?.length) continue;
    const name = responseName(node);
    if (selected.some((other) => other !== node && responseName(other) === name)) continue;
    // What goes wrong here goes wrong again when the field itself is resolved, and is reported there.
    try {
      const args = getArgumentValues(field, node, info.variableValues as never);
      Promise.resolve(prefetch(at, id, args, { ...info, fieldNodes: [node] })).catch(() => {});
    } catch {}
  }
}

const responseName = ({ alias, name }: FieldNode): string => alias?.value ?? name.value;
