import { afterAll, beforeAll } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { openWorkspace } from '../../src/domain/workspace/workspaces.ts';
import { scopes } from '../../src/graphql/core/context.ts';
import { Unauthenticated } from '../../src/kernel/errors.ts';
import { loadDemo } from '../../src/transfer/demo/load.ts';
import { openPages, type TestPage } from './browser.ts';
import { openTestDatabase } from './database.ts';
import { localEmbeddings } from './embeddings.ts';
import { openServer, type TestServer } from './server.ts';

/** The key of the server that wants one. */
export const KEY = 'secret-key';
/** Another key of it, which may read alone. */
export const READER_KEY = 'reading-key';

/** A server with the explorer over the demo graph, and a browser, for the tests of a file. */
export function useExplorer() {
  let database: Database;
  let server: TestServer;
  let guarded: TestServer;
  let pages: Awaited<ReturnType<typeof openPages>>;
  beforeAll(async () => {
    database = await openTestDatabase();
    const embeddings = await localEmbeddings();
    const { workspaceId } = await openWorkspace(database, 'acme', 'operator', embeddings.model);
    await loadDemo({ database, workspaceId, actor: 'system:demo', embedding: embeddings.model });
    server = await openServer(database, { explorer: true });
    guarded = await openServer(database, {
      explorer: true,
      authenticate(request) {
        const key = [KEY, READER_KEY].find((each) => request.headers.get('authorization') === `Bearer ${each}`);
        if (key === undefined) throw new Unauthenticated('A key is needed here.');
        const granted = key === KEY ? scopes : (['READ'] as const);
        return { workspaceId, credential: key, actor: 'tester', scopes: new Set(granted), restriction: null };
      },
    });
    pages = await openPages();
  });
  afterAll(async () => {
    await pages?.close();
    await server?.stop();
    await guarded?.stop();
    await database?.close();
  });
  return {
    /** Opens an address of the server, such as `/explore#/graph`. */
    open: (address: string, options?: Parameters<typeof pages.open>[1]): Promise<TestPage> =>
      pages.open(new URL(address, server.url).href, options),
    /** The same of a server that wants {@link KEY}. */
    openGuarded: (address: string): Promise<TestPage> => pages.open(new URL(address, guarded.url).href),
    url: (address: string) => new URL(address, server.url).href,
    /** Sends a document to the same server, as another client would. */
    post: (...request: Parameters<TestServer['post']>) => server.post(...request),
  };
}
