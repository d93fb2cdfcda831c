import { createInterface } from 'node:readline/promises';
import { Agent } from '@mastra/core/agent';
import { Memory } from '@mastra/memory';
// In a project of yours: palimpsest/mastra and palimpsest/client.
import { PalimpsestRecall, PalimpsestStore } from '../../src/adapters/mastra/index.ts';
import { connect } from '../../src/client/connect.ts';
import { model } from './model.ts';

const { PALIMPSEST_URL: url = 'http://127.0.0.1:4000/graphql', PALIMPSEST_KEY: key, CHAT = 'mastra-1' } = process.env;
const { execute } = connect({ url, key });

const agent = new Agent({
  id: 'iris',
  name: 'Iris',
  instructions: 'Answer in a sentence or two.',
  model,
  // The newest messages of the thread, and what is noted about the person.
  memory: new Memory({
    storage: new PalimpsestStore({ execute }),
    options: { lastMessages: 6, workingMemory: { enabled: true } },
  }),
  // What was said in other threads that has to do with the question.
  inputProcessors: [new PalimpsestRecall({ execute })],
});

console.log('Say something; an empty line ends.');
const lines = createInterface({ input: process.stdin });
for await (const line of lines) {
  if (line.trim() === '') break;
  const { text } = await agent.generate(line.trim(), { memory: { thread: CHAT, resource: 'you' } });
  console.log(text);
}
lines.close();
