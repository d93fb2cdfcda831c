import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the server does instead of answering as it should. */
export type ChatMisbehaviour =
  | { status: number; headers?: Record<string, string> }
  /** HTTP 429; in seconds. */
  | { retryAfter: number }
  | { delayMs: number }
  | 'hang'
  | 'hang-midway'
  | 'drop'
  | 'drop-midway'
  /** JSON, but none of the protocol. */
  | 'nonsense'
  /** An answer that is no JSON. */
  | 'prose'
  /** JSON of another form. */
  | 'other-form'
  /** The model refuses. */
  | 'refusal'
  | 'filtered'
  /** The answer stops at its most tokens. */
  | 'length'
  | 'too-much'
  | 'elsewhere'
  /** Structured outputs are refused, with HTTP 400. */
  | 'no-schemas'
  /** The right answer within a block of Markdown. */
  | 'markdown';

export interface ChatRequest {
  model: string;
  system: string;
  /** What the model is to look at, read from within its fence. */
  data: unknown;
  /** The whole message of the user. */
  user: string;
  format: 'json_schema' | 'json_object' | undefined;
  schema: unknown;
  maxTokens: number | undefined;
  authorization: string | undefined;
}

/** What the model answers of a request; text is sent as it is. */
export type Answering = (request: ChatRequest) => object | string;

const USAGE = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };

/** A server of the chat completions protocol on a free port, whose model does what `answering` says. */
export async function startChatServer(answering: Answering = () => ({})) {
  const requests: ChatRequest[] = [];
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const state = {
    /** What OPENAI_BASE_URL is set to. */
    url: '',
    requests,
    answering,
    /** Runs when a request has come, before it is answered. */
    meanwhile: async (_request: ChatRequest) => {},
    /** What it says of tokens. */
    usage: USAGE as typeof USAGE | undefined,
    /** From now on, for so many requests; null: no more. */
    misbehave(how: ChatMisbehaviour | null, times = Number.POSITIVE_INFINITY) {
      misbehaviour = how;
      remaining = how === null ? 0 : times;
    },
    stop() {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  let misbehaviour: ChatMisbehaviour | null = null;
  let remaining = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await json(request)) as Body;
    if (request.method !== 'POST' || request.url !== '/v1/chat/completions') return send(response, 404, {});
    const asked = requestOf(body, request.headers.authorization);
    requests.push(asked);
    const how = remaining-- > 0 ? misbehaviour : null;
    await state.meanwhile(asked);
    // What it says of a failure quotes the key and the data.
    const quoted = `${asked.authorization}: ${asked.user}`;
    const error = (status: number, headers = {}) =>
      send(response, status, { error: { message: quoted, code: quoted } }, headers);
    if (how === 'hang') return;
    if (how === 'drop') return void response.destroy();
    if (how === 'hang-midway' || how === 'drop-midway') {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"object": "chat.completion", ');
      if (how === 'drop-midway') setTimeout(() => response.destroy(), 10);
      return;
    }
    if (how === 'nonsense') return send(response, 200, { object: 'list', result: quoted });
    if (how === 'elsewhere') return void response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end();
    if (how === 'no-schemas' && asked.format === 'json_schema') return error(400);
    if (how !== null && typeof how === 'object') {
      if ('status' in how) return error(how.status, how.headers);
      if ('retryAfter' in how) return error(429, { 'retry-after': String(how.retryAfter) });
      await sleep(how.delayMs);
    }
    const made = state.answering(asked);
    const text = typeof made === 'string' ? made : JSON.stringify(made);
    const said: Partial<Record<string, string>> = {
      prose: `Certainly! ${quoted}`,
      'other-form': '{"answer": 42}',
      markdown: `\`\`\`json\n${text}\n\`\`\``,
      'too-much': JSON.stringify({ padding: 'x'.repeat(2_000_000) }),
    };
    const message =
      how === 'refusal'
        ? { role: 'assistant', content: null, refusal: quoted }
        : { role: 'assistant', content: said[how as string] ?? text, refusal: null };
    const finish_reason = how === 'length' ? 'length' : how === 'filtered' ? 'content_filter' : 'stop';
    const completion = { id: 'x', object: 'chat.completion', created: 0, model: asked.model };
    send(response, 200, { ...completion, choices: [{ index: 0, message, finish_reason }], usage: state.usage });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return state;
}
export type ChatServer = Awaited<ReturnType<typeof startChatServer>>;

interface Body {
  model: string;
  messages: { role: string; content: string }[];
  max_completion_tokens?: number;
  response_format?: { type: 'json_schema' | 'json_object'; json_schema?: { schema: unknown } };
}

function requestOf(body: Body, authorization: string | undefined): ChatRequest {
  const said = (role: string) => body.messages.find((message) => message.role === role)?.content ?? '';
  const user = said('user');
  return {
    model: body.model,
    system: said('system'),
    user,
    data: JSON.parse(user.split('\n').slice(1, -1).join('\n')),
    format: body.response_format?.type,
    schema: body.response_format?.json_schema?.schema,
    maxTokens: body.max_completion_tokens,
    authorization,
  };
}

function send(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
