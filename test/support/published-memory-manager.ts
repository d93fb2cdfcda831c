import type { Client } from '@modelcontextprotocol/client';
import { callMcp } from './mcp.ts';

type Given = readonly unknown[];

let connect: (file: string) => Promise<Client>;

/** Says how a client is made of the graph that the official server would have in a file. */
export function connectManagersBy(connecting: typeof connect): void {
  connect = connecting;
}

/** What the tests of the official memory server test, by our tools. */
export class KnowledgeGraphManager {
  readonly #client: Promise<Client>;

  constructor(file: string) {
    this.#client = connect(file);
  }

  readonly createEntities = async (entities: Given) => (await this.#call('create_entities', { entities })).entities;
  readonly createRelations = async (relations: Given) =>
    (await this.#call('create_relations', { relations })).relations;
  readonly addObservations = async (observations: Given) =>
    (await this.#call('add_observations', { observations })).results;
  readonly deleteEntities = (entityNames: Given) => this.#call('delete_entities', { entityNames });
  readonly deleteObservations = (deletions: Given) => this.#call('delete_observations', { deletions });
  readonly deleteRelations = (relations: Given) => this.#call('delete_relations', { relations });
  readonly readGraph = () => this.#call('read_graph', {});
  readonly searchNodes = (query: string) => this.#call('search_nodes', { query });
  readonly openNodes = (names: Given) => this.#call('open_nodes', { names });

  async #call(name: string, given: Record<string, unknown>) {
    const { text, data, isError } = await callMcp(await this.#client, name, given);
    if (isError) throw new Error(text);
    return data;
  }
}
