import { type AgentInputItem, type Model, Usage } from '@openai/agents-core';

const { CHAT_MODEL, OPENAI_API_KEY: apiKey = 'none', OPENAI_BASE_URL: baseURL } = process.env;

/** A model of any server that speaks the OpenAI protocol; where none is configured, it says what it was told to know. */
export const model: Model = {
  async getResponse({ systemInstructions = '', input }) {
    const items = typeof input === 'string' ? [{ role: 'user' as const, content: input }] : input;
    const text = CHAT_MODEL
      ? await answer(CHAT_MODEL, systemInstructions, items)
      : `I have ${items.length} messages, and would answer from this:\n${systemInstructions}`;
    const content = [{ type: 'output_text' as const, text }];
    return { usage: new Usage(), output: [{ type: 'message', role: 'assistant', status: 'completed', content }] };
  },
  getStreamedResponse(): never {
    throw new Error('This example does not stream.');
  },
};

async function answer(model: string, instructions: string, items: readonly AgentInputItem[]): Promise<string> {
  const { OpenAI } = await import('openai');
  const { choices } = await new OpenAI({ apiKey, baseURL }).chat.completions.create({
    model,
    messages: [{ role: 'system', content: instructions }, ...items.flatMap(messageOf)],
  });
  return choices[0]?.message.content ?? '';
}

function messageOf(item: AgentInputItem) {
  if (!('role' in item)) return [];
  const { role, content } = item;
  const parts = typeof content === 'string' ? [content] : content.map((part) => ('text' in part ? part.text : ''));
  return [{ role, content: parts.join('\n') }];
}
