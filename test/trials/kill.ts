import { cpSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster } from './cluster.ts';
import { Keeper } from './keeper.ts';
import { Choices } from './random.ts';
import { lookAtFolder, lookAtRows } from './rows.ts';
import { ServerProcess } from './server-process.ts';
import { databaseFor, ending, percentile, type TrialDatabase, toNumber } from './support.ts';

/** How soon the service has to be back. */
const BACK_WITHIN_MS = 10_000;
/** How long nobody may tell an outcome before a client gives up. */
const GIVE_UP_MS = 60_000;

export interface KillOptions {
  settings: Record<string, string>;
  rounds: number;
  seed: number;
  writers: number;
  /** The longest that a server is left alone. */
  loadMs: number;
  /** Every so many rounds all rows are looked at. */
  checkEvery: number;
  /** Kills what is to be killed, and makes sure that it comes back. */
  interrupt?: (server: ServerProcess, round: number) => Promise<void>;
  onRound?: (round: number) => void;
}

export interface KillReport {
  rounds: number;
  acknowledged: number;
  retried: number;
  byName: Record<string, number>;
  unknown: Record<string, number>;
  /** How long after each interruption the first mutation or query succeeded, in ms. */
  backAfterMs: number[];
  /** How often all rows were looked at. */
  checks: number;
  broken: string[];
}

const POLICY = `mutation { setDecayPolicy(input: { type: EXPERIENCE, halfLifeDays: 1000000, archiveBelow: 2 }) {
  __typename ... on Error { message } } }`;
const RECALL = `query ($q: String!) { recall(input: { companion: { key: "keeper0" }, query: $q }) {
  nodes { content relations { nodes { id } } } } }`;
const PROBE = '{ memories(first: 1) { nodes { content } } }';

/** Interrupts a server under load, time after time, and looks at what is there after each. */
export async function killAgainAndAgain(options: KillOptions): Promise<KillReport> {
  const { settings, rounds, seed, writers, loadMs, checkEvery, onRound } = options;
  const choices = Choices.seeded(seed);
  let server = await ServerProcess.start(settings);
  const interrupt =
    options.interrupt ??
    (async () => {
      await server.kill();
      // The rows of PostgreSQL can be read at any time, those of the embedded database only from a copy.
      if (settings.DATABASE_URL) server = await ServerProcess.start(settings);
      else {
        if (isCheckDue()) copyFolder(settings.DATA_DIR as string, copy);
        server = await ServerProcess.start(settings);
      }
    });
  const broken: string[] = [];
  let checks = 0;
  let round = 0;
  const copy = join(tmpdir(), `palimpsest-kill-copy-${process.pid}`);
  const isCheckDue = () => round % checkEvery === 0 || round === rounds;
  const check = async () => {
    checks++;
    const found = await (settings.DATABASE_URL ? lookAtRows(settings.DATABASE_URL) : lookAtFolder(copy));
    broken.push(...found.map((each) => `round ${round}: ${each}`));
    rmSync(copy, { recursive: true, force: true });
  };
  await server.ask(POLICY);
  const ask = (query: string, variables: object) => server.ask(query, variables);
  const keepers = Array.from(
    { length: writers },
    (_, at) => new Keeper(`keeper${at}`, Choices.seeded(seed + at + 1), ask),
  );
  const backAfterMs: number[] = [];
  let isOver = false;
  try {
    for (round = 1; round <= rounds && !ending.isAsked; round++) {
      isOver = false;
      let giveUpAt = Number.POSITIVE_INFINITY;
      const load = Promise.all([
        ...keepers.map(async (keeper) => {
          while (!isOver) await keeper.step(() => performance.now() > giveUpAt);
        }),
        (async () => {
          while (!isOver) {
            const { status, errors } = await ask(RECALL, { q: 'river said' });
            if (status === 200 && errors) throw new Error(`recall was refused: ${JSON.stringify(errors)}`);
            if (status !== 200) await sleep(100);
          }
        })(),
      ]);
      load.catch(() => {});
      await sleep(50 + choices.below(loadMs));
      const interrupted = performance.now();
      giveUpAt = interrupted + GIVE_UP_MS;
      await interrupt(server, round);
      while ((await ask(PROBE, {})).status !== 200) {
        if (performance.now() > giveUpAt) throw new Error(`round ${round}: nobody answers: ${server.complaints}`);
        await sleep(25);
      }
      backAfterMs.push(performance.now() - interrupted);
      isOver = true;
      await load;
      for (const keeper of keepers) await keeper.verify();
      if (isCheckDue()) await check();
      broken.push(...keepers.flatMap((keeper) => keeper.broken.splice(0).map((text) => `round ${round}: ${text}`)));
      onRound?.(round);
      if (broken.length > 20) break;
    }
  } catch (error) {
    broken.push(`${(error as Error).message}`);
  } finally {
    isOver = true;
    await server.kill('SIGTERM');
  }
  const sum = (of: (keeper: Keeper) => number) => keepers.reduce((total, keeper) => total + of(keeper), 0);
  const merged = (of: (keeper: Keeper) => Record<string, number>) => {
    const all: Record<string, number> = {};
    for (const keeper of keepers) for (const [name, n] of Object.entries(of(keeper))) all[name] = (all[name] ?? 0) + n;
    return all;
  };
  return {
    rounds: backAfterMs.length,
    acknowledged: sum(({ tally }) => tally.acknowledged),
    retried: sum(({ tally }) => tally.retried),
    byName: merged(({ tally }) => tally.byName),
    unknown: merged(({ tally }) => tally.unknown),
    backAfterMs,
    checks,
    broken,
  };
}

function copyFolder(folder: string, copy: string): void {
  rmSync(copy, { recursive: true, force: true });
  cpSync(folder, copy, { recursive: true });
  rmSync(join(copy, 'palimpsest.lock'), { force: true });
}

export async function run(): Promise<boolean> {
  const seed = toNumber('KILL_SEED', Math.floor(Math.random() * 1e9));
  const rounds = toNumber('KILL_ROUNDS', 200);
  const shared = { seed, writers: toNumber('KILL_WRITERS', 4), loadMs: toNumber('KILL_LOAD_MS', 1_500), onRound };
  const only = process.env.KILL_ONLY;
  const of = (kind: string) => !only || only.split(',').includes(kind);
  let isFine = true;
  console.log(`seed ${seed} (KILL_SEED)`);
  const kill = async (what: string, database: TrialDatabase, count: number, more: Partial<KillOptions> = {}) => {
    if (count === 0) return;
    console.log(`\n${what}, ${count} times`);
    const options = { settings: database.settings, rounds: count, checkEvery: 1, ...shared, ...more };
    if (!tell(await killAgainAndAgain(options))) isFine = false;
  };
  if (of('embedded')) {
    const database = await databaseFor('kill', 'embedded');
    await kill('the server on the embedded database', database, rounds, {
      checkEvery: toNumber('KILL_CHECK_EVERY', 4),
    });
    await database.drop();
  }
  if (of('postgresql')) {
    if (process.env.TRIAL_DATABASE_URL) {
      const database = await databaseFor('kill', 'postgresql');
      await kill('the server on PostgreSQL', database, rounds);
      await database.drop();
    } else console.log('(the server on PostgreSQL is left out: TRIAL_DATABASE_URL is not set)');
  }
  if (of('database')) {
    const cluster = await Cluster.start('trial');
    if (cluster) {
      const settings = { PORT: '0', DEMO: 'false', GRAPHIQL: 'false', DATABASE_URL: await cluster.createDatabase() };
      await kill(
        'PostgreSQL itself, fsync on,',
        { name: 'PostgreSQL', settings, drop: async () => {} },
        toNumber('KILL_DATABASE_ROUNDS', 50),
        {
          // One session, and PostgreSQL recovers by itself; or all of it, and it is started again. Each in turn.
          interrupt: async (_, round) => (round % 2 === 0 ? cluster.killSession() : cluster.killAll()),
        },
      );
      await cluster.stop();
    } else console.log('(PostgreSQL itself is left out: TRIAL_POSTGRES does not name the program that starts one)');
  }
  return isFine;
}

const onRound = (round: number) => {
  if (round % 10 === 0) console.log(`  ${round}`);
};

function tell(report: KillReport): boolean {
  const list = (of: Record<string, number>) =>
    Object.entries(of)
      .map(([name, n]) => `${name} ${n}`)
      .join(', ');
  const late = report.backAfterMs.flatMap((ms, index) =>
    ms > BACK_WITHIN_MS ? [`round ${index + 1}, ${ms.toFixed(0)} ms`] : [],
  );
  console.log(`interrupted  ${report.rounds} times; rows looked at ${report.checks} times`);
  console.log(`mutations    ${report.acknowledged} acknowledged: ${list(report.byName)}`);
  console.log(
    `unknown      ${report.retried} outcomes were asked for again; in their place came ${list(report.unknown)}`,
  );
  console.log(
    `back         ${report.backAfterMs.length - late.length} of ${report.rounds} within ${BACK_WITHIN_MS / 1_000} s; half within ${percentile(report.backAfterMs, 0.5).toFixed(0)} ms, the slowest ${percentile(report.backAfterMs, 1).toFixed(0)} ms${late.length > 0 ? `; later: ${late.join('; ')}` : ''}`,
  );
  for (const each of report.broken.slice(0, 20)) console.log(`BROKEN: ${each}`);
  const isFine = report.broken.length === 0 && late.length === 0;
  console.log(isFine ? 'nothing lost, nothing half, nothing doubled' : 'a promise is broken');
  return isFine;
}
