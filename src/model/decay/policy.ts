import type { MemoryType } from '../../tables/memory.ts';

/** How the importance of memories of one type fades. */
export interface DecayPolicy {
  type: MemoryType;
  /** Days in which what lies above the floor halves; null: never fades. */
  halfLifeDays: number | null;
  /** 0–10: importance does not decay below it. */
  floor: number;
  /** 0–10: decayImportance archives what has decayed below; null: nothing. */
  archiveBelow: number | null;
  /** How much each access lengthens the half-life: × (1 + accessStretch · ln(1 + accessCount)). */
  accessStretch: number;
}

const halfLives: Readonly<Record<MemoryType, number | null>> = {
  FACT: 180,
  EXPERIENCE: 30,
  PREFERENCE: 120,
  INSTRUCTION: null,
  REFLECTION: 60,
};

/** What holds for a type of which a workspace has set nothing. */
export const defaultPolicy = (type: MemoryType): DecayPolicy => ({
  type,
  halfLifeDays: halfLives[type],
  floor: 0,
  archiveBelow: null,
  accessStretch: 0.5,
});
