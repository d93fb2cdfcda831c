import type { Execute } from '../../client/execute.ts';
import { OperationError } from '../../client/operation-error.ts';
import { refuseBad, withoutUnknown } from '../calling/arguments.ts';
import type { JsonSchema } from '../calling/json-schema.ts';
import { type Bound, FAILURE, failed, invalid, type ToolResult } from '../calling/result.ts';
import { type Entity, type Graph, type KnowledgeGraph, type Relation, UnknownEntity } from './graph.ts';
import { type GraphOf, readGraph, refuseAbove, saveGraph } from './kept-graph.ts';
import descriptors from './tools.json' with { type: 'json' };

/** A tool of the official memory server, described as it describes it. */
export interface MemoryServerTool {
  name: string;
  title: string;
  description: string;
  scopes: ('READ' | 'WRITE' | 'ADMIN')[];
  inputSchema: JsonSchema;
  outputSchema: JsonSchema;
  annotations: { readOnlyHint: boolean; destructiveHint: boolean; idempotentHint: boolean; openWorldHint: boolean };
}

/** The nine tools of the official memory server. */
export const memoryServerTools: readonly MemoryServerTool[] = descriptors as unknown as MemoryServerTool[];

interface Given {
  entities: Entity[];
  relations: Relation[];
  observations: { entityName: string; contents: string[] }[];
  entityNames: string[];
  deletions: { entityName: string; observations: string[] }[];
  query: string;
  names: string[];
}

/** What each does, and what it answers: the text is JSON of `shown`, or `shown` itself where that is a text. */
type Does = (graph: KnowledgeGraph, given: Given) => Done | Promise<Done>;
interface Done {
  shown: unknown;
  structuredContent: Record<string, unknown>;
}

/** The most characters of what is read of a graph: a model can read no more, and it is made in one go. */
const MOST_SHOWN = 1_000_000;
/** As newer versions of the official server have it. */
const MOST_QUERY = 2_048;

const as = (member: string, shown: unknown) => ({ shown, structuredContent: { [member]: shown } });
const whole = (shown: Graph) => {
  refuseAbove(charactersOf(shown), MOST_SHOWN, 'Characters of the answer', 'Search for less, or open fewer nodes.');
  return { shown, structuredContent: { ...shown } };
};
const charactersOf = ({ entities, relations }: Graph): number => {
  let sum = 0;
  for (const { name, entityType, observations } of entities) {
    sum += name.length + entityType.length;
    for (const text of observations) sum += text.length;
  }
  for (const { from, to, relationType } of relations) sum += from.length + to.length + relationType.length;
  return sum;
};
const done = (message: string) => ({ shown: message, structuredContent: { success: true, message } });

const does: Readonly<Record<string, Does>> = {
  create_entities: (graph, { entities }) => as('entities', graph.createEntities(entities)),
  create_relations: (graph, { relations }) => as('relations', graph.createRelations(relations)),
  add_observations: (graph, { observations }) => as('results', graph.addObservations(observations)),
  delete_entities(graph, { entityNames }) {
    graph.deleteEntities(entityNames);
    return done('Entities deleted successfully');
  },
  delete_observations(graph, { deletions }) {
    graph.deleteObservations(deletions);
    return done('Observations deleted successfully');
  },
  delete_relations(graph, { relations }) {
    graph.deleteRelations(relations);
    return done('Relations deleted successfully');
  },
  read_graph: (graph) => whole(graph.readGraph()),
  async search_nodes(graph, { query }) {
    refuseAbove(query.length, MOST_QUERY, 'Characters of the query', 'Search for less.');
    return whole(await graph.searchNodes(query));
  },
  open_nodes: (graph, { names }) => whole(graph.openNodes(names)),
};

/** What a call is made with. */
interface Calling {
  bound: Bound;
  execute: Execute;
  signal?: AbortSignal | undefined;
  /** Of this call. */
  idempotencyKey: string;
}

/** A call is made so often, where what it forgets has been forgotten meanwhile by another. */
const ATTEMPTS = 3;

/**
 * Calls one of the nine tools on the graph of a companion, or of a companion and a user. It reads the graph, then writes
 * what changes it. Of two calls at the same moment neither is lost: an entity, observation or relation that both add is
 * in the graph once; what one adds to an entity that the other deletes stays. What is wrong with the arguments, an unknown
 * entity and the failures that the service reports are results with `isError`; whatever else happens is thrown.
 */
export async function callMemoryServerTool(
  { name, inputSchema }: Pick<MemoryServerTool, 'name' | 'inputSchema'>,
  given: Readonly<Record<string, unknown>>,
  { bound: { companion, user }, execute, signal, idempotencyKey }: Calling,
): Promise<ToolResult> {
  try {
    const asked = withoutUnknown(inputSchema, given);
    await refuseBad(inputSchema, asked);
    if (!companion) throw invalid(`${name} needs to know whose graph it is: this connection names no companion.`);
    const of = { companion, user, execute, signal };
    const { shown, structuredContent } = await run(does[name] as Does, asked as Given, of, idempotencyKey);
    const text = typeof shown === 'string' ? shown : JSON.stringify(shown, null, 2);
    return { content: [{ type: 'text', text }], structuredContent };
  } catch (error) {
    if (error instanceof UnknownEntity) return { content: [{ type: 'text', text: error.message }], isError: true };
    if (!(error instanceof OperationError)) throw error;
    // As data it would have to be what the tool says that it answers: earlier clients compare that of failures, too.
    const { content, isError, structuredContent } = failed(error);
    return { content, isError, _meta: { [FAILURE]: structuredContent } };
  }
}

async function run(does: Does, given: Given, of: GraphOf, idempotencyKey: string): Promise<Done> {
  for (let attempt = 1; ; attempt++) {
    const read = await readGraph(of);
    const done = await does(read.graph, given);
    try {
      await saveGraph(read, of, idempotencyKey);
      return done;
    } catch (error) {
      const isGone = error instanceof OperationError && error.code === 'NOT_FOUND' && read.graph.removed.length > 0;
      if (!isGone || attempt === ATTEMPTS) throw error;
    }
  }
}
