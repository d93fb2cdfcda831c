/** What is asked of a model, whichever runs it. */
export interface ModelSettings {
  queryPrefix: string;
  documentPrefix: string;
  maxCharacters: number;
  batchSize: number;
}

/** A server of OpenAI's protocol. */
export interface OpenAiEndpoint extends ModelSettings {
  apiKey: string;
  baseUrl: string;
  deadlineMs: number;
}

export type EmbeddingSettings = {
  /** The vectors' share in recall, where one is configured: it is meant for the provider configured. */
  vectorWeight: number | undefined;
  /** Where there is one, whichever the provider: vectors stored earlier may be of a model there. */
  openai: OpenAiEndpoint | undefined;
} & (
  | { provider: 'none' }
  | { provider: 'local'; dimension: number }
  | { provider: 'openai'; model: string; dimension: number; openai: OpenAiEndpoint }
  | ({ provider: 'transformers'; model: string; dimension: number | undefined } & ModelSettings)
);
