import type { InferSelectModel } from 'drizzle-orm';
import type { decayPolicies } from '../../tables/decay.ts';
import type { MemoryType } from '../../tables/memory.ts';

/** How the importance of memories of one type fades. */
export type DecayPolicy = Omit<InferSelectModel<typeof decayPolicies>, 'workspaceId' | 'knownFrom'>;

const halfLives: Readonly<Record<MemoryType, number | null>> = {
  FACT: 180,
  EXPERIENCE: 30,
  PREFERENCE: 120,
  INSTRUCTION: null,
  REFLECTION: 60,
};

/** What holds for a type that a workspace has set nothing for. */
export const defaultPolicy = (type: MemoryType): DecayPolicy => ({
  type,
  halfLifeDays: halfLives[type],
  floor: 0,
  archiveBelow: null,
  accessStretch: 0.5,
});
