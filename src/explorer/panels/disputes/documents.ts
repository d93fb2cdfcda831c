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

/** The contradiction that an address names. */
export const oneContradiction = graphql(
  `
  query Dispute($id: ID!) {
    node(id: $id) { id ... on Contradiction { ...contradiction } }
  }
`,
  [contradiction],
);

/** The finding that an address names. */
export const oneFinding = graphql(
  `
  query Finding($id: ID!) {
    node(id: $id) { id ... on Finding { ...finding } }
  }
`,
  [finding],
);
