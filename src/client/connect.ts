import { textOf } from './document.ts';
import type { Execute, Executes } from './execute.ts';
import { type Answer, dataOf, OperationError } from './operation-error.ts';

export interface ConnectOptions {
  /** Where GraphQL is, e.g. `http://127.0.0.1:4000/graphql`. */
  url: string;
  /** An API key or a JWT. Default: none is sent. */
  key?: string | undefined;
  /** What sends requests. Default: the global `fetch`. A service in this process has one of its own. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
}

/**
 * A client of a service: it sends one request for each document. Opens nothing, so there is nothing to close. Where no
 * answer comes, what `fetch` throws is passed on.
 */
export function connect({ url, key, fetch: send = fetch }: ConnectOptions): Executes {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/graphql-response+json, application/json',
    ...(key && { authorization: `Bearer ${key}` }),
  };
  const execute = async (
    document: Parameters<typeof textOf>[0],
    variables?: object,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<unknown> => {
    const body = JSON.stringify({ query: textOf(document), variables });
    const response = await send(url, { method: 'POST', headers, body, ...(signal && { signal }) });
    return dataOf(await answerOf(response));
  };
  return { execute: execute as Execute };
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const answer = parsed(text);
  if (typeof answer === 'object' && answer !== null && ('data' in answer || 'errors' in answer))
    return answer as Answer;
  const { status } = response;
  const message = `The server answered ${status}, and nothing of GraphQL: ${text.slice(0, 200)}`;
  throw new OperationError([{ code: 'UNAVAILABLE', message, path: [], details: { status } }]);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
