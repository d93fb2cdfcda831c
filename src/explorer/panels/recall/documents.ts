import { graphql } from '../../core/graphql.ts';
import { memoryCard } from '../../parts/documents.ts';

/** A result with all numbers of its score. */
export const foundMemory = graphql(
  `
  fragment foundMemory on RecallEdge {
    score
    node {
      ...memoryCard
      entities(first: 6) { nodes { id name type } }
    }
    explanation {
      similarity
      similarityAround
      lexical
      highest
      lengthDivisor
      terms { term weight frequency isOfName }
      passage { from until }
      excerpt { from until text }
      spread
      spreadFrom { id content }
      cues { name factor }
      relevance
      recency
      importance
      confidence
      variety
      rerank
    }
  }
`,
  [memoryCard],
);

/** What a question finds. */
export const recall = graphql(
  `
  query Recall($input: RecallInput!, $at: PointInTime, $first: Int, $after: String) {
    recall(input: $input, at: $at, first: $first, after: $after) {
      mode
      order
      weights { vector lexical relevance recency importance confidence }
      edges { ...foundMemory }
      pageInfo { hasNextPage endCursor }
    }
  }
`,
  [foundMemory],
);

/** Whose memories can be searched, and what makes the vectors. */
export const searchable = graphql(`
  query Searchable {
    companions(first: 100) { nodes { key name } }
    viewer { embedding { model } }
  }
`);

/** Memories that may be the one that is missed, of any status. */
export const candidates = graphql(`
  query Candidates($text: String!, $at: PointInTime) {
    memories(
      first: 8
      at: $at
      filter: {
        text: $text
        statuses: [ACTIVE, DISPUTED, UPCOMING, ENDED, EXPIRED, CORRECTED, RETRACTED, ARCHIVED]
      }
    ) {
      nodes { id content status type }
      pageInfo { hasNextPage }
    }
  }
`);

/** All that may exclude a memory from a search. */
export const missed = graphql(
  `
  query Missed($id: ID!, $at: PointInTime) {
    memory(id: $id, at: $at) {
      ...memoryCard
      expiresAt
      archivedAt
      retractedAt
      current { id content status }
      history(first: 100) { nodes { kind at reason memory { id } } }
    }
  }
`,
  [memoryCard],
);

/** What one memory scores, if nothing else is searched. */
export const alone = graphql(
  `
  query Alone($input: RecallInput!, $at: PointInTime) {
    recall(input: $input, at: $at, first: 100) {
      mode
      weights { vector lexical relevance recency importance confidence }
      edges { ...foundMemory }
    }
  }
`,
  [foundMemory],
);

/** The whole list, without what its scores are made of. */
export const whole = graphql(`
  query Whole($input: RecallInput!, $at: PointInTime) {
    recall(input: $input, at: $at, first: 100) {
      mode
      order
      edges { score node { id } explanation { matchedTerms } }
      pageInfo { hasNextPage }
    }
  }
`);
