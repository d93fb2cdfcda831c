import { graphql } from '../../core/graphql.ts';

/** How the importance of memories of one type decays. */
export const decayPolicy = graphql(`
  fragment decayPolicy on DecayPolicy { type halfLifeDays floor archiveBelow accessStretch }
`);
