import { graphql } from '../../core/graphql.ts';
import { contradiction } from './contradictions/documents.ts';
import { finding } from './findings/documents.ts';

/** How many wait for a decision. */
export const waiting = graphql(`
  query WaitingForADecision {
    contradictions(first: 1, filter: { statuses: [OPEN] }) { totalCount }
    findings(first: 1) { totalCount }
  }
`);

/** The contradiction or the finding that an address names. */
export const oneOfThem = graphql(
  `
  query Dispute($id: ID!) {
    node(id: $id) {
      id
      ... on Contradiction { ...contradiction }
      ... on Finding { ...finding }
    }
  }
`,
  [contradiction, finding],
);
