import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { drawing } from '../../src/model/evaluation/measures.ts';
import { median, onEmptyDatabases, p95, timed } from './databases.ts';
import { ask as askServer, type ServerProcess, startCheckout } from './processes.ts';
import { ask, remember, type Send, untilEmbedded } from './quality/ask.ts';
import { chosenSets, listed } from './quality/chosen.ts';
import type { Conversation, Turn } from './quality/sets.ts';
import { type Loads, writtenTexts } from './quality/texts.ts';

const { env } = process;
const here = resolve(import.meta.dirname, '../..');
const ROUNDS = Number(env.AGAINST_ROUNDS ?? 7);
const WARM_UP = 20;
/** How many writes come before those that are measured. */
const UNMEASURED = 2;
/** The embedded database learns how many rows there are within a minute. */
const SETTLE_MS = Number(env.AGAINST_SETTLE_S ?? 65) * 1_000;
const WAIT_S = 600;
const RESAMPLES = 1_000;

/** What took how long here and there, in ms: in pairs. */
type Pairs = Record<'ms' | 'cpuMs', [number, number]>[];

/** The service of this checkout and that of BASELINE, each on a database of its own. */
interface Both {
  servers: { send: Send; child: ChildProcess }[];
  /** Lets their databases learn what is there. */
  settle(): Promise<void>;
}

async function withServers(name: string, databases: Record<string, string>[], settle: Both['settle']): Promise<void> {
  const servers: ServerProcess[] = [];
  try {
    for (const [at, folder] of [here, resolve(env.BASELINE as string)].entries()) {
      servers.push(await startCheckout(folder, databases[at] as Record<string, string>));
    }
    const both = servers.map(({ url, process: child }) => {
      const send: Send = (query, variables) => askServer(url, query, variables);
      return { send, child };
    });
    await measure(name, { servers: both, settle });
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** Runs it on both by turns, each time another first, so that neither profits from what else the machine does. */
async function pair({ servers }: Both, turn: number, run: (send: Send) => Promise<number>): Promise<Pairs[number]> {
  const pair: Pairs[number] = { ms: [0, 0], cpuMs: [0, 0] };
  for (const at of turn % 2 === 0 ? [0, 1] : [1, 0]) {
    const { send, child } = servers[at] as Both['servers'][number];
    const before = cpuMsOf(child);
    pair.ms[at] = await run(send);
    pair.cpuMs[at] = cpuMsOf(child) - before;
  }
  return pair;
}

/** The processor time a process has had, in ms, to a hundredth of a second; 0 where the system does not say. */
function cpuMsOf({ pid }: ChildProcess): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return 0;
  }
}

async function measure(name: string, both: Both): Promise<void> {
  for (const [what, load] of Object.entries(writtenTexts() satisfies Loads)) {
    const pairs: Pairs = [];
    for (let round = -UNMEASURED; round < ROUNDS; round++) {
      const conversation = roundOf(load, what, round);
      const times = await pair(both, round + UNMEASURED, async (send) => {
        const { ms } = await timed(() => remember(send, conversation, load.length));
        // What is left to do in the background must not run while the other one is measured.
        await untilEmbedded(send, WAIT_S);
        return ms;
      });
      if (round >= 0) pairs.push(times);
    }
    tell(name, `write of ${what}`, pairs);
  }
  const sets = chosenSets(['locomo', 'beam', 'made-up']);
  for (const conversation of sets.flatMap(({ conversations }) => conversations)) {
    for (const { send } of both.servers) await remember(send, conversation);
  }
  for (const { send } of both.servers) {
    const { pending } = await untilEmbedded(send, WAIT_S);
    if (pending > 0) console.log(`(${pending} vectors were still pending after ${WAIT_S} s)`);
  }
  await both.settle();
  for (const { name: set, conversations } of sets) tell(name, `recall, ${set}`, await recalls(both, conversations));
}

/** The same texts with another ending, in a companion of their own: neither duplicates nor vectors that are known. */
function roundOf(load: readonly string[], what: string, round: number): Conversation {
  const turns = load.map(
    (content, n): Turn => ({ name: `${n}`, content: `${content} (${round})`, session: 'written' }),
  );
  return { companion: `${what} ${round}`, turns, questions: [] };
}

async function recalls(both: Both, conversations: readonly Conversation[]): Promise<Pairs> {
  const asked = conversations.flatMap((conversation) =>
    conversation.questions.map((question) => [conversation, question] as const),
  );
  const pairs: Pairs = [];
  for (const [turn, [conversation, question]] of [...asked.slice(0, WARM_UP), ...asked].entries()) {
    pairs.push(await pair(both, turn, async (send) => (await ask(send, conversation, question, new Map())).ms));
  }
  return pairs.slice(Math.min(WARM_UP, asked.length));
}

function tell(database: string, what: string, pairs: Pairs): void {
  const of = (at: 0 | 1) => pairs.map(({ ms }) => ms[at]);
  const ratioOf = (some: Pairs) => median(some.map(({ ms }) => ms[0])) / median(some.map(({ ms }) => ms[1]));
  const random = drawing(7);
  const drawn = () => pairs.map(() => pairs[Math.floor(random() * pairs.length)] as Pairs[number]);
  const ratios = Array.from({ length: RESAMPLES }, () => ratioOf(drawn())).sort((a, b) => a - b);
  const [low, high] = [0.025, 0.975].map((share) => (ratios[Math.floor(RESAMPLES * share)] as number).toFixed(2));
  const times = (ms: number[]) => `p50 ${median(ms).toFixed(1)} ms, p95 ${p95(ms).toFixed(1)} ms`;
  const fastest = (ms: number[]) => [...ms].sort((a, b) => a - b)[Math.floor(ms.length / 10)] as number;
  const cpu = ([0, 1] as const).map((at) => pairs.reduce((sum, { cpuMs }) => sum + cpuMs[at], 0));
  console.log(
    `${database}, ${what}: ratio ${ratioOf(pairs).toFixed(2)} [${low}–${high}], ` +
      `of the fastest tenths ${(fastest(of(0)) / fastest(of(1))).toFixed(2)}, ` +
      `of processor time ${((cpu[0] as number) / (cpu[1] as number)).toFixed(2)}; ` +
      `here ${times(of(0))}; there ${times(of(1))}; ${pairs.length} pairs`,
  );
}

const databases = {
  async embedded() {
    const folder = mkdtempSync(join(tmpdir(), 'palimpsest-bench-'));
    try {
      const folders = ['here', 'there'].map((name) => ({ DATABASE_URL: '', DATA_DIR: join(folder, name) }));
      await withServers('embedded', folders, () => sleep(SETTLE_MS));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  postgresql: () =>
    onEmptyDatabases(2, async (urls) => {
      const settings = urls.map((url) => ({ DATABASE_URL: url, DATABASE_POOL_SIZE: '16' }));
      await withServers('PostgreSQL', settings, async () => {
        for (const url of urls) {
          const admin = postgres(url, { max: 1, onnotice: () => {} });
          await admin.unsafe('vacuum analyze');
          await admin.end();
        }
      });
    }),
};

/**
 * Writes and recalls of this checkout against those of another one, whose folder BASELINE names: two servers in
 * processes of their own, on databases with the same data, asked by turns. Prints the ratio of the medians and the
 * interval it is in with 95 % probability, by bootstrap over the pairs. Where the machine has other work, two more tell
 * more: the ratio of what nine of ten took longer than, and that of the processor time that the servers' processes took
 * (for a write with that of its vectors; without PostgreSQL's own). Of LOCOMO (short turns) and BEAM (long chats)
 * what they name is recalled, and the made-up set; RECALL_SETS, RECALL_DATABASES and RECALL_CONVERSATIONS ask for a
 * part. AGAINST_ROUNDS: how often each write is measured.
 */
export async function run(): Promise<void> {
  if (!env.BASELINE) {
    console.log('left out: BASELINE does not name the folder of another checkout');
    return;
  }
  for (const kind of listed('RECALL_DATABASES', Object.keys(databases)) as (keyof typeof databases)[]) {
    await databases[kind]();
  }
}
