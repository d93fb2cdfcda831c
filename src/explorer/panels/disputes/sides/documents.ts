import { graphql } from '../../../core/graphql.ts';

/** One side of a pair: what it says, since when, and where that comes from. */
export const side = graphql(`
  fragment side on Memory {
    id
    type
    status
    content
    slot
    context
    confidence
    statedConfidence
    validFrom
    validUntil
    recordedAt
    retractedAt
    user { externalId }
    companion { key name }
    message { id role name text createdAt }
    conversation { id title externalId }
  }
`);
