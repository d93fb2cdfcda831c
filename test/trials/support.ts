import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';

/** Whether somebody has asked the trial to end: it tells what it has found by then. Asked again, it ends at once. */
export const ending = { isAsked: false };

/** For a trial of its own process. */
export function endOnSignal(): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      console.log(`(${signal}: ends here)`);
      ending.isAsked = true;
      process.once(signal, () => process.exit(1));
    });
  }
}

/** A number from the environment. Throws where it is none. */
export function toNumber(name: string, preset: number): number {
  const given = process.env[name];
  if (given === undefined || given === '') return preset;
  const number = Number(given);
  if (!Number.isFinite(number)) throw new Error(`${name} must be a number, not ${given}.`);
  return number;
}

/** Long enough for what a server does behind an answer. */
export const settle = () => sleep(500);

/** A fresh database for a trial's servers. */
export interface TrialDatabase {
  /** As a summary names it. */
  name: string;
  /** Settings of src/config.ts that lead there. */
  settings: Record<string, string>;
  drop(): Promise<void>;
}

/** One on the server of TRIAL_DATABASE_URL, if it is set and `kind` does not say otherwise, else an embedded one. */
export async function databaseFor(trial: string, kind?: 'embedded' | 'postgresql'): Promise<TrialDatabase> {
  const server = process.env.TRIAL_DATABASE_URL;
  const common = { PORT: '0', DEMO: 'false', GRAPHIQL: 'false' };
  if (!server || kind === 'embedded') {
    const folder = mkdtempSync(join(tmpdir(), `palimpsest-${trial}-`));
    return {
      name: 'the embedded database',
      settings: { ...common, DATABASE_URL: '', DATA_DIR: join(folder, 'data') },
      async drop() {
        rmSync(folder, { recursive: true, force: true });
      },
    };
  }
  const name = `palimpsest_${trial}_${randomUUID().slice(0, 8)}`;
  const admin = postgres(server, { max: 1, onnotice: () => {} });
  await admin.unsafe(`create database ${name}`);
  return {
    name: 'PostgreSQL',
    settings: { ...common, DATABASE_URL: Object.assign(new URL(server), { pathname: `/${name}` }).href },
    async drop() {
      await admin.unsafe(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}

/** The value that such a share of them is not above. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
