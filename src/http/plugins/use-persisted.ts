import { usePersistedOperations } from '@graphql-yoga/plugin-persisted-operations';
import { createGraphQLError, type Plugin } from 'graphql-yoga';
import type { PersistedOperations } from './persisted-operations.ts';

/**
 * Lets clients call documents by their hash (`extensions.persistedQuery`), and refuses others where only those are
 * allowed. The document then goes the way of any other: parsed once, validated, its cost judged with the variables.
 */
export function usePersisted(persisted: PersistedOperations | undefined): Plugin {
  if (!persisted) return {};
  const { documents, only } = persisted;
  return usePersistedOperations({
    allowArbitraryOperations: !only,
    getPersistedOperation: (hash) => documents.get(hash.toLowerCase()) ?? null,
    customErrors: {
      notFound: () =>
        refused(
          'PERSISTED_QUERY_NOT_FOUND',
          // Clients that then send the whole document look for this very message.
          only ? 'No persisted operation has this hash: add it to the file of the server.' : 'PersistedQueryNotFound',
        ),
      keyNotFound: () =>
        only
          ? refused('PERSISTED_QUERY_ID_REQUIRED', ONLY)
          : refused('BAD_REQUEST', 'Must provide query string, or the hash of a persisted operation.'),
      persistedQueryOnly: () => refused('PERSISTED_QUERY_ID_REQUIRED', ONLY),
    },
  });
}

const ONLY =
  'This server answers only persisted operations: send the hash as extensions.persistedQuery.sha256Hash, with version 1, and no query.';

const refused = (code: string, message: string) =>
  createGraphQLError(message, { extensions: { code, http: { spec: true, status: 400 } } });
