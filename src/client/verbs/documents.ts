import type * as all from '../operations/all.ts';
import {
  connect,
  context,
  correct,
  dispute,
  explore,
  forget,
  open,
  recall,
  remember,
  retract,
  timeline,
  updateWorkingMemory,
} from '../operations/all.ts';

/** The documents that the verbs run, to be run with other variables. */
export const documents = {
  connect,
  context,
  correct,
  dispute,
  explore,
  forget,
  open,
  recall,
  remember,
  retract,
  timeline,
  updateWorkingMemory,
} satisfies Record<keyof typeof all, unknown>;
