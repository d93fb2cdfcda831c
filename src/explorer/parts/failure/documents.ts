import { graphql } from '../../core/graphql.ts';

/** What a mutation says where it did not do what was asked: the code and the message come with it in any case. */
export const failure = graphql(`
  fragment failure on Error {
    message
    ... on InvalidInputError { issues { path message } }
  }
`);
