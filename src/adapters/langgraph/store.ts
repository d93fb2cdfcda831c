import {
  BaseStore,
  type GetOperation,
  type Item,
  type ListNamespacesOperation,
  type MatchCondition,
  type Operation,
  type OperationResults,
  type PutOperation,
  type SearchItem,
  type SearchOperation,
} from '@langchain/langgraph-checkpoint';
import type { Execute } from '../../client/execute.ts';
import { equalMembers, isWholly, meets } from './filter.ts';
import {
  checkNamespace,
  contextOf,
  ITEM,
  type ItemNode,
  latestOf,
  namespaceOf,
  slotOf,
  toItem,
  toMemory,
} from './items.ts';
import { chunked, writeItems } from './write.ts';

export interface PalimpsestStoreOptions {
  /** What runs GraphQL documents: of a client (`connect`), or of a service in this process (`open`). */
  execute: Execute;
  /** The key of the companion whose memories the items are. An unknown one is created. Default: `langgraph`. */
  companion?: string | undefined;
  /**
   * The user that items are about: one for all, or said by the namespace, of which a search may know the beginning alone;
   * undefined is no particular user. Default: none.
   */
  user?: string | ((namespace: readonly string[]) => string | undefined) | undefined;
  /** The paths of a value that an item is found by, where `put` names none. Default: `$`, all of it. */
  index?: { fields?: readonly string[] | undefined } | false | undefined;
}

interface Page {
  nodes: ItemNode[];
  edges?: { score: number; node: { id: string } }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** An item stays in the store though its importance has faded. */
const PRESENT = ['ACTIVE', 'DISPUTED', 'ARCHIVED'];

const BY_SLOTS = `query ($companion: CompanionRef!, $filter: MemoryFilter!) {
  page: memories(companion: $companion, filter: $filter, first: 100) { nodes { ${ITEM} } pageInfo { hasNextPage endCursor } }
}`;
const LIST = `query ($companion: CompanionRef!, $user: UserRef, $filter: MemoryFilter!, $first: Int!, $after: String) {
  page: memories(companion: $companion, user: $user, filter: $filter, first: $first, after: $after) {
    nodes { ${ITEM} } pageInfo { hasNextPage endCursor }
  }
}`;
const RECALL = `query ($input: RecallInput!, $first: Int!, $after: String) {
  page: recall(input: $input, first: $first, after: $after) {
    nodes { ${ITEM} } edges { score node { id } } pageInfo { hasNextPage endCursor }
  }
}`;

/** So many items are looked at for one list of namespaces, or one search with conditions that the service cannot look for. */
const MOST_LOOKED_AT = 10_000;

/**
 * A store of LangGraph in a companion: an item is a memory that answers a slot of its own, so that `put` adds a version and
 * `delete` forgets all of them. A search with a query is a recall.
 */
export class PalimpsestStore extends BaseStore {
  readonly #execute: Execute;
  readonly #companion: { key: string };
  readonly #user: PalimpsestStoreOptions['user'];
  readonly #paths: false | readonly string[];

  constructor({ execute, companion = 'langgraph', user, index = {} }: PalimpsestStoreOptions) {
    super();
    this.#execute = execute;
    this.#companion = { key: companion };
    this.#user = user;
    this.#paths = index && (index.fields ?? ['$']);
  }

  /** Reads first, as the store was before, then writes: of several of one item the last counts. */
  async batch<Op extends Operation[]>(operations: Op): Promise<OperationResults<Op>> {
    const puts = operations.filter((operation) => 'value' in operation);
    for (const { namespace } of operations.filter((operation) => 'namespace' in operation)) checkNamespace(namespace);
    const memories = new Map(puts.map((put) => [slotOf(put.namespace, put.key), this.#memoryOf(put)]));
    const slots = operations.filter(isGet).map(({ namespace, key }) => slotOf(namespace, key));
    const read = new Map(latestOf(await this.#answering(slots)).map((node) => [node.slot, node]));
    const results = await Promise.all(
      operations.map((operation) => {
        if ('value' in operation) return null;
        if (isGet(operation)) return itemOf(read.get(slotOf(operation.namespace, operation.key)));
        if ('namespacePrefix' in operation) return this.#search(operation);
        return this.#namespaces(operation);
      }),
    );
    const companion = this.#companion;
    await writeItems({ execute: this.#execute, companion, memories, find: (slots) => this.#answering(slots) });
    return results as OperationResults<Op>;
  }

  /** The memory that is to be there; null: none. */
  #memoryOf({ namespace, key, value, index }: PutOperation) {
    if (value === null) return null;
    const user = this.#userOf(namespace);
    return {
      ...toMemory({ namespace, key, value, index: index ?? this.#paths }),
      type: 'FACT',
      ...(user && { user }),
    };
  }

  #userOf(namespace: readonly string[]): { externalId: string } | undefined {
    const externalId = typeof this.#user === 'function' ? this.#user(namespace) : this.#user;
    return externalId === undefined ? undefined : { externalId };
  }

  /** The memories that answer slots; of one that is in dispute there may be two. */
  async #answering(slots: readonly string[]): Promise<ItemNode[]> {
    const pages = await Promise.all(
      chunked([...new Set(slots)], 50).map((some) =>
        this.#execute<{ page: Page }>(BY_SLOTS, {
          companion: this.#companion,
          filter: { slots: some, statuses: PRESENT },
        }),
      ),
    );
    return pages.flatMap(({ page }) => page.nodes);
  }

  async #search({ namespacePrefix, filter, limit = 10, offset = 0, query }: SearchOperation): Promise<SearchItem[]> {
    if (namespacePrefix.length > 0) checkNamespace(namespacePrefix);
    const found: SearchItem[] = [];
    const isEnough = () => found.length >= offset + limit;
    if (limit <= 0) return [];
    const size = isWholly(filter) ? Math.min(100, offset + limit) : 100;
    const context = (isIndexed?: true) =>
      contextOf(namespacePrefix, { members: equalMembers(filter), ...(isIndexed && { isIndexed }) });
    const pages = query?.trim()
      ? this.#recalled(query, namespacePrefix, context(true), size)
      : this.#listed(namespacePrefix, context(), size);
    for await (const page of pages) {
      const scores = new Map(page.edges?.map(({ score, node }) => [node.id, score]));
      for (const node of latestOf(page.nodes)) {
        const item = toItem(node);
        if (meets(item.value, filter)) found.push({ ...item, score: scores.get(node.id) });
      }
      if (isEnough()) break;
    }
    return found.slice(offset, offset + limit) as SearchItem[];
  }

  #listed(prefix: readonly string[], context: object, first: number): AsyncGenerator<Page> {
    const user = this.#userOf(prefix);
    const filter = { context, statuses: PRESENT };
    return this.#pages(LIST, { companion: this.#companion, ...(user && { user }), filter, first });
  }

  #recalled(query: string, prefix: readonly string[], context: object, first: number): AsyncGenerator<Page> {
    const user = this.#userOf(prefix);
    const input = {
      companion: this.#companion,
      ...(user && { user }),
      query: query.slice(0, 10_000),
      filter: { context },
    };
    return this.#pages(RECALL, { input, first });
  }

  async *#pages(document: string, variables: object): AsyncGenerator<Page> {
    let lookedAt = 0;
    for (let after: string | null = null; ; ) {
      const { page }: { page: Page } = await this.#execute<{ page: Page }>(document, { ...variables, after });
      yield page;
      lookedAt += page.nodes.length;
      if (!page.pageInfo.hasNextPage) return;
      if (lookedAt >= MOST_LOOKED_AT) {
        throw new Error(`More than ${MOST_LOOKED_AT} items would have to be looked at: give a longer prefix.`);
      }
      after = page.pageInfo.endCursor;
    }
  }

  async #namespaces({ matchConditions = [], maxDepth, limit, offset }: ListNamespacesOperation): Promise<string[][]> {
    const prefix = matchConditions.find(({ matchType }) => matchType === 'prefix')?.path ?? [];
    const found = new Map<string, string[]>();
    for await (const { nodes } of this.#listed(prefix, contextOf(prefix), 100)) {
      for (const node of nodes) {
        const namespace = namespaceOf(node);
        if (!matchConditions.every((condition) => matches(namespace, condition))) continue;
        const cut = namespace.slice(0, maxDepth);
        found.set(cut.join(':'), cut);
      }
    }
    const inOrder = [...found].sort(([a], [b]) => a.localeCompare(b)).map(([, namespace]) => namespace);
    return inOrder.slice(offset ?? 0, (offset ?? 0) + (limit ?? inOrder.length));
  }
}

const isGet = (operation: Operation): operation is GetOperation => 'key' in operation && !('value' in operation);

const itemOf = (node: ItemNode | undefined): Item | null => (node ? toItem(node) : null);

/** Whether a namespace begins, or ends, with a path, in which `*` is any label. */
function matches(namespace: readonly string[], { matchType, path }: MatchCondition): boolean {
  const from = matchType === 'suffix' ? namespace.length - path.length : 0;
  if (from < 0 || path.length > namespace.length) return false;
  return path.every((label, place) => label === '*' || label === namespace[from + place]);
}
