// A server of the trial's own, in a process of its own, with a workspace for each value of a header. Told what to do by
// its parent; tells what it logs.

import { readFileSync } from 'node:fs';
import { GraphQLError } from 'graphql';
import { openEmbedded } from '../../src/db/embedded.ts';
import { openDatabase } from '../../src/db/open.ts';
import { Embeddings } from '../../src/domain/embedding/embeddings.ts';
import { keepVectorsUp } from '../../src/domain/embedding/upkeep-loop.ts';
import { openWorkspace } from '../../src/domain/workspace/workspaces.ts';
import { type AccessScope, scopes } from '../../src/graphql/core/context.ts';
import { createService, listen } from '../../src/http/server.ts';
import { readConfig } from '../../src/library/config.ts';
import { compareBothWays } from '../support/both-ways.ts';
import { findViolations } from './invariants.ts';

const tell = (message: object) => process.send?.(message);
const log = (text: string) => tell({ logged: text });

const config = readConfig(process.env);
// With a dump, tests need not make a database again.
const { TRIAL_DUMP: dump } = process.env;
const database = dump ? await openEmbedded({ dump: readFileSync(dump) }) : await openDatabase(config);
const embeddings = await Embeddings.open(config.embedding, log);
const names = ['own', 'foreign'];
const tenants = await Promise.all(names.map((name) => openWorkspace(database, name, name, embeddings.model)));
const principals = new Map(
  tenants.map(({ workspaceId }, index) => {
    const name = names[index] as string;
    return [name, { workspaceId, credential: name, actor: name, scopes: new Set<AccessScope>(scopes) }];
  }),
);
const service = createService({
  database,
  embeddings,
  // Requests that are not even HTTP have no header either.
  authenticate: (request) =>
    principals.get(request.headers.get('x-trial-workspace') ?? '') ?? (principals.get('own') as never),
  graphiql: true,
  // As fast as it goes.
  requests: { ...config.requests, ratePerMinute: 0 },
  log,
});
// What is answered in two ways is answered the same.
compareBothWays((difference) => tell({ crashed: `answered in two ways: ${difference}` }));
const { url, stop } = await listen(service, 0);
const upkeep = keepVectorsUp(async () => tenants, embeddings, log);
process.on('uncaughtException', (error) => tell({ crashed: String(error.stack) }));
// As in main.ts.
process.on('unhandledRejection', (error) => {
  if (!(error instanceof GraphQLError)) tell({ crashed: String((error as Error)?.stack ?? error) });
});

const commands: Record<string, () => unknown> = {
  violations: () =>
    findViolations(async (sql) => {
      const connection = await database.connect();
      try {
        return await connection.script(sql);
      } finally {
        connection.release();
      }
    }),
  memory: () => {
    globalThis.gc?.();
    return process.memoryUsage();
  },
  stop: async () => {
    await upkeep.stop();
    await stop();
    await database.close();
    setImmediate(() => process.exit(0));
  },
};
process.on('message', ({ id, ask }: { id: number; ask: string }) => {
  Promise.resolve()
    .then(() => commands[ask]?.())
    .then(
      (value) => tell({ id, value }),
      (error) => tell({ id, error: String(error?.stack ?? error) }),
    );
});
tell({ url, dimension: embeddings.model?.dimension ?? 0 });
