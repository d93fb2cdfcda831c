import { graphql } from '../core/graphql.ts';

/** What a card of a memory shows. */
export const memoryCard = graphql(`
  fragment memoryCard on Memory {
    id
    type
    status
    content
    suspect
    importance
    confidence
    validFrom
    validUntil
    recordedAt
    user { externalId }
    companion { key name }
  }
`);
