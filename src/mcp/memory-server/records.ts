import type { GraphQLDocument } from '../../client/document.ts';
import type { Execute } from '../../client/execute.ts';
import { forget } from '../../client/operations/forget.ts';
import { remember } from '../../client/operations/remember.ts';
import type { CompanionRef, EntityInput, NewMemory, UserRef } from '../../client/operations/types.ts';
import { type GraphRecord, KnowledgeGraph } from './graph.ts';

/** Whose graph it is. With a user it is that user's alone, without one nobody's in particular. */
export interface GraphOwner {
  companion: CompanionRef;
  user?: UserRef | undefined;
}

/** In the context of each record's memory, as an import of the official server's file has it, too. */
const SOURCE = 'mcp-memory';

interface RecordMemory {
  id: string;
  content: string;
  context: Record<string, unknown>;
  entities: { nodes: EntityInput[] };
}

interface Listed {
  memories: { nodes: RecordMemory[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
}
interface ListVariables {
  companion: CompanionRef;
  user?: UserRef | undefined;
  filter: object;
  after: string | null;
}

const listRecords: GraphQLDocument<Listed, ListVariables> =
  `query memory_server_records($companion: CompanionRef!, $user: UserRef, $filter: MemoryFilter!, $after: String) {
  memories(
    companion: $companion
    user: $user
    filter: $filter
    orderBy: { field: RECORDED_AT, direction: ASC }
    first: 100
    after: $after
  ) {
    nodes {
      id
      content
      context
      entities(first: 5) {
        nodes {
          type
          name
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}`;

/** Reads the whole graph: a request for each 100 records. */
export async function readRecords(execute: Execute, { companion, user }: GraphOwner, signal?: AbortSignal) {
  const records: (GraphRecord & { id: string })[] = [];
  const filter = {
    context: { source: SOURCE },
    statuses: ['ACTIVE', 'DISPUTED', 'ARCHIVED'],
    ...(!user && { hasUser: false }),
  };
  let after: string | null = null;
  do {
    const { memories }: Listed = await execute(listRecords, { companion, user, filter, after }, { signal });
    records.push(...memories.nodes.flatMap(recordsOf));
    after = memories.pageInfo.hasNextPage ? memories.pageInfo.endCursor : null;
  } while (after !== null);
  return new KnowledgeGraph(records);
}

/** So many memories are made or forgotten at once, all or nothing. */
const BATCH = 1_000;

/** Keeps what was added to a graph, and forgets what was removed. */
export async function saveRecords(
  graph: KnowledgeGraph,
  execute: Execute,
  { companion, user }: GraphOwner,
  signal?: AbortSignal,
): Promise<void> {
  const memories = graph.added.map((record) => memoryOf(record, graph));
  for (const batch of batches(memories)) await execute(remember, { companion, user, memories: batch }, { signal });
  for (const ids of batches(graph.removed)) await execute(forget, { ids }, { signal });
}

function* batches<T>(items: readonly T[]): Generator<T[]> {
  for (let start = 0; start < items.length; start += BATCH) yield items.slice(start, start + BATCH);
}

const spaced = (text: string): string => text.replaceAll('_', ' ');

/** What a record is as a memory: a statement that recall finds, and what is exact in its context. */
function memoryOf(record: GraphRecord, graph: KnowledgeGraph): NewMemory {
  const apart = { type: 'FACT', isApart: true } as const;
  if (record.kind === 'relation') {
    const { from, to, relationType } = record;
    const ends = [...new Set([from, to])].flatMap((name) => {
      const type = graph.typeOf(name);
      return type === undefined ? [] : mention(name, type);
    });
    const content = `${from} ${spaced(relationType)} ${to}`;
    return { ...apart, content, entities: ends, context: { source: SOURCE, relationType, from, to } };
  }
  const { name, nth, entityType } = record;
  const which = { ...(nth > 0 && { nth }) };
  const entities = mention(name, entityType);
  if (record.kind === 'entity') {
    const content = `${name} (${entityType})`;
    return { ...apart, content, entities, context: { source: SOURCE, entity: name, entityType, ...which } };
  }
  const { text } = record;
  const isBlank = text.trim() === '';
  return {
    ...apart,
    content: isBlank ? '(blank)' : text,
    ...(name.trim() !== '' && { summary: spaced(name) }),
    entities,
    context: { source: SOURCE, observationOf: name, entityType, ...which, ...(isBlank && { text }) },
  };
}

/** What no entity can be called is not mentioned. */
const mention = (name: string, type: string): EntityInput[] =>
  name.trim() === '' || name.length > 500
    ? []
    : [{ name, type: type.trim() === '' || type.length > 100 ? 'thing' : type }];

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The record that a memory is; of what was imported from the official server's file, what it observes of whom. */
function recordsOf({ id, content, context, entities }: RecordMemory): (GraphRecord & { id: string })[] {
  const [from, to, relationType] = [context.from, context.to, context.relationType].map(textOf);
  if (from !== undefined && to !== undefined && relationType !== undefined) {
    return [{ kind: 'relation', id, from, to, relationType }];
  }
  const nth = typeof context.nth === 'number' ? context.nth : 0;
  const entityType = textOf(context.entityType);
  const entity = textOf(context.entity);
  if (entity !== undefined && entityType !== undefined) return [{ kind: 'entity', id, name: entity, nth, entityType }];
  const name = textOf(context.observationOf);
  const text = textOf(context.text) ?? content;
  if (name !== undefined) return [{ kind: 'observation', id, name, nth, entityType: entityType ?? 'thing', text }];
  return entities.nodes.map((each) => ({
    kind: 'observation',
    id,
    name: each.name,
    nth: 0,
    entityType: each.type,
    text: content,
  }));
}
