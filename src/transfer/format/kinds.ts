import type { z } from 'zod';
import type { Item, Kind } from './items.ts';
import { correctionLine, memoryLine, retractionLine } from './memories.ts';
import { companionLine, entityLine, userLine } from './owners.ts';
import { contradictionLine, relationLine, resolutionLine } from './pairs.ts';

/** What each kind of line says. */
export const lineOf: Record<Kind, z.ZodType<Item>> = {
  companion: companionLine,
  user: userLine,
  entity: entityLine,
  memory: memoryLine,
  correction: correctionLine,
  retraction: retractionLine,
  contradiction: contradictionLine,
  resolution: resolutionLine,
  relation: relationLine,
};
