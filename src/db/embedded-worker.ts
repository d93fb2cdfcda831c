// The thread PGlite runs in, so that a long statement never stops the server from answering.
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import type { EmbeddedBudget, EmbeddedReply, EmbeddedRequest } from './embedded.ts';
import { PreparedStatements } from './embedded-statements.ts';
import { parseTimestamp, TIMESTAMPTZ } from './timestamp.ts';

if (!parentPort) throw new Error('embedded-worker runs as a worker thread');
const port = parentPort;
const { dataDir, dump } = workerData as { dataDir: string | undefined; dump: Uint8Array | undefined };

const ready = PGlite.create({
  ...(dataDir ? { dataDir } : {}),
  ...(dump ? { loadDataDir: new Blob([dump as Uint8Array<ArrayBuffer>]) } : {}),
  extensions: { vector },
  postgresqlconf: ['shared_buffers=16MB', "timezone='UTC'"],
  parsers: { [TIMESTAMPTZ]: parseTimestamp },
} as never) as unknown as Promise<PGlite>;

/** What Emscripten throws has a number or a name of its own, and no message. */
const messageOf = (error: { message?: string; name?: string; errno?: number } | undefined): string =>
  error?.message || [error?.name, error?.errno].filter((part) => part !== undefined).join(' ') || 'it ended';

let statements: PreparedStatements | undefined;
/** What is left of the budget that was named last. */
let budget: EmbeddedBudget | undefined;

async function answer(request: EmbeddedRequest): Promise<unknown> {
  const pg = await ready;
  switch (request.do) {
    case 'open':
      return undefined;
    case 'query': {
      statements ??= new PreparedStatements(pg);
      if (request.budget && request.budget.id !== budget?.id) budget = request.budget;
      const left = request.budget && budget?.left;
      const answer = await statements.query(request.text, request.params, request.mode, left);
      if (request.budget && budget) budget.left -= answer.length;
      return answer;
    }
    case 'script':
      return (await pg.exec(request.text)).at(-1)?.rows ?? [];
    case 'dump':
      return new Uint8Array(await (await pg.dumpDataDir('none')).arrayBuffer());
    case 'close':
      return pg.close();
  }
}

// One request at a time, in order: PGlite has one session.
let last: Promise<unknown> = Promise.resolve();
port.on('message', (request: EmbeddedRequest) => {
  last = last
    .then(() => answer(request))
    .then(
      (value) => port.postMessage({ id: request.id, value } satisfies EmbeddedReply),
      (error) =>
        port.postMessage({
          id: request.id,
          error: {
            message: messageOf(error),
            code: error?.code,
            constraint: error?.constraint,
            detail: error?.detail,
          },
        } satisfies EmbeddedReply),
    );
});
