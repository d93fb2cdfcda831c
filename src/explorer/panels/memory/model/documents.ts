import { graphql } from '../../../core/graphql.ts';
import { memoryCard } from '../../../parts/documents.ts';
import { findingLine } from '../../../parts/finding/documents.ts';
import { decayPolicy } from '../../../parts/policy-table/documents.ts';

/** What says from when to when a version holds. */
export const version = graphql(`
  fragment version on Memory {
    id
    type
    status
    content
    validFrom
    validUntil
    recordedAt
    retractedAt
    statedConfidence
    confidence
  }
`);

/** A dispute of a memory, with what its confidence is computed from. */
export const memoryDispute = graphql(
  `
  fragment memoryDispute on Contradiction {
    id
    status
    resolution
    strength
    reason
    openedAt
    resolvedAt
    memory { ...version }
    by { ...version }
  }
`,
  [version],
);

/** What it seems to say of another memory, or another one of it, and that nobody has judged yet. */
export const memoryFinding = graphql(
  `
  fragment memoryFinding on Finding {
    ...findingLine
    memoryText
    byText
    memory { id }
    by { id }
  }
`,
  [findingLine],
);

/** A memory as a whole: all but its lists that have pages. */
export const memoryView = graphql(
  `
  query Memory($id: ID!, $at: PointInTime) {
    memory(id: $id, at: $at) {
      ...memoryCard
      summary
      slot
      context
      statedConfidence
      accessCount
      lastAccessedAt
      archivedAt
      retractedAt
      updatedAt
      expiresAt
      current { id content }
      message { id role name text createdAt position }
      conversation { id title externalId messageCount }
      entities(first: 100) { totalCount nodes { id type name } }
      versions(first: 100) { totalCount nodes { ...version } }
      open: contradictions(first: 100, statuses: [OPEN]) { totalCount nodes { ...memoryDispute } }
      findings(first: 5) { totalCount nodes { ...memoryFinding } }
      decided: contradictions(first: 20, statuses: [RESOLVED, DISMISSED]) { totalCount nodes { ...memoryDispute } }
    }
    viewer {
      scopes
      workspace { decayPolicies { ...decayPolicy } }
    }
  }
`,
  [memoryCard, version, memoryDispute, memoryFinding, decayPolicy],
);

/** What happened to a memory and all its versions. */
export const memoryHistory = graphql(`
  query MemoryHistory($id: ID!, $at: PointInTime, $after: String) {
    memory(id: $id, at: $at) {
      history(first: 20, after: $after) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes {
          id
          at
          kind
          actor
          reason
          changes
          memory { id content }
          relation { type from { id content } to { id content } }
          contradiction { id memory { id content } by { id content } }
          finding { reason memory { id content } by { id content } }
          session { externalId }
        }
      }
    }
  }
`);

/** How a memory is related to others. */
export const memoryRelations = graphql(
  `
  query MemoryRelations(
    $id: ID!
    $at: PointInTime
    $direction: Direction
    $types: [RelationType!]
    $minStrength: Float
    $after: String
  ) {
    memory(id: $id, at: $at) {
      relations(first: 20, after: $after, direction: $direction, types: $types, minStrength: $minStrength) {
        totalCount
        pageInfo { hasNextPage endCursor }
        edges {
          direction
          node { id type strength recordedAt metadata }
          neighbor { ...memoryCard }
        }
        nodes { id }
      }
    }
  }
`,
  [memoryCard],
);

/** How much a memory has mattered, at moments of the past that are spread evenly, and now. */
export const memoryImportance = graphql(`
  query MemoryImportance(
    $id: ID!
    $at: PointInTime
    $now: DateTime!
    $p0: DateTime!
    $p1: DateTime!
    $p2: DateTime!
    $p3: DateTime!
    $p4: DateTime!
    $p5: DateTime!
    $p6: DateTime!
    $p7: DateTime!
    $p8: DateTime!
    $p9: DateTime!
    $p10: DateTime!
    $p11: DateTime!
  ) {
    memory(id: $id, at: $at) {
      accessCount
      now: importance(on: $now)
      p0: importance(on: $p0)
      p1: importance(on: $p1)
      p2: importance(on: $p2)
      p3: importance(on: $p3)
      p4: importance(on: $p4)
      p5: importance(on: $p5)
      p6: importance(on: $p6)
      p7: importance(on: $p7)
      p8: importance(on: $p8)
      p9: importance(on: $p9)
      p10: importance(on: $p10)
      p11: importance(on: $p11)
    }
  }
`);

/** What memories rest on, one relation away: what they elaborate or reference, and what caused them. */
export const restsOn = graphql(
  `
  query RestsOn($ids: [ID!]!) {
    nodes(ids: $ids) {
      id
      ... on Memory {
        on: relations(first: 15, direction: OUT, types: [ELABORATES, REFERENCES]) {
          edges { node { id type recordedAt } neighbor { ...version versions(first: 10) { nodes { ...version } } } }
        }
        causedBy: relations(first: 15, direction: IN, types: [CAUSES]) {
          edges { node { id type recordedAt } neighbor { ...version versions(first: 10) { nodes { ...version } } } }
        }
      }
    }
  }
`,
  [version],
);

/** Memories to begin with where the address names none. */
export const recentMemories = graphql(
  `
  query RecentMemories($after: String) {
    memories(first: 20, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { ...memoryCard }
    }
  }
`,
  [memoryCard],
);
