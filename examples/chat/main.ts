import { createInterface } from 'node:readline/promises';
import { answer } from './model.ts';

const { PALIMPSEST_URL: url = 'http://127.0.0.1:4000/graphql', PALIMPSEST_KEY: key, CHAT = 'chat-1' } = process.env;
const of = { companion: { key: 'chat' }, user: { externalId: 'you' }, conversation: { externalId: CHAT } };

async function ask(query: string, input: object) {
  const headers = { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables: { input } }) });
  const { data, errors, extensions } = await response.json();
  const [failure] = errors ?? extensions?.failures ?? [];
  if (failure) throw new Error(failure.message);
  return data;
}

/** Keeps a message. Its text becomes a memory, too; sent again after a failure, it is kept once. */
const say = (role: 'USER' | 'ASSISTANT', content: string) =>
  ask('mutation ($input: AppendMessagesInput!) { appendMessages(input: $input) { __typename } }', {
    ...of,
    messages: [{ role, content, externalId: crypto.randomUUID() }],
  });

console.log('Say something; an empty line ends.');
const lines = createInterface({ input: process.stdin });
for await (const line of lines) {
  if (line.trim() === '') break;
  await say('USER', line.trim());
  // What is known about this person, and the newest messages, in a thousand tokens.
  const { context } = await ask('query ($input: ContextInput!) { context(input: $input) { text } }', {
    ...of,
    maxTokens: 1_000,
  });
  const said = await answer(context.text, line.trim());
  console.log(said);
  await say('ASSISTANT', said);
}
lines.close();
