import type { Database } from '../db/database.ts';
import type { Tenant } from '../db/transaction.ts';
import { AuditTrail } from '../domain/audit/trail.ts';
import { authenticateBy, authenticateLocally, CREDENTIAL_TTL_MS } from '../domain/credential/authenticate.ts';
import { type KeyUses, noteKeyUses } from '../domain/credential/key-uses.ts';
import { Embeddings } from '../domain/embedding/embeddings.ts';
import { noteSessionUses } from '../domain/session/uses.ts';
import { Tokenizer } from '../domain/tokens/tokenizer.ts';
import { listWorkspaces, openWorkspace } from '../domain/workspace/workspaces.ts';
import { readPersistedOperations } from '../http/plugins/persisted-operations.ts';
import type { Authenticate } from '../http/plugins/use-authentication.ts';
import type { MakeLimiter } from '../http/requests/limiter.ts';
import { createService, type Service } from '../http/server.ts';
import type { JoinedMetrics } from '../http/telemetry/metrics.ts';
import { type LogReader, openTelemetry, type Telemetry } from '../http/telemetry/open.ts';
import type { EmbeddingModel } from '../kernel/embedding-model.ts';
import { noPeers, type Peers } from '../kernel/peers.ts';
import { Background } from './background.ts';
import type { Config } from './config.ts';

export interface Surrounding {
  database: Database;
  log: LogReader;
  /** Is told as soon as there is a log. */
  started?(telemetry: Telemetry): void;
  /** What this process has in common with others that serve the same port; default: there are none. */
  together?: Together;
  /** A credential that stands for the caller of a service without credentials, whatever CREDENTIALS says; default: none. */
  ownKey?: string;
}

/** How several processes serve one port. */
export interface Together {
  peers: Peers;
  makeLimiter: MakeLimiter;
  metrics: JoinedMetrics;
  /** Resolves when this process is the one that does the work in the background. */
  leads: Promise<void>;
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
  const { database, log, together } = surrounding;
  const telemetry = await openTelemetry(config.telemetry, database, log, together?.metrics);
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
  { database, ownKey, together }: Surrounding,
  telemetry: Telemetry,
  audit: AuditTrail,
): Promise<Omit<Opened, 'telemetry' | 'finish'>> {
  const { logger } = telemetry;
  const { peers = noPeers, leads } = together ?? {};
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
  const findTenants = findTenantsOf(database, isOpen ? tenant : undefined, embeddings.model);
  const { consolidation, retention, webhooks } = config;
  const { Chat } = config.chat ? await import('../domain/chat/chat.ts') : {};
  const chat = config.chat && Chat ? new Chat(config.chat, logger.warn) : null;
  const background = new Background({
    database,
    findTenants,
    embeddings,
    chat,
    consolidation,
    retention,
    webhooks,
    logger,
    peers,
  });
  const { deliveries, consolidations } = background;
  const served = async () => (background.isHere ? findTenants() : undefined);
  telemetry.serves(served, embeddings, deliveries, chat, consolidations);
  const uses = noteKeyUses(database, logger.error);
  const sessionUses = noteSessionUses(database, logger.error, undefined, peers);
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
    chat,
    tokenizer,
    webhooks,
    graphiql: config.graphiql,
    explorer: config.explorer,
    mcp: config.mcp,
    limits: config.limits,
    requests: config.requests,
    persistedOperations: config.persistedOperations && (await readPersistedOperations(config)),
    log: logger.error,
    telemetry,
    makeLimiter: together?.makeLimiter,
    peers,
  });
  if (leads) void leads.then(() => background.begin());
  else background.begin();
  const stopWork = async () => {
    await Promise.all([background.stop(), service.endStreams(), uses.stop(), sessionUses.stop()]);
  };
  return { service, isDemo, model: embeddings.model, stopWork };
}

/** The workspaces of the process: the one it serves alone, or all there are. */
const findTenantsOf =
  (database: Database, alone: Tenant | undefined, embedding: EmbeddingModel | null) =>
  async (): Promise<readonly Tenant[]> =>
    alone
      ? [alone]
      : (await listWorkspaces(database)).map(({ id: workspaceId }) => {
          return { database, workspaceId, actor: 'system:upkeep', embedding };
        });

interface Callers {
  database: Database;
  tenant: Tenant | undefined;
  uses: KeyUses;
  ownKey: string | undefined;
}

/** Who may ask, by the settings; and who has the key of this process. */
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
