import { z } from 'zod';
import { ConfigError } from '../../kernel/config-error.ts';
import { MODEL } from './hashing.ts';
import { JOINED, JOINED_DIMENSION } from './joined.ts';
import { isShortenable, openAiDimensions } from './openai-models.ts';

/** The settings, by the environment variables they are read from. */
export const embeddingVariables = {
  EMBEDDING_PROVIDER: z
    .enum(['openai', 'local', 'transformers', 'none'])
    .default('local')
    .meta({
      description:
        'What makes the vectors of memories and questions. `local`: a small English model in this process ' +
        'and their spelling, or their spelling alone; nothing is sent anywhere. `openai`: OpenAI, or any ' +
        'server of its protocol. `transformers`: a model in this' +
        ' process, by the package @huggingface/transformers, which is installed apart. `none`: nothing, ' +
        'recall goes by words.',
    }),
  OPENAI_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'a key without spaces or line breaks is expected')
    .optional()
    .meta({
      description:
        'The key sent to the `openai` provider, of vectors and of answers. With OPENAI_BASE_URL it may be left out.',
      allowed: 'visible characters',
      holds: 'secret',
    }),
  OPENAI_BASE_URL: z
    .string()
    .refine((url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ''), 'an http:// or https:// URL is expected')
    .optional()
    .meta({
      description:
        'Where the `openai` provider is, of vectors and of answers: up to before `/embeddings` and `/chat/completions`.',
      allowed: 'an http:// or https:// URL',
      preset: '`https://api.openai.com/v1`',
      holds: 'url',
    }),
  EMBEDDING_MODEL: z
    .string()
    .max(200, 'at most 200 characters are expected')
    .optional()
    .meta({
      description:
        'The name of the model. With `transformers` a name on the Hugging Face hub, or a folder where it' +
        ' begins with `/` or `./`. With `local` `use-lite-en+hashing-1`, meaning and spelling, which needs ' +
        'the optional packages @energetic-ai/*, some 300 MB of memory and English texts; or `hashing-1`, ' +
        'spelling alone. `none` has no model.',
      allowed: 'at most 200 characters',
      preset:
        '`text-embedding-3-small` with `openai`; needed with `transformers`; with `local` the first, if it is ' +
        'installed, TEXT_SEARCH_CONFIG is `english` and no EMBEDDING_DIMENSION is set',
    }),
  EMBEDDING_DIMENSION: z.coerce
    .number()
    .int()
    .min(1)
    .max(16_000)
    .optional()
    .meta({
      description:
        'The numbers in a vector. Known of the models of OpenAI, of which text-embedding-3-* also give ' +
        'fewer; needed for other models with `openai`; `transformers` reads it from the model; with ' +
        '`local` that of `hashing-1`.',
      unit: 'numbers',
      preset: '384 with `hashing-1`, else that of the model',
    }),
  EMBEDDING_DEADLINE_MS: z.coerce.number().int().min(1).max(3_600_000).default(5_000).meta({
    description: 'How long one request for vectors may take, its retries included.',
    unit: 'ms',
  }),
  EMBEDDING_BATCH_SIZE: z.coerce.number().int().min(1).max(2_048).default(256).meta({
    description: 'The most texts in one request for vectors.',
    unit: 'texts',
  }),
  EMBEDDING_BATCH_TOKENS: z.coerce
    .number()
    .int()
    .min(100)
    .max(10_000_000)
    .default(100_000)
    .meta({
      description:
        'The most tokens in one request to the `openai` provider, estimated: a third of the characters, and each ' +
        'character from U+0250 up. A longer text goes alone.',
      unit: 'tokens',
    }),
  EMBEDDING_INPUT_TYPES: z
    .enum(['cohere', 'voyage', 'jina'])
    .optional()
    .meta({
      description:
        'How the server of the `openai` provider is told whether a text is a question or a memory: `cohere` and ' +
        '`voyage` by `input_type`, in the words of each, `jina` by `task`.',
      preset: 'it is not told',
    }),
  EMBEDDING_MAX_CHARACTERS: z.coerce
    .number()
    .int()
    .min(100)
    .max(1_000_000)
    .default(20_000)
    .meta({
      description:
        'A longer text is cut to this before it is sent, so that it fits what models read; its vector is' +
        ' that of its beginning. A character beyond the Latin alphabet, U+0250 and up, counts as three.',
      unit: 'characters',
    }),
  EMBEDDING_QUERY_PREFIX: z.string().max(1_000, 'at most 1,000 characters are expected').default('').meta({
    description: 'What the model wants before a question, such as `query: `.',
    allowed: 'at most 1,000 characters',
    preset: 'nothing',
  }),
  EMBEDDING_DOCUMENT_PREFIX: z.string().max(1_000, 'at most 1,000 characters are expected').default('').meta({
    description: 'What the model wants before a memory, such as `passage: `.',
    allowed: 'at most 1,000 characters',
    preset: 'nothing',
  }),
  EMBEDDING_VECTOR_WEIGHT: z.coerce.number().min(0).max(1).optional().meta({
    description: 'The share of vectors in recall; the rest is that of words.',
    preset: '0.03 with `hashing-1`, 0.4 with `use-lite-en+hashing-1`, else 0.3',
  }),
};

/** What is asked of a model, whichever runs it. */
export interface ModelSettings {
  queryPrefix: string;
  documentPrefix: string;
  maxCharacters: number;
  batchSize: number;
}

/** Whose words say which side of a search a text is on. */
export type InputTypes = 'cohere' | 'voyage' | 'jina';

/** A server of OpenAI's protocol. */
export interface OpenAiEndpoint extends ModelSettings {
  apiKey: string;
  baseUrl: string;
  deadlineMs: number;
  batchTokens: number;
  /** Undefined: it is not told. */
  inputTypes: InputTypes | undefined;
}

export interface LocalSettings {
  provider: 'local';
  /** Undefined: meaning and spelling where that is installed, else spelling alone. */
  model: typeof JOINED | typeof MODEL | undefined;
  /** Of vectors of spelling alone. */
  dimension: number;
}

export type EmbeddingSettings = {
  /** The vectors' share in recall, where one is configured: it is meant for the provider configured. */
  vectorWeight: number | undefined;
  /** Where there is one, whichever the provider: vectors stored earlier may be of a model there. */
  openai: OpenAiEndpoint | undefined;
} & (
  | { provider: 'none' }
  | LocalSettings
  | { provider: 'openai'; model: string; dimension: number; openai: OpenAiEndpoint }
  | ({ provider: 'transformers'; model: string; dimension: number | undefined } & ModelSettings)
);

/**
 * What the variables come to, for texts that are read by a text search configuration. Throws {@link ConfigError} where
 * they do not fit together.
 */
export function embeddingOf(
  data: z.output<z.ZodObject<typeof embeddingVariables>>,
  textSearchConfig: string,
): EmbeddingSettings {
  const {
    OPENAI_API_KEY: apiKey,
    OPENAI_BASE_URL: baseUrl,
    EMBEDDING_MODEL: model,
    EMBEDDING_DIMENSION: dimension,
  } = data;
  const asked: ModelSettings = {
    queryPrefix: data.EMBEDDING_QUERY_PREFIX,
    documentPrefix: data.EMBEDDING_DOCUMENT_PREFIX,
    maxCharacters: data.EMBEDDING_MAX_CHARACTERS,
    batchSize: data.EMBEDDING_BATCH_SIZE,
  };
  const openai: OpenAiEndpoint | undefined =
    apiKey || baseUrl
      ? {
          ...asked,
          // Servers of one's own seldom want a key, but the protocol has no request without one.
          apiKey: apiKey ?? 'none',
          baseUrl: baseUrl ?? 'https://api.openai.com/v1',
          deadlineMs: data.EMBEDDING_DEADLINE_MS,
          batchTokens: data.EMBEDDING_BATCH_TOKENS,
          inputTypes: data.EMBEDDING_INPUT_TYPES,
        }
      : undefined;
  const common = { vectorWeight: data.EMBEDDING_VECTOR_WEIGHT, openai };
  switch (data.EMBEDDING_PROVIDER) {
    case 'openai':
      if (!openai) {
        throw new ConfigError(
          'EMBEDDING_PROVIDER=openai needs OPENAI_API_KEY, or OPENAI_BASE_URL for a server that needs no key.',
        );
      }
      return { ...common, ...openAiModel(model ?? 'text-embedding-3-small', dimension), provider: 'openai', openai };
    case 'transformers':
      if (!model) {
        throw new ConfigError(
          'EMBEDDING_PROVIDER=transformers needs EMBEDDING_MODEL: a name on the Hugging Face hub, ' +
            'such as Xenova/all-MiniLM-L6-v2, or a folder as /path or ./path.',
        );
      }
      return { ...common, ...asked, provider: 'transformers', model, dimension };
    case 'local':
      return { ...common, ...localModel(model, dimension, textSearchConfig) };
    case 'none':
      if (model) {
        throw new ConfigError(
          `EMBEDDING_MODEL names a model, but EMBEDDING_PROVIDER=none uses none: set another provider, or leave the model out.`,
        );
      }
      return { ...common, provider: 'none' };
  }
}

function localModel(model: string | undefined, dimension: number | undefined, textSearchConfig: string): LocalSettings {
  const isEnglish = textSearchConfig === 'english';
  if (model === undefined || model === MODEL) {
    const isSpelling = model === MODEL || dimension !== undefined || !isEnglish;
    return { provider: 'local', model: isSpelling ? MODEL : undefined, dimension: dimension ?? 384 };
  }
  if (model !== JOINED) {
    throw new ConfigError(
      `EMBEDDING_MODEL=${model} is none of EMBEDDING_PROVIDER=local, which knows ${JOINED} and ${MODEL}: set the provider ` +
        `to openai or transformers, or leave the model out.`,
    );
  }
  if (!isEnglish) {
    throw new ConfigError(
      `EMBEDDING_MODEL=${JOINED} reads English, but TEXT_SEARCH_CONFIG is ${textSearchConfig}: set the model to ${MODEL}, ` +
        `or EMBEDDING_PROVIDER to one that has a model of the language.`,
    );
  }
  if (dimension !== undefined && dimension !== JOINED_DIMENSION) {
    throw new ConfigError(
      `EMBEDDING_DIMENSION=${dimension} does not fit: the vectors of ${JOINED} have ${JOINED_DIMENSION}. Leave the ` +
        `setting out.`,
    );
  }
  return { provider: 'local', model: JOINED, dimension: JOINED_DIMENSION };
}

function openAiModel(model: string, dimension: number | undefined): { model: string; dimension: number } {
  const native = openAiDimensions[model];
  const wanted = dimension ?? native;
  if (wanted === undefined) {
    throw new ConfigError(`EMBEDDING_MODEL=${model} needs EMBEDDING_DIMENSION: how many numbers its vectors have.`);
  }
  if (native !== undefined && (isShortenable(model) ? wanted > native : wanted !== native)) {
    throw new ConfigError(
      `EMBEDDING_DIMENSION=${wanted} does not fit: the vectors of ${model} have ${native}${isShortenable(model) ? ' or fewer' : ''}.`,
    );
  }
  return { model, dimension: wanted };
}
