import { type FieldNode, type GraphQLObjectType, type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';
import type { MemoryColumn, MemoryColumns } from './memory/columns.ts';

/** The names of the fields that the document selects at `path` below the field being resolved, whatever their alias. */
export function selectedFields(info: GraphQLResolveInfo, path: readonly string[]): Set<string> {
  let sets: SelectionSetNode[] = info.fieldNodes.flatMap(({ selectionSet }) => selectionSet ?? []);
  for (const name of path) {
    sets = sets
      .flatMap((set) => fieldsOf(set, info))
      .flatMap((field) => (field.name.value === name && field.selectionSet ? [field.selectionSet] : []));
  }
  return new Set(sets.flatMap((set) => fieldsOf(set, info)).map((field) => field.name.value));
}

function fieldsOf(set: SelectionSetNode, info: GraphQLResolveInfo): FieldNode[] {
  return set.selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsOf(selection.selectionSet, info);
    const fragment = info.fragments[selection.name.value];
    return fragment ? fieldsOf(fragment.selectionSet, info) : [];
  });
}

const known = new WeakMap<FieldNode, Map<string, MemoryColumns>>();

/**
 * The columns that the memories at `paths` below the field being resolved need: each field of Memory names its own in
 * `extensions.columns`. Looked up once per document.
 */
export function memoryColumnsAt(info: GraphQLResolveInfo, ...paths: (readonly string[])[]): MemoryColumns {
  const [node] = info.fieldNodes;
  const single = info.fieldNodes.length === 1 && node ? node : undefined;
  const key = paths.map((path) => path.join('.')).join(' ');
  const before = single && known.get(single)?.get(key);
  if (before) return before;
  const fields = (info.schema.getType('Memory') as GraphQLObjectType).getFields();
  const columns = new Set<MemoryColumn>(
    paths.flatMap((path) =>
      [...selectedFields(info, path)].flatMap((name) => (fields[name]?.extensions.columns as MemoryColumn[]) ?? []),
    ),
  );
  if (single) known.set(single, (known.get(single) ?? new Map<string, MemoryColumns>()).set(key, columns));
  return columns;
}
