import { graphql } from '../../../core/graphql.ts';
import { memoryCard } from '../../../parts/documents.ts';

/** A node of the graph, with the relations that begin at it and what it mentions. */
export const graphMemory = graphql(
  `
  fragment graphMemory on Memory {
    ...memoryCard
    retractedAt
    relations(direction: OUT, first: 40) { nodes { id type strength recordedAt to { id } } }
    entities(first: 8) { nodes { id name type } }
  }
`,
  [memoryCard],
);

/** The most important memories, of any status. */
export const important = graphql(
  `
  query GraphOfTheMostImportant($at: PointInTime, $statuses: [MemoryStatus!]!, $first: Int!, $after: String) {
    memories(at: $at, first: $first, after: $after, filter: { statuses: $statuses }, orderBy: { field: IMPORTANCE }) {
      totalCount
      nodes { ...graphMemory }
      pageInfo { hasNextPage endCursor }
    }
  }
`,
  [graphMemory],
);

/** What has the words of a query in it, where no companion is chosen to recall. */
export const withWords = graphql(
  `
  query GraphOfWords($at: PointInTime, $statuses: [MemoryStatus!]!, $text: String!) {
    memories(at: $at, first: 50, filter: { text: $text, statuses: $statuses }, orderBy: { field: IMPORTANCE }) {
      nodes { ...graphMemory }
    }
  }
`,
  [graphMemory],
);

/** What a companion recalls. */
export const recalled = graphql(
  `
  query GraphOfRecall($at: PointInTime, $companion: String!, $query: String!) {
    recall(at: $at, first: 20, input: { companion: { key: $companion }, query: $query }) {
      nodes { ...graphMemory }
    }
  }
`,
  [graphMemory],
);

/** What is near a memory, and what it is related to itself, of any status. */
export const around = graphql(
  `
  query GraphAround($at: PointInTime, $id: ID!, $input: GraphInput!) {
    graph(at: $at, input: $input) {
      truncated
      memories { memory { ...graphMemory } }
    }
    memory(at: $at, id: $id) {
      relations(first: 50) { nodes { from { ...graphMemory } to { ...graphMemory } } }
    }
  }
`,
  [graphMemory],
);

/** An entity, and what mentions it. */
export const ofEntity = graphql(
  `
  query GraphOfEntity($id: ID!, $at: PointInTime, $statuses: [MemoryStatus!]!) {
    node(id: $id) {
      ... on Entity {
        id
        name
        type
        memories(at: $at, first: 50, filter: { statuses: $statuses }, orderBy: { field: IMPORTANCE }) {
          nodes { ...graphMemory }
        }
      }
    }
  }
`,
  [graphMemory],
);

/** The same memories as they are now; null for each that was forgotten. */
export const asTheyAre = graphql(
  `
  query GraphNow($ids: [ID!]!) {
    nodes(ids: $ids) { ... on Memory { ...graphMemory } }
  }
`,
  [graphMemory],
);

/** The same memories as they were. All of them must have been known then. */
export const asTheyWere = graphql(
  `
  query GraphThen($at: PointInTime, $input: GraphInput!) {
    graph(at: $at, input: $input) { memories { memory { ...graphMemory } } }
  }
`,
  [graphMemory],
);

/** Memories of which something was found that nobody has judged yet: the likeliest, in one list for the whole graph. */
export const unjudged = graphql(`
  query GraphFindings {
    findings(first: 100) { nodes { id memory { id } by { id } } }
  }
`);

/** Where the two clocks begin. */
export const beginnings = graphql(`
  query GraphBeginnings($statuses: [MemoryStatus!]!) {
    recorded: memories(
      first: 1
      filter: { statuses: $statuses }
      orderBy: { field: RECORDED_AT, direction: ASC }
    ) { nodes { recordedAt } }
    valid: memories(
      first: 1
      filter: { statuses: $statuses }
      orderBy: { field: VALID_FROM, direction: ASC }
    ) { nodes { validFrom } }
  }
`);
