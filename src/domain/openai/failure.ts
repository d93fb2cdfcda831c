import { APIConnectionError, APIError } from 'openai';

/** Statuses that are about the request, not about the server or the credential. */
export const refusing = new Set([400, 413, 422]);

/** The same request may do in a moment. */
export function isWorthRetrying(error: unknown): boolean {
  if (isBroken(error)) return true;
  if (!(error instanceof APIError) || error.status === undefined) return false;
  const { status, headers } = error;
  // The server knows of exhausted quotas, which look like a moment's rush.
  if (headers?.get('x-should-retry') === 'false') return false;
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

/** The status and, where they are plain words, the code and the id of the request: its sentences may quote contents, or the key. */
export function saidBy({ status, code, requestID }: APIError): string {
  const more = [code && `code ${code}`, requestID && `request ${requestID}`].filter(
    (part) => part && /^(?:code [a-z_]{1,40}|request [\w-]{1,80})$/.test(part),
  );
  return `${status}${more.length ? ` (${more.join(', ')})` : ''}`;
}

/** No connection, or one that ended within the answer, which the library lets through as it is. */
export const isBroken = (error: unknown) =>
  error instanceof APIConnectionError || (!(error instanceof APIError) && causeOf(error) !== undefined);

/** The system's code of what went wrong with a connection, such as ECONNREFUSED. */
export function causeOf(error: unknown): string | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string' && /^(?:E[A-Z]+|UND_[A-Z_]+)$/.test(cause.code)) {
      return cause.code;
    }
  }
  return undefined;
}

/** In milliseconds. The header has seconds or a date; `retry-after-ms` is OpenAI's own. */
export function retryAfterOf(headers: Headers | undefined): number | undefined {
  const exact = Number(headers?.get('retry-after-ms') ?? Number.NaN);
  if (exact >= 0) return exact;
  const given = headers?.get('retry-after');
  if (!given) return undefined;
  const wait = /^\d+(\.\d+)?$/.test(given) ? Number(given) * 1_000 : Date.parse(given) - Date.now();
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}
