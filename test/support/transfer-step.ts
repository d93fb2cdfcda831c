import fc from 'fast-check';
import { mutation } from './mutations.ts';
import type { Caller, TestService } from './service.ts';

// What the steps of a property are made of: a workspace, and a choice of what is done to it.

export const transferWrites = (service: TestService) => ({
  upsertCompanion: mutation(service, 'upsertCompanion', 'companion { id }'),
  upsertUser: mutation(service, 'upsertUser', 'user { id }'),
  createMemories: mutation(service, 'createMemories', 'memories { id }'),
  updateMemory: mutation(service, 'updateMemory', 'memory { id }'),
  archiveMemories: mutation(service, 'archiveMemories', 'memories { id }'),
  restoreMemories: mutation(service, 'restoreMemories', 'memories { id }'),
  forgetMemories: mutation(service, 'forgetMemories', 'forgottenIds'),
  relateMemories: mutation(service, 'relateMemories', 'relation { id }'),
  unrelateMemories: mutation(service, 'unrelateMemories', 'relation { id }'),
  mergeEntities: mutation(service, 'mergeEntities', 'entity { id }'),
  correctMemory: mutation(service, 'correctMemory', 'memory { id }'),
  retractMemory: mutation(service, 'retractMemory', 'memory { id }'),
  revertCorrection: mutation(service, 'revertCorrection', 'memory { id }'),
  contradictMemory: mutation(service, 'contradictMemory', 'contradiction { id }'),
  resolveContradiction: mutation(service, 'resolveContradiction', 'contradiction { id }'),
  reopenContradiction: mutation(service, 'reopenContradiction', 'contradiction { id }'),
  reinforceMemories: mutation(service, 'reinforceMemories', 'memories { id }'),
  setDecayPolicy: mutation(service, 'setDecayPolicy', 'policy { type }'),
  decayImportance: mutation(service, 'decayImportance', 'report { archived }'),
  upsertConversation: mutation(service, 'upsertConversation', 'conversation { id }'),
  appendMessages: mutation(service, 'appendMessages', 'messages { id }'),
  rememberMessages: mutation(service, 'rememberMessages', 'memories { id }'),
  deleteMessages: mutation(service, 'deleteMessages', 'deletedIds'),
  copyConversation: mutation(service, 'copyConversation', 'conversation { id }'),
});

/** A workspace, and the ids of what is in it. */
export interface Source {
  caller: Caller;
  write: ReturnType<typeof transferWrites>;
  memories: string[];
  relations: string[];
  entities: string[];
  contradictions: string[];
  messages: string[];
  /** The memories of messages. */
  said: string[];
}

export type Step = (source: Source) => Promise<unknown>;

export const which = fc.nat({ max: 1_000 });
export const pick = (ids: readonly string[], index: number): string => ids[index % ids.length] ?? 'mem_none';
const DAY = 86_400_000;
const BASE = Math.floor(Date.now() / DAY) * DAY;
/** The moment so many days from today, the same for all. */
export const day = (days: number) => new Date(BASE + days * DAY).toISOString();
export const days = fc.constantFrom(-20, -16, -12, -8, -4, 4);
export const named = <C extends object>(
  name: string,
  choices: fc.Arbitrary<C>,
  run: (source: Source, choices: C) => Promise<unknown>,
): fc.Arbitrary<Step> =>
  choices.map((given) =>
    Object.assign((source: Source) => run(source, given), {
      [fc.toStringMethod]: () => `${name} ${fc.stringify(given)}`,
    }),
  );
