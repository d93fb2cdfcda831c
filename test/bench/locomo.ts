import { readFileSync } from 'node:fs';
import type { Database } from '../../src/db/database.ts';
import { refreshStatistics } from '../../src/tables/statistics.ts';
import { median, onEachDatabase, p95, timed } from './databases.ts';
import { type BenchService, serve } from './service.ts';

/** The parts of a LoCoMo conversation that are written and asked. */
interface Conversation {
  id: string;
  turns: { dia_id: string; session: number; datetime: string; speaker: string; text: string; caption?: string }[];
  qa: { question: string; category: number; evidence: string[] }[];
}

/** What a question found, as places from 0 on, and how much there was to find. */
interface Answer {
  category: number;
  places: number[];
  evidence: number;
  ms: number;
}

const BATCH = 500;
/** How many memories are asked for: a first hit further down counts as none. */
const FIRST = 50;

const CREATE = `mutation ($input: CreateMemoriesInput!) {
  createMemories(input: $input) { __typename ... on CreateMemoriesPayload { memories { id } } ... on Error { message } }
}`;

const RECALL = `query ($input: RecallInput!) { recall(input: $input, first: ${FIRST}) { nodes { id context } } }`;

/**
 * Writes a conversation's turns into a companion, each following the one before in its session; their ids, in order.
 */
async function remember({ send }: BenchService, { turns, id }: Conversation, key: string): Promise<string[]> {
  const ids: string[] = [];
  for (let start = 0; start < turns.length; start += BATCH) {
    const batch = turns.slice(start, start + BATCH);
    const relations = batch.flatMap((turn, n) => {
      const before = turns[start + n - 1];
      if (before?.session !== turn.session) return [];
      return [
        {
          from: { ref: turn.dia_id },
          to: n > 0 ? { ref: before.dia_id } : { id: ids.at(-1) },
          type: 'FOLLOWS',
        },
      ];
    });
    const memories = batch.map(({ dia_id, text, caption, datetime, session, speaker }, n) => ({
      ref: dia_id,
      type: 'EXPERIENCE',
      content: text + (caption ? ` [shares ${caption}]` : ''),
      validFrom: `${datetime}Z`,
      context: { conversationId: `${id}-session-${session}`, turnNumber: start + n, speaker, source: dia_id },
    }));
    const { createMemories } = await send(CREATE, { input: { companion: { key }, memories, relations } });
    if (!createMemories.memories) throw new Error(createMemories.message);
    ids.push(...createMemories.memories.map((memory: { id: string }) => memory.id));
  }
  return ids;
}

/** Asks a conversation's questions that turns answer, by default settings. */
async function ask({ send }: BenchService, { turns, qa }: Conversation, ids: string[], key: string): Promise<Answer[]> {
  const idOf = new Map(turns.map(({ dia_id }, n) => [dia_id, ids[n] as string]));
  const answers: Answer[] = [];
  for (const { question, category, evidence } of qa) {
    const wanted = new Set(evidence.flatMap((turn) => idOf.get(turn) ?? []));
    if (wanted.size === 0) continue;
    const { ms, result } = await timed(() => send(RECALL, { input: { companion: { key }, query: question } }));
    const nodes: { id: string }[] = result.recall.nodes;
    const places = nodes.flatMap(({ id }, place) => (wanted.has(id) ? [place] : []));
    answers.push({ category, places, evidence: wanted.size, ms });
  }
  return answers;
}

/** The measures of an answer, 0 to 1 each. */
const recallAt = (k: number) => (answer: Answer) => answer.places.filter((place) => place < k).length / answer.evidence;
const hitAt = (k: number) => (answer: Answer) => Number(answer.places.some((place) => place < k));
const reciprocalRank = ({ places: [first] }: Answer) => (first === undefined ? 0 : 1 / (first + 1));

function summary(answers: readonly Answer[]): string {
  const adversarial = answers.filter(({ category }) => category === 5);
  const plain = answers.filter(({ category }) => category < 5);
  const mean = (of: readonly Answer[], measure: (answer: Answer) => number) =>
    (of.reduce((sum, answer) => sum + measure(answer), 0) / of.length).toFixed(4);
  const times = answers.map(({ ms }) => ms);
  return (
    `R@5 ${mean(plain, recallAt(5))}, R@10 ${mean(plain, recallAt(10))}, hit@10 ${mean(plain, hitAt(10))}, MRR ${mean(plain, reciprocalRank)} ` +
    `(${plain.length} questions of categories 1–4); R@10 ${mean(adversarial, recallAt(10))} (${adversarial.length} of category 5); ` +
    `p50 ${median(times).toFixed(1)} ms, p95 ${p95(times).toFixed(1)} ms`
  );
}

async function measure(database: Database, name: string, conversations: readonly Conversation[]): Promise<void> {
  const service = await serve(database);
  for (const [arrangement, keyOf] of [
    ['a companion for each conversation', ({ id }: Conversation) => id],
    ['one companion for all', () => 'all'],
  ] as const) {
    const remembered = [];
    for (const conversation of conversations) {
      const key = keyOf(conversation);
      remembered.push({ conversation, key, ids: await remember(service, conversation, key) });
    }
    // As every server does within a minute; without, the embedded database plans for empty tables.
    await refreshStatistics(database);
    const answers: Answer[] = [];
    for (const { conversation, ids, key } of remembered) answers.push(...(await ask(service, conversation, ids, key)));
    console.log(`${name}, ${arrangement}: ${summary(answers)}`);
  }
  await service.stop();
}

/**
 * How much of what answers questions about real conversations `recall` finds: of the turns that are a question's
 * evidence, the part among the first k (R@k), whether any is (hit@k), and 1/place of the first (MRR); means over the
 * questions that have evidence. CONVERSATIONS names the LoCoMo file (JSON Lines); its licence keeps it out of this
 * repository.
 */
export async function run(): Promise<void> {
  const file = process.env.CONVERSATIONS;
  if (!file) {
    console.log('left out: CONVERSATIONS does not name a LoCoMo file (JSON Lines)');
    return;
  }
  const conversations = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Conversation);
  await onEachDatabase((database, name) => measure(database, name, conversations));
}
