// Written by `npm run tools` from src/mcp/tools and the schema.
import type { GraphQLDocument } from '../document.ts';
import type { ContradictionFields, Direction, MemoryFields, MessageRole, RelationType } from './types.ts';

export interface OpenVariables {
  /** Such as mem_…, con_…, ent_…, msg_…. */
  ids: readonly string[];
}

export interface OpenData {
  nodes: (
    | (ContradictionFields & {
        __typename: 'Contradiction';
        id: string;
      })
    | {
        __typename: 'Entity';
        id: string;
        name: string;
        aliases: string[];
        memories: {
          nodes: MemoryFields[];
        };
      }
    | (MemoryFields & {
        __typename: 'Memory';
        id: string;
        summary: string | null;
        confidence: number;
        importance: number;
        recordedAt: string;
        entities: {
          nodes: {
            id: string;
            type: string;
            name: string;
          }[];
        };
        relations: {
          edges: {
            direction: Direction;
            node: {
              id: string;
              type: RelationType;
              strength: number;
            };
            neighbor: {
              id: string;
              content: string;
            };
          }[];
        };
        versions: {
          nodes: MemoryFields[];
        };
        contradictions: {
          nodes: ContradictionFields[];
        };
      })
    | {
        __typename: 'Message';
        id: string;
        role: MessageRole;
        text: string | null;
        createdAt: string;
      }
    | null
  )[];
}

/** Reads things by their ids: a memory with its relations, versions, contradictions and entities. */
export const open: GraphQLDocument<OpenData, OpenVariables> = `query open(
  $ids: [ID!]!
) {
  nodes(ids: $ids) {
    __typename
    id
    ... on Memory {
      ...memory
      summary
      confidence
      importance
      recordedAt
      entities {
        nodes {
          id
          type
          name
        }
      }
      relations {
        edges {
          direction
          node {
            id
            type
            strength
          }
          neighbor {
            id
            content
          }
        }
      }
      versions {
        nodes {
          ...memory
        }
      }
      contradictions {
        nodes {
          ...contradiction
        }
      }
    }
    ... on Contradiction {
      ...contradiction
    }
    ... on Entity {
      name
      aliases
      memories {
        nodes {
          ...memory
        }
      }
    }
    ... on Message {
      role
      text
      createdAt
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

fragment contradiction on Contradiction {
  id
  reason
  resolution
  memory {
    id
    content
  }
  by {
    id
    content
  }
}`;
