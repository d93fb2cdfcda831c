/** The dimensions that OpenAI's own models give, unless asked for fewer. */
export const openAiDimensions: Readonly<Record<string, number>> = {
  'text-embedding-3-small': 1536,
  'text-embedding-3-large': 3072,
  'text-embedding-ada-002': 1536,
};

/** Models that cut their vectors down to a dimension asked for. */
export const isShortenable = (model: string) => model.startsWith('text-embedding-3-');
