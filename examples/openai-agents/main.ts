import { createInterface } from 'node:readline/promises';
// In a project of yours: @openai/agents, which has the models of OpenAI, too.
import { Agent, Runner } from '@openai/agents-core';
// In a project of yours: palimpsest/openai-agents and palimpsest/client.
import { PalimpsestSession } from '../../src/adapters/openai-agents/index.ts';
import { connect } from '../../src/client/connect.ts';
import { model } from './model.ts';

const { PALIMPSEST_URL: url = 'http://127.0.0.1:4000/graphql', PALIMPSEST_KEY: key, CHAT = 'chat-1' } = process.env;
const memory = connect({ url, key });

// The session has what was said in this conversation; the instructions, what is known from others.
const session = new PalimpsestSession(memory, { companion: 'agents', user: 'you', sessionId: CHAT, historyLimit: 50 });
const CONTEXT = 'query ($input: ContextInput!) { context(input: $input) { text } }';
const of = { companion: { key: 'agents' }, user: { externalId: 'you' }, maxTokens: 1_000 };

console.log('Say something; an empty line ends.');
const lines = createInterface({ input: process.stdin });
for await (const line of lines) {
  const query = line.trim();
  if (query === '') break;
  const { context } = await memory.execute<{ context: { text: string } }>(CONTEXT, { input: { ...of, query } });
  const agent = new Agent({ name: 'Companion', model, instructions: `Be brief. What you know:\n${context.text}` });
  const { finalOutput } = await new Runner({ tracingDisabled: true }).run(agent, query, { session });
  console.log(finalOutput);
}
lines.close();
