import { setTimeout as sleep } from 'node:timers/promises';
import { connectionsOf, mb, PROBE } from './faults-load.ts';
import { Keeper } from './keeper.ts';
import { Choices } from './random.ts';
import { lookAtRows } from './rows.ts';
import { type Reply, ServerProcess } from './server-process.ts';
import { databaseFor, ending, percentile, toNumber } from './support.ts';

/** How much more heap the last minutes may hold than the first ones after warming up. */
const MOST_HEAP_DRIFT = 16 * 2 ** 20;
/** How many times slower the last minutes may be, by their medians. */
const MOST_LATENCY_DRIFT = 1.5;

const RECALL = `query ($companion: CompanionRef!, $q: String!) { recall(input: { companion: $companion, query: $q }, first: 10) {
  nodes { content importance status entities { nodes { name } } } } }`;
const NESTED = `query ($companion: CompanionRef!) { memories(companion: $companion, first: 10) { totalCount nodes {
  content confidence relations(first: 5) { nodes { type from { content } to { content entities { nodes { name } } } } }
  versions { nodes { content } } history(first: 5) { nodes { kind } } similar(first: 3) { similarity memory { content } } } } }`;
const PAST = `query ($companion: CompanionRef!, $at: PointInTime) { memories(companion: $companion, at: $at, first: 10) {
  totalCount nodes { content status current { content } } } }`;

interface Minute {
  requests: number;
  p50: number;
  p95: number;
  heap: number;
  rss: number;
  connections: number;
}

/** SOAK_MINUTES of mixed load on a level number of memories: memory, latency and connections have to stay level too. */
export async function run(): Promise<boolean> {
  const minutes = toNumber('SOAK_MINUTES', 30);
  const minuteMs = toNumber('SOAK_MINUTE_MS', 60_000);
  const readers = toNumber('SOAK_READERS', 4);
  const writers = toNumber('SOAK_WRITERS', 4);
  const pauseMs = toNumber('SOAK_PAUSE_MS', 10);
  const database = await databaseFor('soak');
  console.log(`${minutes} minutes, ${writers} writers and ${readers} readers, on ${database.name}`);
  const server = await ServerProcess.start(database.settings);
  const broken: string[] = [];
  const passed: Minute[] = [];
  let times: number[] = [];
  let isOver = false;
  try {
    const ask = async (query: string, variables: object = {}): Promise<Reply> => {
      const started = performance.now();
      const reply = await server.ask(query, variables);
      times.push(performance.now() - started);
      if ((reply.status !== 200 || reply.errors) && broken.length < 20)
        broken.push(`${reply.status} ${JSON.stringify(reply.errors)}`);
      return reply;
    };
    await ask(
      'mutation { setDecayPolicy(input: { type: EXPERIENCE, halfLifeDays: 1000000, archiveBelow: 2 }) { __typename } }',
    );
    const keepers = Array.from({ length: writers }, (_, at) => new Keeper(`keeper${at}`, Choices.seeded(at + 1), ask));
    const reader = async (choices: Choices) => {
      while (!isOver) {
        const companion = { key: `keeper${choices.below(writers)}` };
        const knownAt = new Date(Date.now() - 60_000).toISOString();
        await choices.weighted<() => Promise<Reply>>([
          [
            3,
            () =>
              ask(RECALL, {
                companion,
                q: choices.pick(['what was said by the river', 'corrected otherwise', 'number 3']),
              }),
          ],
          [3, () => ask(NESTED, { companion })],
          [1, () => ask(PAST, { companion, at: { knownAt } })],
          [1, () => ask(PROBE)],
        ])();
        await sleep(pauseMs);
      }
    };
    const load = Promise.all([
      ...keepers.map(async (keeper) => {
        while (!isOver) {
          await keeper.step(() => isOver);
          await sleep(pauseMs);
        }
      }),
      ...Array.from({ length: readers }, (_, at) => reader(Choices.seeded(1_000 + at))),
    ]);
    load.catch((error) => broken.push(String(error)));
    for (let minute = 1; minute <= minutes && broken.length < 20 && !ending.isAsked; minute++) {
      times = [];
      await sleep(minuteMs);
      const [requests, p50, p95] = [times.length, percentile(times, 0.5), percentile(times, 0.95)];
      const { heapUsed: heap, rss } = await server.memory();
      const { connections } = connectionsOf(server);
      passed.push({ requests, p50, p95, heap, rss, connections });
      console.log(
        `minute ${String(minute).padStart(2)}  ${requests} requests  p50 ${p50.toFixed(1)} ms  p95 ${p95.toFixed(1)} ms  heap ${mb(heap)}  process ${mb(rss)}  connections ${connections}`,
      );
    }
    isOver = true;
    await load;
    for (const keeper of keepers) {
      await keeper.verify();
      broken.push(...keeper.broken);
    }
    if (database.settings.DATABASE_URL) broken.push(...(await lookAtRows(database.settings.DATABASE_URL)));
    broken.push(...drift(passed));
    console.log(`mutations    ${keepers.reduce((sum, { tally }) => sum + tally.acknowledged, 0)} acknowledged`);
  } finally {
    await server.kill('SIGTERM');
    await database.drop();
  }
  for (const each of broken) console.log(`BROKEN: ${each}`);
  console.log(broken.length === 0 ? 'soak: level' : 'soak: something drifts, or fails');
  return broken.length === 0;
}

/** What in the last third of the minutes differs from the first third, without the minute of warming up. */
export function drift(passed: readonly Minute[]): string[] {
  const warm = passed.slice(1);
  const third = Math.floor(warm.length / 3);
  if (third === 0) return [];
  const middle = (of: readonly Minute[], value: (minute: Minute) => number) => percentile(of.map(value), 0.5);
  const [first, last] = [warm.slice(0, third), warm.slice(-third)];
  const found: string[] = [];
  const heap = middle(last, (each) => each.heap) - middle(first, (each) => each.heap);
  const [before, after] = [middle(first, (each) => each.p50), middle(last, (each) => each.p50)];
  const connections = middle(last, (each) => each.connections) - middle(first, (each) => each.connections);
  if (heap > MOST_HEAP_DRIFT) found.push(`the heap holds ${mb(heap)} more in the end`);
  if (after > before * MOST_LATENCY_DRIFT)
    found.push(`answers take ${after.toFixed(1)} ms in the end, ${before.toFixed(1)} ms before`);
  if (connections > 8) found.push(`${connections} connections more in the end`);
  return found;
}
