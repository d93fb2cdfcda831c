import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { buildSchema } from 'graphql';
import { startFuzzServer } from './fuzz-child.ts';
import { DocumentGenerator } from './fuzz-documents.ts';
import { prelude } from './fuzz-prelude.ts';
import { type FuzzAnswer, type FuzzRequest, generate, send } from './fuzz-requests.ts';
import { learn, type Pools } from './fuzz-values.ts';
import { codesOf, wrongWith } from './fuzz-verdict.ts';
import type { Violation } from './invariants.ts';
import { Choices, shrink } from './random.ts';
import { databaseFor, ending, settle, toNumber } from './support.ts';

/** How much more the heap may hold after all of it. */
const MOST_HEAP_GROWTH = 128 * 2 ** 20;
/** How many failures of a kind are looked into. */
const LOOKED_INTO = 3;
/** After so many requests there is something new to speak of; an odd number, so that it is each workspace's turn. */
const BEGUN_AGAIN = 401;

export interface Failure {
  what: string;
  workspace: 'own' | 'foreign';
  turn: number;
  made: number[];
  pools: { own: Pools; foreign: Pools };
  request: FuzzRequest;
  answer: FuzzAnswer | string;
}

export interface FuzzReport {
  requests: number;
  seconds: number;
  slowestMs: number;
  p99Ms: number;
  kinds: Record<string, number>;
  statuses: Record<string, number>;
  codes: Record<string, number>;
  /** Mutations that did something, and how often. */
  done: Record<string, number>;
  /** Fields of objects that an answer held. */
  fieldsAnswered: number;
  fieldsInSchema: number;
  failures: string[];
  violations: Violation[];
  crashed: string[];
  logged: string[];
  memory: Record<'before' | 'after', NodeJS.MemoryUsage>;
}

const schemaText = () => readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');

/** Sends so many requests from a seed to a server of its own, and tells what is wrong with its answers and its rows. */
export async function fuzz(options: {
  settings: Record<string, string>;
  requests: number;
  seed: number;
  concurrency?: number;
  /** How long an answer may take, in milliseconds. */
  patienceMs?: number;
  onProgress?: (done: number, failures: number) => void;
}): Promise<FuzzReport> {
  const { settings, requests, seed, concurrency = 8, patienceMs = 5_000, onProgress } = options;
  const schema = buildSchema(schemaText());
  const documents = new DocumentGenerator(schema);
  const server = await startFuzzServer(settings);
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency * 2 });
  const of = (name: string): Pools => ({
    marker: `⟦${name}-${seed.toString(36)}⟧`,
    ids: {},
    cursors: [],
    dimension: server.dimension,
  });
  const pools = { own: of('own'), foreign: of('foreign') };
  const isNotFound = (text: string): boolean => {
    const { errors } = JSON.parse(text) as { errors?: { extensions: { code: string } }[] };
    return errors?.every(({ extensions }) => extensions.code === 'NOT_FOUND') ?? false;
  };

  const other = { own: 'foreign', foreign: 'own' } as const;
  const failures = new Map<string, Failure[]>();
  const count = (of: Record<string, number>, name: string | number) => {
    of[name] = (of[name] ?? 0) + 1;
  };
  const [kinds, statuses, codes, done]: Record<string, number>[] = [{}, {}, {}, {}];
  const fields = new Set<string>();
  const times: number[] = [];
  const attempt = async (choices: Choices, workspace: 'own' | 'foreign', from = pools) => {
    const request = generate(choices, documents, from[workspace], from[other[workspace]]);
    try {
      const answer = await send({ port: server.port, agent, workspace, patienceMs }, request);
      return { request, answer, what: wrongWith(request, answer, from[other[workspace]].marker) };
    } catch (error) {
      const { name, message } = error as Error;
      return {
        request,
        answer: message,
        what: /abort|timeout|no answer/i.test(`${name} ${message}`) ? `no answer in ${patienceMs / 1_000} s` : message,
      };
    }
  };
  /** Makes something to speak of, and forgets the ids of what may be gone. */
  const begin = async (workspace: 'own' | 'foreign') => {
    pools[workspace].ids = {};
    for (const document of prelude(pools[workspace])) {
      const body = Buffer.from(JSON.stringify(document));
      const headers = { 'content-type': 'application/json' };
      const request = { method: 'POST', target: '/graphql', headers, body, kind: 'document' as const };
      const { status, text } = await send({ port: server.port, agent, workspace, patienceMs }, request);
      // Other requests may have deleted what it made before its answer was read.
      if (status === 200 && isNotFound(text)) continue;
      if (status !== 200 || text.includes('"errors"')) throw new Error(`The beginning was refused: ${text}`);
      learn(pools[workspace], text, 0);
    }
  };
  for (const workspace of ['own', 'foreign'] as const) await begin(workspace);
  const before = await server.ask<NodeJS.MemoryUsage>('memory');
  const started = performance.now();
  let turn = 0;
  const worker = async () => {
    while (turn < requests && !ending.isAsked) {
      const mine = turn++;
      const choices = Choices.seeded(Math.imul(seed, 0x9e3779b1) + mine);
      const workspace = mine % 3 === 0 ? 'foreign' : 'own';
      if (mine % BEGUN_AGAIN === BEGUN_AGAIN - 1) await begin(mine % 2 === 0 ? 'own' : 'foreign');
      const { request, answer, what } = await attempt(choices, workspace);
      count(kinds as never, request.kind);
      if (what) {
        const same = failures.get(what) ?? [];
        failures.set(what, same);
        if (same.length === 0 && onProgress) console.log(`  at request ${mine}: ${what}`);
        if (same.length < 200) {
          const kept = same.length < LOOKED_INTO ? structuredClone(pools) : pools;
          same.push({ what, workspace, turn: mine, made: choices.made, pools: kept, request, answer });
        }
      }
      if (typeof answer !== 'string') {
        times.push(answer.ms);
        count(statuses as never, answer.status);
        for (const code of codesOf(answer)) count(codes as never, code);
        if (request.kind === 'document') {
          learn(pools[workspace], answer.text, mine);
          note(answer.text, request.body.toString(), fields, done as never);
        }
      }
      if (mine % 1_000 === 999) onProgress?.(mine + 1, [...failures.values()].flat().length);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const seconds = (performance.now() - started) / 1_000;
  await settle();
  const after = await server.ask<NodeJS.MemoryUsage>('memory');
  const violations = await server.ask<Violation[]>('violations');
  const told: string[] = [];
  for (const [what, same] of failures) {
    for (const failure of same.slice(0, LOOKED_INTO)) {
      const fails = async (choices: Choices) =>
        (await attempt(choices, failure.workspace, failure.pools)).what === what;
      const made = what.startsWith('no answer') ? failure.made : await shrink(failure.made, fails);
      const { own, foreign } = failure.pools;
      const [mine, theirs] = failure.workspace === 'own' ? [own, foreign] : [foreign, own];
      told.push(describe(failure, generate(Choices.of(made), documents, mine, theirs), same.length));
    }
  }
  if (after.heapUsed > before.heapUsed + MOST_HEAP_GROWTH) told.push('the heap has grown, and stays so');
  await server.ask('stop');
  agent.destroy();
  times.sort((a, b) => a - b);
  return {
    requests: turn,
    seconds,
    slowestMs: times.at(-1) ?? 0,
    p99Ms: times[Math.floor(times.length * 0.99)] ?? 0,
    kinds: kinds as never,
    statuses: statuses as never,
    codes: codes as never,
    done: done as never,
    fieldsAnswered: fields.size,
    fieldsInSchema: new Set(
      Object.values(schema.getTypeMap())
        .filter(
          (type) => !type.name.startsWith('__') && 'getFields' in type && type.astNode?.kind === 'ObjectTypeDefinition',
        )
        .flatMap((type) =>
          Object.keys((type as never as { getFields(): object }).getFields()).map((name) => name.toLowerCase()),
        ),
    ).size,
    failures: told,
    violations,
    crashed: server.crashed,
    logged: server.logged,
    memory: { before, after },
  };
}

/** Notes which fields were answered with something, and which mutations succeeded. */
function note(answer: string, body: string, fields: Set<string>, done: Record<string, number>): void {
  for (const [, name] of answer.matchAll(/"([a-z]+)_\d+":(?!null)/g)) fields.add(name as string);
  if (!body.includes('"query":"mutation')) return;
  try {
    const { data } = JSON.parse(answer) as { data?: Record<string, unknown> | null };
    for (const [name, result] of Object.entries(data ?? {})) {
      // A failure that was not asked about is an empty object, and so is what it did not select.
      if (result && !JSON.stringify(result).includes('Error'))
        done[name.split('_')[0] as string] = (done[name.split('_')[0] as string] ?? 0) + 1;
    }
  } catch {
    // Judged elsewhere.
  }
}

function describe(
  { what, turn, workspace, answer }: Failure,
  { method, target, headers, body, raw }: FuzzRequest,
  times: number,
): string {
  const cut = (text: string) => (text.length > 1_500 ? `${text.slice(0, 1_500)}… (${text.length} characters)` : text);
  const sent = raw
    ? cut(JSON.stringify(raw.toString('latin1')))
    : `${method} ${cut(target)} ${JSON.stringify(headers)}\n    ${cut(body.toString())}`;
  const got = typeof answer === 'string' ? answer : `${answer.status} ${cut(answer.text)}`;
  return `${what} (${times}${times === 200 ? ' or more' : ''}), first at request ${turn} of workspace ${workspace}\n    ${sent}\n  answered\n    ${got}`;
}

export async function run(): Promise<boolean> {
  const requests = toNumber('FUZZ_REQUESTS', 100_000);
  const seed = toNumber('FUZZ_SEED', Math.floor(Math.random() * 1e9));
  const database = await databaseFor('fuzz');
  console.log(`${requests} requests from the seed ${seed} (FUZZ_SEED), on ${database.name}`);
  try {
    const report = await fuzz({
      settings: database.settings,
      requests,
      seed,
      concurrency: toNumber('FUZZ_CONCURRENCY', 8),
      onProgress: (done, failed) => done % 10_000 === 0 && console.log(`  ${done} sent, ${failed} wrong`),
    });
    return tell(report);
  } finally {
    await database.drop();
  }
}

/** Prints a report; true where nothing is wrong. */
export function tell(report: FuzzReport): boolean {
  const mb = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MB`;
  const list = (of: Record<string, number>) =>
    Object.entries(of)
      .sort(([, a], [, b]) => b - a)
      .map(([name, n]) => `${name} ${n}`)
      .join(', ');
  console.log(
    `sent        ${report.requests} in ${report.seconds.toFixed(0)} s: ${(report.requests / report.seconds).toFixed(0)} a second; ${list(report.kinds)}`,
  );
  console.log(`statuses    ${list(report.statuses)}`);
  console.log(`codes       ${list(report.codes)}`);
  console.log(`mutations   ${list(report.done)}`);
  console.log(`fields      ${report.fieldsAnswered} names of ${report.fieldsInSchema} were answered with something`);
  console.log(
    `time        99 of 100 within ${report.p99Ms.toFixed(0)} ms, the slowest ${report.slowestMs.toFixed(0)} ms`,
  );
  console.log(
    `memory      heap ${mb(report.memory.before.heapUsed)} before, ${mb(report.memory.after.heapUsed)} after; process ${mb(report.memory.before.rss)} and ${mb(report.memory.after.rss)}`,
  );
  console.log(
    `logged      ${report.logged.length} times${report.logged.length > 0 ? `, first: ${report.logged[0]}` : ''}`,
  );
  for (const failure of report.failures) console.log(`\nWRONG: ${failure}`);
  for (const { rule, count, examples } of report.violations)
    console.log(`\nBROKEN: ${rule}: ${count}, such as ${JSON.stringify(examples)}`);
  for (const crash of report.crashed) console.log(`\nCRASHED: ${crash}`);
  const isFine = report.failures.length + report.violations.length + report.crashed.length === 0;
  console.log(isFine ? 'fuzz: every answer was in order' : 'fuzz: something is wrong');
  return isFine;
}
