import { graphql } from '../../core/graphql.ts';

/** How much there is, and how it decays. */
export const workspace = graphql(`
  query Workspace {
    viewer {
      scopes
      workspace {
        name
        decayPolicies { type halfLifeDays floor archiveBelow accessStretch }
      }
      embedding { provider model dimension embedded pending }
    }
    companions { totalCount }
    users { totalCount }
    believed: memories { totalCount }
    all: memories(
      filter: { statuses: [ACTIVE, UPCOMING, DISPUTED, ENDED, EXPIRED, CORRECTED, RETRACTED, ARCHIVED] }
    ) { totalCount }
    suspect: memories(filter: { suspect: true }) { totalCount }
    entities { totalCount }
    open: contradictions(filter: { statuses: [OPEN] }) { totalCount }
  }
`);
