import postgres from 'postgres';
import { openWorkspace } from '../../src/domain/workspace/workspaces.ts';
import { encodeId } from '../../src/kernel/ids.ts';
import { ON_TABLES } from '../support/search-path.ts';
import { Adjacency } from './adjacency.ts';
import { median, onPostgresql, p95, timed } from './databases.ts';
import { fillGraph } from './graph-data.ts';
import { fillOther } from './neighbors.ts';
import { lengthByHand } from './path-by-hand.ts';
import { ask, startService } from './processes.ts';

const MEMORIES = Number(process.env.MEMORIES ?? 1_000_000);
const PAIRS = Number(process.env.PAIRS ?? 100);
const MAX_DEPTH = 6;
/** Pairs that are asked first, and not counted: they plan. */
const WARM_UP = 10;

const PATH = `query ($from: ID!, $to: ID!, $types: [RelationType!]) {
  path(input: { from: $from, to: $to, maxDepth: ${MAX_DEPTH}, types: $types }) { length strength memories { id } } }`;

type Pair = readonly [number, number];
interface Asked {
  pairs: readonly Pair[];
  types?: string[];
}

/** Numbers of memories, the same each time. */
function* numbers(): Generator<number> {
  for (let n = 1; ; n = (n * 48_271) % 2_147_483_647) yield n;
}

function randomPairs(right: Adjacency, count: number): Pair[] {
  const joined = [...right.degrees.keys()].filter((n) => (right.degrees[n] as number) > 0);
  const next = numbers();
  const pick = () => joined[next.next().value % joined.length] as number;
  return Array.from({ length: count }, () => [pick(), pick()] as const);
}

function pairsAt(right: Adjacency, distance: number, count: number): Pair[] {
  const pairs: Pair[] = [];
  for (const n of numbers()) {
    const start = n % right.ids.length;
    const far = [...right.distances(start, distance, 'BOTH')].filter(([, each]) => each === distance);
    const end = far[n % Math.max(1, far.length)]?.[0];
    if (end !== undefined) pairs.push([start, end]);
    if (pairs.length === count) break;
  }
  return pairs;
}

/** Asks for the path of each pair, and by hand for its length where no types are asked for. */
async function measure(
  name: string,
  url: string,
  find: (pair: readonly [string, string]) => Promise<number | undefined>,
  ids: string[],
  { pairs, types }: Asked,
) {
  const [service, byHand]: [number[], number[]] = [[], []];
  for (const [index, [a, b]] of pairs.entries()) {
    const pair = [ids[a] as string, ids[b] as string] as const;
    const [from, to] = pair.map((id) => encodeId('Memory', id));
    const ours = await timed(() => ask(url, PATH, { from, to, types }));
    if (index >= WARM_UP) service.push(ours.ms);
    if (types) continue;
    const theirs = await timed(() => find(pair));
    if (theirs.result !== ours.result.path?.length) {
      throw new Error(`from ${from} to ${to}: ${ours.result.path?.length}, by hand ${theirs.result}`);
    }
    if (index >= WARM_UP) byHand.push(theirs.ms);
  }
  const ratio = (of: (times: number[]) => number) => (of(service) / of(byHand)).toFixed(2);
  const against = types
    ? ''
    : `; by hand, a statement a level: p50 ${median(byHand).toFixed(1)} ms, p95 ${p95(byHand).toFixed(1)} ms; ratios ${ratio(median)}, ${ratio(p95)}`;
  console.log(
    `path, ${name}, ${service.length} pairs: p50 ${median(service).toFixed(1)} ms, p95 ${p95(service).toFixed(1)} ms${against}`,
  );
}

/** What {@link run} measures, on a database that is filled already. */
export async function measurePath(databaseUrl: string, workspaceId: string): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {}, connection: { jit: 'off', ...ON_TABLES } });
  const service = await startService(databaseUrl);
  try {
    const right = await Adjacency.read(sql);
    const find = (pair: readonly [string, string]) => lengthByHand(sql, workspaceId, pair, MAX_DEPTH);
    const random = randomPairs(right, PAIRS + WARM_UP);
    const asked: Record<string, Asked> = {
      'between any two': { pairs: random },
      'at distance 4': { pairs: pairsAt(right, 4, PAIRS + WARM_UP) },
      'between any two, two of three types': { pairs: random, types: ['CAUSES', 'REFERENCES'] },
    };
    for (const [name, each] of Object.entries(asked)) await measure(name, service.url, find, right.ids, each);
  } finally {
    await Promise.all([service.stop(), sql.end({ timeout: 1 })]);
  }
}

/**
 * `path` over HTTP, the strongest of the shortest, against the length of the shortest by hand through the driver: no
 * HTTP, no tenancy, and no strengths.
 */
export async function run(): Promise<void> {
  await onPostgresql(async (database, _name, databaseUrl) => {
    const { workspaceId } = await openWorkspace(database, 'bench', 'bench');
    await fillOther(database);
    await fillGraph({ database, workspaceId, actor: 'bench' }, MEMORIES);
    console.log(`${MEMORIES} memories, at most ${MAX_DEPTH} relations`);
    await measurePath(databaseUrl, workspaceId);
  });
}
