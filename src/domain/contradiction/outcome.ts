import { InvalidInput } from '../../kernel/errors.ts';
import type { DisputeRow } from '../belief/rows.ts';

/** A contradiction, and the memories that are its sides. */
export interface ContradictionOutcome extends Record<string, unknown> {
  contradictionId: string;
  memoryIds: string[];
}

export const outcome = ({ id, memoryId, byId }: DisputeRow): ContradictionOutcome => ({
  contradictionId: id,
  memoryIds: [memoryId, byId],
});

export const invalid = (path: readonly string[], message: string) =>
  new InvalidInput([{ path: ['input', ...path], message }]);
