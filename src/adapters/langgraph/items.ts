import { createHash } from 'node:crypto';
import { InvalidNamespaceError, type Item } from '@langchain/langgraph-checkpoint';
import { OperationError } from '../../client/operation-error.ts';
import { plainMembers } from './filter.ts';
import { labelOf, textOf } from './texts.ts';

// An item is a memory that answers a slot of its own, named by its namespace and key. Its content is what it is found by; the
// value itself is kept as JSON text in the context, so that it comes back exactly.

/** The member of a memory's context that is an item's. */
const MEMBER = 'langgraph';

interface Kept {
  /** By place, so that a prefix is a part of it. */
  namespace: Record<string, string>;
  depth: number;
  /** The key and the value, as JSON. */
  item: string;
  /** The members of the value that the service can compare. */
  members: Record<string, unknown>;
  /** It is found by what it says. */
  isIndexed: boolean;
}

/** A memory that is an item, as the documents ask for it. */
export interface ItemNode {
  id: string;
  slot: string | null;
  context: { [MEMBER]: Kept };
  recordedAt: string;
  updatedAt: string;
  versions: { nodes: { recordedAt: string }[] };
}
export const ITEM = 'id slot context recordedAt updatedAt versions(first: 1) { nodes { recordedAt } }';

export interface NewItem {
  namespace: string[];
  key: string;
  value: Record<string, unknown>;
  /** The paths that it is found by; false: by none. */
  index: false | readonly string[];
}

/** Throws InvalidNamespaceError, as the stores of LangGraph do. */
export function checkNamespace(namespace: readonly string[]): void {
  if (namespace.length === 0) throw new InvalidNamespaceError('Namespace cannot be empty.');
  for (const label of namespace) {
    if (typeof label !== 'string' || label === '' || /[.:\0]/.test(label)) {
      throw new InvalidNamespaceError(
        `Invalid namespace label '${label}' found in ${namespace}: a label is a text that is not empty, without '.', ':' and NUL.`,
      );
    }
  }
}

/** What the slot of an item is called. */
export const slotOf = (namespace: readonly string[], key: string): string =>
  `langgraph.${createHash('sha256')
    .update(JSON.stringify([namespace, key]))
    .digest('hex')}`;

/** The part of a context that the items of a namespace, and of those below it, have; `*` is any label. */
export const contextOf = (
  prefix: readonly string[],
  more: Partial<Pick<Kept, 'members' | 'isIndexed' | 'depth'>> = {},
) => ({
  [MEMBER]: { namespace: placesOf(prefix), ...more },
});

const placesOf = (labels: readonly string[]): Record<string, string> =>
  Object.fromEntries(labels.flatMap((label, place) => (label === '*' ? [] : [[String(place), label]])));

/** Bytes of JSON that a context may have. */
const MOST_BYTES = 65_536;

/** The memory that an item is. Throws OperationError where it is too large. */
export function toMemory({ namespace, key, value, index }: NewItem) {
  const text = index === false ? undefined : textOf(value, index);
  const kept: Kept = {
    namespace: Object.fromEntries(namespace.map((label, place) => [String(place), label])),
    depth: namespace.length,
    item: JSON.stringify([key, value]),
    members: plainMembers(value),
    isIndexed: text !== undefined,
  };
  const context = { [MEMBER]: kept };
  const given = new TextEncoder().encode(JSON.stringify(context)).length;
  if (given > MOST_BYTES) {
    const name = [...namespace, key].join(' / ');
    const message = `The item ${name} comes to ${given} bytes of JSON with what it is found by: at most ${MOST_BYTES} are allowed.`;
    throw new OperationError([{ code: 'LIMIT_EXCEEDED', message, path: [], details: { limit: MOST_BYTES, given } }]);
  }
  return { slot: slotOf(namespace, key), content: text ?? labelOf(namespace, key), context };
}

export const namespaceOf = ({ context }: Pick<ItemNode, 'context'>): string[] => {
  const { namespace, depth } = context[MEMBER];
  return Array.from({ length: depth }, (_, place) => namespace[place] as string);
};

export function toItem(node: ItemNode): Item {
  const [key, value] = JSON.parse(node.context[MEMBER].item) as [string, Record<string, unknown>];
  return {
    namespace: namespaceOf(node),
    key,
    value,
    createdAt: new Date(node.versions.nodes[0]?.recordedAt ?? node.recordedAt),
    updatedAt: new Date(node.updatedAt),
  };
}

/** One of each slot, the one recorded last: of two that were written in the same moment both may be there. */
export function latestOf<Node extends ItemNode>(nodes: readonly Node[]): Node[] {
  const latest = new Map<string, Node>();
  for (const node of nodes) {
    const slot = node.slot ?? node.id;
    const before = latest.get(slot);
    if (!before || rank(before) < rank(node)) latest.set(slot, node);
  }
  return [...latest.values()];
}

const rank = ({ recordedAt, id }: ItemNode) => `${recordedAt} ${id}`;
