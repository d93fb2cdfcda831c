import type { Database } from '../../src/db/database.ts';
import type { Tenant } from '../../src/db/transaction.ts';
import { Embeddings } from '../../src/domain/embedding/embeddings.ts';
import { openWorkspace } from '../../src/domain/workspace/workspaces.ts';
import { type AccessScope, scopes } from '../../src/graphql/core/context.ts';
import { createService, listen } from '../../src/http/server.ts';
import { readConfig } from '../../src/library/config.ts';

/** A server of its own over HTTP, for the workspace `bench`. */
export interface BenchService {
  tenant: Tenant;
  /** Where GraphQL is. */
  url: string;
  /** Where its vectors come from. */
  embeddings: Embeddings;
  /** Sends a document that must not fail, and returns its data. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
  send(query: string, variables?: unknown): Promise<any>;
  stop(): Promise<void>;
}

export async function serve(database: Database, { explorer = false } = {}): Promise<BenchService> {
  const embeddings = await Embeddings.open(readConfig(process.env).embedding, console.error);
  const tenant = await openWorkspace(database, 'bench', 'bench', embeddings.model);
  const principal = {
    workspaceId: tenant.workspaceId,
    credential: 'bench',
    actor: 'bench',
    scopes: new Set<AccessScope>(scopes),
  };
  const service = createService({
    database,
    embeddings,
    authenticate: () => principal,
    graphiql: false,
    explorer,
    // A fast machine asks more in a minute than one credential may.
    requests: { ratePerMinute: 0 },
    log: console.error,
  });
  const { url, stop } = await listen(service, 0);
  return {
    tenant,
    url,
    embeddings,
    async send(query, variables = {}) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      });
      const { data, errors } = (await response.json()) as { data: unknown; errors?: { message: string }[] };
      if (errors) throw new Error(errors[0]?.message);
      return data;
    },
    stop,
  };
}
