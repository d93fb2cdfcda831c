import { createHash, randomUUID } from 'node:crypto';
import type { Session } from './database.ts';
import type { Place } from './place.ts';
import { LocalWakeUps, type WakeUpListener, type WakeUps } from './wake-ups.ts';

/** Commits within so many milliseconds are sent to other processes in one message. */
const TOGETHER_MS = 10;
/** The most workspaces of one message, which PostgreSQL lets have 7,999 bytes. */
const WORKSPACES_A_MESSAGE = 200;
/** A session that was lost is opened again after so long, doubled each time it fails again, up to the most. */
const REOPEN_MS = 100;
const MOST_REOPEN_MS = 5_000;
/** How often a session that listens is tried, and how long it may take to answer: a dead network says nothing. */
const CHECK_MS = 15_000;
const ANSWER_WITHIN_MS = 5_000;
/** How long closing waits for the last message, and for a session that is being opened. */
const LAST_WITHIN_MS = 1_000;

/** Opens a session past any pooler. `received` gets what it is notified of, `lost` is called once when it has ended. */
export type OpenNotified = (received: (payload: string) => void, lost: () => void) => Promise<Session>;

/**
 * Notifies other processes by NOTIFY, and is notified by LISTEN, on one session a process, which is opened when there is
 * something to send or somebody listens. The message is no part of the transaction it is about: PostgreSQL commits those
 * that notify one after the other, and each would have one more statement.
 */
export class PostgresqlWakeUps implements WakeUps {
  readonly #local = new LocalWakeUps();
  readonly #open: OpenNotified | undefined;
  readonly #channel: string;
  /** Marks this process's own messages, which it skips. */
  readonly #self = randomUUID();
  readonly #pending = new Set<string>();
  #session: Session | undefined;
  #opening: Promise<void> | undefined;
  #isListening = false;
  #isClosed = false;
  #failures = 0;
  #mayOpenAt = 0;
  #sending: NodeJS.Timeout | undefined;
  #reopening: NodeJS.Timeout | undefined;
  #checking: NodeJS.Timeout | undefined;

  /** `open`: undefined where only a pooler can be reached: then processes do not notify each other. */
  constructor(place: Place, open: OpenNotified | undefined) {
    this.#open = open;
    this.#channel = channelOf(place);
  }

  get receivesOthers(): boolean {
    return this.#isListening;
  }

  announce(workspaceId: string): void {
    this.#local.announce(workspaceId);
    if (!this.#open || this.#isClosed) return;
    this.#pending.add(workspaceId);
    this.#sending ??= setTimeout(() => void this.#send(), TOGETHER_MS).unref();
  }

  listen(listener: WakeUpListener): () => void {
    const end = this.#local.listen(listener);
    void this.#startListening();
    return () => {
      end();
      if (!this.#local.hasListeners) this.#stopListening();
    };
  }

  async close(): Promise<void> {
    clearTimeout(this.#sending);
    if (this.#session && this.#pending.size > 0) await within(LAST_WITHIN_MS, this.#send()).catch(() => {});
    this.#isClosed = true;
    clearTimeout(this.#reopening);
    clearInterval(this.#checking);
    // A session that opens later ends itself.
    await within(LAST_WITHIN_MS, this.#opening ?? Promise.resolve()).catch(() => {});
    this.#session?.release();
  }

  async #send(): Promise<void> {
    this.#sending = undefined;
    const session = await this.#ready();
    const ids = [...this.#pending];
    this.#pending.clear();
    if (!session || ids.length === 0) return;
    const payloads: string[] = [];
    for (let at = 0; at < ids.length; at += WORKSPACES_A_MESSAGE)
      payloads.push(`${this.#self} ${ids.slice(at, at + WORKSPACES_A_MESSAGE).join(',')}`);
    const text = 'select pg_notify($1, payload) from jsonb_array_elements_text($2::text::jsonb) payload';
    // What is lost is found by who looks at the counters.
    await session.query(text, [this.#channel, JSON.stringify(payloads)]).catch(() => {});
  }

  /** Listens, if somebody wants it and it does not yet. */
  async #startListening(): Promise<void> {
    if (this.#isListening || !this.#local.hasListeners) return;
    const session = await this.#ready();
    if (!session) return this.#listenLater();
    try {
      await session.script(`listen "${this.#channel}"`);
      if (this.#session !== session || this.#isListening) return;
      if (!this.#local.hasListeners) return this.#stopListening();
      this.#isListening = true;
      this.#checking = setInterval(() => void this.#check(session), CHECK_MS).unref();
      this.#local.missed();
    } catch {
      session.release();
    }
  }

  /** Nobody listens any more. The session stays, to notify others. */
  #stopListening(): void {
    this.#isListening = false;
    clearInterval(this.#checking);
    clearTimeout(this.#reopening);
    void this.#session?.script('unlisten *').catch(() => {});
  }

  /** The session, opened if need be; undefined where it cannot be, or was tried a moment ago. */
  async #ready(): Promise<Session | undefined> {
    if (!this.#session && !this.#opening && performance.now() >= this.#mayOpenAt) {
      this.#opening = this.#openSession().finally(() => {
        this.#opening = undefined;
      });
    }
    await this.#opening;
    return this.#session;
  }

  async #openSession(): Promise<void> {
    if (!this.#open || this.#isClosed) return;
    let isLost = false;
    try {
      const session = await this.#open(this.#received, () => {
        isLost = true;
        this.#lost();
      });
      // Nobody waits for these commits to be on disk: what they say is not kept there.
      await session.script('set synchronous_commit = off; set idle_session_timeout = 0');
      if (this.#isClosed || isLost) return session.release();
      this.#session = session;
      this.#failures = 0;
    } catch {
      this.#putOff();
    }
  }

  readonly #received = (payload: string): void => {
    const [sender, ids = ''] = payload.split(' ');
    if (sender === this.#self) return;
    for (const id of ids.split(',')) if (id !== '') this.#local.announce(id);
  };

  #lost(): void {
    this.#session = undefined;
    this.#isListening = false;
    clearInterval(this.#checking);
    this.#putOff();
    this.#listenLater();
  }

  #putOff(): void {
    const waitMs = Math.min(MOST_REOPEN_MS, REOPEN_MS * 2 ** this.#failures++);
    this.#mayOpenAt = performance.now() + waitMs * (0.5 + Math.random() / 2);
  }

  #listenLater(): void {
    if (this.#isClosed || !this.#open || !this.#local.hasListeners) return;
    clearTimeout(this.#reopening);
    this.#reopening = setTimeout(
      () => void this.#startListening(),
      Math.max(1, this.#mayOpenAt - performance.now()),
    ).unref();
  }

  async #check(session: Session): Promise<void> {
    await within(ANSWER_WITHIN_MS, session.script('select 1')).catch(() => session.release());
  }
}

/** Tables of another schema are another service's. The name of a channel has at most 63 bytes. */
const channelOf = ({ schema }: Place): string =>
  `palimpsest_${createHash('sha256').update(schema).digest('hex').slice(0, 40)}`;

/** Rejects where work takes longer than so many milliseconds. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('it has not answered in time')), ms).unref();
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
