import { createInterface } from 'node:readline/promises';
import { Memory, type Remembered } from './memory.ts';
import { chatModel } from './model.ts';

const {
  PALIMPSEST_URL: url = 'http://127.0.0.1:4000/graphql',
  PALIMPSEST_KEY: key,
  COMPANION: companion = 'agent',
} = process.env;
const memory = new Memory(url, companion, key);
const answer = (await chatModel(process.env)) ?? quote;

/** Without a model: what is remembered, word for word. */
async function quote(_said: string, recalled: readonly Remembered[]): Promise<string> {
  const lines = recalled.map(({ content }) => `- ${content}`);
  return lines.length > 0 ? ['I remember:', ...lines].join('\n') : 'I remember nothing of that yet.';
}

const lines = createInterface({ input: process.stdin });
console.log('Say something; an empty line ends.');
for await (const line of lines) {
  const said = line.trim();
  if (said === '') break;
  // First, or the question itself would be what is recalled best.
  const recalled = await memory.recall(said);
  console.log(await answer(said, recalled));
  await memory.remember('user', said);
}
lines.close();
