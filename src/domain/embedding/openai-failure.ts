import { APIConnectionError, APIError } from 'openai';
import { EmbeddingFailed } from './embedder.ts';

export interface Asked {
  baseUrl: string;
  model: string;
}

/** Statuses that are about the request, not about the server or the credential. */
const refusing = new Set([400, 413, 422]);

/** Those by whose parameter the server says that it is the settings it does not like, not the texts. */
const settings: Readonly<Record<string, string>> = {
  model: 'EMBEDDING_MODEL',
  dimensions: 'EMBEDDING_DIMENSION',
  encoding_format: 'OPENAI_BASE_URL',
};

/** The same request may do in a moment. */
export function isWorthRetrying(error: unknown): boolean {
  if (isBroken(error)) return true;
  if (!(error instanceof APIError) || error.status === undefined) return false;
  const { status, headers } = error;
  // The server knows of exhausted quotas, which look like a moment's rush.
  if (headers?.get('x-should-retry') === 'false') return false;
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

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

function saidBy({ status, code, requestID }: APIError): string {
  const more = [code && `code ${code}`, requestID && `request ${requestID}`].filter(
    (part) => part && /^(?:code [a-z_]{1,40}|request [\w-]{1,80})$/.test(part),
  );
  return `${status}${more.length ? ` (${more.join(', ')})` : ''}`;
}

/** No connection, or one that ended within the answer, which the library lets through as it is. */
const isBroken = (error: unknown) =>
  error instanceof APIConnectionError || (!(error instanceof APIError) && causeOf(error) !== undefined);

/** The system's code of what went wrong with a connection, such as ECONNREFUSED. */
function causeOf(error: unknown): string | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string' && /^(?:E[A-Z]+|UND_[A-Z_]+)$/.test(cause.code)) {
      return cause.code;
    }
  }
  return undefined;
}

/** In milliseconds. The header has seconds or a date; `retry-after-ms` is OpenAI's own. */
function retryAfterOf(headers: Headers | undefined): number | undefined {
  const exact = Number(headers?.get('retry-after-ms') ?? Number.NaN);
  if (exact >= 0) return exact;
  const given = headers?.get('retry-after');
  if (!given) return undefined;
  const wait = /^\d+(\.\d+)?$/.test(given) ? Number(given) * 1_000 : Date.parse(given) - Date.now();
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}
