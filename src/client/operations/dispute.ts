// Written by `npm run tools` from src/mcp/tools and the schema.
import type { GraphQLDocument } from '../document.ts';
import type { ContradictionFields, ContradictionResolution, FindingFields, Verdict } from './types.ts';

export interface DisputeVariables {
  /** memory and by are given: they contradict each other. */
  contradicts: boolean;
  /** contradiction and resolution are given: it is decided. */
  resolves: boolean;
  /** finding and verdict are given: it is judged. */
  judges: boolean;
  /** Id of what is contradicted. */
  memory?: string | undefined;
  /** Id of what contradicts it. */
  by?: string | undefined;
  /** con_…. */
  contradiction?: string | undefined;
  /** SUCCEEDED: each was true in its time. DISMISSED: no contradiction. */
  resolution?: ContradictionResolution | undefined;
  /** fnd_…. */
  finding?: string | undefined;
  /** SUCCEEDS: the older was true until the newer. CORRECTS: it never was. SAME: the newer is archived. */
  verdict?: Verdict | undefined;
  reason?: string | null | undefined;
  idempotencyKey?: string | null | undefined;
}

export interface DisputeData {
  contradicted?: {
    contradiction: ContradictionFields;
  };
  resolved?: {
    contradiction: ContradictionFields;
  };
  judged?: {
    findings: FindingFields[];
  };
}

/**
 * Says that two memories cannot both be true (memory, by), decides such a contradiction
 * (contradiction, resolution), or judges a finding (finding, verdict).
 */
export const dispute: GraphQLDocument<DisputeData, DisputeVariables> = `mutation dispute(
  $contradicts: Boolean!
  $resolves: Boolean!
  $judges: Boolean!
  $memory: ID! = ""
  $by: ID! = ""
  $contradiction: ID! = ""
  $resolution: ContradictionResolution! = DISMISSED
  $finding: ID! = ""
  $verdict: Verdict! = UNRELATED
  $reason: String
  $idempotencyKey: String
) {
  contradicted: contradictMemory(
    input: {
      id: $memory
      by: { memoryId: $by }
      reason: $reason
      idempotencyKey: $idempotencyKey
    }
  ) @include(if: $contradicts) {
    ... on ContradictMemoryPayload {
      contradiction {
        ...contradiction
      }
    }
    ...failure
    ... on RelationExistsError {
      relation {
        ...relation
      }
      current: contradiction {
        ...contradiction
      }
    }
  }
  resolved: resolveContradiction(
    input: {
      id: $contradiction
      resolution: $resolution
      note: $reason
      idempotencyKey: $idempotencyKey
    }
  ) @include(if: $resolves) {
    ... on ResolveContradictionPayload {
      contradiction {
        ...contradiction
      }
    }
    ...failure
    ... on AlreadyResolvedError {
      current: contradiction {
        ...contradiction
      }
    }
  }
  judged: judgeFindings(
    input: {
      ids: [$finding]
      verdict: $verdict
      reason: $reason
      idempotencyKey: $idempotencyKey
    }
  ) @include(if: $judges) {
    ... on JudgeFindingsPayload {
      findings {
        ...finding
      }
    }
    ...failure
  }
}

fragment contradiction on Contradiction {
  id
  reason
  resolution
  memory {
    id
    content
  }
  by {
    id
    content
  }
}

fragment failure on Error {
  ... on InvalidInputError {
    issues {
      path
      message
    }
  }
  ... on NotFoundError {
    ids
  }
  ... on LimitExceededError {
    limit
    given
  }
  ... on ForbiddenError {
    requiredScope
  }
}

fragment relation on MemoryRelation {
  id
  type
  strength
  from {
    id
  }
  to {
    id
  }
}

fragment finding on Finding {
  id
  kind
  score
  reason
  verdict
  memory {
    ...kept
  }
  by {
    ...kept
  }
}

fragment kept on Memory {
  id
  type
  status
  content
  validFrom
  validUntil
}`;
