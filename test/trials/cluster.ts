import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import postgres from 'postgres';

const execute = promisify(execFile);

/**
 * A PostgreSQL of the trial's own, to be killed. The program that TRIAL_POSTGRES names starts it and prints its URL
 * (.ci/postgres does): with `start` as its argument, and the name of a data folder, a port and `on` for fsync in
 * PG_DATA, PG_PORT and PG_FSYNC.
 */
export class Cluster {
  readonly url: string;
  readonly #program: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #admin: () => postgres.Sql;

  private constructor(url: string, program: string, env: NodeJS.ProcessEnv) {
    this.url = url;
    this.#program = program;
    this.#env = env;
    this.#admin = () => postgres(url, { max: 1, onnotice: () => {} });
  }

  /** Undefined where no program is named. */
  static async start(name: string, more: NodeJS.ProcessEnv = {}): Promise<Cluster | undefined> {
    const program = process.env.TRIAL_POSTGRES;
    if (!program) return undefined;
    const port = more.TRIAL_POSTGRES_PORT ?? process.env.TRIAL_POSTGRES_PORT ?? '5499';
    const env = { ...process.env, PG_DATA: `palimpsest-${name}`, PG_PORT: port, PG_FSYNC: 'on', ...more };
    const { stdout } = await execute(program, ['start'], { env });
    return new Cluster(stdout.trim(), program, env);
  }

  /** A new database; its URL. */
  async createDatabase(): Promise<string> {
    const name = `trial_${randomUUID().slice(0, 8)}`;
    const admin = this.#admin();
    await admin.unsafe(`create database ${name}`);
    await admin.end();
    return Object.assign(new URL(this.url), { pathname: `/${name}` }).href;
  }

  /** Kills one session that is at work, as when memory runs out: PostgreSQL ends all others and recovers. */
  async killSession(): Promise<void> {
    const admin = this.#admin();
    const [row] =
      await admin`select pid from pg_stat_activity where application_name = 'palimpsest' order by state <> 'active', random() limit 1`;
    if (row) process.kill(row.pid, 'SIGKILL');
    await admin.end({ timeout: 1 });
  }

  /** Kills every process of it at once, and starts it again. */
  async killAll(): Promise<void> {
    const admin = this.#admin();
    const [row] = await admin`select pg_backend_pid() as pid`;
    const postmaster = parentOf(row?.pid);
    const all = [postmaster, ...childrenOf(postmaster)];
    for (const pid of all) kill(pid);
    await admin.end({ timeout: 1 });
    while (all.some(isAlive)) await sleep(5);
    // Until nobody has waited for it the process that has ended still counts as running, for PostgreSQL's own program.
    await this.startAgain();
  }

  /** Whether it answers. */
  async isUp(): Promise<boolean> {
    const admin = postgres(this.url, { max: 1, onnotice: () => {}, connect_timeout: 2 });
    try {
      await admin`select 1`;
      return true;
    } catch {
      return false;
    } finally {
      await admin.end({ timeout: 1 });
    }
  }

  async startAgain(): Promise<void> {
    while (!(await this.isUp())) await execute(this.#program, ['start'], { env: this.#env });
  }

  async stop(): Promise<void> {
    await execute(this.#program, ['stop'], { env: this.#env });
  }
}

const statOf = (pid: number): string[] => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
};
const parentOf = (pid: number) => Number(statOf(pid)[1]);

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return pid > 0 && parentOf(pid) === parent;
      } catch {
        return false;
      }
    });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

function isAlive(pid: number): boolean {
  try {
    return statOf(pid)[0] !== 'Z';
  } catch {
    return false;
  }
}
