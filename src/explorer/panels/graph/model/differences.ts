import { percent } from '../../../core/text.ts';
import type { GraphMemory, GraphRelation, Moment } from './moment.ts';
import { isBelieved } from './moment.ts';

/** What differs between two moments. */
export interface Differences {
  /** Memories that count now, and did not then: learned since, or true since. */
  added: readonly Change[];
  /** Memories that counted then, and do not now. */
  ended: readonly Change[];
  /** Memories that count at both, with another confidence, in dispute, or suspect. */
  changed: readonly Change[];
  /** Relations between memories of the graph that are there now alone, or were there then alone. */
  relationsAdded: readonly RelationChange[];
  relationsEnded: readonly RelationChange[];
}

export interface Change {
  memory: GraphMemory;
  /** What is different, in words. */
  how: string;
}

export interface RelationChange {
  relation: GraphRelation;
  from: GraphMemory;
  to: GraphMemory;
}

/** Compares memories as they were with what they are now. What neither moment believes is left out. */
export function differencesOf(then: Moment, now: Moment): Differences {
  const added: Change[] = [];
  const ended: Change[] = [];
  const changed: Change[] = [];
  for (const memory of now.values()) {
    const before = then.get(memory.id);
    if (!isBelieved(before) && isBelieved(memory)) added.push({ memory, how: cameBy(before) });
    else if (isBelieved(before) && !isBelieved(memory)) ended.push({ memory, how: wentBy(memory) });
    else if (before && isBelieved(before)) {
      const how = changesOf(before, memory);
      if (how.length > 0) changed.push({ memory, how: how.join('; ') });
    }
  }
  return {
    added,
    ended,
    changed,
    relationsAdded: missingFrom(then, now),
    relationsEnded: missingFrom(now, then),
  };
}

function cameBy(before: GraphMemory | undefined): string {
  if (!before) return 'not known then';
  if (before.status === 'UPCOMING') return 'not true yet then';
  return `${before.status.toLowerCase()} then`;
}

function wentBy(memory: GraphMemory): string {
  if (memory.status === 'ENDED') return 'no longer true';
  if (memory.status === 'UPCOMING') return 'not true yet, as is known now';
  return memory.status.toLowerCase();
}

function changesOf(before: GraphMemory, after: GraphMemory): string[] {
  const how: string[] = [];
  if (before.status !== after.status) how.push(after.status === 'DISPUTED' ? 'in dispute now' : 'no longer in dispute');
  if (percent(before.confidence) !== percent(after.confidence))
    how.push(`confidence ${percent(before.confidence)} then, ${percent(after.confidence)} now`);
  if (before.suspect !== after.suspect) how.push(after.suspect ? 'suspect now' : 'no longer suspect');
  return how;
}

/** Relations of `other` that `moment` has not, between memories that `other` has. */
function missingFrom(moment: Moment, other: Moment): RelationChange[] {
  const known = new Set([...moment.values()].flatMap(({ relations }) => relations.map(({ id }) => id)));
  return [...other.values()].flatMap(({ relations }) =>
    relations.flatMap((relation) => {
      const from = other.get(relation.from);
      const to = other.get(relation.to);
      return known.has(relation.id) || !from || !to ? [] : [{ relation, from, to }];
    }),
  );
}

/** How much differs. */
export const countOf = (differences: Differences): number =>
  Object.values(differences).reduce((sum, list) => sum + list.length, 0);
