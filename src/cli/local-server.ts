import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { unavailable } from '../client/operation-error.ts';
import { ownerOf } from '../db/lock.ts';
import { announced } from './announcement.ts';
import type { Surroundings } from './surroundings.ts';

/** How long a server that was started here is kept without a request. */
const IDLE_MINUTES = 30;
/** How long it may take until a server says where it is. */
const START_TIMEOUT_MS = 30_000;
const LOOK_EVERY_MS = 25;
const ATTEMPTS = 3;
/** How much of what a server said before it ended is shown. */
const MOST_SAID = 500;
/** The settings of clients are no settings of a server. */
const OWN = /^PALIMPSEST_/;

/** Finds the server of a data folder of this machine, or starts one in the background. */
export class LocalServer {
  readonly #folder: string;
  readonly #surroundings: Surroundings;
  #starting: Promise<string> | undefined;

  constructor(folder: string, surroundings: Surroundings) {
    this.#folder = resolve(folder);
    this.#surroundings = surroundings;
  }

  /** Where GraphQL is. Rejects with an OperationError where no server can be started. */
  async url(): Promise<string> {
    const url = announced(this.#folder);
    if (url !== undefined) return url;
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #start(): Promise<string> {
    mkdirSync(this.#folder, { recursive: true });
    const until = performance.now() + START_TIMEOUT_MS;
    for (let attempt = 1; ; attempt++) {
      const url = await this.#startOnce(until);
      if (url !== undefined) return url;
      if (attempt >= ATTEMPTS || performance.now() > until) {
        throw unavailable(`No server could be started for ${this.#folder}: ${lastOf(this.#log)}`);
      }
    }
  }

  /**
   * Where the server is that has been started, or the one that was there first. Undefined where it has ended, as it does
   * while the folder is still that of a server which is about to end.
   */
  async #startOnce(until: number): Promise<string | undefined> {
    const { env } = this.#surroundings;
    const settings = Object.entries(env).filter(([name]) => !OWN.test(name));
    let isOver = false;
    this.#surroundings
      .startApart(
        ['serve', '--end-when-idle', String(IDLE_MINUTES)],
        // At any port: it is found by the folder. What nobody asked for is not in the memory.
        { DEMO: 'false', LOG_LEVEL: 'warn', ...Object.fromEntries(settings), DATA_DIR: this.#folder, PORT: '0' },
        this.#log,
      )
      .then(() => {
        isOver = true;
      });
    while (performance.now() < until) {
      const isLost = isOver && ownerOf(this.#folder) === undefined;
      const url = announced(this.#folder);
      if (url !== undefined || isLost) return url;
      await sleep(LOOK_EVERY_MS);
    }
    return undefined;
  }

  get #log(): string {
    return join(this.#folder, 'palimpsest.log');
  }
}

/** What a log says last. */
function lastOf(log: string): string {
  try {
    return readFileSync(log, 'utf8').trimEnd().slice(-MOST_SAID) || `see ${log}.`;
  } catch {
    return `see ${log}.`;
  }
}
