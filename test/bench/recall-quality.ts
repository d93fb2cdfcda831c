import { writeFileSync } from 'node:fs';
import type { Database } from '../../src/db/database.ts';
import { keepVectorsUp } from '../../src/domain/embedding/upkeep-loop.ts';
import { refreshStatistics } from '../../src/tables/statistics.ts';
import { onEmbedded, onPostgresql } from './databases.ts';
import { ask, remember, untilEmbedded } from './quality/ask.ts';
import { type Answer, type Figures, figuresOf, measureNames, timesOf } from './quality/measures.ts';
import { type Conversation, readBeam, readLocomo, readMixed, readParaphrases, together } from './quality/sets.ts';
import { serve } from './service.ts';

const { LOCOMO, BEAM, PARAPHRASES } = process.env;
const sets: Record<string, { file: string | undefined; variable: string; read(file: string): Conversation[] }> = {
  locomo: { file: LOCOMO, variable: 'LOCOMO', read: readLocomo },
  together: { file: LOCOMO, variable: 'LOCOMO', read: (file) => together(readLocomo(file)) },
  beam: { file: BEAM, variable: 'BEAM', read: readBeam },
  mixed: { file: LOCOMO, variable: 'LOCOMO', read: readMixed },
  paraphrases: { file: PARAPHRASES, variable: 'PARAPHRASES', read: readParaphrases },
};
const databases = { embedded: onEmbedded, postgresql: onPostgresql };

/** What was measured of a set on a database. */
interface Measured {
  set: string;
  database: string;
  memories: number;
  vectors: { embedded: number; pending: number };
  groups: Record<string, Figures>;
  ms: { p50: number; p95: number };
}

const listed = (variable: string, all: readonly string[]): string[] =>
  process.env[variable]?.split(',').map((each) => each.trim()) ?? [...all];

async function measure(database: Database, set: string, conversations: readonly Conversation[]) {
  const service = await serve(database);
  const upkeep = keepVectorsUp(async () => [service.tenant], service.embeddings, console.error);
  const remembered: Map<string, string>[] = [];
  for (const conversation of conversations) remembered.push(await remember(service.send, conversation));
  const vectors = await untilEmbedded(service.send, Number(process.env.RECALL_WAIT_S ?? 600));
  // As every server does within a minute; without, the embedded database plans for empty tables.
  await refreshStatistics(database);
  const answers: Answer[] = [];
  const times: number[] = [];
  for (const [index, { companion, questions }] of conversations.entries()) {
    for (const question of questions.filter(({ evidence }) => evidence.some(({ names }) => names.length > 0))) {
      const asked = await ask(service.send, companion, question, remembered[index] as Map<string, string>);
      answers.push(...asked.answers.filter(({ evidence }) => evidence > 0));
      times.push(asked.ms);
    }
  }
  await upkeep.stop();
  await service.stop();
  const groups = [...Map.groupBy(answers, ({ group }) => group)].sort(([a], [b]) => a.localeCompare(b));
  const measured: Measured = {
    set,
    database: database.kind,
    memories: remembered.reduce((sum, { size }) => sum + size, 0),
    vectors,
    groups: Object.fromEntries(groups.map(([group, of]) => [group, figuresOf(of)])),
    ms: timesOf(times),
  };
  return measured;
}

function print({ set, database, memories, vectors, groups, ms }: Measured): void {
  const { embedded, pending } = vectors;
  console.log(
    `\n${set}, ${database}: ${memories} memories, ${embedded} with a vector, ${pending} pending; ` +
      `recall p50 ${ms.p50.toFixed(1)} ms, p95 ${ms.p95.toFixed(1)} ms`,
  );
  if (pending > 0) console.log('(not all vectors were made in RECALL_WAIT_S seconds: the figures are without them)');
  for (const [group, figures] of Object.entries(groups)) {
    const [low, high] = figures.interval.map((each) => each.toFixed(3));
    const means = measureNames.map((name) => `${name} ${figures[name].toFixed(3)}`);
    means[1] += ` [${low}, ${high}]`;
    console.log(`${group.padEnd(26)} ${String(figures.questions).padStart(4)}  ${means.join('  ')}`);
  }
}

/**
 * How much of what answers a question recall finds, by default settings: of what answers it, the part among the first k
 * (R@k), whether any is (hit@k), whether all are (all@k), and 1/place of the first (MRR); means over the questions.
 * LOCOMO, BEAM and PARAPHRASES name the data, whose licences keep it out of this repository. RECALL_SETS,
 * RECALL_DATABASES (lists with commas) and RECALL_CONVERSATIONS (how many of each set) ask for a part; RECALL_JSON
 * names a file for the figures.
 */
export async function run(): Promise<void> {
  const most = Number(process.env.RECALL_CONVERSATIONS ?? Number.POSITIVE_INFINITY);
  const measured: Measured[] = [];
  for (const database of listed('RECALL_DATABASES', Object.keys(databases))) {
    for (const name of listed('RECALL_SETS', Object.keys(sets))) {
      const set = sets[name];
      if (!set) throw new Error(`There is no set ${name}: ${Object.keys(sets).join(', ')}.`);
      if (!set.file) {
        console.log(`(${name} is left out: ${set.variable} names no file)`);
        continue;
      }
      const conversations = set.read(set.file).slice(0, most);
      await databases[database as keyof typeof databases](async (opened) => {
        const figures = await measure(opened, name, conversations);
        measured.push(figures);
        print(figures);
      });
    }
  }
  if (process.env.RECALL_JSON) writeFileSync(process.env.RECALL_JSON, `${JSON.stringify(measured, null, 2)}\n`);
}
