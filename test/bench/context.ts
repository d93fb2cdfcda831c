import type { Database } from '../../src/db/database.ts';
import { keepVectorsUp } from '../../src/domain/embedding/upkeep-loop.ts';
import { Tokenizer } from '../../src/domain/tokens/tokenizer.ts';
import { refreshStatistics } from '../../src/tables/statistics.ts';
import { evidenceWithin, type Shown } from './context-evidence.ts';
import { median, onEmbedded, onPostgresql, p95, timed } from './databases.ts';
import { remember, untilEmbedded } from './quality/ask.ts';
import { chosenSets, listed } from './quality/chosen.ts';
import type { Conversation, Question } from './quality/sets.ts';
import { type BenchService, serve } from './service.ts';

const { env } = process;
const BUDGETS = [500, 1_000, 2_000, 4_000];
const MEMORIES = 6_000;
const MESSAGES = 2_000;
const QUESTIONS = 200;
const WARM_UP = 50;
const BATCH = 100;
/** EVERY=4 asks every fourth question alone. */
const EVERY = Number(env.EVERY ?? 1);

const APPEND = `mutation ($input: AppendMessagesInput!) {
  appendMessages(input: $input) { ... on AppendMessagesPayload { messages { id memory { id } } } ... on Error { message } } }`;
const CONTEXT = `query ($input: ContextInput!) { context(input: $input) {
  tokens sections { kind tokens memories { id } messages { id } } } }`;
const PLAIN = 'query ($input: ContextInput!) { context(input: $input) { text tokens omitted } }';
const RECALL = `query ($query: String!, $key: String!, $user: UserRef) {
  recall(input: { query: $query, companion: { key: $key }, user: $user }, first: 20) { nodes { id content } } }`;

/** Writes turns as messages of one conversation: the ids of each turn's message and memory. */
async function append({ send }: BenchService, { companion, turns }: Conversation): Promise<Map<string, Shown>> {
  const ids = new Map<string, Shown>();
  for (let start = 0; start < turns.length; start += BATCH) {
    const batch = turns.slice(start, start + BATCH);
    const first = turns[0]?.context?.speaker;
    const messages = batch.map(({ content, validFrom, context }) => ({
      role: context?.speaker === first ? 'USER' : 'ASSISTANT',
      name: context?.speaker,
      content,
      createdAt: validFrom,
    }));
    const { appendMessages } = await send(APPEND, {
      input: {
        companion: { key: companion },
        user: { externalId: companion },
        conversation: { externalId: companion },
        messages,
      },
    });
    if (!appendMessages.messages) throw new Error(appendMessages.message);
    for (const [n, { id, memory }] of appendMessages.messages.entries())
      ids.set((batch[n] as { name: string }).name, { message: id, memory: memory?.id });
  }
  return ids;
}

const mean = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
const part = (number: number) => number.toFixed(3).replace(/^0/, '');

const CONSOLIDATE = `mutation ($input: ConsolidateInput!) { consolidate(input: $input) { ... on ConsolidatePayload { clusterCount } } }`;
const AFTER = ', with profiles';
const ways = [
  ['context', false],
  ['context with its conversation', true],
] as const;

/** A question, and the turns that answer it. */
interface Asked {
  text: string;
  names: readonly string[];
}

const askedOf = ({ questions }: Conversation): Asked[] =>
  questions
    .map(({ text, evidence }: Question) => ({
      text,
      names: evidence.find(({ group }) => group === 'all')?.names ?? [],
    }))
    .filter(({ names }) => names.length > 0)
    .filter((_, place) => place % EVERY === 0);

const inputOf = ({ companion }: Conversation, query: string, maxTokens: number, isOfConversation: boolean) => ({
  companion: { key: companion },
  user: { externalId: companion },
  conversation: isOfConversation ? { externalId: companion } : null,
  query,
  maxTokens,
});

/** Whether a turn is shown, as its message or its memory. */
function shownIn(
  sections: readonly { memories: { id: string }[]; messages: { id: string }[] }[],
  known: ReadonlyMap<string, Shown>,
): (name: string) => boolean {
  const shown = new Set(sections.flatMap(({ memories, messages }) => [...memories, ...messages].map(({ id }) => id)));
  return (name) => {
    const { message, memory } = known.get(name) as Shown;
    return shown.has(message) || (memory !== undefined && shown.has(memory));
  };
}

/** How much of what answers questions is shown, by budget, against what fits of the newest and of the nearest. */
async function measureEvidence(database: Database): Promise<void> {
  const [set] = chosenSets(['locomo']);
  if (!set) return;
  const service = await serve(database);
  const upkeep = keepVectorsUp(async () => [service.tenant], service.embeddings, console.error);
  const ids: Map<string, Shown>[] = [];
  for (const conversation of set.conversations) ids.push(await append(service, conversation));
  const vectors = await untilEmbedded(service.send, Number(env.RECALL_WAIT_S ?? 600));
  await refreshStatistics(database);
  const baselines = evidenceWithin(new Tokenizer(), service.embeddings);
  const covered = new Map<string, number[]>();
  const note = (name: string, value: number) => covered.set(name, [...(covered.get(name) ?? []), value]);
  const contexts = async (
    conversation: Conversation,
    known: Map<string, Shown>,
    { text, names }: Asked,
    after: string,
  ) => {
    for (const maxTokens of BUDGETS) {
      for (const [way, isOfConversation] of ways) {
        const input = inputOf(conversation, text, maxTokens, isOfConversation);
        const { context } = await service.send(CONTEXT, { input });
        if (context.tokens > maxTokens) throw new Error(`${context.tokens} tokens of ${maxTokens}`);
        const shown = shownIn(context.sections, known);
        note(`${way}${after} ${maxTokens}`, names.filter(shown).length / names.length);
      }
    }
  };
  for (const after of ['', AFTER]) {
    for (const [index, conversation] of set.conversations.entries()) {
      const known = ids[index] as Map<string, Shown>;
      const { companion, turns } = conversation;
      if (after) await service.send(CONSOLIDATE, { input: { companion: { key: companion } } });
      for (const asked of askedOf(conversation)) {
        await contexts(conversation, known, asked, after);
        if (after) continue;
        for (const { way, maxTokens, shown } of await baselines(turns, asked.text, known, BUDGETS))
          note(`${way} ${maxTokens}`, asked.names.filter((name) => shown.has(name)).length / asked.names.length);
      }
    }
  }
  await upkeep.stop();
  await service.stop();
  console.log(
    `LoCoMo, ${set.conversations.length} conversations, ${covered.get('context 500')?.length} questions, ${database.kind}, ` +
      `vectors of ${vectors.model}: ${vectors.embedded} made, ${vectors.pending} pending; evidence covered with ${BUDGETS.join(', ')} tokens:`,
  );
  for (const way of [
    ...ways.flatMap(([way]) => [way, `${way}${AFTER}`]),
    'nearest by cosine that fit',
    'newest that fit',
  ])
    console.log(
      `${way.padEnd(46)} ${BUDGETS.map((each) => part(mean(covered.get(`${way} ${each}`) ?? []))).join('  ')}`,
    );
}

/** Turns of LoCoMo as memories, and as messages that are not remembered. */
async function fillWithTurns(
  { send }: BenchService,
  key: string,
  conversations: readonly Conversation[],
): Promise<void> {
  const said = conversations.flatMap(({ turns }) => turns);
  const turn = (index: number): { content: string; speaker: unknown } => {
    const { content, context } = said[index % said.length] as (typeof said)[number];
    // What says the same would be one memory.
    const round = Math.floor(index / said.length);
    return { content: round > 0 ? `${content} (${round})` : content, speaker: context?.speaker };
  };
  const memories = Array.from({ length: MEMORIES }, (_, index) => ({
    name: `${index}`,
    session: `${Math.floor(index / 20)}`,
    ...turn(index),
  }));
  await remember(send, {
    companion: key,
    questions: [],
    turns: memories.map(({ speaker, ...memory }) => ({ ...memory, context: { speaker } })),
  });
  for (let from = 0; from < MESSAGES; from += BATCH) {
    const messages = Array.from({ length: BATCH }, (_, n) => ({
      role: n % 2 ? 'ASSISTANT' : 'USER',
      content: turn(from + n).content,
    }));
    const { appendMessages } = await send(APPEND, {
      input: {
        companion: { key },
        user: { externalId: 'ann' },
        conversation: { externalId: 'talk' },
        remember: 'NONE',
        messages,
      },
    });
    if (!appendMessages.messages) throw new Error(appendMessages.message);
  }
}

/** Makes the latency of `context` against that of the same recall, over HTTP, by turns. */
async function measureLatency(database: Database): Promise<void> {
  const [set] = chosenSets(['locomo']);
  if (!set) return;
  const service = await serve(database);
  const upkeep = keepVectorsUp(async () => [service.tenant], service.embeddings, console.error);
  const key = 'middle';
  await fillWithTurns(service, key, set.conversations);
  await untilEmbedded(service.send, Number(env.RECALL_WAIT_S ?? 600));
  await upkeep.stop();
  await refreshStatistics(database);
  const asked = set.conversations.flatMap(({ questions }) => questions.map(({ text }) => text));
  const questions = Array.from({ length: WARM_UP + QUESTIONS }, (_, n) => asked[(n * 7) % asked.length] as string);
  const [contexts, recalls]: [number[], number[]] = [[], []];
  for (const [index, query] of questions.entries()) {
    const input = { companion: { key }, conversation: { externalId: 'talk' }, query };
    const ways = [
      async () => contexts.push((await timed(() => service.send(PLAIN, { input }))).ms),
      async () => recalls.push((await timed(() => service.send(RECALL, { query, key }))).ms),
    ];
    for (const ask of index % 2 ? ways : ways.reverse()) await ask();
  }
  await service.stop();
  const [ours, alone] = [contexts.slice(WARM_UP), recalls.slice(WARM_UP)];
  console.log(
    `${database.kind}, ${MEMORIES} memories, ${MESSAGES} messages, 2,000 tokens: ratio ${(median(ours) / median(alone)).toFixed(2)}: ` +
      `context p50 ${median(ours).toFixed(1)} ms, p95 ${p95(ours).toFixed(1)} ms; recall p50 ${median(alone).toFixed(1)} ms, p95 ${p95(alone).toFixed(1)} ms`,
  );
}

/**
 * `context`: how much of what answers questions of LoCoMo (LOCOMO names the file) is in it by budget, against what fits
 * of the newest messages and of the nearest by plain cosine; and how long it takes against the same recall.
 * CONTEXT_DATABASES: a part of `embedded,postgresql`; CONTEXT_PARTS: of `evidence,latency`. RECALL_CONVERSATIONS: only so
 * many conversations.
 */
export async function run(): Promise<void> {
  const databases = { embedded: onEmbedded, postgresql: onPostgresql };
  const parts = { evidence: measureEvidence, latency: measureLatency };
  for (const kind of listed('CONTEXT_DATABASES', Object.keys(databases)) as (keyof typeof databases)[])
    for (const name of listed('CONTEXT_PARTS', Object.keys(parts)) as (keyof typeof parts)[])
      await databases[kind]((database) => parts[name](database));
}
