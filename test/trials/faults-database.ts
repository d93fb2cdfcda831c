import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { ON_TABLES } from '../support/search-path.ts';
import { Cluster } from './cluster.ts';
import type { Ground, Outcome } from './faults.ts';
import { connectionsOf, mb, PROBE, TroubledLoad } from './faults-load.ts';
import { startProxy } from './proxy.ts';
import { ServerProcess } from './server-process.ts';
import { percentile, toNumber } from './support.ts';

const BACK_WITHIN_MS = 10_000;
/** How much more memory is normal: what is compiled and kept while a service is in use. */
const MORE_IS_NORMAL = 48 * 2 ** 20;

/** Sessions of the service on a database, and those of them within a transaction. */
async function sessionsOn(databaseUrl: string): Promise<{ all: number; open: number }> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const [row] = await sql`
      select count(*)::int as all, (count(*) filter (where state like 'idle in transaction%'))::int as open
      from pg_stat_activity where datname = current_database() and application_name = 'palimpsest'`;
    return row as unknown as { all: number; open: number };
  } finally {
    await sql.end();
  }
}

export async function databaseGone({ settings, seed }: Ground, how: 'cut' | 'freeze'): Promise<Outcome | undefined> {
  if (!settings.DATABASE_URL) return undefined;
  const goneMs = toNumber('FAULTS_GONE_MS', 30_000);
  const proxy = await startProxy(settings.DATABASE_URL);
  const server = await ServerProcess.start({ ...settings, DATABASE_URL: proxy.url });
  const load = new TroubledLoad(() => server, seed);
  const [facts, broken]: string[][] = [[], []];
  try {
    await load.begin();
    await sleep(4_000);
    const before = await server.memory();
    const known = { ...load.answers };
    load.times.length = 0;
    proxy[how]();
    await sleep(Math.min(3_000, goneMs / 2));
    const status = async (path: string) => (await fetch(new URL(path, server.url)).catch(() => undefined))?.status ?? 0;
    const [health, ready] = [await status('/health'), await status('/ready')];
    if (health !== 200 || ready !== 503)
      broken?.push(`/health says ${health} and /ready ${ready}, 200 and 503 are wanted`);
    await sleep(Math.max(0, goneMs - 3_000));
    const came = Object.entries(load.answers).map(([what, n]) => [what, n - (known[what] ?? 0)] as const);
    facts?.push(
      `while it was gone (${goneMs} ms): ${came.map(([what, n]) => `${what}: ${n}`).join(', ')}; slowest answer ${percentile(load.times, 1).toFixed(0)} ms`,
    );
    proxy.restore();
    const back = await load.back(60_000);
    facts?.push(`back after ${back.toFixed(0)} ms`);
    if (back > BACK_WITHIN_MS) broken?.push(`it is back after ${back.toFixed(0)} ms`);
    await sleep(3_000);
    broken?.push(...(await load.finish(settings.DATABASE_URL)));
    await sleep(1_000);
    const after = await server.memory();
    const sessions = await sessionsOn(settings.DATABASE_URL);
    facts?.push(
      ...load.facts,
      `memory: heap ${mb(before.heapUsed)} before, ${mb(after.heapUsed)} after; process ${mb(before.rss)} and ${mb(after.rss)}`,
    );
    facts?.push(`sessions after: ${sessions.all}, in a transaction ${sessions.open}`);
    if (after.heapUsed - before.heapUsed > MORE_IS_NORMAL) broken?.push('memory is not back to normal');
    if (sessions.all > 16 || sessions.open > 0) broken?.push('sessions are not back to normal');
  } finally {
    await server.kill();
    proxy.close();
  }
  return { facts: facts as string[], broken: broken as string[] };
}

export async function poolExhausted({ settings }: Ground): Promise<Outcome | undefined> {
  if (!settings.DATABASE_URL) return undefined;
  const [facts, broken]: string[][] = [[], []];
  const server = await ServerProcess.start({ ...settings, DATABASE_POOL_SIZE: '4' });
  const sql = postgres(settings.DATABASE_URL, { max: 1, onnotice: () => {}, connection: ON_TABLES });
  try {
    await server.ask(PROBE);
    const before = await server.memory();
    const heldMs = toNumber('FAULTS_HELD_MS', 12_000);
    const lock = await sql.reserve();
    await lock`begin`;
    await lock`lock table memories in access exclusive mode`;
    const started = performance.now();
    const answers: Record<string, number> = {};
    const times: number[] = [];
    const asking = Array.from({ length: toNumber('FAULTS_WAITING', 200) }, async () => {
      const response = await fetch(server.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: PROBE }),
      });
      const { errors } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
      const retry = response.headers.get('retry-after');
      const what =
        `${response.status} ${errors?.[0]?.extensions.code ?? ''}${retry ? ` again after ${retry} s` : ''}`.trim();
      answers[what] = (answers[what] ?? 0) + 1;
      if (response.status !== 200) times.push(performance.now() - started);
      if (response.status === 503 && !retry) broken?.push('a 503 does not say when to ask again');
    });
    await sleep(heldMs);
    await lock`rollback`;
    lock.release();
    await Promise.all(asking);
    facts?.push(
      `${asking.length} requests while ${heldMs} ms: ${Object.entries(answers)
        .map(([what, n]) => `${what}: ${n}`)
        .join(', ')}`,
    );
    facts?.push(`refused after ${percentile(times, 0).toFixed(0)} to ${percentile(times, 1).toFixed(0)} ms`);
    for (const what of Object.keys(answers))
      if (!/^(200|503 UNAVAILABLE)/.test(what)) broken?.push(`an unclear answer: ${what}`);
    if (percentile(times, 1) > 10_000) broken?.push('a request waited for more than 10 s to be refused');
    const { status, errors } = await server.ask(PROBE);
    if (status !== 200 || errors) broken?.push(`afterwards: ${status} ${JSON.stringify(errors)}`);
    await sleep(500);
    const [after, sessions] = [await server.memory(), await sessionsOn(settings.DATABASE_URL)];
    facts?.push(
      `heap ${mb(before.heapUsed)} before, ${mb(after.heapUsed)} after; sessions ${sessions.all}, in a transaction ${sessions.open}`,
    );
    if (sessions.all > 4 || sessions.open > 0) broken?.push('sessions are not back to normal');
  } finally {
    await server.kill();
    await sql.end({ timeout: 1 });
  }
  return { facts: facts as string[], broken: broken as string[] };
}

/** A file that leaves so little of a file system free. */
function fill(folder: string, leave: number): () => void {
  const file = join(folder, 'ballast');
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(file, Buffer.alloc(Math.max(0, bavail * bsize - leave)));
  return () => rmSync(file, { force: true });
}

const mount = (folder: string, size: string, more = '') =>
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}${more}`, 'palimpsest-trial', folder]);

/** TRIAL_POSTGRES_FOLDER: where the data folders of TRIAL_POSTGRES are. */
export async function diskFull(
  { settings, seed }: Ground,
  kind: 'embedded' | 'postgresql',
): Promise<Outcome | undefined> {
  const folders = process.env.TRIAL_POSTGRES_FOLDER;
  if (process.getuid?.() !== 0 || (kind === 'postgresql' && !(folders && process.env.TRIAL_POSTGRES))) return undefined;
  const [facts, broken]: string[][] = [[], []];
  const folder =
    kind === 'embedded' ? mkdtempSync(join(tmpdir(), 'palimpsest-full-')) : join(folders as string, 'palimpsest-full');
  mkdirSync(folder, { recursive: true });
  const owner = statSync(kind === 'embedded' ? folder : (folders as string));
  mount(folder, kind === 'embedded' ? '200m' : '300m', `,uid=${owner.uid},gid=${owner.gid},mode=0700`);
  let cluster: Cluster | undefined;
  let server: ServerProcess | undefined;
  try {
    if (kind === 'postgresql') cluster = await Cluster.start('full', { TRIAL_POSTGRES_PORT: '5498' });
    const own = cluster
      ? { ...settings, DATABASE_URL: await cluster.createDatabase() }
      : { ...settings, DATABASE_URL: '', DATA_DIR: join(folder, 'server') };
    server = await ServerProcess.start(own);
    const load = new TroubledLoad(() => server as ServerProcess, seed);
    await load.begin();
    await sleep(4_000);
    const known = { ...load.answers };
    const free = fill(folder, 300_000);
    await sleep(toNumber('FAULTS_FULL_MS', 15_000));
    const came = Object.entries(load.answers).map(([what, n]) => [what, n - (known[what] ?? 0)] as const);
    facts?.push(`while it was full: ${came.map(([what, n]) => `${what}: ${n}`).join(', ')}`);
    facts?.push(
      server.process.exitCode === null
        ? 'the server stayed up'
        : `the server ended with ${server.process.exitCode}: ${server.complaints.slice(-400)}`,
    );
    free();
    if (cluster && !(await cluster.isUp())) {
      facts?.push('PostgreSQL had stopped, and was started again');
      await cluster.startAgain();
    }
    const restart = async () => {
      if (server?.process.exitCode === null && server.process.signalCode === null) await server.kill();
      server = await ServerProcess.start(own);
    };
    if (server.process.exitCode !== null) await restart();
    try {
      facts?.push(`back after ${(await load.back(BACK_WITHIN_MS)).toFixed(0)} ms`);
    } catch (error) {
      broken?.push(`${(error as Error).message} It had to be started again.`);
      await restart();
      await load.back(60_000);
    }
    await sleep(2_000);
    broken?.push(...(await load.finish(own.DATABASE_URL || undefined)));
    facts?.push(...load.facts, `connections ${connectionsOf(server).connections}`);
  } finally {
    await server?.kill();
    await cluster?.stop();
    for (let tries = 0; tries < 20; tries++) {
      try {
        execFileSync('umount', [folder], { stdio: 'ignore' });
        break;
      } catch {
        await sleep(250);
      }
    }
    rmSync(folder, { recursive: true, force: true });
  }
  return { facts: facts as string[], broken: broken as string[] };
}
