import { afterAll, beforeAll } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { openWorkspace } from '../../src/domain/workspace/workspaces.ts';
import { loadDemo } from '../../src/transfer/demo/load.ts';
import { openPages, type TestPage } from './browser.ts';
import { openTestDatabase } from './database.ts';
import { localEmbeddings } from './embeddings.ts';
import { openServer, type TestServer } from './server.ts';

/** A server with the explorer over the demo graph, and a browser, for the tests of a file. */
export function useExplorer() {
  let database: Database;
  let server: TestServer;
  let pages: Awaited<ReturnType<typeof openPages>>;
  beforeAll(async () => {
    database = await openTestDatabase();
    server = await openServer(database, { explorer: true });
    const embeddings = await localEmbeddings();
    const { workspaceId } = await openWorkspace(database, 'acme', 'operator', embeddings.model);
    await loadDemo({ database, workspaceId, actor: 'system:demo', embedding: embeddings.model });
    pages = await openPages();
  });
  afterAll(async () => {
    await pages?.close();
    await server?.stop();
    await database?.close();
  });
  return {
    /** Opens an address of the server, such as `/explore#/graph`. */
    open: (address: string, options?: Parameters<typeof pages.open>[1]): Promise<TestPage> =>
      pages.open(new URL(address, server.url).href, options),
    url: (address: string) => new URL(address, server.url).href,
    /** Sends a document to the same server, as another client would. */
    post: (...request: Parameters<TestServer['post']>) => server.post(...request),
  };
}
