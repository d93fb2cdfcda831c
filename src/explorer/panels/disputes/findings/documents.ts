import { graphql } from '../../../core/graphql.ts';
import { failure } from '../../../parts/failure/documents.ts';
import { findingLine } from '../../../parts/finding/documents.ts';
import { side } from '../sides/documents.ts';

/** What one memory seems to say of an older one, judged or not. */
export const finding = graphql(
  `
  fragment finding on Finding {
    ...findingLine
    memoryText
    byText
    suggestedSlot
    foundAt
    verdict
    judgedAt
    judgedBy
    contradiction { id status resolution }
    memory { ...side }
    by { ...side }
  }
`,
  [findingLine, side],
);

/** Findings that wait for a verdict, the likeliest first, or those judged, the latest first. */
export const findings = graphql(
  `
  query Findings(
    $judged: Boolean!
    $companion: CompanionRef
    $user: UserRef
    $kinds: [FindingKind!]
    $minScore: Float
    $after: String
  ) {
    findings(
      first: 20
      after: $after
      judged: $judged
      companion: $companion
      user: $user
      kinds: $kinds
      minScore: $minScore
    ) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { ...finding }
    }
  }
`,
  [finding],
);

/** What was judged, and when: no two verdicts have the same. */
export const judgement = graphql(`
  fragment judgement on Finding { id verdict judgedAt }
`);

/** What is judged of a finding now. */
export const judgementNow = graphql(
  `
  query JudgementNow($id: ID!) {
    node(id: $id) { id ... on Finding { ...judgement } }
  }
`,
  [judgement],
);

export const judgeFindings = graphql(
  `
  mutation JudgeFindings($input: JudgeFindingsInput!) {
    judgeFindings(input: $input) {
      ... on JudgeFindingsPayload { findings { ...judgement } }
      ...failure
    }
  }
`,
  [failure, judgement],
);

/** Compares what is there already. */
export const detectFindings = graphql(
  `
  mutation DetectFindings($input: DetectFindingsInput!) {
    detectFindings(input: $input) {
      ... on DetectFindingsPayload { examined findingCount }
      ...failure
    }
  }
`,
  [failure],
);

/** Whose memories can be compared. */
export const comparable = graphql(`
  query Comparable {
    companions(first: 100) { nodes { key name } }
  }
`);
