const { CHAT_MODEL: model, OPENAI_API_KEY: apiKey = 'none', OPENAI_BASE_URL: baseURL } = process.env;

/** Answers by a model of any server that speaks the OpenAI protocol; where none is configured, with what is known. */
export async function answer(known: readonly string[], said: string): Promise<string> {
  const knowledge = known.length > 0 ? `I remember:\n${known.join('\n')}` : 'I remember nothing of that yet.';
  if (!model) return knowledge;
  const { OpenAI } = await import('openai');
  const { choices } = await new OpenAI({ apiKey, baseURL }).chat.completions.create({
    model,
    messages: [
      { role: 'system', content: `Answer in a sentence or two. ${knowledge}` },
      { role: 'user', content: said },
    ],
  });
  return choices[0]?.message.content ?? '';
}
