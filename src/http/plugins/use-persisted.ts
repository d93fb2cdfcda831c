import { createHash } from 'node:crypto';
import {
  defaultExtractPersistedOperationId as hashOf,
  usePersistedOperations,
} from '@graphql-yoga/plugin-persisted-operations';
import { createGraphQLError, type Plugin } from 'graphql-yoga';
import { type Channel, noPeers, type Peers } from '../../kernel/peers.ts';
import type { Principal } from '../../kernel/principal.ts';
import { isPart } from '../requests/parts.ts';
import { DocumentStore } from './document-store.ts';
import type { PersistedOperations } from './persisted-operations.ts';

/**
 * Lets clients call documents by their hash (`extensions.persistedQuery`): those of the operator, or, where there are
 * none and `automatic` is set, those that a client of the same workspace has sent with their hash before, to this process
 * or a peer. Refuses others where only the operator's are allowed. The document then goes the way of any other: parsed
 * once, validated, its cost judged with the variables.
 */
export function usePersisted(
  persisted: PersistedOperations | undefined,
  automatic: boolean,
  peers: Peers = noPeers,
): Plugin[] {
  const { documents, only } = persisted ?? { documents: new Map<string, string>(), only: false };
  const store = automatic && !persisted ? new DocumentStore() : undefined;
  const notFound = () => {
    if (only)
      return refused(
        'PERSISTED_QUERY_NOT_FOUND',
        'No persisted operation has this hash: add it to the file of the server.',
      );
    // Clients that then send the whole document look for these very messages.
    return store || persisted
      ? refused('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound')
      : refused('PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported');
  };
  return [
    store ? useRegistration(store, peers.channel('document')) : {},
    usePersistedOperations({
      // The tools of MCP are known beforehand, as those of the file are.
      allowArbitraryOperations: only ? isPart : true,
      getPersistedOperation: (given, _request, context) => {
        const hash = given.toLowerCase();
        return documents.get(hash) ?? store?.get(workspaceOf(context), hash) ?? null;
      },
      customErrors: {
        notFound,
        keyNotFound: () => {
          if (only) return refused('PERSISTED_QUERY_ID_REQUIRED', ONLY);
          return persisted
            ? refused('BAD_REQUEST', 'Must provide query string, or the hash of a persisted operation.')
            : refused('BAD_REQUEST', 'Must provide query string.');
        },
        persistedQueryOnly: () => refused('PERSISTED_QUERY_ID_REQUIRED', ONLY),
      },
    }),
  ];
}

interface Registered {
  workspaceId: string;
  hash: string;
  document: string;
}

/** Keeps documents that come with their hash; one that has another hash is refused, not stored. */
function useRegistration(store: DocumentStore, channel: Channel<Registered>): Plugin {
  channel.listen(({ workspaceId, hash, document }) => store.set(workspaceId, hash, document));
  return {
    onParams({ params, request, context }) {
      const { query } = params;
      const hash = hashOf(params, request, context)?.toLowerCase();
      if (typeof query !== 'string' || query === '' || hash === undefined) return;
      if (createHash('sha256').update(query).digest('hex') !== hash) {
        throw refused(
          'BAD_REQUEST',
          'provided sha does not match query: extensions.persistedQuery.sha256Hash is not its SHA-256.',
        );
      }
      const workspaceId = workspaceOf(context);
      if (store.get(workspaceId, hash) === undefined) channel.tell({ workspaceId, hash, document: query });
      store.set(workspaceId, hash, query);
    },
  };
}

const workspaceOf = (context: unknown) => (context as { principal: Principal }).principal.workspaceId;

const ONLY =
  'This server answers only persisted operations: send the hash as extensions.persistedQuery.sha256Hash, with version 1, and no query.';

const refused = (code: string, message: string) =>
  createGraphQLError(message, { extensions: { code, http: { spec: true, status: 400 } } });
