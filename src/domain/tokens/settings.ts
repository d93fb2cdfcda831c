import { z } from 'zod';

/** The encodings whose tokens can be counted: those of OpenAI's models since GPT-3.5, of which other models' differ little. */
export const encodings = ['o200k_base', 'o200k_harmony', 'cl100k_base'] as const;
export type Encoding = (typeof encodings)[number];

/** The settings, by the environment variables they are read from. */
export const tokenizerVariables = {
  TOKENIZER: z
    .enum(encodings)
    .default('o200k_base')
    .meta({
      description:
        'The encoding that tokens of messages and of `context` are counted by: `o200k_base` is that of OpenAI’s models ' +
        'since GPT-4o, `o200k_harmony` that of gpt-oss, `cl100k_base` that of GPT-3.5 and GPT-4. Other models’ counts ' +
        'differ by some per cent.',
    }),
};
