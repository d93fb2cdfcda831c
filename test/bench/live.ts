import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { ON_TABLES } from '../support/search-path.ts';
import { median, onEmptyDatabases, p95 } from './databases.ts';
import { ask, type ServerProcess, startService } from './processes.ts';

const SECONDS = Number(process.env.SECONDS ?? 20);
/** How many memories are being written at once, at most. */
const IN_FLIGHT = 16;
const COMPANION = 'iris';
const DOCUMENT = 'subscription { events { cursor node { kind at memory { id content } } } }';
const CREATE = `mutation ($input: CreateMemoryInput!) { createMemory(input: $input) {
  ... on CreateMemoryPayload { memory { id } } ... on Error { message } } }`;
const TOKEN = 'a-token-of-the-benchmark';

/** Milliseconds from the stamp of each event, which comes before its commit, to when it was there. */
interface Latencies {
  ms: number[];
  missed: number;
}

/** Opens a subscription and calls `take` with when each event happened, in milliseconds since 1970. */
function subscribe(url: string, agent: Agent, headers: Record<string, string>, take: (at: number) => void) {
  const body = JSON.stringify({ query: DOCUMENT });
  return new Promise<() => void>((resolve, reject) => {
    const asked = request(
      url,
      {
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
      },
      (response) => {
        if (response.statusCode !== 200) return reject(new Error(`answered ${response.statusCode}`));
        let rest = '';
        response.on('data', (chunk: Buffer) => {
          rest += chunk;
          for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
            const at = /"at":"([^"]+)"/.exec(rest.slice(0, end));
            if (at) take(Date.parse(at[1] as string));
            rest = rest.slice(end + 2);
          }
        });
        response.on('error', () => {});
        resolve(() => asked.destroy());
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}

/** How often {@link write} has been called. */
let writes = 0;

/**
 * Writes so many memories a second, as far as the machine gets: at most {@link IN_FLIGHT} at once. Resolves to how many
 * there were, and how many a second that was.
 */
async function write(url: string, perSecond: number, userOf: (index: number) => string | undefined) {
  const load = ++writes;
  const begin = performance.now();
  const count = perSecond * SECONDS;
  let next = 0;
  const writer = async () => {
    for (let index = next++; index < count; index = next++) {
      const early = begin + (index * 1_000) / perSecond - performance.now();
      if (early > 1) await sleep(early);
      const user = userOf(index);
      // What was written before would be a duplicate, and no event.
      const content = `Something that happened, number ${index} of ${load}.`;
      const input = {
        companion: { key: COMPANION },
        type: 'FACT',
        content,
        ...(user && { user: { externalId: user } }),
      };
      await ask(url, CREATE, { input });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, writer));
  return { count, reached: (count * 1_000) / (performance.now() - begin) };
}

/** What PostgreSQL's own means take: one session that listens, and a SELECT of what is new. */
async function byHand(url: string, workspaceId: string): Promise<{ taken: number[]; stop(): Promise<void> }> {
  const sql = postgres(url, { max: 1, onnotice: () => {}, connection: ON_TABLES });
  const taken: number[] = [];
  let position = 0;
  const read = async () => {
    const rows = await sql`select position::float8 as position, at from events
      where workspace_id = ${workspaceId} and position > ${position} order by position`;
    for (const row of rows) taken.push(Date.now() - (row.at as Date).getTime());
    position = rows.at(-1)?.position ?? position;
  };
  const [{ channel }] = (await sql`select 'bench_live' as channel`) as unknown as [{ channel: string }];
  await sql.unsafe(`create or replace function bench_tell() returns trigger language plpgsql as
    $$ begin perform pg_notify('${channel}', ''); return null; end $$`);
  await sql.unsafe('create trigger bench_tell after insert on events for each statement execute function bench_tell()');
  await read();
  taken.length = 0;
  const { unlisten } = await sql.listen(channel, () => void read());
  return {
    taken,
    async stop() {
      await unlisten();
      await sql`drop trigger bench_tell on events`;
      await sql.end();
    },
  };
}

/** What the server's heap is limited to: without, garbage lies about until there is much of it. */
const HEAP_MB = 350;

async function heapOf(url: string): Promise<number> {
  const text = await (await fetch(new URL('/metrics', url), { headers: { authorization: `Bearer ${TOKEN}` } })).text();
  return Number(/^nodejs_heap_size_used_bytes\s+(\S+)/m.exec(text)?.[1]) / 2 ** 20;
}

interface Load {
  name: string;
  subscribers: number;
  perSecond: number;
  userOf: (index: number) => string | undefined;
}

const loads: Load[] = [
  {
    name: '1,000 subscribers, each of a user of their own, 100 deliveries/s in all',
    subscribers: 1_000,
    perSecond: 100,
    userOf: (index) => `user-${(index * 7) % 1_000}`,
  },
  { name: '50 subscribers of everything, 20 events/s', subscribers: 50, perSecond: 20, userOf: () => undefined },
];

async function measure(
  { url }: ServerProcess,
  load: Load,
): Promise<Latencies & { heap: number; wanted: number; reached: number }> {
  const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
  const ms: number[] = [];
  const take = (at: number) => void ms.push(Date.now() - at);
  const opened: (() => void)[] = [];
  for (let index = 0; index < load.subscribers; index++) {
    const user = load.userOf(index);
    opened.push(await subscribe(url, agent, user === undefined ? {} : { 'palimpsest-user': user }, take));
  }
  let heap = 0;
  const look = setInterval(() => void heapOf(url).then((now) => (heap = Math.max(heap, now))), 1_000);
  const { count, reached } = await write(url, load.perSecond, load.userOf);
  const wanted = load.userOf(0) === undefined ? count * load.subscribers : count;
  for (let waited = 0; ms.length < wanted && waited < 10_000; waited += 100) await sleep(100);
  clearInterval(look);
  heap = Math.max(heap, await heapOf(url));
  for (const close of opened) close();
  return { ms, missed: wanted - ms.length, heap, wanted, reached };
}

const figures = (ms: readonly number[]) => `median ${median(ms).toFixed(0)} ms, p95 ${p95(ms).toFixed(0)} ms`;

/** How soon subscribers have what was written, and what a server takes for it, beside LISTEN and SELECT by hand. */
export async function run(): Promise<void> {
  await onEmptyDatabases(1, async ([url]) => {
    const server = await startService(url as string, [], {
      NODE_OPTIONS: `--max-old-space-size=${HEAP_MB} --max-semi-space-size=16`,
      METRICS: 'true',
      METRICS_TOKEN: TOKEN,
      MAX_CONNECTIONS_PER_ADDRESS: '2000',
      DEMO: 'false',
      // Vectors of what is written would take half of a core.
      EMBEDDING_PROVIDER: 'none',
    });
    const sql = postgres(url as string, { max: 1, onnotice: () => {}, connection: ON_TABLES });
    try {
      const [{ id }] = (await sql`select id from workspaces limit 1`) as unknown as [{ id: string }];
      console.log(
        `From the stamp of an event, which comes before its commit, to its delivery, for ${SECONDS} s each; without vectors:`,
      );
      console.log(
        `heap of the server, limited to ${HEAP_MB} MB, with nobody subscribed: ${(await heapOf(server.url)).toFixed(0)} MB`,
      );
      for (const load of loads) {
        const { ms, missed, heap, wanted, reached } = await measure(server, load);
        // After it: a trigger that notifies lets no two transactions commit at once.
        const hand = await byHand(url as string, id);
        await write(server.url, load.perSecond, load.userOf);
        await hand.stop();
        console.log(
          `${load.name}: ${figures(ms)}; ${wanted} deliveries, ${missed} missed; ${reached.toFixed(0)} events/s written; heap at most ${heap.toFixed(0)} MB`,
        );
        console.log(`  LISTEN and SELECT by hand, of the same load with nobody subscribed: ${figures(hand.taken)}`);
        console.log(`  p95 against that: ${(p95(ms) / p95(hand.taken)).toFixed(1)} ×`);
      }
    } finally {
      await sql.end();
      await server.stop();
    }
  });
}
