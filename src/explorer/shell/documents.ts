import { graphql } from '../core/graphql.ts';

/** Whose memory can be looked at. */
export const choices = graphql(`
  query Choices {
    companions(first: 100) { nodes { key name } pageInfo { hasNextPage } }
    users(first: 100) { nodes { externalId } pageInfo { hasNextPage } }
  }
`);
