import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashedVector } from '../../src/domain/embedding/hashing.ts';

/** What the server does instead of answering as it should; some of it is allowed by the protocol. */
export type Misbehaviour =
  /** HTTP 500, or another status; its body quotes the texts and the key. */
  | 'error'
  | { status: number; param?: string; headers?: Record<string, string> }
  /** HTTP 429; in seconds. */
  | { retryAfter: number }
  /** HTTP 400, quoting the text, where one contains the word. */
  | { refuse: string }
  /** The right answer, after so long. */
  | { delayMs: number }
  /** No answer at all. */
  | 'hang'
  /** The beginning of an answer. */
  | 'hang-midway'
  /** The connection ends without an answer. */
  | 'drop'
  | 'drop-midway'
  /** JSON, but no vectors. */
  | 'nonsense'
  | 'wrong-dimension'
  | 'zeros'
  /** The right vectors, each with its index, in another order. */
  | 'shuffled'
  | 'missing-index'
  | 'duplicate-index'
  /** Plain arrays, no matter which encoding was asked for. */
  | 'floats';

export interface ReceivedRequest {
  model: string;
  input: string[];
  dimensions: number | undefined;
  encodingFormat: string | undefined;
  authorization: string | undefined;
  /** How it says which side of a search the texts are on. */
  inputType: string | undefined;
  task: string | undefined;
  /** How many were being answered when it came, itself included. */
  atOnce: number;
}

export interface OpenAiServer {
  /** What OPENAI_BASE_URL is set to. */
  url: string;
  /** From now on, for so many requests; null: no more. */
  misbehave(how: Misbehaviour | null, times?: number): void;
  /** How often each text was answered with its vector. */
  embedded: Map<string, number>;
  requests: ReceivedRequest[];
  stop(): Promise<void>;
}

/**
 * A server of OpenAI's protocol on a free port. Texts spelled alike have vectors near each other, and the same text has
 * the same: the vector that `hashedVector` gives. `delayMs`: how long an answer takes. `countsTokens`: it says how many
 * tokens it read, a word each; else 0, as some do.
 */
export async function startOpenAiServer({
  dimension,
  delayMs = 0,
  countsTokens = false,
}: {
  dimension: number;
  delayMs?: number;
  countsTokens?: boolean;
}) {
  const embedded = new Map<string, number>();
  const requests: ReceivedRequest[] = [];
  let misbehaviour: Misbehaviour | null = null;
  let remaining = 0;
  let open = 0;

  const server = createServer((request, response) => {
    open++;
    response.once('close', () => open--);
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const atOnce = open;
    const asked = (await json(request)) as Record<string, unknown>;
    if (request.method !== 'POST' || request.url !== '/v1/embeddings') return send(response, 404, {});
    const input = [asked.input].flat() as string[];
    requests.push({
      model: asked.model as string,
      input,
      dimensions: asked.dimensions as number | undefined,
      encodingFormat: asked.encoding_format as string | undefined,
      authorization: request.headers.authorization,
      inputType: asked.input_type as string | undefined,
      task: asked.task as string | undefined,
      atOnce,
    });
    const how = remaining > 0 ? misbehaviour : null;
    remaining--;
    if (delayMs) await sleep(delayMs);

    const length = how === 'wrong-dimension' ? dimension + 1 : ((asked.dimensions as number | undefined) ?? dimension);
    const vectors = input.map((text) => (how === 'zeros' ? Array(length).fill(0) : hashedVector(text, length)));
    const data = vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: asked.encoding_format === 'base64' && how !== 'floats' ? base64(vector) : vector,
    }));
    const quoted = `${request.headers.authorization}: ${input.join(' ')}`;
    const error = (status: number, more = {}, headers = {}) =>
      send(response, status, { error: { message: quoted, code: quoted, ...more } }, headers);
    switch (how) {
      case 'error':
        return error(500);
      case 'hang':
        return;
      case 'hang-midway':
      case 'drop-midway':
        response.writeHead(200, { 'content-type': 'application/json' }).write('{"object": "list", ');
        if (how === 'drop-midway') setTimeout(() => response.destroy(), 10);
        return;
      case 'drop':
        return void response.destroy();
      case 'nonsense':
        return send(response, 200, { object: 'list', result: quoted });
      case 'missing-index':
        data.pop();
        break;
      case 'duplicate-index':
        for (const item of data) item.index = 0;
        break;
      case 'shuffled':
        data.reverse();
        break;
    }
    if (how !== null && typeof how === 'object') {
      if ('status' in how) return error(how.status, { param: how.param }, how.headers);
      if ('retryAfter' in how) return error(429, {}, { 'retry-after': String(how.retryAfter) });
      if ('delayMs' in how) await sleep(how.delayMs);
      else if (input.some((text) => text.includes(how.refuse))) return error(400, { param: 'input' });
    }
    if (how === null || typeof how === 'object' || how === 'shuffled' || how === 'floats') {
      for (const text of input) embedded.set(text, (embedded.get(text) ?? 0) + 1);
    }
    const tokens = countsTokens ? input.join(' ').split(' ').length : 0;
    const usage = { prompt_tokens: tokens, total_tokens: tokens };
    send(response, 200, { object: 'list', model: asked.model, data, usage });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    misbehave(how, times = Number.POSITIVE_INFINITY) {
      misbehaviour = how;
      remaining = how === null ? 0 : times;
    },
    embedded,
    requests,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  } satisfies OpenAiServer as OpenAiServer;
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

const base64 = (vector: number[]) => Buffer.from(new Float32Array(vector).buffer).toString('base64');
