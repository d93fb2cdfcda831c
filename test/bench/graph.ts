import postgres from 'postgres';
import { openWorkspace } from '../../src/domain/workspace/workspaces.ts';
import { encodeId, parseId } from '../../src/kernel/ids.ts';
import { ON_TABLES } from '../support/search-path.ts';
import { Adjacency } from './adjacency.ts';
import { median, onPostgresql, timed } from './databases.ts';
import { byLevels, byLookUp, type Direction } from './graph-by-hand.ts';
import { fillGraph } from './graph-data.ts';
import { fillOther } from './neighbors.ts';
import { ask, startService } from './processes.ts';

const MEMORIES = Number(process.env.MEMORIES ?? 200_000);
const ROUNDS = Number(process.env.ROUNDS ?? 25);
const DEPTH = 3;
const MAX_NODES = 500;
/** Relations of the starts; the first is the median. */
const DEGREES = [0, 100, 300, 1_000, 3_000, 10_000];

const GRAPH = `query ($from: ID!, $direction: Direction) {
  graph(input: { from: [$from], depth: ${DEPTH}, maxNodes: ${MAX_NODES}, direction: $direction }) {
    truncated memories { depth memory { id } } } }`;

/** Asks each in turn, and prints how long the service takes against the quickest statement by hand. */
async function measureStart(url: string, sql: postgres.Sql, walk: Parameters<typeof byLevels>[1], degree: number) {
  const direction = walk.direction === 'BOTH' ? null : walk.direction;
  const variables = { from: encodeId('Memory', walk.from), direction };
  const times = { service: [] as number[], levels: [] as number[], lookUp: [] as number[] };
  let size = 0;
  for (let round = 0; round < ROUNDS + 5; round++) {
    const service = await timed(() => ask(url, GRAPH, variables));
    const levels = await timed(() => byLevels(sql, walk));
    const lookUp = await timed(() => byLookUp(sql, walk));
    const ids: string[] = service.result.graph.memories.map(
      ({ memory }: { memory: { id: string } }) => parseId(memory.id)?.uuid,
    );
    size = ids.length;
    for (const { result } of [levels, lookUp]) {
      if (result.map(({ id }) => id).join() !== ids.join())
        throw new Error(`from ${walk.from}: other memories by hand`);
    }
    // The first ones plan.
    if (round < 5) continue;
    times.service.push(service.ms);
    times.levels.push(levels.ms);
    times.lookUp.push(lookUp.ms);
  }
  const [ours, levels, lookUp] = [median(times.service), median(times.levels), median(times.lookUp)];
  const ratio = ours / Math.min(levels, lookUp);
  console.log(
    `${walk.direction}, from degree ${degree}, ${size} memories: ${ratio.toFixed(2)} × the best by hand ` +
      `(${ours.toFixed(1)} ms; by hand level by level ${levels.toFixed(1)} ms, looking up only what fits ${lookUp.toFixed(1)} ms)`,
  );
  return { ratio, toLevels: ours / levels };
}

/** What {@link run} measures, on a database that is filled already. */
export async function measureGraph(databaseUrl: string, workspaceId: string): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {}, connection: { jit: 'off', ...ON_TABLES } });
  const service = await startService(databaseUrl);
  try {
    const right = await Adjacency.read(sql);
    for (const direction of ['OUT', 'BOTH'] as Direction[]) {
      const ratios: { ratio: number; toLevels: number }[] = [];
      for (const degree of DEGREES) {
        const [n = 0] = right.ofDegree(degree || right.medianDegree(), 1);
        const walk = { workspaceId, from: right.ids[n] as string, depth: DEPTH, maxNodes: MAX_NODES, direction };
        ratios.push(await measureStart(service.url, sql, walk, right.degrees[n] as number));
      }
      console.log(
        `${direction}, median of ${ratios.length} starts: ${median(ratios.map(({ ratio }) => ratio)).toFixed(2)} × the best by hand, ` +
          `${median(ratios.map(({ toLevels }) => toLevels)).toFixed(2)} × level by level`,
      );
    }
  } finally {
    await Promise.all([service.stop(), sql.end({ timeout: 1 })]);
  }
}

/**
 * The ids that `graph` finds within depth 3, at most 500, over HTTP, from six starts, of median degree up to hubs,
 * against two recursive statements by hand through the driver: no HTTP, no tenancy.
 */
export async function run(): Promise<void> {
  await onPostgresql(async (database, _name, databaseUrl) => {
    const { workspaceId } = await openWorkspace(database, 'bench', 'bench');
    await fillOther(database);
    await fillGraph({ database, workspaceId, actor: 'bench' }, MEMORIES);
    console.log(`${MEMORIES} memories, depth ${DEPTH}, at most ${MAX_NODES}; medians of ${ROUNDS} rounds`);
    await measureGraph(databaseUrl, workspaceId);
  });
}
