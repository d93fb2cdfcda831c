import { graphql } from './graphql.ts';

/** What the credential may do. */
export const scopes = graphql(`
  query Scopes {
    viewer { scopes }
  }
`);

/** All that happens, from a cursor on: what it is does not matter here, panels ask again. */
export const changes = graphql(`
  subscription Changes($after: String) {
    events(after: $after) { cursor }
  }
`);
