import { graphql } from '../../core/graphql.ts';
import { memoryCard } from '../documents.ts';

/** The memories of a companion that fit a text best. */
export const findMemories = graphql(
  `
  query FindMemories($companion: String!, $text: String!) {
    recall(first: 8, input: { companion: { key: $companion }, query: $text }) {
      nodes { ...memoryCard statedConfidence retractedAt }
    }
  }
`,
  [memoryCard],
);

/** A memory by its id. */
export const memoryById = graphql(
  `
  query MemoryById($id: ID!) {
    memory(id: $id) { ...memoryCard statedConfidence retractedAt }
  }
`,
  [memoryCard],
);
