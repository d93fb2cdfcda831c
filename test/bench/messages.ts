import type { Database } from '../../src/db/database.ts';
import { median, onEachDatabase, p95, timed } from './databases.ts';
import { settle } from './generate.ts';
import { onOneConnection } from './recall-data.ts';
import { serve } from './service.ts';

const { env } = process;
const LONG = Number(env.MESSAGES ?? 1_000_000);
const SHORT = 1_000;
const ROUNDS = 100;
const WARM_UP = 20;
const CHUNK = 100_000;

const APPEND = `mutation ($input: AppendMessagesInput!) {
  appendMessages(input: $input) { ... on AppendMessagesPayload { messages { id } } ... on Error { message } } }`;
const CONVERSATION =
  'query ($by: ConversationRef!, $companion: CompanionRef) { conversation(by: $by, companion: $companion)';
const WAYS = {
  'the newest 30': `${CONVERSATION} { messages(last: 30) { nodes { id role text } } } }`,
  'the newest 30 of USER': `${CONVERSATION} { messages(last: 30, roles: [USER]) { nodes { id role text } } } }`,
  'the first 30': `${CONVERSATION} { messages(first: 30) { nodes { id role text } } } }`,
  'the newest 30, and how many there are': `${CONVERSATION} { messages(last: 30) { totalCount nodes { id } } } }`,
};
const CONTEXT = 'query ($input: ContextInput!) { context(input: $input) { text tokens } }';

/** Makes the messages of a conversation so many, each a copy of its first but for its id and its position. */
async function lengthen(database: Database, externalId: string, count: number): Promise<void> {
  const one = `(select m.* from messages m join conversations c on c.id = m.conversation_id
    where c.external_id = '${externalId}' and m.position = 0)`;
  await onOneConnection(database, async (connection) => {
    for (let from = 1; from < count; from += CHUNK) {
      await connection.script(`insert into messages
        select made.* from ${one} one cross join generate_series(${from}, ${Math.min(from + CHUNK, count) - 1}) n
        cross join lateral jsonb_populate_record(one::messages, jsonb_build_object(
          'id', gen_random_uuid(), 'position', n, 'role', case when n % 2 = 0 then 'USER' else 'ASSISTANT' end)) made`);
    }
    await connection.script(`update conversations set message_count = ${count}, next_position = ${count}
      where external_id = '${externalId}'`);
  });
  await settle(database);
}

async function measure(database: Database): Promise<void> {
  const service = await serve(database);
  const companion = { key: 'bench' };
  for (const [externalId, count] of [
    ['short', SHORT],
    ['long', LONG],
  ] as const) {
    const messages = [{ role: 'USER', content: 'What was said of the harbour, and by whom, on the first of May?' }];
    const input = { companion, conversation: { externalId }, remember: 'NONE', messages };
    await service.send(APPEND, { input });
    await lengthen(database, externalId, count);
  }
  const asked = new Map<string, (externalId: string) => Promise<unknown>>(
    Object.entries(WAYS).map(([name, query]) => [
      name,
      (externalId) => service.send(query, { by: { externalId }, companion }),
    ]),
  );
  asked.set('a context of 1,000 tokens', (externalId) =>
    service.send(CONTEXT, { input: { companion, conversation: { externalId }, maxTokens: 1_000 } }),
  );
  asked.set('one message appended', (externalId) => {
    const messages = [{ role: 'USER', content: 'And on the second?' }];
    return service.send(APPEND, { input: { companion, conversation: { externalId }, remember: 'NONE', messages } });
  });
  console.log(`${database.kind}, a conversation of ${LONG} messages against one of ${SHORT}:`);
  for (const [name, ask] of asked) {
    const [long, short]: [number[], number[]] = [[], []];
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
      const ways = [
        async () => long.push((await timed(() => ask('long'))).ms),
        async () => short.push((await timed(() => ask('short'))).ms),
      ];
      for (const way of round % 2 ? ways : ways.reverse()) await way();
    }
    const [ours, against] = [long.slice(WARM_UP), short.slice(WARM_UP)];
    console.log(
      `${name}: ratio ${(median(ours) / median(against)).toFixed(2)}: p50 ${median(ours).toFixed(1)} ms, p95 ${p95(ours).toFixed(1)} ms; ` +
        `of ${SHORT}: p50 ${median(against).toFixed(1)} ms, p95 ${p95(against).toFixed(1)} ms`,
    );
  }
  await service.stop();
}

/**
 * `messages`: a conversation of 1,000,000 messages (MESSAGES: so many) is read and written against one of 1,000. The
 * rows are made by SQL, from one message that came in by the service.
 */
export const run = (): Promise<void> => onEachDatabase(measure);
