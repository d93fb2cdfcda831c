import { setTimeout as sleep } from 'node:timers/promises';
import { inBackground, Pace } from '../../db/background.ts';
import type { Database } from '../../db/database.ts';
import { isOutage } from '../../db/outage.ts';
import type { Tenant } from '../../db/transaction.ts';
import { write } from '../../db/write.ts';
import { describeError } from '../../kernel/describe-error.ts';
import { newId } from '../../kernel/ids.ts';
import { type Agents, makeAgents } from './address.ts';
import { bodyOf, messageId } from './body.ts';
import { type Claimed, claimWebhooks, forgetClaims, type Next, release, withWebhooks } from './claim.ts';
import { type Attempt, giveUp, noteDelivered, noteFailed } from './outcome.ts';
import { type Answer, send } from './send.ts';
import type { WebhookSettings } from './settings.ts';
import { signedHeaders } from './signature.ts';
import type { Tally } from './tally.ts';

/** How often a process looks which workspaces have webhooks. */
const LOOK_MS = 1_000;
/**
 * How often it looks for what waits in each of them, whether or not it is woken: so what is to be tried again is found,
 * and what other processes write, where these cannot wake it.
 */
const SWEEP_MS = { woken: 5_000, alone: 1_000 };
/** The same for each workspace, where there are many: each look is a transaction. */
const SWEEP_MS_PER_WORKSPACE = 20;
/** The most webhooks that one process sends to at once, and the most of one workspace. */
const MAX_AT_ONCE = 16;
const MAX_OF_WORKSPACE = 4;
/** After so many deliveries in a row a webhook waits for its next turn. */
const MAX_IN_A_ROW = 100;
/** How long what is being sent has when the process is to end. */
const GRACE_MS = 2_000;
/** How many deliveries one transaction gives up, at first and at most. */
const FIRST_PIECE = 100;
const MOST_A_PIECE = 1_000;
/** What is written within so many milliseconds is looked for together. */
const TOGETHER_MS = 20;

export interface Delivering {
  /** Ends it; what is being sent is waited for, but not for long. */
  stop(): Promise<void>;
}

interface Options {
  database: Database;
  settings: WebhookSettings;
  tally: Tally;
  log: (text: string) => void;
  /** How long a receiver may take. Default: 15 s. */
  timeoutMs?: number;
}

/** Sends what waits in all workspaces, until stopped. Of several processes any may: what one has claimed others leave. */
export function keepDelivering(options: Options): Delivering {
  const courier = new Courier(options);
  const running = courier.run();
  return {
    async stop() {
      courier.stop();
      await running;
    },
  };
}

class Courier {
  readonly #options: Options;
  readonly #database: Database;
  readonly #agents: Agents;
  /** How many webhooks are being sent to, by workspace. */
  readonly #busy = new Map<string, number>();
  readonly #sending = new Set<Promise<void>>();
  /** When the workspaces are to be looked into that have webhooks, as of the last look. */
  readonly #active = new Map<string, number>();
  /** Of these, those in which something may wait since. */
  readonly #woken = new Set<string>();
  /** Those to be looked into whenever something that is being sent there ends: something was written meanwhile. */
  readonly #again = new Set<string>();
  /** Those to be looked into when anything ends, since this process was sending to as many webhooks as it may. */
  readonly #crowded = new Set<string>();
  /** Those in which this process has claimed something before. */
  readonly #entered = new Set<string>();
  readonly #stopping = new AbortController();
  /** Breaks off what is being sent. */
  readonly #over = new AbortController();
  readonly #stopWaking: () => void;
  readonly #pace = new Pace(FIRST_PIECE, MOST_A_PIECE);
  #gathering: NodeJS.Timeout | undefined;
  #nextLook = 0;
  #wake: () => void = () => {};
  #isAwake = false;
  #isGone = false;

  constructor(options: Options) {
    this.#options = options;
    this.#database = inBackground(options.database);
    this.#agents = makeAgents(options.settings);
    this.#stopWaking = options.database.wakeUps.listen({
      woken: (workspaceId) => this.#noteEvents(workspaceId),
      missed: () => this.#lookSoon(),
    });
  }

  stop(): void {
    this.#stopWaking();
    this.#stopping.abort();
    clearTimeout(this.#gathering);
    this.#rouse();
    setTimeout(() => this.#over.abort(), GRACE_MS).unref();
  }

  async run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#isAwake = false;
      await this.#look().then(
        () => {
          this.#isGone = false;
        },
        (error) => this.#complain(error),
      );
      await this.#idle();
    }
    await Promise.all(this.#sending);
    this.#agents.destroy();
  }

  /** Somebody has written in a workspace. */
  #noteEvents(workspaceId: string): void {
    if (!this.#active.has(workspaceId)) return;
    if (this.#busy.has(workspaceId)) this.#again.add(workspaceId);
    this.#woken.add(workspaceId);
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#rouse();
    }, TOGETHER_MS).unref();
  }

  #lookSoon(): void {
    this.#nextLook = 0;
    for (const id of this.#active.keys()) this.#active.set(id, 0);
    this.#rouse();
  }

  #rouse(): void {
    this.#isAwake = true;
    this.#wake();
  }

  /** Until it is time to look again, or there is something to do. */
  async #idle(): Promise<void> {
    if (this.#isAwake) return;
    const over = new AbortController();
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const wait = Math.max(1, this.#nextLook - performance.now());
    await Promise.race([woken, sleep(wait, undefined, { signal: over.signal, ref: false }).catch(() => {})]);
    over.abort();
  }

  async #look(): Promise<void> {
    if (performance.now() >= this.#nextLook) await this.#sweep();
    // Those that are woken meanwhile come next, so that a look has an end.
    for (const workspaceId of [...this.#woken]) {
      if (this.#stopping.signal.aborted) return;
      const room = MAX_AT_ONCE - this.#sending.size;
      const ownRoom = MAX_OF_WORKSPACE - (this.#busy.get(workspaceId) ?? 0);
      this.#woken.delete(workspaceId);
      // Where there is no room, it is looked for again when there is.
      if (room <= 0) this.#crowded.add(workspaceId);
      else if (ownRoom <= 0) this.#again.add(workspaceId);
      // What is wrong with one workspace keeps no other waiting.
      else await this.#claim(workspaceId, Math.min(room, ownRoom)).catch((error) => this.#complain(error));
    }
  }

  /** Which workspaces there are with webhooks, and which of them have not been looked into for long. */
  async #sweep(): Promise<void> {
    const now = performance.now();
    this.#nextLook = now + LOOK_MS;
    const found = new Set(await withWebhooks(this.#database));
    for (const id of this.#active.keys()) if (!found.has(id)) this.#active.delete(id);
    const { woken, alone } = SWEEP_MS;
    const { receivesOthers } = this.#options.database.wakeUps;
    const every = Math.max(receivesOthers ? woken : alone, found.size * SWEEP_MS_PER_WORKSPACE);
    for (const id of found) {
      if (now < (this.#active.get(id) ?? 0)) continue;
      this.#active.set(id, now + every);
      this.#woken.add(id);
    }
  }

  async #claim(workspaceId: string, room: number): Promise<void> {
    const tenant = { database: this.#database, workspaceId, actor: 'system:webhooks' };
    const claim = newId();
    // The embedded database is one process's: what an earlier one had claimed it sends no more.
    const isFirst = this.#database.kind === 'embedded' && !this.#entered.has(workspaceId);
    const claimed = await write(tenant, async (tx) => {
      if (isFirst) await forgetClaims(tx);
      return claimWebhooks(tx, claim, room);
    });
    this.#entered.add(workspaceId);
    if (claimed.length === room) this.#again.add(workspaceId);
    for (const webhook of claimed) this.#begin(tenant, claim, webhook);
  }

  #begin(tenant: Tenant, claim: string, webhook: Claimed): void {
    const { workspaceId } = tenant;
    this.#busy.set(workspaceId, (this.#busy.get(workspaceId) ?? 0) + 1);
    const sending: Promise<void> = this.#serve(tenant, claim, webhook)
      // The claim runs out by itself.
      .catch((error) => this.#complain(error))
      .then(() => {
        this.#sending.delete(sending);
        this.#noteEnd(workspaceId);
      });
    this.#sending.add(sending);
  }

  /** Something that was being sent in a workspace has ended. */
  #noteEnd(workspaceId: string): void {
    const left = (this.#busy.get(workspaceId) ?? 1) - 1;
    if (left > 0) this.#busy.set(workspaceId, left);
    else this.#busy.delete(workspaceId);
    // What was written meanwhile may be for one of those that are still busy, too.
    const isAgain = left > 0 ? this.#again.has(workspaceId) : this.#again.delete(workspaceId);
    if (isAgain) this.#woken.add(workspaceId);
    for (const id of this.#crowded) this.#woken.add(id);
    this.#crowded.clear();
    if (this.#woken.size > 0) this.#rouse();
  }

  /** Sends one webhook what waits for it, in order, until an attempt fails. */
  async #serve(tenant: Tenant, claim: string, webhook: Claimed): Promise<void> {
    const { tally } = this.#options;
    let next: Next | undefined = webhook;
    for (let sent = 1; next; sent++) {
      const attempt: Attempt = { webhookId: webhook.id, deliveryId: next.deliveryId, claim };
      const answer = await this.#send(webhook, next);
      if (!answer) return write(tenant, (tx) => release(tx, webhook.id, claim));
      if (answer.error !== null) {
        const failure = await write(tenant, (tx) => noteFailed(tx, attempt, answer));
        if (!failure) return;
        tally.note(failure.isFailed ? 'failed' : 'retried');
        if (failure.others !== 'none') await this.#giveUp(tenant, webhook.id, failure.others);
        return;
      }
      const goesOn = sent < MAX_IN_A_ROW && !this.#stopping.signal.aborted;
      next = await write(tenant, (tx) => noteDelivered(tx, attempt, answer, goesOn));
      tally.note('delivered');
      if (!goesOn) this.#again.add(tenant.workspaceId);
    }
  }

  /** Undefined: it was broken off, since the process is to end. */
  async #send({ url, secret }: Claimed, event: Next): Promise<Answer | undefined> {
    const { timeoutMs } = this.#options;
    const body = bodyOf(event);
    const headers = { ...signedHeaders({ id: messageId(event), sentAt: new Date(), body }, secret), ...ABOUT };
    const how = { agents: this.#agents, signal: this.#over.signal, timeoutMs };
    return send({ url, headers, body }, how).catch(() => undefined);
  }

  async #giveUp(tenant: Tenant, webhookId: string, which: 'over' | 'all'): Promise<void> {
    for (let isMore = true; isMore && !this.#stopping.signal.aborted; ) {
      const { size } = this.#pace;
      const piece = () => write(tenant, (tx) => giveUp(tx, webhookId, which, size));
      const given = await this.#pace.measure(piece, (count) => count);
      this.#options.tally.note('failed', given);
      isMore = given >= size;
    }
  }

  /** Says once that the database is gone, however often it is tried. */
  #complain(error: unknown): void {
    if (this.#isGone && isOutage(error)) return;
    this.#isGone = isOutage(error);
    this.#options.log(`Webhooks could not be sent: ${describeError(error)}`);
  }
}

const ABOUT = { 'user-agent': 'palimpsest', accept: '*/*' };
