import { GraphQLError } from 'graphql';
import { createGraphQLError, type MaskError, maskError } from 'graphql-yoga';
import { isDatabaseUnable } from '../db/unavailable.ts';

/** After how many seconds a client may ask again. */
const RETRY_AFTER_SECONDS = '1';

/**
 * What a client is told of an unexpected error: nothing but that there was one. That the database is away is no secret, and
 * worth a retry: 503 with the code UNAVAILABLE.
 */
export const maskUnexpected: MaskError = (error, message, isDev) => {
  const isOurs = error instanceof GraphQLError && !error.originalError;
  if (isOurs || !isDatabaseUnable(error)) return maskError(error, message, isDev);
  const { nodes, path } = error as Partial<GraphQLError>;
  return createGraphQLError(
    'The database is not available for now: ask again in a moment. Whether a mutation was done is not known; sent again with its idempotencyKey it is done once.',
    {
      ...(nodes && { nodes }),
      ...(path && { path }),
      extensions: {
        code: 'UNAVAILABLE',
        http: { status: 503, headers: { 'retry-after': RETRY_AFTER_SECONDS } },
      },
    },
  );
};
