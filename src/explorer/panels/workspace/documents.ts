import { graphql } from '../../core/graphql.ts';
import { decayPolicy } from '../../parts/policy-table/documents.ts';

/** How much there is of what, how far vectors are, and how importance decays. */
export const workspace = graphql(
  `
  query Workspace {
    viewer {
      scopes
      workspace {
        name
        decayPolicies { ...decayPolicy }
      }
      embedding { provider model dimension embedded pending }
    }
    companions { totalCount }
    users { totalCount }
    conversations { totalCount }
    sessions(isActive: true) { totalCount }
    believed: memories { totalCount }
    all: memories(
      filter: { statuses: [ACTIVE, UPCOMING, DISPUTED, ENDED, EXPIRED, CORRECTED, RETRACTED, ARCHIVED] }
    ) { totalCount }
    suspect: memories(filter: { suspect: true }) { totalCount }
    entities { totalCount }
    open: contradictions(filter: { statuses: [OPEN] }) { totalCount }
  }
`,
  [decayPolicy],
);

/** How many memories have which status, and which type: each is counted by itself. */
export const kinds = graphql(`
  query Kinds {
    ACTIVE: memories(filter: { statuses: [ACTIVE] }) { totalCount }
    UPCOMING: memories(filter: { statuses: [UPCOMING] }) { totalCount }
    DISPUTED: memories(filter: { statuses: [DISPUTED] }) { totalCount }
    ENDED: memories(filter: { statuses: [ENDED] }) { totalCount }
    EXPIRED: memories(filter: { statuses: [EXPIRED] }) { totalCount }
    CORRECTED: memories(filter: { statuses: [CORRECTED] }) { totalCount }
    RETRACTED: memories(filter: { statuses: [RETRACTED] }) { totalCount }
    ARCHIVED: memories(filter: { statuses: [ARCHIVED] }) { totalCount }
    FACT: memories(filter: { types: [FACT] }) { totalCount }
    EXPERIENCE: memories(filter: { types: [EXPERIENCE] }) { totalCount }
    PREFERENCE: memories(filter: { types: [PREFERENCE] }) { totalCount }
    INSTRUCTION: memories(filter: { types: [INSTRUCTION] }) { totalCount }
    REFLECTION: memories(filter: { types: [REFLECTION] }) { totalCount }
  }
`);

/** Where events are sent, and how that goes. */
export const webhooks = graphql(`
  query Webhooks {
    webhooks(first: 20) {
      nodes {
        id
        url
        kinds
        isActive
        companion { key }
        pending: deliveries(status: PENDING) { totalCount }
        failed: deliveries(status: FAILED, first: 1) { totalCount nodes { lastError lastStatusCode } }
      }
    }
  }
`);

export const retry = graphql(`
  mutation RetryDeliveries($input: RetryDeliveriesInput!) {
    retryDeliveries(input: $input) {
      __typename
      ... on RetryDeliveriesPayload { deliveries { id } }
      ... on Error { code message }
    }
  }
`);
