import type { Database } from '../db/database.ts';
import type { Tenant } from '../db/transaction.ts';
import { AuditTrail } from '../domain/audit/trail.ts';
import { authenticateBy, authenticateLocally, CREDENTIAL_TTL_MS } from '../domain/credential/authenticate.ts';
import { type KeyUses, noteKeyUses } from '../domain/credential/key-uses.ts';
import { Embeddings } from '../domain/embedding/embeddings.ts';
import { keepVectorsUp } from '../domain/embedding/upkeep-loop.ts';
import { keepAnalysed } from '../domain/recall/reanalysis-loop.ts';
import { keepRetention } from '../domain/retention/retention.ts';
import { noteSessionUses } from '../domain/session/uses.ts';
import { Tokenizer } from '../domain/tokens/tokenizer.ts';
import { listWorkspaces, openWorkspace } from '../domain/workspace/workspaces.ts';
import { readPersistedOperations } from '../http/plugins/persisted-operations.ts';
import type { Authenticate } from '../http/plugins/use-authentication.ts';
import { createService, type Service } from '../http/server.ts';
import { type LogReader, openTelemetry, type Telemetry } from '../http/telemetry/open.ts';
import type { EmbeddingModel } from '../kernel/embedding-model.ts';
import { keepStatistics } from '../tables/statistics.ts';
import type { Config } from './config.ts';

export interface Surrounding {
  database: Database;
  log: LogReader;
  /** Is told as soon as there is a log. */
  started?(telemetry: Telemetry): void;
  /** A credential that stands for the caller of a service without credentials, whatever CREDENTIALS says; default: none. */
  ownKey?: string;
}

/** A service that answers, and its work in the background. */
export interface Opened {
  service: Service;
  telemetry: Telemetry;
  /** The demo graph has just been loaded. */
  isDemo: boolean;
  /** What vectors are made by; null: none are. */
  model: EmbeddingModel | null;
  /** Ends the work in the background. */
  stopWork(): Promise<void>;
  /** What the last requests did is written down, in the audit trail and the log. The database stays open. */
  finish(): Promise<void>;
}

/** Sets up all that a service consists of, as configured, over a database that is open. */
export async function openService(config: Config, surrounding: Surrounding): Promise<Opened> {
  const { database, log } = surrounding;
  const telemetry = await openTelemetry(config.telemetry, database, log);
  surrounding.started?.(telemetry);
  const audit = new AuditTrail(database, telemetry.logger.error);
  const finish = async () => {
    await audit.flush();
    await telemetry.stop();
  };
  try {
    return { ...(await assemble(config, surrounding, telemetry, audit)), telemetry, finish };
  } catch (error) {
    await finish();
    throw error;
  }
}

async function assemble(
  config: Config,
  { database, ownKey }: Surrounding,
  telemetry: Telemetry,
  audit: AuditTrail,
): Promise<Omit<Opened, 'telemetry' | 'finish'>> {
  const { logger } = telemetry;
  const embeddings = await Embeddings.open(config.embedding, logger.warn);
  const isOpen = config.credentials === 'none';
  const tenant =
    isOpen || config.demo || ownKey !== undefined
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
  const tokenizer = new Tokenizer(config.tokenizer);
  await tokenizer.load();
  const { Reranker } = config.rerank ? await import('../domain/rerank/reranker.ts') : {};
  const service = createService({
    database,
    authenticate: authenticateAs(config, { database, tenant, uses, ownKey }),
    sessionUses,
    audit,
    embeddings,
    reranker: config.rerank && Reranker ? new Reranker(config.rerank, logger.warn) : null,
    tokenizer,
    graphiql: config.graphiql,
    mcp: config.mcp,
    limits: config.limits,
    requests: config.requests,
    persistedOperations: config.persistedOperations && (await readPersistedOperations(config)),
    log: logger.error,
    telemetry,
  });
  const upkeep = keepVectorsUp(findTenants, embeddings, logger.error);
  const analysis = keepAnalysed(findTenants, logger.warn, logger.error);
  const statistics = database.kind === 'embedded' ? keepStatistics(database) : undefined;
  const retention = keepRetention(database, config.retention, logger.error);
  const stopWork = async () => {
    statistics?.stop();
    await Promise.all([upkeep.stop(), analysis.stop(), retention.stop(), uses.stop(), sessionUses.stop()]);
  };
  return { service, isDemo, model: embeddings.model, stopWork };
}

interface Callers {
  database: Database;
  tenant: Tenant | undefined;
  uses: KeyUses;
  ownKey: string | undefined;
}

/** Who may ask, by the settings; and whoever has the key of this process. */
function authenticateAs(config: Config, { database, tenant, uses, ownKey }: Callers): Authenticate {
  const known =
    config.credentials === 'none' && tenant
      ? authenticateLocally(tenant.workspaceId)
      : authenticateBy(database, config.jwt, CREDENTIAL_TTL_MS, uses);
  if (ownKey === undefined || !tenant) return known;
  const local = authenticateLocally(tenant.workspaceId);
  const own = `Bearer ${ownKey}`;
  return (request, lookUp) => (request.headers.get('authorization') === own ? local(request) : known(request, lookUp));
}
