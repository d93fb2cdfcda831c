import type { Database } from '../db/database.ts';
import { openDatabase, whyFailed } from '../db/open.ts';
import type { AuditTrail } from '../domain/audit/trail.ts';
import { Front } from '../http/front.ts';
import type { Telemetry } from '../http/telemetry/open.ts';
import { describeError } from '../kernel/describe-error.ts';
import type { Config } from './config.ts';
import type { Define } from './parser.ts';
import { readSettings } from './settings.ts';
import { describeSetup } from './setup.ts';
import type { Surroundings } from './surroundings.ts';

export const define: Define = (command, surroundings) => {
  command.action(async () => {
    const warnings: string[] = [];
    try {
      const config = readSettings(surroundings, (sentence) => warnings.push(sentence));
      await serve(config, warnings, surroundings);
    } finally {
      // Where it did not come to a log.
      for (const sentence of warnings) console.error(sentence);
    }
  });
};

const load = () =>
  Promise.all([
    import('../http/server.ts'),
    import('../domain/workspace/workspaces.ts'),
    import('../domain/credential/authenticate.ts'),
    import('../tables/statistics.ts'),
    import('../domain/embedding/embeddings.ts'),
    import('../domain/embedding/upkeep-loop.ts'),
    import('../http/plugins/persisted-operations.ts'),
    import('../http/telemetry/open.ts'),
    import('../domain/credential/key-uses.ts'),
    import('../domain/audit/trail.ts'),
    import('../domain/retention/retention.ts'),
    import('../domain/recall/reanalysis-loop.ts'),
    import('../domain/session/uses.ts'),
  ]);
type Parts = Awaited<ReturnType<typeof load>>;

/** Starts the server and keeps it until a signal comes; the warnings are taken over by its log. */
async function serve(config: Config, warnings: string[], surroundings: Surroundings): Promise<void> {
  const stopped = surroundings.untilStopped();
  const opening = openDatabase(config);
  // Said where it is waited for, which is later.
  opening.catch(() => {});
  const parts = await load();
  const [{ isAnswered, listen }, , , , , , , { openTelemetry }, , { AuditTrail }] = parts;
  const front = new Front(config.requests);
  let database: Database | undefined;
  let telemetry: Telemetry | undefined;
  let audit: AuditTrail | undefined;
  let stop = async () => {};
  try {
    let url: string;
    ({ url, stop } = await listen(front, config.port, config.host));
    database = await opening;
    telemetry = await openTelemetry(config.telemetry, database, surroundings);
    const { logger } = telemetry;
    for (const sentence of warnings.splice(0)) logger.warn(sentence);
    // The executor does not wait for items of a list after one has failed. Their failures must not end the server.
    surroundings.onLostFailure((reason) => {
      if (!isAnswered(reason)) logger.error(describeError(reason));
    });
    audit = new AuditTrail(database, logger.error);
    const stopUpkeep = await open({ config, front, url, database, telemetry, audit }, parts).catch((error) => {
      throw whyFailed(error, config);
    });
    await stopped;
    await stopUpkeep();
  } finally {
    await stop();
    // What the last requests did stands in the trail, too.
    await audit?.flush();
    await telemetry?.stop();
    database ??= await opening.catch(() => undefined);
    await database?.close();
  }
}

interface Opened {
  config: Config;
  front: Front;
  url: string;
  database: Database;
  telemetry: Telemetry;
  audit: AuditTrail;
}

/** Lets the service answer, says what is set up, and starts the work in the background. Returns what stops that. */
async function open(
  { config, front, url, database, telemetry, audit }: Opened,
  parts: Parts,
): Promise<() => Promise<void>> {
  const [{ createService }, { openWorkspace, listWorkspaces }, credentials, { keepStatistics }] = parts;
  const [, , , , { Embeddings }, { keepVectorsUp }, { readPersistedOperations }, , { noteKeyUses }] = parts;
  const { keepRetention } = parts[10];
  const { keepAnalysed } = parts[11];
  const { noteSessionUses } = parts[12];
  const { logger } = telemetry;
  const embeddings = await Embeddings.open(config.embedding, logger.warn);
  const isOpen = config.credentials === 'none';
  const tenant =
    isOpen || config.demo
      ? await openWorkspace(database, config.workspace, 'system:server', embeddings.model)
      : undefined;
  const isDemo = tenant?.isNew === true && config.demo;
  if (tenant && isDemo) {
    const { loadDemo } = await import('../transfer/demo/load.ts');
    await loadDemo({ ...tenant, actor: 'system:demo' });
  }
  const findTenants = async () =>
    tenant && isOpen
      ? [tenant]
      : (await listWorkspaces(database)).map(({ id: workspaceId }) => {
          return { database, workspaceId, actor: 'system:upkeep', embedding: embeddings.model };
        });
  telemetry.serves(findTenants, embeddings);
  const uses = noteKeyUses(database, logger.error);
  const sessionUses = noteSessionUses(database, logger.error);
  const tokenizer = new (await import('../domain/tokens/tokenizer.ts')).Tokenizer(config.tokenizer);
  await tokenizer.load();
  front.open(
    createService({
      database,
      authenticate:
        isOpen && tenant
          ? credentials.authenticateLocally(tenant.workspaceId)
          : credentials.authenticateBy(database, config.jwt, credentials.CREDENTIAL_TTL_MS, uses),
      sessionUses,
      audit,
      embeddings,
      reranker: config.rerank
        ? new (await import('../domain/rerank/reranker.ts')).Reranker(config.rerank, logger.warn)
        : null,
      tokenizer,
      graphiql: config.graphiql,
      mcp: config.mcp,
      limits: config.limits,
      requests: config.requests,
      persistedOperations: config.persistedOperations && (await readPersistedOperations(config)),
      log: logger.error,
      telemetry,
    }),
  );
  console.log(describeSetup(config, { url, isDemo, model: embeddings.model }).join('\n'));
  const upkeep = keepVectorsUp(findTenants, embeddings, logger.error);
  const analysis = keepAnalysed(findTenants, logger.warn, logger.error);
  const statistics = database.kind === 'embedded' ? keepStatistics(database) : undefined;
  const retention = keepRetention(database, config.retention, logger.error);
  return async () => {
    statistics?.stop();
    await Promise.all([upkeep.stop(), analysis.stop(), retention.stop(), uses.stop(), sessionUses.stop()]);
  };
}
