import type { Execute } from '../../client/execute.ts';
import { OperationError } from '../../client/operation-error.ts';
import { refuseBad, withoutUnknown } from '../calling/arguments.ts';
import type { JsonSchema } from '../calling/json-schema.ts';
import { type Bound, failed, invalid, type ToolResult } from '../calling/result.ts';
import { type Entity, type KnowledgeGraph, type Relation, UnknownEntity } from './graph.ts';
import { readRecords, saveRecords } from './records.ts';
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
type Does = (graph: KnowledgeGraph, given: Given) => { shown: unknown; structuredContent: Record<string, unknown> };

const as = (member: string, shown: unknown) => ({ shown, structuredContent: { [member]: shown } });
const whole = (shown: object) => ({ shown, structuredContent: { ...shown } });
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
  search_nodes: (graph, { query }) => whole(graph.searchNodes(query)),
  open_nodes: (graph, { names }) => whole(graph.openNodes(names)),
};

/**
 * Calls one of the nine tools on the graph of a companion, or of a companion and a user. What is wrong with the
 * arguments, an unknown entity and the failures that the service tells of are results with `isError`; whatever else
 * happens is thrown.
 */
export async function callMemoryServerTool(
  { name, inputSchema }: Pick<MemoryServerTool, 'name' | 'inputSchema'>,
  given: Readonly<Record<string, unknown>>,
  { companion, user }: Bound,
  execute: Execute,
  signal?: AbortSignal,
): Promise<ToolResult> {
  try {
    const asked = withoutUnknown(inputSchema, given);
    await refuseBad(inputSchema, asked);
    if (!companion) throw invalid(`${name} needs to know whose graph it is: this connection names no companion.`);
    const owner = { companion, user };
    const graph = await readRecords(execute, owner, signal);
    const { shown, structuredContent } = (does[name] as Does)(graph, asked as Given);
    await saveRecords(graph, execute, owner, signal);
    const text = typeof shown === 'string' ? shown : JSON.stringify(shown, null, 2);
    return { content: [{ type: 'text', text }], structuredContent };
  } catch (error) {
    if (error instanceof UnknownEntity) return { content: [{ type: 'text', text: error.message }], isError: true };
    if (!(error instanceof OperationError)) throw error;
    const { content, isError } = failed(error);
    return { content, ...(isError && { isError }) };
  }
}
