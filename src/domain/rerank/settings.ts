import { z } from 'zod';
import { ConfigError } from '../../kernel/config-error.ts';

/** The settings, by the environment variables they are read from. */
export const rerankVariables = {
  RERANK_URL: z
    .string()
    .refine((url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ''), 'an http:// or https:// URL is expected')
    .optional()
    .meta({
      description:
        'Where a model puts the 50 best memories of a recall in order by how well they answer the question: the ' +
        'whole address, such as https://api.cohere.com/v2/rerank, of a server of the protocol that Cohere, Jina, ' +
        'vLLM and others share. Questions and contents are sent there.',
      allowed: 'an http:// or https:// URL',
      preset: 'nothing is reranked',
      holds: 'url',
    }),
  RERANK_MODEL: z.string().max(200, 'at most 200 characters are expected').optional().meta({
    description: 'The name of the model at RERANK_URL.',
    allowed: 'at most 200 characters',
    preset: 'none is named',
  }),
  RERANK_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'a key without spaces or line breaks is expected')
    .optional()
    .meta({
      description: 'The key sent to RERANK_URL.',
      allowed: 'visible characters',
      preset: 'none is sent',
      holds: 'secret',
    }),
  RERANK_DEADLINE_MS: z.coerce.number().int().min(1).max(60_000).default(2_000).meta({
    description: 'How long one request to RERANK_URL may take; after that the recall is not reranked.',
    unit: 'ms',
  }),
};

export interface RerankSettings {
  url: string;
  model: string | undefined;
  apiKey: string | undefined;
  deadlineMs: number;
}

/** What the variables come to; undefined: nothing is reranked. Throws {@link ConfigError} where one lacks the URL. */
export function rerankOf(data: z.output<z.ZodObject<typeof rerankVariables>>): RerankSettings | undefined {
  const { RERANK_URL: url, RERANK_MODEL: model, RERANK_API_KEY: apiKey, RERANK_DEADLINE_MS: deadlineMs } = data;
  if (url) return { url, model, apiKey, deadlineMs };
  const [name] = Object.entries({ RERANK_MODEL: model, RERANK_API_KEY: apiKey }).find(([, value]) => value) ?? [];
  if (name) throw new ConfigError(`${name} needs RERANK_URL, which is not set: set both, or neither.`);
  return undefined;
}
