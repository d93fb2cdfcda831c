import { parseArgs } from 'node:util';
import { GraphQLError, printSchema } from 'graphql';
import { AdminError } from './cli/admin-error.ts';
import { type Config, ConfigError, readConfig } from './cli/config.ts';
import { type Database, DatabaseUnavailable } from './db/database.ts';
import { hastenImports } from './db/internals/hasten-imports.ts';
import { openDatabase } from './db/open.ts';
import { EmbeddingFailed } from './domain/embedding/embedder.ts';
import { Front } from './http/front.ts';
import type { Telemetry } from './http/telemetry/open.ts';
import { describeError } from './kernel/describe-error.ts';
import { TransferError } from './transfer/error.ts';

const STOP_TIMEOUT_MS = 10_000;

/** Starts the server and keeps it until a signal comes. */
async function serve(config: Config): Promise<void> {
  const stopped = stopOnSignal();
  const opening = openDatabase(config);
  // Said where it is waited for, which is later.
  opening.catch(() => {});
  const [
    { createService, listen },
    { openWorkspace, listWorkspaces },
    { authenticateBy, authenticateLocally },
    { keepStatistics },
    { Embeddings },
    { keepVectorsUp },
    { readPersistedOperations },
    { openTelemetry },
  ] = await Promise.all([
    import('./http/server.ts'),
    import('./domain/workspace/workspaces.ts'),
    import('./domain/credential/authenticate.ts'),
    import('./tables/statistics.ts'),
    import('./domain/embedding/embeddings.ts'),
    import('./domain/embedding/upkeep-loop.ts'),
    import('./http/plugins/persisted-operations.ts'),
    import('./http/telemetry/open.ts'),
  ]);
  const front = new Front(config.requests);
  let database: Database | undefined;
  let telemetry: Telemetry | undefined;
  let stop = async () => {};
  try {
    let url: string;
    ({ url, stop } = await listen(front, config.port, config.host));
    database = await opening;
    const opened = database;
    telemetry = await openTelemetry(config.telemetry, database, { isTerminal: process.stderr.isTTY });
    const { logger } = telemetry;
    // The executor forgets what is to come of a list's items where a later one fails at once: that must not end the server.
    process.on('unhandledRejection', (reason) => {
      if (!(reason instanceof GraphQLError)) logger.error(describeError(reason));
    });
    const embeddings = await Embeddings.open(config.embedding, logger.warn);
    const isOpen = config.credentials === 'none';
    const tenant =
      isOpen || config.demo ? await openWorkspace(database, config.workspace, 'local', embeddings.model) : undefined;
    const isDemo = tenant?.isNew === true && config.demo;
    if (tenant && isDemo) {
      const { loadDemo } = await import('./transfer/demo/load.ts');
      await loadDemo({ ...tenant, actor: 'demo' });
    }
    const findTenants = async () =>
      tenant && isOpen
        ? [tenant]
        : (await listWorkspaces(opened)).map(({ id }) => ({
            database: opened,
            workspaceId: id,
            actor: 'upkeep',
            embedding: embeddings.model,
          }));
    telemetry.serves(findTenants);
    front.open(
      createService({
        database,
        authenticate: isOpen && tenant ? authenticateLocally(tenant.workspaceId) : authenticateBy(database, config.jwt),
        embeddings,
        graphiql: config.graphiql,
        limits: config.limits,
        requests: config.requests,
        persistedOperations: config.persistedOperations && (await readPersistedOperations(config)),
        log: logger.error,
        telemetry,
      }),
    );
    console.log(`GraphQL   ${url}`);
    if (config.graphiql) console.log(`GraphiQL  ${url}  (in a browser)`);
    console.log(describeDatabase(config, isDemo));
    const upkeep = keepVectorsUp(findTenants, embeddings, logger.error);
    const statistics = database.kind === 'embedded' ? keepStatistics(database) : undefined;
    await stopped;
    statistics?.stop();
    await upkeep.stop();
  } finally {
    await stop();
    await telemetry?.stop();
    database ??= await opening.catch(() => undefined);
    await database?.close();
  }
}

function describeDatabase({ databaseUrl, dataDir }: Config, isDemo: boolean): string {
  const where = databaseUrl ? `PostgreSQL at ${new URL(databaseUrl).host}` : `embedded, in ${dataDir}`;
  return `Database  ${where}${isDemo ? ', with the demo graph' : ''}`;
}

/** Resolves at SIGTERM or SIGINT; a second one, or too long a wait, ends the process at once. */
function stopOnSignal(): Promise<void> {
  return new Promise((resolve) => {
    const onSignal = () => {
      resolve();
      setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
      process.once('SIGTERM', () => process.exit(1)).once('SIGINT', () => process.exit(1));
    };
    process.once('SIGTERM', onSignal).once('SIGINT', onSignal);
  });
}

async function withDatabase(config: Config, run: (database: Database) => Promise<void>): Promise<void> {
  const database = await openDatabase(config);
  try {
    await run(database);
  } finally {
    await database.close();
  }
}

async function transfer(direction: 'import' | 'export', args: string[], config: Config): Promise<void> {
  const { file, companion } = readTransferArgs(direction, args);
  const [{ openWorkspace }, { Embeddings }, { checkReadable, importFile, exportFile }] = await Promise.all([
    import('./domain/workspace/workspaces.ts'),
    import('./domain/embedding/embeddings.ts'),
    import('./transfer/command.ts'),
  ]);
  if (direction === 'import') await checkReadable(file);
  const embeddings = await Embeddings.open(config.embedding, (text) => console.error(text));
  const stopping = new AbortController();
  stopOnSignal().then(() => stopping.abort());
  await withDatabase(config, async (database) => {
    const tenant = await openWorkspace(database, config.workspace, direction, embeddings.model);
    const options = { companion, signal: stopping.signal };
    await (direction === 'import' ? importFile(tenant, file, options) : exportFile(tenant, file, options));
  });
}

function readTransferArgs(direction: 'import' | 'export', args: string[]) {
  try {
    const options = { companion: { type: 'string' } } as const;
    const { positionals, values } = parseArgs({ args, options, allowPositionals: true });
    const [file, ...others] = positionals;
    const isAllowed = direction === 'import' || values.companion === undefined;
    if (file && others.length === 0 && isAllowed) return { file, companion: values.companion };
  } catch {
    // Said below: what is allowed is short.
  }
  const usage = direction === 'import' ? 'import -- FILE [--companion KEY]' : 'export -- FILE';
  throw new ConfigError(`One file is wanted: npm run ${usage}`);
}

/** Makes all of the workspace's vectors by the model configured, as the server does in the background. */
async function reembed(config: Config): Promise<void> {
  const [{ openWorkspace }, { Embeddings }, { reembedWorkspace }] = await Promise.all([
    import('./domain/workspace/workspaces.ts'),
    import('./domain/embedding/embeddings.ts'),
    import('./domain/embedding/reembed.ts'),
  ]);
  const embeddings = await Embeddings.open(config.embedding, (text) => console.error(text));
  const stopping = new AbortController();
  stopOnSignal().then(() => stopping.abort());
  await withDatabase(config, async (database) => {
    const tenant = await openWorkspace(database, config.workspace, 'reembed', embeddings.model);
    await reembedWorkspace(tenant, embeddings, stopping.signal);
  });
}

/** Copies the embedded database into a file, or makes it from one. */
async function copy(direction: 'backup' | 'restore', args: string[], config: Config): Promise<void> {
  const { file, force } = readCopyArgs(direction, args);
  if (config.databaseUrl) {
    const command = direction === 'backup' ? 'pg_dump --format=custom --file=FILE' : 'pg_restore --dbname';
    throw new ConfigError(
      `npm run ${direction} is for the embedded database, and DATABASE_URL is set: use ${command} with its URL, past any pooler, as a superuser.`,
    );
  }
  const stopping = new AbortController();
  stopOnSignal().then(() => stopping.abort());
  const options = { force, signal: stopping.signal };
  if (direction === 'backup') await (await import('./transfer/backup/backup.ts')).backUp(config.dataDir, file, options);
  else await (await import('./transfer/backup/restore.ts')).restore(config.dataDir, file, options);
}

function readCopyArgs(direction: 'backup' | 'restore', args: string[]) {
  try {
    const options = { force: { type: 'boolean', default: false } } as const;
    const { positionals, values } = parseArgs({ args, options, allowPositionals: true });
    const [file, ...others] = positionals;
    if (file && others.length === 0) return { file, force: values.force };
  } catch {
    // Said below: what is allowed is short.
  }
  throw new ConfigError(`One file is wanted: npm run ${direction} -- FILE [--force]`);
}

/** Makes and lists workspaces and keys. */
async function admin(args: string[], config: Config): Promise<void> {
  const [{ adminCommand }, { Embeddings }] = await Promise.all([
    import('./cli/admin.ts'),
    import('./domain/embedding/embeddings.ts'),
  ]);
  const command = adminCommand(args);
  const { model } = await Embeddings.open(config.embedding, (text) => console.error(text));
  await withDatabase(config, (database) => command({ database, embedding: model }));
}

async function main([command = 'serve', ...rest]: string[]): Promise<void> {
  switch (command) {
    case 'serve':
      return serve(readConfig(process.env));
    case 'import':
    case 'export':
      return transfer(command, rest, readConfig(process.env));
    case 'backup':
    case 'restore':
      return copy(command, rest, readConfig(process.env));
    case 'reembed':
      return reembed(readConfig(process.env));
    case 'admin':
      return admin(rest, readConfig(process.env));
    case 'schema': {
      const { schema } = await import('./graphql/schema.ts');
      process.stdout.write(`${printSchema(schema)}\n`);
      return;
    }
    default:
      throw new ConfigError(
        `There is no command ${command}: serve, import FILE, export FILE, backup FILE, restore FILE, reembed, admin or schema.`,
      );
  }
}

hastenImports();
try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(whyNot(error));
  process.exitCode = 1;
}

/** One sentence for what an operator can mend; anything else is a bug. */
function whyNot(error: unknown): string {
  for (const Expected of [ConfigError, DatabaseUnavailable, TransferError, EmbeddingFailed, AdminError]) {
    if (error instanceof Expected) return error.message;
  }
  const { code, port } = error as { code?: string; port?: number };
  if (code === 'EADDRINUSE') return `Port ${port} is taken: stop what listens there, or set PORT to another (0: any).`;
  return describeError(error);
}
