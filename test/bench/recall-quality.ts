import { readFileSync, writeFileSync } from 'node:fs';
import type { Database } from '../../src/db/database.ts';
import { keepVectorsUp } from '../../src/domain/embedding/upkeep-loop.ts';
import { type Answer, figuresOf } from '../../src/model/evaluation/measures.ts';
import { refreshStatistics } from '../../src/tables/statistics.ts';
import { median, onEmbedded, onPostgresql, p95 } from './databases.ts';
import { ask, remember, untilEmbedded } from './quality/ask.ts';
import { chosenSets, listed, setNames } from './quality/chosen.ts';
import { type Measured, print, type Report, reportOf, writeInto } from './quality/report.ts';
import type { Conversation, Question } from './quality/sets.ts';
import { serve } from './service.ts';

const { env } = process;

const databases = { embedded: onEmbedded, postgresql: onPostgresql };

async function measure(database: Database, set: string, conversations: readonly Conversation[]): Promise<Measured> {
  const service = await serve(database);
  const upkeep = keepVectorsUp(async () => [service.tenant], service.embeddings, console.error);
  const remembered: Map<string, string>[] = [];
  for (const conversation of conversations) remembered.push(await remember(service.send, conversation));
  const vectors = await untilEmbedded(service.send, Number(env.RECALL_WAIT_S ?? 600));
  // As every server does within a minute; without, the embedded database plans for empty tables.
  await refreshStatistics(database);
  const answers: Answer[] = [];
  const times: number[] = [];
  for (const [index, conversation] of conversations.entries()) {
    const isAnswered = ({ evidence }: Question) => evidence.some(({ names }) => names.length > 0);
    for (const question of conversation.questions.filter(isAnswered)) {
      const asked = await ask(service.send, conversation, question, remembered[index] as Map<string, string>);
      answers.push(...asked.answers);
      times.push(asked.ms);
    }
  }
  await upkeep.stop();
  await service.stop();
  const groups = [...Map.groupBy(answers, ({ group }) => group)].sort(([a], [b]) => a.localeCompare(b));
  return {
    set,
    database: database.kind,
    system: await systemOf(database),
    memories: remembered.reduce((sum, { size }) => sum + size, 0),
    vectors,
    groups: Object.fromEntries(groups.map(([group, of]) => [group, figuresOf(of)])),
    ms: { p50: median(times), p95: p95(times) },
  };
}

/** Such as `PostgreSQL 17.5`. */
async function systemOf(database: Database): Promise<string> {
  const session = await database.connect();
  try {
    const [row] = (await session.script('show server_version')) as [{ server_version: string }];
    const version = `PostgreSQL ${row.server_version.split(' ')[0]}`;
    return database.kind === 'embedded' ? `embedded (${version})` : version;
  } finally {
    session.release();
  }
}

/**
 * How much of what answers a question recall finds, by default settings: of what answers it, the part among the first k
 * (R@k), whether any is (hit@k), whether all are (all@k), and 1/place of the first (MRR); means over the questions, with
 * the interval that 95 of 100 such means of as many questions would be in. LOCOMO (JSON Lines), BEAM (the same, or
 * .gz) and PARAPHRASES (JSON) name files whose licences keep them out of this repository.
 *
 * - RECALL_SETS, RECALL_DATABASES: a part of them, with commas. RECALL_CONVERSATIONS: only so many of each set.
 * - RECALL_WAIT_S: how long vectors that are pending are waited for. Default: 600 s.
 * - RECALL_JSON: the file the figures are written to. RECALL_EARLIER: such a file, to compare with.
 * - RECALL_DOCS=1: writes them into docs/recall.md, where everything was measured.
 */
export async function run(): Promise<void> {
  const earlier: Report | undefined = env.RECALL_EARLIER && JSON.parse(readFileSync(env.RECALL_EARLIER, 'utf8'));
  const measured: Measured[] = [];
  const sets = chosenSets(setNames);
  const kinds = listed('RECALL_DATABASES', Object.keys(databases)) as (keyof typeof databases)[];
  const isWhole = sets.length === setNames.length && kinds.length === Object.keys(databases).length;
  if (env.RECALL_DOCS && !(isWhole && env.BENCH_DATABASE_URL && !env.RECALL_CONVERSATIONS)) {
    throw new Error(
      'docs/recall.md tells of all sets on both databases: ask for everything, or leave RECALL_DOCS out.',
    );
  }
  for (const kind of kinds) {
    for (const { name, conversations } of sets) {
      await databases[kind](async (database) => {
        const figures = await measure(database, name, conversations);
        measured.push(figures);
        print(
          figures,
          earlier?.measured.find((one) => one.set === name && one.database === kind),
        );
      });
    }
  }
  const report = reportOf(measured);
  if (env.RECALL_JSON) writeFileSync(env.RECALL_JSON, `${JSON.stringify(report)}\n`);
  if (env.RECALL_DOCS) writeInto(new URL('../../docs/recall.md', import.meta.url), report);
}
