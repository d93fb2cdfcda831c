import { setTimeout as sleep } from 'node:timers/promises';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { Choices } from './random.ts';
import { ServerProcess } from './server-process.ts';
import { databaseFor, ending, type TrialDatabase, toNumber } from './support.ts';

/** How long nothing may arrive of what waits when nobody is killed any more. */
const DRAIN_MS = 120_000;

export interface WebhookKillOptions {
  settings: Record<string, string>;
  /** How many servers there are on the database; one of them is killed each round. */
  servers: number;
  rounds: number;
  seed: number;
  writers: number;
  /** The longest that the servers are left alone when something has been sent since the last was killed. */
  loadMs: number;
  /** How long that is waited for: what the killed one was sending to, others leave alone for some seconds. */
  waitMs: number;
  onRound?: (round: number) => void;
}

export interface WebhookKillReport {
  rounds: number;
  /** How many events there were, of each webhook. */
  events: Record<string, number>;
  /** How many requests came again. */
  repeats: number;
  broken: string[];
}

const CREATE = `mutation ($url: String!, $kinds: [MemoryEventKind!]) {
  createWebhook(input: { url: $url, kinds: $kinds }) { ... on CreateWebhookPayload { webhook { id } } ... on Error { message } } }`;
const REMEMBER = `mutation ($companion: String!, $memories: [NewMemory!]!) {
  createMemories(input: { companion: { key: $companion }, memories: $memories }) {
    ... on CreateMemoriesPayload { memories { id } } ... on Error { message } } }`;
const UPDATE = `mutation ($id: ID!, $summary: String!) { updateMemory(input: { id: $id, summary: $summary }) { __typename } }`;
const WAITING = `{ webhooks { nodes { url pending: deliveries(status: PENDING) { totalCount } failed: deliveries(status: FAILED) { totalCount } } } }`;
const EVENTS = `query ($after: String) { events(first: 100, after: $after) { nodes { id kind } pageInfo { hasNextPage endCursor } } }`;

/** The webhooks there are, by the path they are sent to, and what kinds they get. */
const hooks: Record<string, string[] | null> = { '/all': null, '/recorded': ['RECORDED'], '/slow': ['UPDATED'] };

/** Kills servers while they send webhooks, time after time, and looks whether each event has come, in order. */
export async function killWhileSending(options: WebhookKillOptions): Promise<WebhookKillReport> {
  const receiver = await startReceiver();
  receiver.reply = async ({ path }) => {
    if (path === '/slow') await sleep(20);
    return undefined;
  };
  const settings = { ...options.settings, WEBHOOK_PRIVATE_ADDRESSES: 'true' };
  const servers: ServerProcess[] = [];
  const broken: string[] = [];
  let rounds = 0;
  try {
    for (let n = 0; n < options.servers; n++) servers.push(await ServerProcess.start(settings));
    await makeHooks(servers[0] as ServerProcess, receiver);
    rounds = await killInTurn(servers, settings, receiver, options);
    await drain(servers[0] as ServerProcess, broken);
    const events = await feedOf(servers[0] as ServerProcess);
    const { repeats, expected } = compare(receiver, events, broken);
    return { rounds, events: expected, repeats, broken };
  } finally {
    for (const server of servers) await server.kill('SIGTERM');
    await receiver.stop();
  }
}

async function makeHooks(server: ServerProcess, receiver: Receiver): Promise<void> {
  for (const [path, kinds] of Object.entries(hooks)) {
    const { data } = await server.ask(CREATE, { url: new URL(path, receiver.url).href, kinds });
    if (!data?.createWebhook.webhook) throw new Error(`No webhook was made: ${JSON.stringify(data)}`);
  }
}

/** Kills one server after the other under load, and starts it again; returns how often. */
async function killInTurn(
  servers: ServerProcess[],
  settings: Record<string, string>,
  { received }: Receiver,
  { rounds, seed, writers, loadMs, waitMs, onRound }: WebhookKillOptions,
): Promise<number> {
  const choices = Choices.seeded(seed);
  let isOver = false;
  const load = Array.from({ length: writers }, async (_, writer) => {
    for (let n = 0; !isOver; n++) await writeSome(servers[(writer + n) % servers.length] as ServerProcess, writer, n);
  });
  let round = 0;
  try {
    for (; round < rounds && !ending.isAsked; round++) {
      const [before, until] = [received.length, performance.now() + waitMs];
      while (received.length === before && performance.now() < until) await sleep(20);
      await sleep(choices.below(loadMs));
      const at = round % servers.length;
      await servers[at]?.kill();
      servers[at] = await ServerProcess.start(settings);
      onRound?.(round + 1);
    }
  } finally {
    isOver = true;
    await Promise.all(load);
  }
  return round;
}

/** Writes, and does not care whether it succeeds: what was committed is in the feed. */
async function writeSome(server: ServerProcess, writer: number, n: number): Promise<void> {
  const memories = Array.from({ length: 1 + (n % 4) }, (_, i) => ({
    type: 'FACT',
    content: `Writer ${writer} says ${n}, ${i}: ${Math.random()}`,
  }));
  const { status, data } = await server.ask(REMEMBER, { companion: `writer${writer}`, memories });
  if (status !== 200) return void (await sleep(50));
  const [first] = data?.createMemories.memories ?? [];
  if (first) await server.ask(UPDATE, { id: first.id, summary: `summary ${n}` });
}

/** Waits until nothing waits to be sent. */
async function drain(server: ServerProcess, broken: string[]): Promise<void> {
  let until = performance.now() + DRAIN_MS;
  let least = Number.POSITIVE_INFINITY;
  for (;;) {
    const { data } = await server.ask(WAITING);
    // biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
    const nodes: any[] = data?.webhooks.nodes ?? [];
    for (const { url, failed } of nodes) if (failed.totalCount > 0) broken.push(`${url}: ${failed.totalCount} failed`);
    if (nodes.length > 0 && nodes.every(({ pending }) => pending.totalCount === 0)) return;
    const waiting = nodes.reduce((sum, { pending }) => sum + pending.totalCount, 0);
    if (nodes.length > 0 && waiting < least) {
      least = waiting;
      until = performance.now() + DRAIN_MS;
    }
    if (performance.now() > until) {
      broken.push(`not all was sent: ${JSON.stringify(nodes)} ${server.complaints}`);
      return;
    }
    await sleep(200);
  }
}

async function feedOf(server: ServerProcess): Promise<{ id: string; kind: string }[]> {
  const events: { id: string; kind: string }[] = [];
  for (let after: string | null = null; ; ) {
    const { data } = await server.ask(EVENTS, { after });
    events.push(...data.events.nodes);
    after = data.events.pageInfo.endCursor;
    if (!data.events.pageInfo.hasNextPage) return events;
  }
}

/** Each webhook got every event of its kinds, and, apart from repeats, in the order of the feed. */
function compare(receiver: Receiver, events: readonly { id: string; kind: string }[], broken: string[]) {
  const expected: Record<string, number> = {};
  let repeats = 0;
  for (const [path, kinds] of Object.entries(hooks)) {
    const got = receiver.received.filter((each) => each.path === path).map(({ headers }) => headers['webhook-id']);
    const once = [...new Set(got)];
    const due = events.filter(({ kind }) => kinds?.includes(kind) ?? true).map(({ id }) => id);
    repeats += got.length - once.length;
    expected[path] = due.length;
    const missing = due.filter((id) => !once.includes(id)).length;
    if (missing > 0) broken.push(`${path}: ${missing} of ${due.length} events did not come`);
    else if (once.join() !== due.join()) broken.push(`${path}: the events came in another order, or others came`);
  }
  return { expected, repeats };
}

export async function run(): Promise<boolean> {
  const seed = toNumber('KILL_SEED', Math.floor(Math.random() * 1e9));
  const rounds = toNumber('KILL_ROUNDS', 100);
  const only = process.env.KILL_ONLY;
  console.log(`seed ${seed} (KILL_SEED)`);
  let isFine = true;
  const kill = async (what: string, database: TrialDatabase, servers: number) => {
    console.log(`\n${what}, ${rounds} times`);
    const onRound = (round: number) => {
      if (round % 10 === 0) console.log(`  ${round}`);
    };
    const loadMs = toNumber('KILL_LOAD_MS', 1_500);
    const { settings } = database;
    const report = await killWhileSending({
      settings,
      servers,
      rounds,
      seed,
      writers: 3,
      loadMs,
      waitMs: 5_000,
      onRound,
    });
    console.log(JSON.stringify(report, null, 2));
    isFine &&= report.broken.length === 0;
    await database.drop();
  };
  if (!only || only === 'embedded')
    await kill('the server on the embedded database', await databaseFor('kill', 'embedded'), 1);
  if (!only || only === 'postgresql') {
    if (process.env.TRIAL_DATABASE_URL)
      await kill('one of two servers on PostgreSQL', await databaseFor('kill', 'postgresql'), 2);
    else console.log('(PostgreSQL is left out: TRIAL_DATABASE_URL is not set)');
  }
  return isFine;
}
