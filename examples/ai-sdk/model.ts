import { gateway, type LanguageModelMiddleware } from 'ai';
import { MockLanguageModelV4, simulateReadableStream } from 'ai/test';

const { CHAT_MODEL } = process.env;
type Model = Parameters<NonNullable<LanguageModelMiddleware['wrapGenerate']>>[0]['model'];

/** The model that is named, of the AI Gateway; where none is, one that says what it was told to know. */
export const model: Model = CHAT_MODEL ? gateway(CHAT_MODEL) : scripted();

function scripted(): Model {
  const usage = {
    inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 0, text: 0, reasoning: 0 },
  };
  return new MockLanguageModelV4({
    doStream: async ({ prompt }) => {
      const known = prompt.flatMap(({ role, content }) => (role === 'system' ? content : []));
      const text = known.length > 0 ? `I would answer from this:\n${known.join('\n')}` : 'I remember nothing yet.';
      const chunks = [
        { type: 'text-start' as const, id: '1' },
        { type: 'text-delta' as const, id: '1', delta: text },
        { type: 'text-end' as const, id: '1' },
        { type: 'finish' as const, finishReason: { unified: 'stop' as const, raw: undefined }, usage },
      ];
      return { stream: simulateReadableStream({ chunks }) };
    },
  });
}
