import type { MastraModelConfig } from '@mastra/core/llm';

const { CHAT_MODEL, OPENAI_API_KEY: apiKey = 'none', OPENAI_BASE_URL: url = 'https://api.openai.com/v1' } = process.env;

interface Prompt {
  role: string;
  content: string | { type: string; text?: string }[];
}

/** What it is given, the system's messages aside that say how to answer. */
function answerTo(prompt: readonly Prompt[]): string {
  const remembered = prompt.flatMap(({ role, content }) =>
    role === 'system' && typeof content === 'string' && content.startsWith('What you remember') ? content : [],
  );
  const said = prompt.flatMap(({ role, content }) =>
    role === 'system' || typeof content === 'string'
      ? []
      : content.flatMap(({ text }) => (text ? `${role}: ${text}` : [])),
  );
  return ['I would answer from this:', ...remembered, ...said.slice(-5)].join('\n');
}

const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };

/** Stands in for a model: it answers with what it is given. */
const scripted = {
  specificationVersion: 'v2' as const,
  provider: 'scripted',
  modelId: 'scripted',
  supportedUrls: {},
  async doGenerate({ prompt }: { prompt: Prompt[] }) {
    const content = [{ type: 'text' as const, text: answerTo(prompt) }];
    return { content, finishReason: 'stop' as const, usage, warnings: [] };
  },
  async doStream({ prompt }: { prompt: Prompt[] }) {
    const parts = [
      { type: 'stream-start' as const, warnings: [] },
      { type: 'text-start' as const, id: '1' },
      { type: 'text-delta' as const, id: '1', delta: answerTo(prompt) },
      { type: 'text-end' as const, id: '1' },
      { type: 'finish' as const, finishReason: 'stop' as const, usage },
    ];
    const stream = new ReadableStream({
      start(controller) {
        for (const part of parts) controller.enqueue(part);
        controller.close();
      },
    });
    return { stream };
  },
};

/** A model of any server that speaks the OpenAI protocol; where none is configured, the scripted one. */
export const model = (
  CHAT_MODEL ? { providerId: 'openai', modelId: CHAT_MODEL, url, apiKey } : scripted
) as MastraModelConfig;
