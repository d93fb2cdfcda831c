import type { Database } from '../../db/database.ts';
import { isOutage } from '../../db/outage.ts';
import { type KeyInUse, lapsed } from '../../domain/credential/authenticate.ts';
import { FeedWatch } from '../../domain/live/feed-watch.ts';
import { describeError } from '../../kernel/describe-error.ts';
import { Unauthenticated } from '../../kernel/errors.ts';
import type { Principal } from '../../kernel/principal.ts';
import { refusedUntil } from '../plugins/refusal.ts';
import type { StreamStats } from '../telemetry/stream-metrics.ts';
import { Batches } from './batches.ts';
import type { Subscriber } from './subscriber.ts';

/** How often streams are looked at: for those that are slow, and those whose credential has expired. */
const LOOK_EVERY_MS = 500;
/** How often keys are looked up again. A revoked one ends its streams within this, and the time that takes. */
const KEYS_EVERY_MS = 2_000;
/** Of how many workspaces keys are looked up at once. */
const CHECKS_AT_ONCE = 4;
const RETRY_S = 10;

export interface StreamSettings {
  /** Streams at once, of this process. */
  maxStreams: number;
  /** Streams of one workspace at once. */
  maxWorkspaceStreams: number;
  /** How long a client may leave what there is for it. */
  slowSubscriberMs: number;
}

/** A stream that is open. */
interface Open {
  subscriber: Subscriber;
  principal: Principal;
  key: KeyInUse | undefined;
}

/** The streams that are open: how many there may be, and what ends them. */
export class Streams {
  readonly watch: FeedWatch;
  readonly batches: Batches;
  readonly stats: StreamStats = { open: 0, delivered: 0, cut: 0 };
  readonly #database: Database;
  readonly #settings: StreamSettings;
  readonly #log: (text: string) => void;
  readonly #open = new Map<Subscriber, Open>();
  /** How many each workspace has. */
  readonly #counts = new Map<string, number>();
  /** Those that have ended and whose last event has not been taken. */
  readonly #leaving = new Set<Subscriber>();
  #looking: NodeJS.Timeout | undefined;
  #checking: Promise<void> | undefined;
  #checkedAt = 0;
  #isEnding = false;

  constructor(database: Database, settings: StreamSettings, log: (text: string) => void) {
    this.#database = database;
    this.#settings = settings;
    this.#log = log;
    this.watch = new FeedWatch(database, log);
    this.batches = new Batches(Math.max(1, Math.floor(database.stats().most / 4)));
  }

  /** How many have ended of whose answers not all has been taken. */
  get leaving(): number {
    return this.#leaving.size;
  }

  /** Throws the refusal of one too many. */
  add(open: Open): void {
    const { workspaceId } = open.principal;
    const { maxStreams, maxWorkspaceStreams } = this.#settings;
    const count = this.#counts.get(workspaceId) ?? 0;
    if (this.#isEnding) throw tooMany('This server is about to stop: subscribe again.');
    if (count >= maxWorkspaceStreams)
      throw tooMany(`This workspace already has ${maxWorkspaceStreams} subscriptions open here, the most at once.`);
    if (this.#open.size >= maxStreams)
      throw tooMany(`This server already has ${maxStreams} subscriptions open, the most at once.`);
    this.#counts.set(workspaceId, count + 1);
    this.#open.set(open.subscriber, open);
    this.stats.open = this.#open.size;
    this.#looking ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  remove(subscriber: Subscriber): void {
    const open = this.#open.get(subscriber);
    if (!open) return;
    this.#open.delete(subscriber);
    this.#leaving.add(subscriber);
    this.stats.open = this.#open.size;
    const { workspaceId } = open.principal;
    const left = (this.#counts.get(workspaceId) ?? 1) - 1;
    if (left > 0) this.#counts.set(workspaceId, left);
    else this.#counts.delete(workspaceId);
  }

  /** Ends all of them, so that clients subscribe elsewhere, and takes no more. */
  end(): void {
    this.#isEnding = true;
    for (const subscriber of [...this.#open.keys()]) subscriber.end();
  }

  async close(): Promise<void> {
    this.end();
    await Promise.all([this.#checking, this.watch.close()]);
  }

  #look(): void {
    const { slowSubscriberMs } = this.#settings;
    for (const subscriber of this.#leaving)
      if (subscriber.cutIfStuck(slowSubscriberMs)) this.#leaving.delete(subscriber);
    const now = Date.now();
    for (const { subscriber, principal } of [...this.#open.values()]) {
      if (principal.expiresAt && principal.expiresAt.getTime() <= now) {
        subscriber.end('UNAUTHENTICATED', 'The credential of this subscription has expired.');
      } else if (subscriber.isTooSlow(slowSubscriberMs)) {
        this.stats.cut++;
        subscriber.end(
          'SUBSCRIBER_TOO_SLOW',
          `What there was for this subscription was not taken for ${slowSubscriberMs} ms: subscribe again, after the cursor ` +
            'in extensions.after where there is one, and take events as they come.',
        );
      }
    }
    if (this.#open.size === 0) {
      if (this.#leaving.size > 0) return;
      clearInterval(this.#looking);
      this.#looking = undefined;
    } else if (!this.#checking && performance.now() - this.#checkedAt >= KEYS_EVERY_MS) {
      this.#checkedAt = performance.now();
      this.#checking = this.#checkKeys().finally(() => {
        this.#checking = undefined;
      });
    }
  }

  /** Looks the keys of all streams up again, by one statement for each workspace; and whether there still is that. */
  async #checkKeys(): Promise<void> {
    const left = Map.groupBy(this.#open.values(), ({ principal }) => principal.workspaceId).entries();
    const failures: unknown[] = [];
    const worker = async () => {
      for (const [workspaceId, opened] of left) {
        await this.#checkKeysOf(workspaceId, opened).catch((error) => failures.push(error));
        // While the database is away nothing is delivered either.
        if (failures.some(isOutage)) return;
      }
    };
    await Promise.all(Array.from({ length: CHECKS_AT_ONCE }, worker));
    if (failures.length > 0)
      this.#log(`Credentials of subscriptions were not checked, and are again: ${describeError(failures[0])}`);
  }

  async #checkKeysOf(workspaceId: string, opened: readonly Open[]): Promise<void> {
    const keys = new Map(opened.flatMap(({ key }) => (key ? [[`${key.keyId} ${key.secretHash}`, key] as const] : [])));
    try {
      const refused = await lapsed(this.#database, workspaceId, [...keys.values()]);
      const byKey = new Map([...refused].map(([{ keyId, secretHash }, error]) => [`${keyId} ${secretHash}`, error]));
      for (const { subscriber, key } of opened) {
        const error = key && byKey.get(`${key.keyId} ${key.secretHash}`);
        if (error) subscriber.end(error.code, error.message);
      }
    } catch (error) {
      if (!(error instanceof Unauthenticated)) throw error;
      for (const { subscriber } of opened) subscriber.end(error.code, error.message);
    }
  }
}

const tooMany = (message: string) => refusedUntil(503, 'UNAVAILABLE', message, RETRY_S);
