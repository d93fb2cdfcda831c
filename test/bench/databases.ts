import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import type { Database } from '../../src/db/database.ts';
import { openDatabase } from '../../src/db/open.ts';

/** Runs a benchmark on a fresh database of each kind there is. */
export async function onEachDatabase(run: (database: Database, name: string) => Promise<void>): Promise<void> {
  await onEmbedded(run);
  await onPostgresql(run);
}

/** Runs a benchmark on a fresh embedded database. */
export async function onEmbedded(run: (database: Database, name: string) => Promise<void>): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'palimpsest-bench-'));
  const embedded = await openDatabase({ databaseUrl: undefined, poolSize: 16, dataDir, textSearchConfig: 'english' });
  try {
    await run(embedded, 'embedded');
  } finally {
    await embedded.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/**
 * Runs a benchmark on a fresh database of the server that BENCH_DATABASE_URL names; `url` leads other processes there.
 */
export async function onPostgresql(
  run: (database: Database, name: string, url: string) => Promise<void>,
): Promise<void> {
  await onEmptyDatabases(1, async ([url]) => {
    const settings = { databaseUrl: url, poolSize: 16, dataDir: tmpdir(), textSearchConfig: 'english' };
    const database = await openDatabase(settings);
    try {
      await run(database, 'PostgreSQL', url as string);
    } finally {
      await database.close();
    }
  });
}

/** Runs with so many databases without tables, on the server that BENCH_DATABASE_URL names. */
export async function onEmptyDatabases(count: number, run: (urls: string[]) => Promise<void>): Promise<void> {
  const server = process.env.BENCH_DATABASE_URL;
  if (!server) {
    console.log('(PostgreSQL is left out: BENCH_DATABASE_URL is not set)');
    return;
  }
  const names = Array.from({ length: count }, () => `palimpsest_bench_${randomUUID().slice(0, 8)}`);
  const admin = postgres(server, { max: 1, onnotice: () => {} });
  for (const name of names) await admin.unsafe(`create database ${name}`);
  try {
    await run(names.map((name) => Object.assign(new URL(server), { pathname: `/${name}` }).href));
  } finally {
    for (const name of names) await admin.unsafe(`drop database ${name} with (force)`);
    await admin.end();
  }
}

/** Median of the times, in ms. */
export function median(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

/** The time that 95 of 100 are not above, in ms. */
export function p95(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.95)] as number;
}

/** Time of a run in ms, and its result. */
export async function timed<T>(run: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const start = performance.now();
  const result = await run();
  return { ms: performance.now() - start, result };
}
