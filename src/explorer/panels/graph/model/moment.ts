import type { RelationType } from '../../../../client/operations/types.ts';
import type { ResultOf } from '../../../core/graphql.ts';
import { plainId } from '../../../core/point.ts';
import type { graphMemory } from './documents.ts';

type Read = ResultOf<typeof graphMemory>;

/** A point on the two clocks, as the schema takes it; undefined: now. */
export type At = { validAt: string; knownAt?: string } | undefined;

/** A memory as it is read at a moment. All ids are those of now, at any moment: so one memory has one id. */
export interface GraphMemory extends Omit<Read, 'relations' | 'entities'> {
  relations: readonly GraphRelation[];
  entities: readonly GraphEntity[];
}

export interface GraphRelation {
  id: string;
  type: RelationType;
  /** 0–1. */
  strength: number;
  from: string;
  to: string;
}

export interface GraphEntity {
  id: string;
  name: string;
  type: string;
}

/** Memories as they are at a moment, by id. One that is not in it was not known then. */
export type Moment = ReadonlyMap<string, GraphMemory>;

/** What was read, under ids of now. */
export function memoryOf(read: Read): GraphMemory {
  const id = plainId(read.id);
  return {
    ...read,
    id,
    relations: read.relations.nodes.map(({ to, ...relation }) => ({
      id: plainId(relation.id),
      type: relation.type,
      strength: relation.strength,
      from: id,
      to: plainId(to.id),
    })),
    entities: read.entities.nodes.map((entity) => ({ ...entity, id: plainId(entity.id) })),
  };
}

/** Whether a memory counts at the moment it was read at: it is believed, and valid. */
export const isBelieved = (memory: GraphMemory | undefined): boolean =>
  memory?.status === 'ACTIVE' || memory?.status === 'DISPUTED';
