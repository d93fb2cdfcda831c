import type { GraphQLDocument } from '../../client/document.ts';
import type { Execute } from '../../client/execute.ts';
import { OperationError } from '../../client/operation-error.ts';
import { forget } from '../../client/operations/forget.ts';
import { remember } from '../../client/operations/remember.ts';
import type { CompanionRef, UserRef } from '../../client/operations/types.ts';
import { faultOf } from '../../kernel/text-fault.ts';
import { runsOf } from '../../kernel/turns.ts';
import { digestOf } from '../calling/digest.ts';
import { type Issue, invalid } from '../calling/result.ts';
import { type GraphRecord, KnowledgeGraph } from './graph.ts';
import { memoryOf, type RecordMemory, recordsOf, SOURCE } from './records.ts';

/** Whose graph it is, and how it is asked for. With a user it is that user's alone, without one nobody's in particular. */
export interface GraphOf {
  companion: CompanionRef;
  user?: UserRef | undefined;
  execute: Execute;
  signal?: AbortSignal | undefined;
}

/** How much a graph may be: it is read as a whole, whatever is asked of it. */
export const MOST_RECORDS = 20_000;
export const MOST_CHARACTERS = 4_000_000;
/** Calls at the same moment may have added more: so much more is read all the same. */
const ROOM = 1.25;
/** The most characters of a name or type, and of an observation. */
const MOST_NAME = 500;
const MOST_OBSERVATION = 100_000;
/** How many records a page has; fewer where so many are too long for an answer. */
const PAGE = 100;
/** So many memories, or so many characters of them, are made at once, all or nothing; so many are forgotten. */
const BATCH = 1_000;
const BATCH_CHARACTERS = 1_000_000;

interface Listed {
  memories: { nodes: RecordMemory[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
}
interface ListVariables {
  companion: CompanionRef;
  user?: UserRef | undefined;
  filter: object;
  first: number;
  after: string | null;
}

const listRecords: GraphQLDocument<Listed, ListVariables> =
  `query memory_server_records($companion: CompanionRef!, $user: UserRef, $filter: MemoryFilter!, $first: Int!, $after: String) {
  memories(
    companion: $companion
    user: $user
    filter: $filter
    orderBy: { field: RECORDED_AT, direction: ASC }
    first: $first
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

/** A graph, and how much it was when it was read. */
interface Read {
  graph: KnowledgeGraph;
  records: number;
  characters: number;
}

/**
 * Reads a whole graph, as it is at one moment: a request for each 100 records. Throws an OperationError, LIMIT_EXCEEDED,
 * where it is too much.
 */
export async function readGraph(of: GraphOf): Promise<Read> {
  const read: Read = { graph: new KnowledgeGraph(), records: 0, characters: 0 };
  for await (const memory of memoriesOf(of)) {
    const records = recordsOf(memory);
    read.records += records.length;
    read.characters += lengthOf(records);
    refuseMore(read.records, read.characters, ROOM);
    for (const record of records) read.graph.take(record);
  }
  return read;
}

async function* memoriesOf({ companion, user, execute, signal }: GraphOf): AsyncGenerator<RecordMemory> {
  const filter = {
    context: { source: SOURCE },
    statuses: ['ACTIVE', 'DISPUTED', 'ARCHIVED'],
    ...(!user && { hasUser: false }),
  };
  let first = PAGE;
  let after: string | null = null;
  for (;;) {
    try {
      const { memories }: Listed = await execute(listRecords, { companion, user, filter, first, after }, { signal });
      yield* memories.nodes;
      if (!memories.pageInfo.hasNextPage) return;
      after = memories.pageInfo.endCursor;
      first = Math.min(PAGE, first * 2);
    } catch (error) {
      // So many were too much for one answer.
      if (!(error instanceof OperationError) || error.code !== 'LIMIT_EXCEEDED' || first === 1) throw error;
      first = Math.floor(first / 2);
    }
  }
}

/**
 * Keeps what was added to a graph, and forgets what was removed. Up to 1,000 records, or a million characters, are one
 * batch, all or nothing, and a tool either adds or removes. Where a later batch fails, those before it are done, and a
 * call of the same again does what is left; of an entity that is there by then, `add_observations` adds the rest. Throws
 * an OperationError; before anything is written, INVALID_INPUT for texts that a memory cannot hold, and LIMIT_EXCEEDED
 * where the graph would be too much.
 */
export async function saveGraph(read: Read, of: GraphOf, idempotencyKey: string): Promise<void> {
  const { companion, user, execute, signal } = of;
  const { graph } = read;
  if (graph.added.length > 0) {
    refuseBad(graph.added);
    refuseMore(read.records + graph.added.length, read.characters + lengthOf(graph.added));
  }
  const memories = graph.added.map((record) => memoryOf(record, graph));
  const weight = ({ content }: { content: string }) =>
    Math.max(BATCH_CHARACTERS / BATCH, Math.min(BATCH_CHARACTERS, content.length));
  for (const batch of runsOf(memories, BATCH_CHARACTERS, weight)) {
    await execute(remember, { companion, user, memories: batch, ...keyed(idempotencyKey, batch) }, { signal });
  }
  for (const ids of runsOf(graph.removed, BATCH, () => 1)) {
    await execute(forget, { ids, ...keyed(idempotencyKey, ids) }, { signal });
  }
}

/** Of the call and of what is written: a call that is made again may have less to write. */
const keyed = (key: string, written: readonly unknown[]) => ({ idempotencyKey: digestOf({ key, written }) });

/** The texts of a record, by what they are. */
function textsOf(record: GraphRecord): [what: string, text: string][] {
  if (record.kind === 'relation') {
    const { from, to, relationType } = record;
    return Object.entries({ from, to, relationType });
  }
  const { name, entityType } = record;
  return Object.entries({ name, entityType, ...(record.kind === 'observation' && { observation: record.text }) });
}

const lengthOf = (records: readonly GraphRecord[]): number => {
  let sum = 0;
  for (const record of records) for (const [, text] of textsOf(record)) sum += text.length;
  return sum;
};

/** What is wrong with so many texts is said. */
const MOST_ISSUES = 20;

function refuseBad(records: readonly GraphRecord[]): void {
  const issues: Issue[] = [];
  for (const record of records) {
    for (const [what, text] of textsOf(record)) {
      const fault = faultOf(text, what === 'observation' ? MOST_OBSERVATION : MOST_NAME);
      if (fault === undefined) continue;
      const begins = JSON.stringify(text.slice(0, 50).toWellFormed());
      issues.push({ path: [what], message: `${fault} It begins with ${begins}.` });
      if (issues.length === MOST_ISSUES) break;
    }
  }
  if (issues.length > 0) throw invalid('The arguments do not fit.', issues.slice(0, MOST_ISSUES));
}

/** Refuses what is more than a graph may be, or so many times as much. */
function refuseMore(records: number, characters: number, times = 1): void {
  const advice = 'Delete or forget what is no longer needed, or have a graph for each user.';
  refuseAbove(records, MOST_RECORDS * times, 'Entities, observations and relations of the graph', advice);
  refuseAbove(characters, MOST_CHARACTERS * times, 'Characters of the graph', advice);
}

/** Throws an OperationError, LIMIT_EXCEEDED. */
export function refuseAbove(given: number, limit: number, what: string, advice: string): void {
  if (given <= limit) return;
  const message = `${what}: at most ${limit}, and there are ${given}. ${advice}`;
  throw new OperationError([{ code: 'LIMIT_EXCEEDED', message, path: [], details: { limit, given } }]);
}
