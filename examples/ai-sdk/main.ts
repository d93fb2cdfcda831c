import { createInterface } from 'node:readline/promises';
import { streamText, wrapLanguageModel } from 'ai';
// In a project of yours: palimpsest/ai-sdk and palimpsest/client.
import { palimpsestMemory, palimpsestMiddleware } from '../../src/adapters/ai-sdk/index.ts';
import { connect } from '../../src/client/connect.ts';
import { model } from './model.ts';

const { PALIMPSEST_URL: url = 'http://127.0.0.1:4000/graphql', PALIMPSEST_KEY: key, CHAT = 'chat-1' } = process.env;
const memory = connect({ url, key });

// The model is told what is known about this person, and each turn is kept.
const of = { companion: 'ai-sdk', user: 'you', conversation: CHAT };
const remembering = wrapLanguageModel({ model, middleware: palimpsestMiddleware(memory, { ...of, maxTokens: 1_000 }) });
const chats = palimpsestMemory(memory, { companion: of.companion, user: of.user });

console.log('Say something; an empty line ends.');
const lines = createInterface({ input: process.stdin });
for await (const line of lines) {
  if (line.trim() === '') break;
  const { textStream } = streamText({ model: remembering, prompt: line.trim() });
  for await (const text of textStream) process.stdout.write(text);
  console.log();
}
lines.close();
await chats.updateChatTitle(CHAT, `A chat of ${new Date().toDateString()}`);
const all = await chats.getChats({ limit: 5 });
console.log(`Chats so far: ${all.map(({ chatId }) => chatId).join(', ')}`);
