const { CHAT_MODEL: model, OPENAI_API_KEY: apiKey = 'none', OPENAI_BASE_URL: baseURL } = process.env;

/** Answers by a model of any server that speaks the OpenAI protocol; where none is configured, with the context itself. */
export async function answer(context: string, said: string): Promise<string> {
  if (!model) return `I would answer from this:\n${context}`;
  const { OpenAI } = await import('openai');
  const { choices } = await new OpenAI({ apiKey, baseURL }).chat.completions.create({
    model,
    messages: [
      { role: 'system', content: `Answer in a sentence or two. What you know:\n\n${context}` },
      { role: 'user', content: said },
    ],
  });
  return choices[0]?.message.content ?? '';
}
