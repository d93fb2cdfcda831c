import { z } from 'zod';
import { ConfigError } from '../../kernel/config-error.ts';
import type { Endpoint } from '../openai/client.ts';

/** The settings, by the environment variables they are read from. */
export const chatVariables = {
  CHAT_PROVIDER: z
    .enum(['openai', 'none'])
    .default('none')
    .meta({
      description:
        'What answers where a chat model is of use, as to answer questions and to confirm findings. `openai`: OpenAI, or ' +
        'any server of its protocol, at OPENAI_BASE_URL with OPENAI_API_KEY; contents of memories are sent there. `none`: ' +
        'nothing does.',
    }),
  CHAT_MODEL: z.string().max(200, 'at most 200 characters are expected').optional().meta({
    description: 'The name of the chat model.',
    allowed: 'at most 200 characters',
    preset: 'none; needed with CHAT_PROVIDER=openai',
  }),
  CHAT_DEADLINE_MS: z.coerce.number().int().min(1).max(3_600_000).default(30_000).meta({
    description:
      'How long one question to the chat model may take, its retries included. Answers, proposals and summaries wait for it.',
    unit: 'ms',
  }),
  CHAT_DAILY_TOKENS: z.coerce
    .number()
    .int()
    .min(30_000)
    .max(1_000_000_000_000)
    .default(1_000_000)
    .meta({
      description:
        'The most tokens of the chat model that one workspace uses in a day of UTC, questions and answers, on all ' +
        'servers of its database together. What is left to be asked waits for the next day.',
      unit: 'tokens',
    }),
};

export interface ChatSettings extends Endpoint {
  model: string;
  /** For each workspace and day of UTC. */
  dailyTokens: number;
}

type Given = z.output<z.ZodObject<typeof chatVariables>> & {
  OPENAI_API_KEY?: string | undefined;
  OPENAI_BASE_URL?: string | undefined;
};

/** What the variables come to; undefined: there is no chat model. Throws {@link ConfigError} where they do not fit together. */
export function chatOf(data: Given): ChatSettings | undefined {
  const { CHAT_MODEL: model, OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl } = data;
  if (data.CHAT_PROVIDER === 'none') {
    if (!model) return undefined;
    throw new ConfigError(
      'CHAT_MODEL names a model, but CHAT_PROVIDER is none: set CHAT_PROVIDER=openai, or leave the model out.',
    );
  }
  if (!model) throw new ConfigError('CHAT_PROVIDER=openai needs CHAT_MODEL: the name of a chat model of the server.');
  if (!apiKey && !baseUrl) {
    throw new ConfigError(
      'CHAT_PROVIDER=openai needs OPENAI_API_KEY, or OPENAI_BASE_URL for a server that needs no key.',
    );
  }
  return {
    model,
    // Servers of one's own seldom want a key, but the library has no request without one.
    apiKey: apiKey ?? 'none',
    baseUrl: baseUrl ?? 'https://api.openai.com/v1',
    deadlineMs: data.CHAT_DEADLINE_MS,
    dailyTokens: data.CHAT_DAILY_TOKENS,
  };
}
