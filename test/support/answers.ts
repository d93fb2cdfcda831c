import { Chat } from '../../src/domain/chat/chat.ts';
import { readConfig } from '../../src/library/config.ts';
import { type ChatRequest, startChatServer } from './chat-server.ts';

/** What a model is given to answer from. */
export interface SentQuestion {
  question: string;
  now: string;
  context: string;
}
export const questionIn = ({ data }: ChatRequest) => data as SentQuestion;

/** An answer of one part, which cites these ids with these quotes. */
export const saying = (text: string, ...citations: [id: string, quote: string][]) => ({
  isKnown: true,
  parts: [{ text, citations: citations.map(([id, quote]) => ({ id, quote })) }],
});

const line = /^- (?<text>.*) \((?:since|from|\d).*\) \[(?<id>mem_\w+)\]$/gmu;

/** What a context says of memories, a line each. */
export const linesIn = (request: ChatRequest) =>
  [...questionIn(request).context.matchAll(line)].map(({ groups }) => groups as { text: string; id: string });

/** Says of each memory of the context, up to `most`, what it says, and quotes it. */
export const reciting =
  (most: number) =>
  (request: ChatRequest): object => ({
    isKnown: true,
    parts: linesIn(request)
      .slice(0, most)
      .map(({ text, id }) => ({
        text: `It is said: ${text}.`,
        citations: [{ id, quote: text.replace(/^[\w.]+: /, '') }],
      })),
  });

/** A chat model behind a server of its own, which says what the memories of the context say. */
export async function openReciter(most = 100): Promise<{ chat: Chat; stop(): Promise<void> }> {
  const server = await startChatServer(reciting(most));
  const { chat } = readConfig({
    ...{ CHAT_PROVIDER: 'openai', CHAT_MODEL: 'small', OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'sk-none' },
    CHAT_DAILY_TOKENS: '1000000000',
  });
  if (!chat) throw new Error('no chat model is configured');
  return { chat: new Chat(chat, () => {}), stop: () => server.stop() };
}
