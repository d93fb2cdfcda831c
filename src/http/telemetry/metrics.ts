import { setTimeout as sleep } from 'node:timers/promises';
import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client';
import type { DatabaseStats } from '../../db/database.ts';
import type { ConsolidationTally } from '../../domain/consolidation/tally.ts';
import type { Usage } from '../../domain/embedding/usage.ts';
import type { Tally } from '../../domain/webhook/tally.ts';
import type { Backlog } from './backlog.ts';
import { type ChatStats, showChat } from './chat-metrics.ts';
import { showConsolidation } from './consolidation-metrics.ts';
import { showDatabase } from './database-metrics.ts';
import type { RequestObserver, RequestRecord } from './request-record.ts';
import { type StreamStats, showStreams } from './stream-metrics.ts';
import { WebhookMetrics } from './webhook-metrics.ts';

/** Bounds of the histogram of durations: most requests take a few milliseconds, a mutation at most five seconds. */
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** What waits is counted at most this often, however many scrape. */
const BACKLOG_TTL_MS = 10_000;
/** A scrape waits no longer for what has to be counted, and shows all else. */
const BACKLOG_TIMEOUT_MS = 2_000;
/**
 * Codes are the service's and its libraries' own; should a library make them up, there are no more series than this.
 */
const MAX_CODES = 64;

const mcpMethods: ReadonlySet<string | undefined> = new Set([
  'initialize',
  'ping',
  'server/discover',
  'tools/list',
  'tools/call',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'prompts/list',
  'prompts/get',
  'subscriptions/listen',
]);
/** A method that there is, and `other` in place of what clients make up. */
function mcpMethodOf(name: string | undefined): string {
  const [method] = name?.split(' ') ?? [];
  return method !== undefined && mcpMethods.has(method) ? method : 'other';
}

/** What a provider of vectors has been asked, and whether it is left in peace now, since it fails. */
export interface EmbeddingStats extends Pick<Usage, 'requests' | 'texts' | 'tokens'> {
  isPaused: boolean;
}

/** The metrics of one process, as another can read them. */
export type Series = MetricObjectWithValues<MetricValue<string>>[];

/** Joins the metrics of several processes that serve one port. */
export interface JoinedMetrics {
  /** Says how those of this process are read. */
  offer(read: () => Promise<Series>): void;
  /** Those of all processes, as Prometheus reads them. */
  text(): Promise<string>;
}

export interface MetricsSources {
  /** The database's state; called at each scrape. */
  database(): DatabaseStats;
  /**
   * Counts what waits; called at a scrape, once in ten seconds at most, and never while it is still at it. Undefined:
   * another process counts it.
   */
  backlog(): Promise<Backlog | undefined>;
  /** What has been asked of a provider of vectors; called at each scrape. */
  embeddings(): EmbeddingStats;
  /** What has been asked of a chat model; called at each scrape. */
  chat(): ChatStats;
  /** How attempts to send webhooks have ended; called at each scrape. */
  deliveries(): Tally['counts'];
  /** What Prometheus has to show to read them; without, nothing. */
  token: string | undefined;
  /** Where several processes serve one port. */
  joined?: JoinedMetrics | undefined;
  /** Is called where counting fails. */
  failed(error: unknown): void;
}

/** What Prometheus scrapes. Labels have few values each: no workspaces, no names that clients choose. */
export class Metrics implements RequestObserver {
  readonly token: string | undefined;
  readonly #registry = new Registry();
  readonly #sources: MetricsSources;
  readonly #codes = new Set<string>();
  #counting: Promise<void> | undefined;
  /** As it was when the scrape began: counting would be seen in it. */
  #database: DatabaseStats | undefined;
  #countedAt = Number.NEGATIVE_INFINITY;

  readonly #requests = this.#counter('requests_total', 'GraphQL requests answered.', ['type', 'outcome']);
  readonly #mcpRequests = this.#counter('mcp_requests_total', 'Requests of the Model Context Protocol answered.', [
    'method',
    'outcome',
  ]);
  readonly #errors = this.#counter('errors_total', 'Errors, and expected failures of mutations, by their code.', [
    'code',
  ]);
  readonly #inFlight = this.#gauge('requests_in_flight', 'Requests of any kind being answered.');
  readonly #duration = new Histogram({
    name: 'palimpsest_request_duration_seconds',
    help: 'How long GraphQL requests took.',
    labelNames: ['type'],
    buckets: BUCKETS_SECONDS,
    registers: [this.#registry],
  });
  readonly #pending = this.#gauge(
    'embeddings_owed',
    'Memories that still need a vector, of the workspaces this process serves.',
  );
  readonly #unanalysed = this.#gauge(
    'memories_unanalysed',
    'Memories whose words an earlier version has analysed, of the workspaces this process serves.',
  );
  readonly #open = this.#gauge(
    'contradictions_open',
    'Contradictions not resolved yet, of the workspaces this process serves.',
  );

  readonly #unconfirmed = this.#gauge(
    'findings_unconfirmed',
    'Findings that the chat model is still to be asked about, of the workspaces this process serves.',
  );

  readonly #webhooks: WebhookMetrics;

  constructor(sources: MetricsSources) {
    this.#sources = sources;
    this.#webhooks = new WebhookMetrics([this.#registry], () => sources.deliveries());
    this.token = sources.token;
    // Not known yet.
    this.#forgetBacklog();
    sources.joined?.offer(() => this.#own((registry) => registry.getMetricsAsJSON()));
    collectDefaultMetrics({ register: this.#registry });
    showDatabase(this.#registry, () => this.#database ?? sources.database());
    this.#watchEmbeddings();
    showChat(this.#registry, () => sources.chat());
  }

  /** What a provider of vectors is asked over the network, which may cost money. */
  #watchEmbeddings(): void {
    const embeddings = () => this.#sources.embeddings();
    const registers = [this.#registry];
    new Counter({
      name: 'palimpsest_embedding_requests_total',
      help: 'Requests to the provider of vectors, by how they ended. What is tried again counts each time.',
      labelNames: ['outcome'],
      registers,
      collect() {
        this.reset();
        for (const [outcome, count] of Object.entries(embeddings().requests)) this.inc({ outcome }, count);
      },
    });
    new Counter({
      name: 'palimpsest_embedding_texts_total',
      help: 'Texts that the provider has made vectors of.',
      registers,
      collect() {
        this.reset();
        this.inc(embeddings().texts);
      },
    });
    new Counter({
      name: 'palimpsest_embedding_tokens_total',
      help: 'Tokens of these texts: as the provider counted them, or else estimated.',
      registers,
      collect() {
        this.reset();
        this.inc(embeddings().tokens);
      },
    });
    new Gauge({
      name: 'palimpsest_embedding_paused',
      help: '1 while the provider of vectors is asked nothing, since it fails; else 0.',
      aggregator: 'max',
      registers,
      collect() {
        this.set(embeddings().isPaused ? 1 : 0);
      },
    });
  }

  /** What subscriptions come to; called at each scrape. */
  watchStreams(streams: () => Readonly<StreamStats>): void {
    showStreams(this.#registry, streams);
  }

  /** What runs of consolidation in the background come to. */
  watchConsolidation(tally: ConsolidationTally): void {
    showConsolidation(this.#registry, tally);
  }

  started(): void {
    this.#inFlight.inc();
  }

  finished({ route, operationType, operationName, outcome, durationMs, codes }: RequestRecord): void {
    this.#inFlight.dec();
    if (route === 'mcp') this.#mcpRequests.inc({ method: mcpMethodOf(operationName), outcome });
    if (route !== 'graphql') return;
    const type = operationType ?? 'none';
    this.#requests.inc({ type, outcome });
    this.#duration.observe({ type }, durationMs / 1000);
    for (const code of codes) this.#errors.inc({ code: this.#labelOf(code) });
  }

  /** All of them as Prometheus reads it, of all processes. What could not be counted in time is left as it was, or out. */
  text(): Promise<string> {
    return this.#sources.joined?.text() ?? this.#own((registry) => registry.metrics());
  }

  async #own<T>(read: (registry: Registry) => Promise<T>): Promise<T> {
    this.#database = this.#sources.database();
    if (!this.#counting && performance.now() - this.#countedAt > BACKLOG_TTL_MS) {
      this.#counting = this.#count().finally(() => {
        this.#counting = undefined;
      });
    }
    const giveUp = new AbortController();
    const tooLong = sleep(BACKLOG_TIMEOUT_MS, undefined, { ref: false, signal: giveUp.signal }).catch(() => {});
    await Promise.race([this.#counting, tooLong]);
    giveUp.abort();
    return read(this.#registry);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async #count(): Promise<void> {
    try {
      const backlog = await this.#sources.backlog();
      if (!backlog) return this.#forgetBacklog();
      this.#pending.set(backlog.pendingEmbeddings);
      this.#unanalysed.set(backlog.unanalysedMemories);
      this.#open.set(backlog.openContradictions);
      this.#unconfirmed.set(backlog.unconfirmedFindings);
      this.#webhooks.set(backlog);
      this.#countedAt = performance.now();
    } catch (error) {
      this.#forgetBacklog();
      this.#sources.failed(error);
    }
  }

  /** An unknown number is left out: it must not look as if all were well. */
  #forgetBacklog(): void {
    for (const gauge of [this.#pending, this.#unanalysed, this.#open, this.#unconfirmed]) gauge.remove();
    this.#webhooks.forget();
  }

  #labelOf(code: string): string {
    if (this.#codes.has(code)) return code;
    if (this.#codes.size >= MAX_CODES) return 'OTHER';
    this.#codes.add(code);
    return code;
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]) {
    return new Counter({ name: `palimpsest_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #gauge(name: string, help: string) {
    return new Gauge({ name: `palimpsest_${name}`, help, registers: [this.#registry] });
  }
}
