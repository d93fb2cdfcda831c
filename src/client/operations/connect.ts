// Written by `npm run tools` from src/mcp/tools and the schema.
import type { GraphQLDocument } from '../document.ts';
import type { MemoryFields, RelationFields, RelationType } from './types.ts';

export interface ConnectVariables {
  /** Id of a memory. */
  from: string;
  /** Id of another. */
  to: string;
  types?: readonly RelationType[] | null | undefined;
  maxDepth?: number | undefined;
}

export interface ConnectData {
  path: {
    length: number;
    strength: number;
    memories: MemoryFields[];
    relations: RelationFields[];
  } | null;
}

/** Finds how two memories are connected: the strongest of the shortest paths along relations, or null. */
export const connect: GraphQLDocument<ConnectData, ConnectVariables> = `query connect(
  $from: ID!
  $to: ID!
  $types: [RelationType!]
  $maxDepth: Int! = 6
) {
  path(input: { from: $from, to: $to, types: $types, maxDepth: $maxDepth }) {
    length
    strength
    memories {
      ...memory
    }
    relations {
      ...relation
    }
  }
}

fragment memory on Memory {
  id
  type
  status
  content
  slot
  context
  suspect
  validFrom
  validUntil
  retractedAt
  current {
    id
  }
}

fragment relation on MemoryRelation {
  id
  type
  strength
  from {
    id
  }
  to {
    id
  }
}`;
