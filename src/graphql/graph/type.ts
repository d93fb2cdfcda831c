import { builder } from '../core/builder.ts';
import { Entity, type EntityNode } from '../entity/type.ts';
import { Memory, type MemoryNode } from '../memory/type.ts';
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
        'The relation it was first reached by: of those from the level before it the strongest, of equally strong ones the newest. Null at a start, and where only a shared entity led to it.',
      resolve: (node) => node.via(),
    }),
    viaEntity: t.field({
      type: Entity,
      nullable: true,
      description: 'The entity it shares with a memory one hop nearer, where no relation led to it as soon; else null.',
      resolve: (node) => node.viaEntity(),
    }),
  }),
});

export const Subgraph = builder.objectRef<SubgraphValue>('Subgraph').implement({
  description: 'Memories, each once, and the relations among them.',
  fields: (t) => ({
    memories: t.field({
      type: [ReachedMemory],
      description: `The starts, then what is one hop away, and so on: at most \`maxNodes\`, ${bounds.maxNodes.toLocaleString('en')} at the most. Within a level what was reached by stronger relations comes first, of equally strong ones by newer; what only a shared entity led to comes last, the newest first. Where \`maxNodes\` cuts, it cuts the end of this list.`,
      resolve: ({ memories }) => memories,
    }),
    relations: t.field({
      type: [MemoryRelation],
      description: `All relations, of the types and strengths asked for, that join two of these memories, strongest first, of equally strong ones the newest: at most ${bounds.relations.toLocaleString('en')}.`,
      resolve: ({ relations }) => relations,
    }),
    relationsTruncated: t.exposeBoolean('relationsTruncated', {
      description: `More than ${bounds.relations.toLocaleString('en')} relations join these memories: \`relations\` leaves the weakest out.`,
    }),
    truncated: t.exposeBoolean('truncated', { description: 'More was within reach than `maxNodes`.' }),
  }),
});

export const MemoryPath = builder.objectRef<PathValue>('MemoryPath').implement({
  description: 'A way from one memory to another, along relations.',
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
      description: `The relations between them, in order, whichever way each points: at most ${bounds.maxDepth}.`,
      resolve: ({ relations }) => relations,
    }),
  }),
});
