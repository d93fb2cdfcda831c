import { graphql } from '../../core/graphql.ts';
import { failure } from '../../parts/failure/documents.ts';
import { decayPolicy } from '../../parts/policy-table/documents.ts';

/** How important all memories are, and will be, and what will be archived. */
export const preview = graphql(
  `
  query DecayPreview($until: DateTime, $types: [MemoryType!], $companion: CompanionRef, $user: UserRef) {
    decayPreview(until: $until, types: $types, companion: $companion, user: $user) {
      examined
      decayed
      archived
      importanceBefore { bands mean }
      importanceAfter { bands mean }
      archivedMemories { id type content importance then: importance(on: $until) }
    }
    viewer {
      scopes
      workspace { decayPolicies { ...decayPolicy } }
    }
  }
`,
  [decayPolicy],
);

/** Archives what has decayed below its policy's bound. */
export const decay = graphql(`
  mutation Decay($input: DecayImportanceInput!) {
    decayImportance(input: $input) {
      __typename
      ... on DecayImportancePayload { report { examined archived archivedMemories { id archivedAt } } }
      ... on Error { code message }
    }
  }
`);

/** Since when memories are archived. */
export const archivedNow = graphql(`
  query ArchivedNow($ids: [ID!]!) {
    nodes(ids: $ids) { id ... on Memory { archivedAt } }
  }
`);

/** How importance decays now. */
export const policiesNow = graphql(
  `
  query PoliciesNow {
    viewer { workspace { decayPolicies { ...decayPolicy } } }
  }
`,
  [decayPolicy],
);

/** Takes memories out of the archive. */
export const restore = graphql(`
  mutation Restore($input: RestoreMemoriesInput!) {
    restoreMemories(input: $input) {
      __typename
      ... on RestoreMemoriesPayload { memories { id } }
      ... on Error { code message }
    }
  }
`);

/** Changes how one type decays. */
export const setPolicy = graphql(
  `
  mutation SetPolicy($input: SetDecayPolicyInput!) {
    setDecayPolicy(input: $input) {
      ... on SetDecayPolicyPayload { policy { ...decayPolicy } }
      ...failure
    }
  }
`,
  [decayPolicy, failure],
);
