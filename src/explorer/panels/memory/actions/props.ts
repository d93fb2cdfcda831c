import type { DecayPolicy, Memory } from '../model/types.ts';

/** What a dialog about a memory takes. */
export interface ActionProps {
  memory: Memory;
  /** How its importance decays. */
  policy: DecayPolicy | undefined;
  onClose: () => void;
}
