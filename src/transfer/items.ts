import type { CompanionChanges } from '../companion/operations.ts';
import type { ImportedPast, NewMemory } from '../memory/create.ts';
import type { NewRelation } from '../relation/operations.ts';

/** What a line says: one thing to be made, or several for a line of another program's. */
export type Item = CompanionItem | UserItem | EntityItem | MemoryItem | RelationItem;

export interface CompanionItem {
  kind: 'companion';
  key: string;
  changes: CompanionChanges;
}

export interface UserItem {
  kind: 'user';
  externalId: string;
  metadata?: Record<string, unknown> | null | undefined;
}

export interface EntityItem {
  kind: 'entity';
  companion: string;
  type: string;
  name: string;
  aliases: readonly string[];
}

export interface MemoryItem {
  kind: 'memory';
  /** As the file calls it, for messages. */
  id: string;
  companion: string;
  memory: NewMemory & { past: ImportedPast };
}

export interface RelationItem extends Omit<NewRelation, 'path'> {
  kind: 'relation';
}

export const kinds = ['companion', 'user', 'entity', 'memory', 'relation'] as const;
export type Kind = (typeof kinds)[number];

/** An item, and the line of the file it is from. */
export interface Numbered<I extends Item = Item> {
  line: number;
  item: I;
}

/** Something is wrong with a line; `message` says what. */
export class LineProblem extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}
