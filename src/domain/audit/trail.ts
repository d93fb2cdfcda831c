import type { Database } from '../../db/database.ts';
import { write } from '../../db/write.ts';
import { describeError } from '../../kernel/describe-error.ts';
import { Unauthenticated } from '../../kernel/errors.ts';
import type { Principal } from '../../kernel/principal.ts';
import { type AuditEntry, newLine, writeEntries } from './entries.ts';

/** Lines are written this long after something was noted, at most. */
const WRITE_AFTER_MS = 1_000;
const MINUTE_MS = 60_000;
/** Refusals of a workspace that get a line of their own within a minute; what else is refused shares one. */
export const MAX_REFUSALS = 20;
/** Lines that wait to be written; further ones are lost, and that is logged. */
const MAX_WAITING = 10_000;

/** Something to be written down. It has no place for contents. */
export interface Noted {
  who: Pick<Principal, 'workspaceId' | 'actor' | 'credential'>;
  /** Where from, where that is known. */
  address?: string | undefined;
  /** A mutation, a field, or how somebody asked to come in. */
  action: string;
  /** What it was done to, by its id or type, where it was one thing. */
  subject?: string | undefined;
  /** `DONE`, or the code of the refusal. */
  outcome: string;
}

/**
 * The audit trail of what requests do. Noting costs a request nothing and never fails it: lines are written a second
 * later, and at the end. What is the same within a minute is one line with a count. Of refusals only who and why tell
 * lines apart, and a workspace has few a minute: nobody fills the disk by being refused.
 */
export class AuditTrail {
  readonly #database: Database;
  readonly #log: (text: string) => void;
  /** The lines of this minute. */
  readonly #lines = new Map<string, AuditEntry>();
  readonly #refusals = new Map<string, number>();
  /** What has to be written, by workspace. */
  #waiting = new Map<string, Set<AuditEntry>>();
  #minute = 0;
  #lost = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isFailing = false;

  constructor(database: Database, log: (text: string) => void) {
    this.#database = database;
    this.#log = log;
  }

  note(noted: Noted): void {
    const minute = Math.floor(Date.now() / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#lines.clear();
      this.#refusals.clear();
      this.#minute = minute;
    }
    const { workspaceId } = noted.who;
    const line = this.#lineOf(noted);
    if (!line) return;
    line.count++;
    const waiting = this.#waiting.get(workspaceId) ?? new Set();
    this.#waiting.set(workspaceId, waiting.add(line));
    this.#timer ??= setTimeout(() => this.flush(), WRITE_AFTER_MS).unref();
  }

  /** The line that something is counted in; undefined where there is no room for one more. */
  #lineOf({ who, address, action, subject, outcome }: Noted): AuditEntry | undefined {
    const { workspaceId, actor, credential } = who;
    const isDone = outcome === 'DONE';
    const told = isDone ? [actor, credential, outcome, action, subject] : [actor, credential, outcome];
    let key = JSON.stringify([workspaceId, ...told]);
    const known = this.#lines.get(key);
    if (known) return known;
    const refusals = this.#refusals.get(workspaceId) ?? 0;
    const isOther = !isDone && refusals >= MAX_REFUSALS;
    if (isOther) key = JSON.stringify([workspaceId]);
    else if (!isDone) this.#refusals.set(workspaceId, refusals + 1);
    const others = isOther ? this.#lines.get(key) : undefined;
    if (others) return others;
    if (this.#lines.size >= MAX_WAITING || this.#waitingCount() >= MAX_WAITING) {
      this.#lost++;
      return undefined;
    }
    const line = {
      ...newLine(),
      actor: isOther ? OTHERS : actor,
      credential: !isOther && credential.startsWith('key_') ? credential : null,
      address: isOther ? null : (address ?? null),
      action: isOther ? 'several' : action,
      subject: subject ?? null,
      outcome: isOther ? 'REFUSED' : outcome,
      count: 0,
    };
    this.#lines.set(key, line);
    return line;
  }

  #waitingCount(): number {
    return this.#waiting.values().reduce((sum, lines) => sum + lines.size, 0);
  }

  /** Writes what has been noted so far. What cannot be written now is tried again later. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = new Map();
    for (const [workspaceId, lines] of waiting) {
      const tenant = { database: this.#database, workspaceId, actor: 'system:audit' };
      try {
        await write(tenant, (tx) => writeEntries(tx, [...lines]));
        this.#isFailing = false;
      } catch (error) {
        // The workspace has been deleted, and its trail with it.
        if (error instanceof Unauthenticated) continue;
        if (!this.#isFailing) this.#log(`The audit trail could not be written: ${describeError(error)}`);
        this.#isFailing = true;
        this.#waiting.set(workspaceId, lines.union(this.#waiting.get(workspaceId) ?? new Set()));
        this.#timer ??= setTimeout(() => this.flush(), 10 * WRITE_AFTER_MS).unref();
      }
    }
    if (this.#lost > 0) this.#log(`The audit trail has lost ${this.#lost} entries: more than it can hold.`);
    this.#lost = 0;
  }
}

/** Who stands for all whose refusals share a line. */
const OTHERS = 'system:others';
