import { type RunOptions, run } from '../../../core/api.ts';
import type { ResultOf } from '../../../core/graphql.ts';
import { companion } from '../../../core/route.ts';
import { memoryStatuses } from '../../../parts/badges.tsx';
import { around, important, ofEntity, recalled, withWords } from '../model/documents.ts';
import { type At, type GraphMemory, memoryOf } from '../model/moment.ts';

/** What the graph begins with. */
export type Start =
  /** The most important memories: so many at most. */
  | { by: 'importance'; most: number }
  /** What is near a memory. */
  | { by: 'memory'; id: string }
  /** What mentions an entity. */
  | { by: 'entity'; id: string }
  /** What is recalled, or has these words in it where no companion is chosen. */
  | { by: 'words'; query: string };

/** How a memory's neighbourhood is followed. */
export interface Reach {
  /** Whether memories that mention the same entity are one hop apart, too. */
  throughEntities: boolean;
}

export interface Found {
  memories: GraphMemory[];
  /** Whether there are more than are shown. */
  isPart: boolean;
  /** How many there are, where that is known. */
  totalCount?: number;
}

/** A page of a list; the schema allows no more. */
const PAGE = 100;
/** Memories that are near a memory, at most. */
const NEAR = 120;

/** Reads what the graph begins with at a moment. */
export function findStart(start: Start, at: At, reach: Reach, options: RunOptions): Promise<Found> {
  switch (start.by) {
    case 'memory':
      return findNear(start.id, 2, at, reach, options);
    case 'entity':
      return findMentions(start.id, at, options);
    case 'words':
      return findWords(start.query, at, options);
    case 'importance':
      return findImportant(start.most, at, options);
  }
}

/** A memory and what is at most `depth` hops away, and all that it is related to itself, though it has ended. */
export async function findNear(
  id: string,
  depth: number,
  at: At,
  { throughEntities }: Reach,
  options: RunOptions,
): Promise<Found> {
  const input = { from: [id], depth, maxNodes: NEAR, throughEntities };
  const { graph, memory } = await run(around, { at, id, input }, options);
  const related = memory?.relations.nodes.flatMap(({ from, to }) => [from, to]) ?? [];
  const memories = [...graph.memories.map((reached) => reached.memory), ...related].map(memoryOf);
  return { memories, isPart: graph.truncated };
}

/** What mentions an entity, the most important first. */
export async function findMentions(id: string, at: At, options: RunOptions): Promise<Found> {
  const { node } = await run(ofEntity, { id, at, statuses: memoryStatuses }, options);
  const nodes = node && 'memories' in node ? node.memories.nodes : [];
  return { memories: nodes.map(memoryOf), isPart: nodes.length === 50 };
}

async function findWords(query: string, at: At, options: RunOptions): Promise<Found> {
  const key = companion.peek();
  const read =
    key === undefined
      ? (await run(withWords, { at, statuses: memoryStatuses, text: query }, options)).memories.nodes
      : (await run(recalled, { at, companion: key, query }, options)).recall.nodes;
  return { memories: read.map(memoryOf), isPart: false };
}

async function findImportant(most: number, at: At, options: RunOptions): Promise<Found> {
  const memories: GraphMemory[] = [];
  let after: string | null = null;
  for (;;) {
    const first: number = Math.min(PAGE, most - memories.length);
    const answer: ResultOf<typeof important> = await run(
      important,
      { at, statuses: memoryStatuses, first, after },
      options,
    );
    const page = answer.memories;
    memories.push(...page.nodes.map(memoryOf));
    after = page.pageInfo.endCursor;
    if (!page.pageInfo.hasNextPage || memories.length >= most) {
      return { memories, isPart: page.pageInfo.hasNextPage, totalCount: page.totalCount };
    }
  }
}
