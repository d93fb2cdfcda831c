import { graphql } from '../../core/graphql.ts';
import { memoryCard } from '../../parts/documents.ts';

/** Where the line begins. */
export const extent = graphql(`
  query Extent {
    memories(
      last: 1
      orderBy: { field: RECORDED_AT }
      filter: { statuses: [ACTIVE, UPCOMING, DISPUTED, ENDED, EXPIRED, CORRECTED, RETRACTED, ARCHIVED] }
    ) { nodes { recordedAt } }
    conversations(last: 1) { nodes { createdAt } }
  }
`);

/** Memories by when they were recorded, the newest first. */
export const recorded = graphql(`
  query Recorded($range: DateTimeRange, $types: [MemoryType!], $after: String) {
    memories(
      first: 100
      after: $after
      orderBy: { field: RECORDED_AT }
      filter: {
        statuses: [ACTIVE, UPCOMING, DISPUTED, ENDED, EXPIRED, CORRECTED, RETRACTED, ARCHIVED]
        recordedAt: $range
        types: $types
      }
    ) {
      nodes { id type status content recordedAt user { externalId } }
      totalCount
      pageInfo { hasNextPage endCursor }
    }
  }
`);

/** Conversations, the one last active first. */
export const conversations = graphql(`
  query Conversations($filter: ConversationFilter, $after: String) {
    conversations(first: 50, after: $after, filter: $filter) {
      nodes {
        id
        externalId
        title
        createdAt
        lastMessageAt
        messageCount
        messages(first: 1) { nodes { createdAt } }
        user { externalId }
        companion { name }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

/** Sessions, the one started last first. */
export const sessions = graphql(`
  query Sessions($after: String) {
    sessions(first: 50, after: $after) {
      nodes {
        id
        externalId
        startedAt
        lastActivityAt
        expiresAt
        endedAt
        client { name version }
        user { externalId }
        companion { name }
        conversation { id title externalId }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

/** What happened to memories, in the order it was written. */
export const changes = graphql(`
  query Changes($kinds: [MemoryEventKind!]!, $after: String) {
    events(first: 100, after: $after, kinds: $kinds) {
      nodes { id kind at reason actor memory { id content } finding { reason } }
      totalCount
      pageInfo { hasNextPage endCursor }
    }
  }
`);

/** One conversation, with its messages in the order they were said. */
export const transcript = graphql(
  `
  query Transcript($id: ID!, $after: String) {
    node(id: $id) {
      __typename
      ... on Conversation {
        id
        externalId
        title
        createdAt
        lastMessageAt
        messageCount
        user { externalId }
        companion { key name }
        memories { totalCount }
        messages(first: 20, after: $after) {
          nodes {
            id
            role
            name
            createdAt
            text
            isForgotten
            toolCalls { name }
            memory { ...memoryCard }
          }
          totalCount
          pageInfo { hasNextPage endCursor }
        }
      }
    }
  }
`,
  [memoryCard],
);
