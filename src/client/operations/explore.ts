// Written by `npm run tools` from src/mcp/tools and the schema.
import type { GraphQLDocument } from '../document.ts';
import type { MemoryFields, RelationFields, RelationType } from './types.ts';

export interface ExploreVariables {
  /** Ids of memories to start at. */
  from: readonly string[];
  depth?: number | undefined;
  types?: readonly RelationType[] | null | undefined;
  /** Count a shared entity as a hop. */
  throughEntities?: boolean | undefined;
  maxNodes?: number | undefined;
}

export interface ExploreData {
  graph: {
    memories: {
      depth: number;
      memory: MemoryFields;
      viaEntity: {
        id: string;
        name: string;
      } | null;
    }[];
    relations: RelationFields[];
    truncated: boolean;
  };
}

/**
 * Shows what is around memories: all within some hops along relations, and through entities they
 * share.
 */
export const explore: GraphQLDocument<ExploreData, ExploreVariables> = `query explore(
  $from: [ID!]!
  $depth: Int! = 2
  $types: [RelationType!]
  $throughEntities: Boolean! = true
  $maxNodes: Int! = 30
) {
  graph(
    input: {
      from: $from
      depth: $depth
      types: $types
      throughEntities: $throughEntities
      maxNodes: $maxNodes
    }
  ) {
    memories {
      depth
      memory {
        ...memory
      }
      viaEntity {
        id
        name
      }
    }
    relations {
      ...relation
    }
    truncated
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
