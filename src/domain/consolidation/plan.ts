import { type Quoted, quotedLine } from '../../model/summary/lines.ts';
import { type SummaryMethod, summaryKind, summaryMethod } from '../../tables/summary.ts';
import type { Pick } from './clusters.ts';
import type { Member } from './members.ts';
import type { Made, Standing } from './standing.ts';

// What a run decides, without a database: which memories form topics, and which summaries are to be made, or made again.

/** How many lines a summary of a topic has at most, and one of a profile. */
export const TOPIC_LINES = 6;
export const PROFILE_LINES = 8;
/** How many entities of a companion and user have a profile, those that most memories mention. */
const MAX_ENTITIES = 50;

/** A topic: what it was before, and the memories it has now, by their places. */
export interface Topic {
  standing: Standing | null;
  places: number[];
  /** Lineages of memories that hold and were not read, since there are many newer ones. */
  unread: string[];
  /** Whether it is as it was: none of its memories has been corrected, has ended or is new. */
  isUnchanged: boolean;
}

/** Whether consolidation may change a summary: it holds, as consolidation made it. Others are somebody's own. */
export const isOurs = ({ currentId, memoryId }: Standing): boolean => currentId === memoryId;

/** For each memory the number of the topic that it is in; -1: none. */
export function takenBy(members: readonly Member[], topics: readonly Standing[]): Int32Array<ArrayBuffer> {
  const byLineage = new Map(
    topics.flatMap(({ sources }, number) => sources.map(({ lineageId }) => [lineageId, number] as const)),
  );
  return Int32Array.from(members, ({ lineageId }) => byLineage.get(lineageId) ?? -1);
}

/** The topics there are, with what joins them, and the new ones. */
export function topicsOf(
  members: readonly Member[],
  standing: readonly Standing[],
  taken: Int32Array,
  { joins, clusters }: { joins: Int32Array; clusters: readonly (readonly number[])[] },
): Topic[] {
  const places = standing.map((): number[] => []);
  for (const [place, number] of taken.entries()) if (number >= 0) places[number]?.push(place);
  const grown = new Set<number>();
  for (const [place, number] of joins.entries()) {
    if (number < 0 || !isOurs(standing[number] as Standing)) continue;
    places[number]?.push(place);
    grown.add(number);
  }
  const read = new Set(members.map(({ lineageId }) => lineageId));
  return [
    ...standing.map((topic, number) => {
      const unread = topic.sources.flatMap(({ lineageId, currentId }) =>
        currentId !== null && !read.has(lineageId) ? [lineageId] : [],
      );
      // Fewer sources than it had: one has been forgotten.
      const isWhole =
        topic.sources.length === topic.size && topic.sources.every(({ readId, currentId }) => readId === currentId);
      const isUnchanged = isWhole && !grown.has(number);
      return { standing: topic, places: (places[number] as number[]).sort((a, b) => a - b), unread, isUnchanged };
    }),
    ...clusters.map((cluster) => ({ standing: null, places: [...cluster], unread: [], isUnchanged: false })),
  ];
}

/** What is to be done about a topic that has changed. */
export function fateOf({ standing, places, unread, isUnchanged }: Topic, minSize: number): 'keep' | 'make' | 'retract' {
  if (isUnchanged || (standing && !isOurs(standing))) return 'keep';
  if (places.length + unread.length < minSize) return 'retract';
  // Where none of what it quoted could be read, there is nothing to make it of.
  return places.length > 0 ? 'make' : 'keep';
}

/** What a profile is of: all memories, or those that mention an entity. */
export interface ProfileScope {
  entityId: string | null;
  places: number[];
}

/** Of which entities there are to be profiles: those that many memories mention. */
export function entityScopes(members: readonly Member[], minSize: number): ProfileScope[] {
  const byEntity = new Map<string, number[]>();
  for (const [place, { entities }] of members.entries()) {
    for (const entity of new Set(entities)) {
      const places = byEntity.get(entity);
      if (places) places.push(place);
      else byEntity.set(entity, [place]);
    }
  }
  return [...byEntity]
    .filter(([, places]) => places.length >= minSize)
    .sort(([a, one], [b, other]) => other.length - one.length || (a < b ? -1 : 1))
    .slice(0, MAX_ENTITIES)
    .map(([entityId, places]) => ({ entityId, places }));
}

/**
 * Whether a summary says the same as what would be made now: it quotes the same versions, and, where it is made of their
 * sentences, the same words. What a model has phrased stays; the rest is phrased where a model is to do so.
 */
export function saysTheSame(
  standing: Standing,
  quoted: readonly Quoted[],
  { content, method }: { content: string; method: SummaryMethod },
): boolean {
  const isPhrased = standing.method === summaryMethod.MODEL;
  if (!isPhrased && (method === 'MODEL' || standing.content !== content)) return false;
  const lines = standing.sources.filter(({ line }) => line !== null).map(({ readId }) => readId);
  return lines.length === quoted.length && quoted.every(({ id }, line) => lines[line] === id);
}

export const topicsIn = ({ summaries }: Made): Standing[] =>
  summaries.filter(({ kind, size }) => kind === summaryKind.TOPIC && size > 0);

/** What topics say first, the largest before the others, then what they say next: what is known of a user or companion. */
export function linesOfTopics(members: readonly Member[], made: Made): Pick[] {
  const places = new Map(members.map(({ id }, place) => [id, place]));
  const topics = topicsIn(made)
    .filter(isOurs)
    .sort((a, b) => b.size - a.size || (a.lineageId < b.lineageId ? -1 : 1));
  const lines: Pick[] = [];
  for (let line = 0; line < TOPIC_LINES; line++) {
    for (const { sources, content } of topics) {
      if (lines.length === PROFILE_LINES) return lines;
      const member = places.get(sources.find((source) => source.line === line)?.currentId ?? '');
      if (member === undefined) continue;
      const sentence = quotedLine(content as string, line) ?? (members[member] as Member).text;
      lines.push({ member, sentence });
    }
  }
  return lines;
}
