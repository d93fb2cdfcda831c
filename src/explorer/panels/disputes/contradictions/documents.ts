import { graphql } from '../../../core/graphql.ts';
import { standing } from '../../../parts/correction/documents.ts';
import { failure } from '../../../parts/failure/documents.ts';
import { side } from '../sides/documents.ts';

/** A contradiction, open or decided. */
export const contradiction = graphql(
  `
  fragment contradiction on Contradiction {
    id
    status
    resolution
    strength
    reason
    note
    openedAt
    resolvedAt
    memory { ...side }
    by { ...side }
  }
`,
  [side],
);

/** Contradictions, the most recently opened first. */
export const contradictions = graphql(
  `
  query Disputes($statuses: [ContradictionStatus!], $after: String) {
    contradictions(first: 10, after: $after, filter: { statuses: $statuses }) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { ...contradiction }
    }
  }
`,
  [contradiction],
);

/** What was decided, and when: no two decisions have the same. */
export const decision = graphql(`
  fragment decision on Contradiction { id status resolution resolvedAt }
`);

/** What is decided of a contradiction now. */
export const decisionNow = graphql(
  `
  query DecisionNow($id: ID!) {
    node(id: $id) { id ... on Contradiction { ...decision } }
  }
`,
  [decision],
);

export const resolveContradiction = graphql(
  `
  mutation ResolveContradiction($input: ResolveContradictionInput!) {
    resolveContradiction(input: $input) {
      ... on ResolveContradictionPayload {
        contradiction { ...decision memory { ...standing } by { ...standing } }
      }
      ...failure
    }
  }
`,
  [failure, decision, standing],
);

export const reopenContradiction = graphql(
  `
  mutation ReopenContradiction($input: ReopenContradictionInput!) {
    reopenContradiction(input: $input) {
      ... on ReopenContradictionPayload { contradiction { id } }
      ...failure
    }
  }
`,
  [failure],
);

/** The first half of a merge: the side that is kept says what both said. */
export const mergeContents = graphql(
  `
  mutation MergeContents($input: CorrectMemoryInput!) {
    correctMemory(input: $input) {
      ... on CorrectMemoryPayload { memory { id ...standing } }
      ...failure
    }
  }
`,
  [failure, standing],
);
