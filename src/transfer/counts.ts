import { type Kind, kinds } from './format/items.ts';

/** How many of each kind were made, and how many were there already. */
export class Counts {
  readonly made = new Map<Kind, number>();
  readonly there = new Map<Kind, number>();
  /** Observations of an MCP memory file that say nothing: they are left out. */
  emptyObservations = 0;
  /** What else is left out, by what it is, in the plural. */
  leftOut: ReadonlyMap<string, number> = new Map();

  add(kind: Kind, isMade: boolean, count = 1): void {
    const counts = isMade ? this.made : this.there;
    if (count > 0) counts.set(kind, (counts.get(kind) ?? 0) + count);
  }

  addAll(other: Counts): void {
    for (const [kind, count] of other.made) this.add(kind, true, count);
    for (const [kind, count] of other.there) this.add(kind, false, count);
  }

  get totalMade(): number {
    return [...this.made.values()].reduce((sum, count) => sum + count, 0);
  }
}

/** Of those whose kind is no plain word. */
const singulars: Partial<Record<Kind, string>> = { workingMemory: 'version of a working memory' };
const plurals: Record<Kind, string> = {
  companion: 'companions',
  user: 'users',
  policy: 'policies',
  entity: 'entities',
  memory: 'memories',
  correction: 'corrections',
  retraction: 'retractions',
  reversion: 'reversions',
  contradiction: 'contradictions',
  resolution: 'resolutions',
  reopening: 'reopenings',
  relation: 'relations',
  finding: 'findings',
  conversation: 'conversations',
  message: 'messages',
  proposal: 'proposals',
  workingMemory: 'versions of working memories',
};

/** What an import did, in one line. */
export function describeImport({ made, there, emptyObservations: empty, leftOut }: Counts): string {
  const without = [
    ...(empty > 0 ? [`${empty} empty ${empty === 1 ? 'observation' : 'observations'}`] : []),
    ...[...leftOut].map(([what, count]) => `${what} (${count})`),
  ];
  const says = without.length > 0 ? ` Left out: ${without.join(', ')}.` : '';
  return `Made: ${describeCounts(made)}. Already there: ${describeCounts(there)}.${says}`;
}

/** `2 users, 1 memory`, or `nothing`. */
export function describeCounts(counts: ReadonlyMap<Kind, number>): string {
  const parts = kinds.flatMap((kind) => {
    const count = counts.get(kind);
    return count ? [`${count} ${count === 1 ? (singulars[kind] ?? kind) : plurals[kind]}`] : [];
  });
  return parts.join(', ') || 'nothing';
}
