import { APIError } from 'openai';
import { causeOf, isBroken, refusing, retryAfterOf, saidBy } from '../openai/failure.ts';
import { EmbeddingFailed } from './embedder.ts';

export interface Asked {
  baseUrl: string;
  model: string;
}

/** Those by whose parameter the server says that it is the settings it does not like, not the texts. */
const settings: Readonly<Record<string, string>> = {
  model: 'EMBEDDING_MODEL',
  dimensions: 'EMBEDDING_DIMENSION',
  encoding_format: 'OPENAI_BASE_URL',
};

/**
 * What a failed request means. Of what the server says itself only its code and the request's id are passed on: its
 * sentences may quote texts, or the key.
 */
export function failureOf(error: unknown, { baseUrl, model }: Asked): EmbeddingFailed {
  if (error instanceof EmbeddingFailed) return error;
  const where = `The embedding server at ${new URL(baseUrl).host}`;
  if (isBroken(error)) {
    return new EmbeddingFailed(
      'unavailable',
      `${where} could not be reached, or the connection broke ` +
        `(${causeOf(error) ?? 'no reason given'}): check OPENAI_BASE_URL and the network.`,
    );
  }
  if (!(error instanceof APIError) || error.status === undefined) {
    return new EmbeddingFailed(
      'unavailable',
      `${where} returned something other than vectors: is OPENAI_BASE_URL the address of an OpenAI-compatible API, including /v1?`,
    );
  }
  const said = `${where} answered ${saidBy(error)}`;
  const setting = settings[error.param ?? ''];
  if (error.status === 401 || error.status === 403) {
    return new EmbeddingFailed('unavailable', `${said}: check OPENAI_API_KEY and what it is allowed to do.`);
  }
  if (error.status === 404 || error.code === 'model_not_found') {
    return new EmbeddingFailed('unavailable', `${said}: check EMBEDDING_MODEL (${model}) and OPENAI_BASE_URL.`);
  }
  if (refusing.has(error.status)) {
    return setting
      ? new EmbeddingFailed('unavailable', `${said}: check ${setting}, and whether ${model} supports it.`)
      : new EmbeddingFailed('refused', `${said}: it does not accept a text that was sent.`);
  }
  return new EmbeddingFailed('unavailable', `${said}.`, retryAfterOf(error.headers));
}

/** The deadline passed, or the caller's signal came. */
export function wasGivenUp(by: 'caller' | number): EmbeddingFailed {
  return new EmbeddingFailed(
    'unavailable',
    by === 'caller'
      ? 'The caller cancelled the request for embeddings.'
      : `The embedding server returned no vectors within ${by} ms: see EMBEDDING_DEADLINE_MS.`,
  );
}
