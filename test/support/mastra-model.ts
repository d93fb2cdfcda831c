import type { MastraModelConfig } from '@mastra/core/llm';

interface Prompt {
  role: string;
  content: string | { type: string; text?: string }[];
}

/** A model that always says the same, and keeps what it was given. */
export function scriptedModel(text: string) {
  const prompts: Prompt[][] = [];
  const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
  const model = {
    specificationVersion: 'v2',
    provider: 'scripted',
    modelId: 'scripted',
    supportedUrls: {},
    async doGenerate({ prompt }: { prompt: Prompt[] }) {
      prompts.push(prompt);
      return { content: [{ type: 'text', text }], finishReason: 'stop', usage, warnings: [] };
    },
    async doStream() {
      throw new Error('This model does not stream.');
    },
  } as unknown as MastraModelConfig;
  return { model, prompts };
}
