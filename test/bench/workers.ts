import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { openWorkspace } from '../../src/domain/workspace/workspaces.ts';
import { childrenOf } from '../support/child-processes.ts';
import { CONNECTIONS } from './contest.ts';
import { contestants, type Question } from './contestants.ts';
import { median, onPostgresql } from './databases.ts';
import { asOwner } from './generate.ts';
import { fillGraph, MEMORIES } from './graph-data.ts';
import { LoadGenerator, type LoadResult } from './load.ts';
import { type ServerProcess, startService } from './processes.ts';

const ROUNDS = Number(process.env.ROUNDS ?? 7);
const SECONDS = Number(process.env.SECONDS ?? 4);
const WARM_UP_SECONDS = 4;
const IDS = 1_000;
/** Ticks of the scheduler's accounting a second, on Linux. */
const TICKS = 100;

interface Measured extends LoadResult {
  /** Processor time of the server's processes, ms a request. */
  cpu: number;
  /** Of all the machine's cores, 0–1. */
  busy: number;
}

/** Processor time of a process and of those it has started, in seconds; 0 where it cannot be told. */
function cpuOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const own = (Number(fields[11]) + Number(fields[12])) / TICKS;
    return childrenOf(pid).reduce((sum, child) => sum + cpuOf(child), own);
  } catch {
    return 0;
  }
}

function machine(): { all: number; idle: number } {
  const times = cpus().map(({ times: each }) => each);
  const sum = (of: (each: (typeof times)[number]) => number) => times.reduce((total, each) => total + of(each), 0);
  return {
    all: sum(({ user, nice, sys, idle, irq }) => user + nice + sys + idle + irq),
    idle: sum(({ idle }) => idle),
  };
}

async function measure(server: ServerProcess, send: () => Promise<LoadResult>): Promise<Measured> {
  const pid = server.process.pid as number;
  const [cpu, before] = [cpuOf(pid), machine()];
  const result = await send();
  const after = machine();
  return {
    ...result,
    cpu: ((cpuOf(pid) - cpu) * 1_000) / result.requests,
    busy: 1 - (after.idle - before.idle) / (after.all - before.all),
  };
}

function report(question: Question, one: readonly Measured[], two: readonly Measured[]): void {
  const ratio = median(two.map(({ perSecond }, round) => perSecond / (one[round]?.perSecond ?? 0)));
  const perCore = (2 * median(one.map(({ cpu }) => cpu))) / median(two.map(({ cpu }) => cpu));
  console.log(
    `${question}: 2 workers answer ${ratio.toFixed(2)} × the requests a second of 1; by the processor time they take, ` +
      `${perCore.toFixed(2)} × where each has a core to itself`,
  );
  for (const [name, results] of [
    ['1 worker', one],
    ['2 workers', two],
  ] as const) {
    const of = (figure: 'perSecond' | 'p50' | 'p99' | 'cpu' | 'busy') =>
      median(results.map((result) => result[figure]));
    console.log(
      `  ${name}: ${of('perSecond').toFixed(0)} requests/s, p50 ${of('p50').toFixed(1)} ms, p99 ${of('p99').toFixed(1)} ms; ` +
        `${of('cpu').toFixed(2)} ms of the server's processor time a request, the machine ${(100 * of('busy')).toFixed(0)} % busy`,
    );
  }
}

/**
 * Q1 and Q2 of `requests` asked of the service with one worker and with two, each a server of its own on the same
 * database, over 16 connections, in alternating rounds. Two answer more only as far as the machine has cores for them
 * beside PostgreSQL and the clients, which run there, too: how busy it was is said.
 */
export async function run(): Promise<void> {
  await onPostgresql(async (database, _name, databaseUrl) => {
    const tenant = await openWorkspace(database, 'bench', 'bench');
    await fillGraph(tenant);
    const found = await asOwner(
      database,
      `select id from bench.memories join (select from_n, count(*) as out from bench.relations group by from_n) r on from_n = n
       where out >= 10 order by md5(n::text) limit ${IDS}`,
    );
    const place = { databaseUrl, workspaceId: tenant.workspaceId };
    const generator = new LoadGenerator();
    const servers: ServerProcess[] = [];
    try {
      for (const workers of [1, 2]) servers.push(await startService(databaseUrl, [], { WORKERS: String(workers) }));
      console.log(
        `${availableParallelism()} cores, for PostgreSQL and the clients as well; ${MEMORIES} memories; ` +
          `${ROUNDS} rounds of ${SECONDS} s, ${CONNECTIONS} connections`,
      );
      for (const question of ['Q1', 'Q2'] as const) {
        const bodies = found.map(({ id }) => contestants.service.body(question, place, id as string));
        const results: Measured[][] = servers.map(() => []);
        for (let round = 0; round <= ROUNDS; round++) {
          for (const [index, server] of servers.entries()) {
            const seconds = round === 0 ? WARM_UP_SECONDS : SECONDS;
            const load = { url: server.url, bodies, connections: CONNECTIONS, first: round * 331, seconds };
            const measured = await measure(server, () => generator.send(load));
            if (round > 0) results[index]?.push(measured);
          }
        }
        report(question, results[0] as Measured[], results[1] as Measured[]);
      }
    } finally {
      generator.stop();
      for (const server of servers) await server.stop();
    }
  });
}
