import type { z } from 'zod';
import { conversationLine, messageLine } from './conversations.ts';
import type { Item, Kind } from './items.ts';
import { correctionLine, memoryLine, retractionLine, reversionLine } from './memories.ts';
import { companionLine, entityLine, policyLine, userLine } from './owners.ts';
import { contradictionLine, findingLine, relationLine, reopeningLine, resolutionLine } from './pairs.ts';
import { proposalLine } from './proposals.ts';
import { workingMemoryLine } from './working-memories.ts';

/** What each kind of line says. */
export const lineOf: Record<Kind, z.ZodType<Item>> = {
  companion: companionLine,
  user: userLine,
  policy: policyLine,
  entity: entityLine,
  memory: memoryLine,
  correction: correctionLine,
  retraction: retractionLine,
  reversion: reversionLine,
  contradiction: contradictionLine,
  resolution: resolutionLine,
  reopening: reopeningLine,
  relation: relationLine,
  finding: findingLine,
  conversation: conversationLine,
  message: messageLine,
  proposal: proposalLine,
  workingMemory: workingMemoryLine,
};
