import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadDemo } from '../src/transfer/demo/load.ts';
import { linesIn } from './support/answers.ts';
import { useChatProvider } from './support/chat.ts';

const provider = useChatProvider();

const page = readFileSync(new URL('../docs/answers.md', import.meta.url), 'utf8');
const [, query, shown] = /```graphql\n([\s\S]*?)```[\s\S]*?```json\n([\s\S]*?)```/.exec(page) ?? [];

interface Shown {
  text: string;
  citations: { quote: string; from: number; until: number }[];
}

test('docs/answers.md shows what the service makes of what a model says on the demo graph', async () => {
  const service = await provider.open('demo');
  await loadDemo(await service.tenant());
  const { answer } = JSON.parse(shown as string) as { answer: Shown };
  provider.server.answering = (request) => ({
    isKnown: true,
    parts: answer.citations.map(({ quote, from, until }) => ({
      text: answer.text.slice(from, until),
      citations: linesIn(request).flatMap(({ id, text }) => (text.includes(quote) ? [{ id, quote }] : [])),
    })),
  });
  expect(await service.runUntyped(query as string)).toEqual({ answer });
  expect(page.match(/```graphql/g)).toHaveLength(1);
});
