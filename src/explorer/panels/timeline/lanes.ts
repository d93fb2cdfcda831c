import type { VariablesOf } from '../../core/graphql.ts';
import type { changes } from './documents.ts';

export type Kind = VariablesOf<typeof changes>['kinds'][number];

/** What is shown, each on a lane of its own; some lanes are made of events of these kinds. */
export const lanes = {
  conversations: { label: 'Conversations' },
  sessions: { label: 'Sessions' },
  recorded: { label: 'Memories recorded' },
  corrections: { label: 'Corrections', kinds: ['CORRECTED', 'RETRACTED', 'REVERTED'] },
  disputes: { label: 'Disputes', kinds: ['CONTRADICTED', 'RESOLVED', 'REOPENED', 'FOUND', 'JUDGED'] },
  upkeep: {
    label: 'Other changes',
    kinds: ['UPDATED', 'REINFORCED', 'ARCHIVED', 'DECAYED', 'RESTORED', 'ENTITIES_MERGED'],
  },
  relations: { label: 'Relations', kinds: ['RELATED', 'UNRELATED'] },
} as const satisfies Record<string, { label: string; kinds?: readonly Kind[] }>;

export type Lane = keyof typeof lanes;
export const laneNames = Object.keys(lanes) as Lane[];

/** Shown unless others are chosen: there are many relations. */
export const usual: readonly Lane[] = laneNames.filter((lane) => lane !== 'relations');

/** The kinds of events that a lane is made of. */
export const kindsOf = (lane: Lane): readonly Kind[] => {
  const { kinds = [] }: { label: string; kinds?: readonly Kind[] } = lanes[lane];
  return kinds;
};

export const laneOf = (kind: Kind): Lane => laneNames.find((lane) => kindsOf(lane).includes(kind)) ?? 'upkeep';

/** Something that happened, or lasted. */
export interface Item {
  id: string;
  lane: Lane;
  /** When it happened, or was last active: milliseconds since 1970. */
  at: number;
  /** When it began, of what lasts. */
  from?: number;
  /** A word or two on what it is. */
  kind: string;
  text: string;
  /** Further words, quietly. */
  detail?: string | undefined;
  href?: string | undefined;
}

/** A span of the line, in milliseconds since 1970. */
export interface Range {
  from: number;
  until: number;
}

/** Whether any of it is within the range. */
export const isWithin = ({ at, from = at }: Item, range: Range): boolean => at >= range.from && from < range.until;
