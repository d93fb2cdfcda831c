const DAY_MS = 86_400_000;

/** How the importance of memories of one type decays: DecayPolicy of the schema. */
export interface Policy {
  /** Days; null: it does not decay. */
  halfLifeDays: number | null;
  /** 0–10. */
  floor: number;
  accessStretch: number;
}

/** The half-life in days after so many accesses; null: it does not decay. */
export const halfLifeOf = ({ halfLifeDays, accessStretch }: Policy, accessCount: number): number | null =>
  halfLifeDays === null ? null : halfLifeDays * (1 + accessStretch * Math.log(1 + accessCount));

export interface DecayBase {
  /** 0–10. */
  importance: number;
  /** Milliseconds: when it was so. */
  at: number;
  accessCount: number;
}

/** The importance at a moment in milliseconds, not before that of the base: as DecayPolicy of the schema says. */
export function importanceAt(policy: Policy, { importance, at, accessCount }: DecayBase, moment: number): number {
  const halfLife = halfLifeOf(policy, accessCount);
  if (halfLife === null || importance <= policy.floor) return importance;
  const days = Math.max(0, moment - at) / DAY_MS;
  return policy.floor + (importance - policy.floor) * 2 ** (-days / halfLife);
}
