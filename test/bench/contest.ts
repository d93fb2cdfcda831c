import { isDeepStrictEqual } from 'node:util';
import type { Database } from '../../src/db/database.ts';
import { openWorkspace } from '../../src/domain/workspace/workspaces.ts';
import { type Contestant, contestants, type Place, type Question } from './contestants.ts';
import { median } from './databases.ts';
import { asOwner } from './generate.ts';
import { fillGraph } from './graph-data.ts';
import { LoadGenerator, type LoadResult } from './load.ts';
import type { ServerProcess } from './processes.ts';

export const CONNECTIONS = 16;
const WARM_UP_SECONDS = 4;
/** How many memories are asked for, in turn; each has ten relations at least. */
const IDS = 1_000;
/** Of how many the answers are compared. */
const COMPARED = 50;

export type Name = keyof typeof contestants;
export type Results = ReadonlyMap<Name, LoadResult[]>;

/** Contestants that answer the same questions of one graph over HTTP, each a process of its own. */
export class Contest {
  readonly #place: Place;
  readonly #ids: readonly string[];
  readonly #servers = new Map<Name, ServerProcess>();
  readonly #generator = new LoadGenerator();

  private constructor(place: Place, ids: readonly string[]) {
    this.#place = place;
    this.#ids = ids;
  }

  /** Fills the workspace `bench` of a database, and starts contestants on it. */
  static async open(database: Database, databaseUrl: string, names: readonly Name[]): Promise<Contest> {
    const tenant = await openWorkspace(database, 'bench', 'bench');
    await fillGraph(tenant);
    const place = { databaseUrl, workspaceId: tenant.workspaceId };
    const found = await asOwner(
      database,
      `select id from bench.memories join (select from_n, count(*) as out from bench.relations group by from_n) r on from_n = n
       where out >= 10 order by md5(n::text) limit ${IDS}`,
    );
    const contest = new Contest(
      place,
      found.map(({ id }) => id as string),
    );
    try {
      for (const name of names) contest.#servers.set(name, await contestants[name].start(place));
      return contest;
    } catch (error) {
      await contest.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#generator.stop();
    for (const server of this.#servers.values()) await server.stop();
  }

  /** Asks in alternating rounds of so many seconds each, once it is known that all answer the same. */
  async measure(question: Question, rounds: number, seconds: number): Promise<Results> {
    await this.#compare(question);
    const results = new Map<Name, LoadResult[]>([...this.#servers.keys()].map((name) => [name, []]));
    for (let round = 0; round <= rounds; round++) {
      for (const [name, { url }] of this.#servers) {
        const contestant: Contestant = contestants[name];
        const result = await this.#generator.send({
          url: `${url}${contestant.path(question)}`,
          bodies: this.#ids.map((id) => contestant.body(question, this.#place, id)),
          connections: CONNECTIONS,
          first: round * 331,
          seconds: round === 0 ? WARM_UP_SECONDS : seconds,
        });
        if (round > 0) results.get(name)?.push(result);
      }
    }
    return results;
  }

  /** Throws unless all answer the same: ids, contents, order. */
  async #compare(question: Question): Promise<void> {
    const names = [...this.#servers.keys()];
    for (const id of this.#ids.slice(0, COMPARED)) {
      const [first, ...others] = await Promise.all(names.map((name) => this.#answer(name, question, id)));
      for (const [index, other] of others.entries()) {
        if (isDeepStrictEqual(other, first)) continue;
        const [one, two] = [names[0], names[index + 1]].map((name) => contestants[name as Name].name);
        throw new Error(
          `${question} of ${id}: ${two} answered ${JSON.stringify(other)}, ${one} ${JSON.stringify(first)}`,
        );
      }
    }
  }

  async #answer(name: Name, question: Question, id: string): Promise<unknown> {
    const contestant: Contestant = contestants[name];
    const response = await fetch(`${this.#servers.get(name)?.url}${contestant.path(question)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: contestant.body(question, this.#place, id),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    if (!response.ok || text.includes('"errors"')) throw new Error(`${contestant.name}, ${question}: ${text}`);
    return contestant.normal(JSON.parse(text).data);
  }
}

/**
 * Requests of the service a second against those of another: the median of the ratios within each round, so that what
 * else the machine does meanwhile weighs on both.
 */
export function ratioTo(against: Name, results: Results): number {
  const base = results.get(against) ?? [];
  return median((results.get('service') ?? []).map((own, round) => own.perSecond / (base[round]?.perSecond ?? 0)));
}
