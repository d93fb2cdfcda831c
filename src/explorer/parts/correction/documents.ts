import { graphql } from '../../core/graphql.ts';
import { failure } from '../failure/documents.ts';

/** What corrections, retractions and decisions change of a memory: its versions, and until when each holds. */
export const standing = graphql(`
  fragment standing on Memory {
    versions(first: 100) { totalCount nodes { id validUntil retractedAt } }
  }
`);

/** How a memory stands now. */
export const standingNow = graphql(
  `
  query StandingNow($id: ID!) {
    memory(id: $id) { ...standing }
  }
`,
  [standing],
);

export const revertCorrection = graphql(
  `
  mutation RevertCorrection($input: RevertCorrectionInput!) {
    revertCorrection(input: $input) {
      ... on RevertCorrectionPayload { memory { id content } }
      ...failure
    }
  }
`,
  [failure],
);
