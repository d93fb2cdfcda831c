import { isDeepStrictEqual } from 'node:util';
import { openWorkspace } from '../../src/domain/workspace/workspaces.ts';
import { type Contestant, contestants, type Place, type Question } from './contestants.ts';
import { median, onPostgresql } from './databases.ts';
import { asOwner } from './generate.ts';
import { fillGraph, MEMORIES } from './graph-data.ts';
import { LoadGenerator, type LoadResult } from './load.ts';
import type { ServerProcess } from './processes.ts';

const CONNECTIONS = 16;
const ROUNDS = Number(process.env.ROUNDS ?? 7);
const SECONDS = Number(process.env.SECONDS ?? 4);
const WARM_UP_SECONDS = 4;
/** How many memories are asked for, in turn; each has ten relations at least. */
const IDS = 1_000;
/** Of how many the answers are compared. */
const COMPARED = 50;

type Name = keyof typeof contestants;
const names = Object.keys(contestants) as Name[];
const servers = new Map<Name, ServerProcess>();

async function answerOf(name: Name, question: Question, place: Place, id: string): Promise<unknown> {
  const contestant: Contestant = contestants[name];
  const response = await fetch(`${servers.get(name)?.url}${contestant.path(question)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: contestant.body(question, place, id),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  if (!response.ok || text.includes('"errors"')) throw new Error(`${contestant.name}, ${question}: ${text}`);
  return contestant.normal(JSON.parse(text).data);
}

/** Throws unless all answer the same: ids, contents, order. */
async function compare(question: Question, place: Place, ids: readonly string[]): Promise<void> {
  for (const id of ids.slice(0, COMPARED)) {
    const [first, ...others] = await Promise.all(names.map((name) => answerOf(name, question, place, id)));
    for (const [index, other] of others.entries()) {
      if (isDeepStrictEqual(other, first)) continue;
      throw new Error(
        `${question} of ${id}: ${contestants[names[index + 1] as Name].name} answered ${JSON.stringify(other)}, the service ${JSON.stringify(first)}`,
      );
    }
  }
}

async function measure(generator: LoadGenerator, question: Question, place: Place, ids: readonly string[]) {
  const results = new Map<Name, LoadResult[]>(names.map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const name of names) {
      const contestant: Contestant = contestants[name];
      const result = await generator.send({
        url: `${servers.get(name)?.url}${contestant.path(question)}`,
        bodies: ids.map((id) => contestant.body(question, place, id)),
        connections: CONNECTIONS,
        first: round * 331,
        seconds: round === 0 ? WARM_UP_SECONDS : SECONDS,
      });
      if (round > 0) results.get(name)?.push(result);
    }
  }
  report(question, results);
}

function report(question: Question, results: ReadonlyMap<Name, LoadResult[]>): void {
  const of = (name: Name, figure: 'perSecond' | 'p50' | 'p99') =>
    median((results.get(name) ?? []).map((result) => result[figure]));
  // Ratios within a round, so that what else the machine does meanwhile weighs on both.
  const ratio = (against: Name) => {
    const base = results.get(against) ?? [];
    return median((results.get('service') ?? []).map((own, round) => own.perSecond / (base[round]?.perSecond ?? 0)));
  };
  console.log(
    `${question}: ${ratio('postGraphile').toFixed(2)} × PostGraphile 5 without tenancy (with it: ${ratio('tenantPostGraphile').toFixed(2)} ×), ` +
      `${ratio('bare').toFixed(2)} × by hand without tenancy (with it: ${ratio('tenantBare').toFixed(2)} ×); ` +
      `p99 ${(of('service', 'p99') / of('service', 'p50')).toFixed(1)} × p50`,
  );
  for (const name of names) {
    console.log(
      `  ${contestants[name].name}: ${of(name, 'perSecond').toFixed(0)} requests/s, p50 ${of(name, 'p50').toFixed(1)} ms, p99 ${of(name, 'p99').toFixed(1)} ms`,
    );
  }
}

/**
 * Q1, one memory with its ten strongest relations, and Q2, ten relations → neighbour → five relations → neighbour: the
 * service (tenancy on) against PostGraphile and statements by hand, each one process on the same database, over 16
 * connections; medians of alternating rounds. PostGraphile and the statements by hand run past row-level security and
 * outside of any transaction, and once more, for information, in a transaction as the service's role.
 */
export async function run(): Promise<void> {
  await onPostgresql(async (database, _name, databaseUrl) => {
    const tenant = await openWorkspace(database, 'bench', 'bench');
    await fillGraph(tenant);
    const place = { databaseUrl, workspaceId: tenant.workspaceId };
    const found = await asOwner(
      database,
      `select id from bench.memories join (select from_n, count(*) as out from bench.relations group by from_n) r on from_n = n
       where out >= 10 order by md5(n::text) limit ${IDS}`,
    );
    const ids = found.map(({ id }) => id as string);
    const generator = new LoadGenerator();
    try {
      for (const name of names) servers.set(name, await contestants[name].start(place));
      console.log(`${MEMORIES} memories; ${ROUNDS} rounds of ${SECONDS} s, ${CONNECTIONS} connections`);
      for (const question of ['Q1', 'Q2'] as const) {
        await compare(question, place, ids);
        await measure(generator, question, place, ids);
      }
    } finally {
      generator.stop();
      for (const server of servers.values()) await server.stop();
    }
  });
}
