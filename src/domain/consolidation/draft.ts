import { extractiveSummary, type Quoted } from '../../model/summary/lines.ts';
import type { SummaryMethod, summaryKind } from '../../tables/summary.ts';
import type { Member } from './members.ts';
import type { Standing } from './standing.ts';

/** A memory that is part of a summary: `line` is its place in it, null where it is not quoted. */
export interface Part {
  id: string;
  lineageId: string;
  line: number | null;
}

/** A summary that is to be made, or made again. */
export interface Draft {
  kind: (typeof summaryKind)[keyof typeof summaryKind];
  method: SummaryMethod;
  standing: Standing | null;
  content: string;
  importance: number;
  confidence: number;
  parts: Part[];
  /** Memories that are part of it and were not read, which stay so. */
  unread: readonly string[];
  /** Of a profile: what it is of, and what is kept of its state. */
  profile: ProfileState | null;
}

export interface ProfileState {
  /** Null: it is the first of this. */
  id: string | null;
  entityId: string | null;
  /** The lineage of its summary as it was read, where it had one. */
  before: string | null;
  total: number;
  covered: number;
  centroid: readonly number[] | null;
  centroidModel: string | null;
}

/** What a summary quotes, as its sources say it. */
export interface Chosen {
  places: readonly number[];
  picks: readonly { member: number; sentence: string }[];
}

export const quotedOf = (members: readonly Member[], { picks }: Chosen): Quoted[] =>
  picks.map(({ member, sentence }) => ({ ...(members[member] as Member), sentence }));

/** A summary of memories: as important as they are on the average, and as sure as the least sure that it quotes. */
export function draftOf(
  members: readonly Member[],
  chosen: Chosen,
  rest: Pick<Draft, 'kind' | 'method' | 'standing' | 'unread' | 'profile'>,
): Draft {
  const lines = new Map(chosen.picks.map(({ member }, line) => [member, line]));
  const all = [...new Set([...chosen.places, ...lines.keys()])];
  const parts = all.map((place) => {
    const { id, lineageId } = members[place] as Member;
    return { id, lineageId, line: lines.get(place) ?? null };
  });
  const importance = all.reduce((sum, place) => sum + (members[place] as Member).importance, 0) / all.length;
  const confidence = Math.min(...chosen.picks.map(({ member }) => (members[member] as Member).confidence));
  return {
    ...rest,
    content: extractiveSummary(quotedOf(members, chosen)),
    importance: Math.round(importance * 10) / 10,
    confidence,
    parts,
  };
}
