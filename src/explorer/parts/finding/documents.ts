import { graphql } from '../../core/graphql.ts';

/** What was found of two memories, in a line. */
export const findingLine = graphql(`
  fragment findingLine on Finding { id kind score reason }
`);
