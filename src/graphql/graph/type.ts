import { builder } from '../core/builder.ts';
import { Entity, type EntityNode } from '../entity/type.ts';
import type { MemoryNode } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';
import { MemoryRelation, type RelationNode } from '../relation/type.ts';
import { bounds } from './inputs.ts';

/** A memory of a subgraph, and how it was first reached. */
export interface ReachedNode {
  memory: MemoryNode;
  depth: number;
  via(): RelationNode | null | Promise<RelationNode | null>;
  viaEntity(): Promise<EntityNode | null> | null;
}

export interface SubgraphValue {
  memories: ReachedNode[];
  relations: RelationNode[];
  relationsTruncated: boolean;
  truncated: boolean;
}

export interface PathValue {
  strength: number;
  memories: MemoryNode[];
  relations: RelationNode[];
}

const ReachedMemory = builder.objectRef<ReachedNode>('ReachedMemory').implement({
  description: 'A memory of a subgraph, and how it was first reached.',
  fields: (t) => ({
    memory: t.field({ type: Memory, description: 'The memory.', resolve: ({ memory }) => memory }),
    depth: t.exposeInt('depth', { description: 'Hops from the nearest start: 0 for a start itself.' }),
    via: t.field({
      type: MemoryRelation,
      nullable: true,
      description:
        'The relation that first reached it: the strongest from the level before, or the newest of ' +
        'equally strong ones. Null for a start, and if only a shared entity led to it.',
      resolve: (node) => node.via(),
    }),
    viaEntity: t.field({
      type: Entity,
      nullable: true,
      description:
        'The entity that it shares with a memory one hop nearer, if no relation reached it at that depth. Otherwise null.',
      resolve: (node) => node.viaEntity(),
    }),
  }),
});

export const Subgraph = builder.objectRef<SubgraphValue>('Subgraph').implement({
  description: 'A set of memories, and the relations among them.',
  fields: (t) => ({
    memories: t.field({
      type: [ReachedMemory],
      description:
        `The starts, then what is one hop away, and so on: at most \`maxNodes\`, ` +
        `${bounds.maxNodes.toLocaleString('en')} at the most. Within a level, memories reached by ` +
        `stronger relations come first, then those reached by newer ones; memories that only a shared ` +
        `entity led to come last, newest first. If \`maxNodes\` is reached, the end of this list is ` +
        `cut off.`,
      resolve: ({ memories }) => memories,
    }),
    relations: t.field({
      type: [MemoryRelation],
      description:
        `All relations of the requested types and strengths between two of these memories, strongest ` +
        `first, then newest first: at most ${bounds.relations.toLocaleString('en')}.`,
      resolve: ({ relations }) => relations,
    }),
    relationsTruncated: t.exposeBoolean('relationsTruncated', {
      description:
        `True if these memories have more than ${bounds.relations.toLocaleString('en')} relations: ` +
        `then \`relations\` leaves the weakest out.`,
    }),
    truncated: t.exposeBoolean('truncated', {
      description: 'True if more memories were in reach than `maxNodes` allows.',
    }),
  }),
});

export const MemoryPath = builder.objectRef<PathValue>('MemoryPath').implement({
  description: 'A path from one memory to another, along relations.',
  fields: (t) => ({
    length: t.int({
      description: 'How many relations it has; 0 from a memory to itself.',
      resolve: ({ relations }) => relations.length,
    }),
    strength: t.exposeFloat('strength', {
      description: "Product of the relations' strengths, 0–1; 1 for a path of length 0.",
    }),
    memories: t.field({
      type: [Memory],
      description: `The memories in order, both ends included: at most ${bounds.maxDepth + 1}.`,
      resolve: ({ memories }) => memories,
    }),
    relations: t.field({
      type: [MemoryRelation],
      description: `The relations between them, in order, in either direction: at most ${bounds.maxDepth}.`,
      resolve: ({ relations }) => relations,
    }),
  }),
});
