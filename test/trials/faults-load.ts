import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Keeper } from './keeper.ts';
import { Choices } from './random.ts';
import { lookAtRows } from './rows.ts';
import type { Reply, ServerProcess } from './server-process.ts';
import { percentile } from './support.ts';

export const PROBE = '{ memories(first: 1) { nodes { content } } }';
const POLICY = `mutation { setDecayPolicy(input: { type: EXPERIENCE, halfLifeDays: 1000000, archiveBelow: 2 }) { __typename } }`;

/** Writers that keep account, and readers, on a server that is in trouble for a while. */
export class TroubledLoad {
  readonly keepers: Keeper[];
  /** By what came, how often. */
  readonly answers: Record<string, number> = {};
  readonly times: number[] = [];
  /** Answers that nobody should get. */
  readonly unclear: string[] = [];
  #isOver = false;
  #running: Promise<unknown> = Promise.resolve();
  readonly #server: () => ServerProcess;

  constructor(server: () => ServerProcess, seed: number, writers = 4) {
    this.#server = server;
    const ask = (query: string, variables: object) => this.ask(query, variables);
    this.keepers = Array.from(
      { length: writers },
      (_, at) => new Keeper(`keeper${at}`, Choices.seeded(seed + at), ask),
    );
  }

  async ask(query: string, variables: object = {}): Promise<Reply> {
    const started = performance.now();
    const reply = await this.#server().ask(query, variables, 60_000);
    this.times.push(performance.now() - started);
    const payload = Object.values(reply.data ?? {})[0] as { code?: string; message?: string } | undefined;
    const code = reply.errors?.[0]?.extensions?.code ?? payload?.code ?? '';
    const what = `${reply.status} ${code}`.trim();
    this.answers[what] = (this.answers[what] ?? 0) + 1;
    const isClear =
      reply.status === 0 ||
      ['', 'UNAVAILABLE'].includes(code) ||
      /^Milliseconds that a mutation may take/.test(String(payload?.message));
    if (!isClear && this.unclear.length < 5) this.unclear.push(`${what}: ${JSON.stringify(reply.errors ?? payload)}`);
    return reply;
  }

  async begin(): Promise<void> {
    await this.ask(POLICY);
    const read = async () => {
      while (!this.#isOver) {
        const { status } = await this.ask(PROBE);
        if (status !== 200) await sleep(50);
      }
    };
    this.#running = Promise.all([
      ...this.keepers.map(async (keeper) => {
        while (!this.#isOver) await keeper.step(() => false);
      }),
      read(),
      read(),
    ]);
    this.#running.catch(() => {});
  }

  /** Waits until a query succeeds, and returns how long it took, in ms. */
  async back(withinMs: number): Promise<number> {
    const started = performance.now();
    while ((await this.ask(PROBE)).errors) {
      if (performance.now() - started > withinMs) throw new Error(`It is not back after ${withinMs} ms.`);
      await sleep(20);
    }
    return performance.now() - started;
  }

  /** Lets everybody finish, and returns what of what was acknowledged is not there. */
  async finish(databaseUrl?: string): Promise<string[]> {
    this.#isOver = true;
    await this.#running;
    for (const keeper of this.keepers) await keeper.verify();
    const broken = [
      ...this.unclear.map((each) => `an unclear answer: ${each}`),
      ...this.keepers.flatMap((keeper) => keeper.broken),
    ];
    if (databaseUrl) broken.push(...(await lookAtRows(databaseUrl)));
    return broken;
  }

  get facts(): string[] {
    const sum = (of: (keeper: Keeper) => number) => this.keepers.reduce((total, keeper) => total + of(keeper), 0);
    const list = Object.entries(this.answers).map(([what, n]) => `${what}: ${n}`);
    return [
      `answers: ${list.join(', ')}`,
      `${sum(({ tally }) => tally.acknowledged)} mutations acknowledged, ${sum(({ tally }) => tally.retried)} of them asked for again`,
      `times: half within ${percentile(this.times, 0.5).toFixed(0)} ms, the slowest ${percentile(this.times, 1).toFixed(0)} ms`,
    ];
  }
}

/** How many connections a process has accepted on the port of its URL, and how many files it has open. */
export function connectionsOf({ process: child, url }: ServerProcess): { connections: number; files: number } {
  const port = Number(new URL(url).port).toString(16).toUpperCase().padStart(4, '0');
  const rows = readFileSync(`/proc/${child.pid}/net/tcp`, 'utf8').split('\n');
  const [established, closeWait] = ['01', '08'];
  const connections = rows.filter((row) => {
    const [, local, , state] = row.trim().split(/\s+/);
    return local?.endsWith(`:${port}`) && (state === established || state === closeWait);
  }).length;
  return { connections, files: readdirSync(`/proc/${child.pid}/fd`).length };
}

export const mb = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB`;

/** What a process holds now, without asking it. */
export function residentOf({ process: child }: ServerProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1024;
}
