import postgres from 'postgres';
import { openWorkspace } from '../../src/domain/workspace/workspaces.ts';
import { encodeId, parseId } from '../../src/kernel/ids.ts';
import { ON_TABLES } from '../support/search-path.ts';
import { Adjacency } from './adjacency.ts';
import { fixedLengths, loadAge, variableLength } from './age.ts';
import { median, onPostgresql, timed } from './databases.ts';
import { byLevels, byTextbook, type Direction, type Walk, withRelations } from './graph-by-hand.ts';
import { fillGraph, HUBS, MEMORIES } from './graph-data.ts';
import { ask, startService } from './processes.ts';

const DEPTH = 3;
const MAX_NODES = 500;
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const STARTS = 8;
/** What takes longer is given up, and not tried again from starts of higher degree. */
const GIVE_UP_MS = 5_000;

const graph = (relations: string) => `query ($from: ID!, $direction: Direction) {
  graph(input: { from: [$from], depth: ${DEPTH}, maxNodes: ${MAX_NODES}, direction: $direction }) {
    truncated memories { depth memory { id content type } } ${relations} } }`;
const NODES = graph('');
const WITH_RELATIONS = graph('relations { id type strength }');

/** A contestant's answer: what it reached, each with its distance where it says so. */
type Answer = { id: string; depth?: number }[];
interface Contestant {
  name: string;
  find(n: number, direction: Direction): Promise<Answer>;
  /** Left out: both. */
  directions?: Direction[];
  /** After the first, which is not timed. Left out: ROUNDS. */
  rounds?: number;
}

/** Throws unless what was reached is what there is: all of it, or MAX_NODES of the nearest. */
function check(right: Adjacency, name: string, n: number, direction: Direction, answer: Answer): void {
  const distances = right.distances(n, DEPTH, direction);
  const byId = new Map([...distances].map(([each, distance]) => [right.ids[each], distance]));
  const isWrong = (id: string, depth: number | undefined) =>
    !byId.has(id) || (depth !== undefined && byId.get(id) !== depth);
  const wrong = answer.find(({ id, depth }) => isWrong(id, depth));
  if (wrong) throw new Error(`${name} from ${n}: ${wrong.id} is not at ${wrong.depth} but ${byId.get(wrong.id)}`);
  // Cypher's patterns leave the start out where no way leads back to it.
  const ids = new Set(answer.map(({ id }) => id));
  ids.add(right.ids[n] as string);
  const expected = Math.min(MAX_NODES, distances.size);
  if (ids.size < expected) throw new Error(`${name} from ${n}: ${ids.size} memories, not ${expected}`);
}

class Field {
  readonly #right: Adjacency;
  readonly #givenUp = new Set<string>();
  constructor(right: Adjacency) {
    this.#right = right;
  }

  /** Times of each contestant from these starts, in turn; none where it was given up. */
  async measure(contestants: readonly Contestant[], starts: readonly number[], direction: Direction) {
    const times = new Map<string, number[]>();
    const sizes: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      for (const n of starts) {
        for (const { name, find, directions, rounds = ROUNDS } of contestants) {
          if (this.#givenUp.has(name) || round > rounds || (directions && !directions.includes(direction))) continue;
          const { ms, result } = await timed(() => find(n, direction).catch((error: { code?: string }) => error));
          if (!Array.isArray(result)) {
            if (result.code !== '57014') throw result;
            this.#givenUp.add(name);
            times.set(name, []);
            continue;
          }
          if (round === 0) check(this.#right, name, n, direction, result);
          else times.set(name, [...(times.get(name) ?? []), ms]);
          sizes.push(result.length);
        }
      }
    }
    return { times, nodes: median(sizes) };
  }
}

function report(what: string, measured: { times: ReadonlyMap<string, number[]>; nodes: number }, base: string): void {
  const found = [...measured.times].map(([name, times]) => ({
    name,
    p50: times.length > 0 ? median(times) : undefined,
  }));
  const byHand = found.find(({ name }) => name === base)?.p50 ?? Number.NaN;
  const texts = found.map(({ name, p50 }) =>
    p50 === undefined
      ? `${name} over ${GIVE_UP_MS / 1000} s`
      : `${name} ${(p50 / byHand).toFixed(2)} (${p50.toFixed(1)} ms)`,
  );
  console.log(`${what}, ${measured.nodes} memories: p50 relative to ${base}: ${texts.join('; ')}`);
}

const answerOf = (memories: { depth: number; memory: { id: string } }[]): Answer =>
  memories.map(({ depth, memory }) => ({ depth, id: parseId(memory.id)?.uuid as string }));

/**
 * `graph` of depth 3 and at most 500 memories over HTTP, from starts of median degree up to the hubs: against one
 * recursive statement by hand, level by level, through the driver (no HTTP, no tenancy), against the textbook's, and
 * against Apache AGE, which knows no order and may stop at any 500.
 */
export async function run(): Promise<void> {
  await onPostgresql(async (database, _name, databaseUrl) => {
    const { workspaceId } = await openWorkspace(database, 'bench', 'bench');
    await fillGraph({ database, workspaceId, actor: 'bench' });
    const connection = { statement_timeout: GIVE_UP_MS, jit: 'off', ...ON_TABLES };
    const sql = postgres(databaseUrl, { max: 1, onnotice: () => {}, connection });
    const age = postgres(databaseUrl, { max: 1, onnotice: () => {}, connection: ON_TABLES });
    const service = await startService(databaseUrl);
    try {
      const right = await Adjacency.read(sql);
      const missing = await loadAge(age);
      if (missing) console.log(`(Apache AGE is left out: ${missing})`);
      else await age.unsafe(`set statement_timeout = ${GIVE_UP_MS}`);
      const { __type } = await ask(service.url, '{ __type(name: "Query") { fields { name } } }');
      const fields = new Set(__type.fields.map(({ name }: { name: string }) => name));
      if (!fields.has('graph')) console.log('(the service is left out: it has no graph)');
      const walk = (n: number, direction: Direction): Walk => ({
        workspaceId,
        from: right.ids[n] as string,
        depth: DEPTH,
        maxNodes: MAX_NODES,
        direction,
      });
      const http = (document: string) => async (n: number, direction: Direction) => {
        const variables = {
          from: encodeId('Memory', right.ids[n] as string),
          direction: direction === 'BOTH' ? null : direction,
        };
        return answerOf((await ask(service.url, document, variables)).graph.memories);
      };
      const ages = (query: typeof fixedLengths) => async (n: number) =>
        (await age.unsafe(query(n, DEPTH, MAX_NODES))).map(({ n: each }) => ({ id: right.ids[each] as string }));
      const ours = (document: string): Contestant[] =>
        fields.has('graph') ? [{ name: 'the service', find: http(document) }] : [];
      const nodes: Contestant[] = [
        { name: 'by hand', find: (n, direction) => byLevels(sql, walk(n, direction)) },
        ...ours(NODES),
        { name: 'the textbook', find: (n, direction) => byTextbook(sql, walk(n, direction)) },
        ...(missing
          ? []
          : ([
              { name: 'AGE, a pattern a length', find: ages(fixedLengths), directions: ['OUT'], rounds: 1 },
              { name: 'AGE, variable length', find: ages(variableLength), directions: ['OUT'], rounds: 1 },
            ] satisfies Contestant[])),
      ];
      const induced: Contestant[] = [
        { name: 'by hand', find: async (n, direction) => (await withRelations(sql, walk(n, direction))).memories },
        ...ours(WITH_RELATIONS),
      ];
      const degrees = [right.medianDegree(), 100, ...[...new Set(HUBS)].sort((a, b) => a - b)];
      console.log(`${MEMORIES} memories; depth ${DEPTH}, at most ${MAX_NODES}`);
      for (const direction of ['OUT', 'BOTH'] as const) {
        const field = new Field(right);
        for (const degree of degrees) {
          const starts = right.ofDegree(degree, degree > 100 ? HUBS.filter((hub) => hub === degree).length : STARTS);
          const from = `${direction}, from degree ${right.degrees[starts[0] as number]}`;
          report(from, await field.measure(nodes, starts, direction), 'by hand');
          report(`${from}, with relations`, await field.measure(induced, starts, direction), 'by hand');
        }
      }
    } finally {
      await Promise.all([service.stop(), sql.end({ timeout: 1 }), age.end({ timeout: 1 })]);
    }
  });
}
