import type { Remembered } from './memory.ts';

type Answer = (said: string, recalled: readonly Remembered[]) => Promise<string>;

/** Answers by a model of any server that speaks the OpenAI protocol; undefined where none is configured. */
export async function chatModel(env: Record<string, string | undefined>): Promise<Answer | undefined> {
  const { CHAT_MODEL: model, OPENAI_API_KEY: apiKey = 'none', OPENAI_BASE_URL: baseURL } = env;
  if (!model) return undefined;
  const { OpenAI } = await import('openai');
  const client = new OpenAI({ apiKey, baseURL });
  return async (said, recalled) => {
    const known = recalled.map(({ content }) => `- ${content}`).join('\n');
    const { choices } = await client.chat.completions.create({
      model,
      messages: [
        { role: 'system', content: `Answer in a sentence or two. What you remember of this user:\n${known}` },
        { role: 'user', content: said },
      ],
    });
    return choices[0]?.message.content ?? '';
  };
}
