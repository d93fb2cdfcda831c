import { type Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { answersAtBounds, bodyAtBounds } from './fuzz-bounds.ts';
import type { DocumentGenerator } from './fuzz-documents.ts';
import type { Pools } from './fuzz-values.ts';
import type { Choices } from './random.ts';

/** What is sent: a request by Node's client, or bytes as they are. */
export interface FuzzRequest {
  method: string;
  /** Path and query. */
  target: string;
  headers: Record<string, string>;
  body: Buffer;
  /** Whole and wrong HTTP, in place of all of the above. */
  raw?: Buffer;
  /** Which kind of thing it is, for the summary. */
  kind: 'document' | 'broken document' | 'broken body' | 'broken request' | 'raw bytes' | 'bounds';
}

export interface FuzzAnswer {
  /** 0: the connection was closed without an answer. */
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  ms: number;
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** One thing to send, as the choices make it. */
export function generate(choices: Choices, documents: DocumentGenerator, own: Pools, foreign: Pools): FuzzRequest {
  const kind = choices.weighted<FuzzRequest['kind']>([
    [83, 'document'],
    [1, 'bounds'],
    [6, 'broken document'],
    [5, 'broken body'],
    [4, 'broken request'],
    [1, 'raw bytes'],
  ]);
  const { query, variables, operationName } = documents.operation(choices, own, foreign);
  const name = operationName === undefined ? '' : `,"operationName":${JSON.stringify(operationName)}`;
  const text = (document: string) => `{"query":${JSON.stringify(document)},"variables":${variables}${name}}`;
  const post = (
    body: string | Buffer,
    headers: Record<string, string> = JSON_TYPE,
    method = 'POST',
    target = '/graphql',
  ): FuzzRequest => ({
    method,
    target,
    headers,
    body: typeof body === 'string' ? Buffer.from(body) : body,
    kind,
  });
  switch (kind) {
    case 'document':
      return post(text(query));
    case 'broken document':
      return post(text(broken(choices, query)));
    case 'broken body':
      return post(brokenBody(choices, text(query), query, variables));
    case 'broken request':
      return brokenRequest(choices, text(query), query, variables, post);
    case 'bounds': {
      if (answersAtBounds.length > 0 && choices.chance(30)) {
        const asked = choices.pick(answersAtBounds)(choices);
        return post(`{"query":${JSON.stringify(asked.query)},"variables":${asked.variables}}`);
      }
      const { body, headers } = bodyAtBounds(choices);
      return post(body, headers);
    }
    case 'raw bytes':
      return { ...post(''), raw: rawBytes(choices, text(query)) };
  }
}

const tokens =
  '{ } ( ) [ ] : ! $ @ ... | & = "" """ " # , query mutation fragment on null true 1 -1 1.5 1e9 \u0000 é \ud800 ~ ; ? \\ __typename'.split(
    ' ',
  );

function broken(choices: Choices, query: string): string {
  let changed = query;
  for (let times = 1 + choices.below(3); times > 0; times--) {
    const at = choices.below(changed.length + 1);
    changed = choices.weighted<() => string>([
      [3, () => changed.slice(0, at) + choices.pick(tokens) + changed.slice(at)],
      [3, () => changed.slice(0, at) + changed.slice(at + 1 + choices.below(10))],
      [2, () => changed.slice(0, at)],
      [2, () => changed.replace(/\b([a-z]+)_\d+: (\w+)/, '$2: noSuchField$1')],
      [1, () => changed + changed],
      [
        1,
        () =>
          changed.slice(0, at) +
          choices.pick(['{', '[', '(', '$a:[']).repeat(choices.below(20_000)) +
          changed.slice(at),
      ],
      [1, () => `${changed.replace('{', '{ ...Loop ')} fragment Loop on Query { ...Loop viewer { ...Loop } }`],
      [1, () => `${changed.slice(0, at)}${'a'.repeat(choices.below(200_000))}${changed.slice(at)}`],
      [1, () => ''],
    ])();
  }
  return changed;
}

function brokenBody(choices: Choices, body: string, query: string, variables: string): string | Buffer {
  const at = choices.below(body.length + 1);
  return choices.weighted<() => string | Buffer>([
    [3, () => body.slice(0, at)],
    [
      3,
      () =>
        body.slice(0, at) +
        choices.pick(['"', '{', '}', ',', '\\', '\u0000', 'null', '\\u0000', '\\ud800', 'é']) +
        body.slice(at),
    ],
    [2, () => Buffer.from(Array.from({ length: choices.below(300) }, () => choices.below(256)))],
    [
      2,
      () =>
        choices.pick([
          '',
          ' ',
          'null',
          '[]',
          '{}',
          '1',
          '"query"',
          'true',
          '[[]]',
          '[{}]',
          '{"query":null}',
          '{"query":1}',
          '{"query":{}}',
          '{"query":[]}',
          '{"query":""}',
          '{"query":"{viewer{scopes}}","variables":[]}',
          '{"query":"{viewer{scopes}}","variables":"x"}',
          '{"query":"{viewer{scopes}}","operationName":{}}',
          '{"query":"{viewer{scopes}}","extensions":1}',
          '{"query":"{viewer{scopes}}","extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}',
          '{"id":"x"}',
          '{"query":"{viewer{scopes}}","query":"{"}',
          '\ufeff{"query":"{viewer{scopes}}"}',
        ]),
    ],
    [2, () => `[${body},${body}]`],
    [1, () => `{"query":${JSON.stringify(query)},"variables":${'['.repeat(choices.below(60_000))}}`],
    [1, () => deep(choices, query)],
    [
      1,
      () =>
        Buffer.concat([
          Buffer.from(body.slice(0, at)),
          Buffer.from([0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80]),
          Buffer.from(body.slice(at)),
        ]),
    ],
    [1, () => Buffer.from(`\ufeff${body}`, 'utf16le')],
    [1, () => gzipSync(body)],
    [1, () => `{"variables":${variables}}`],
    [
      1,
      () =>
        `{"query":${JSON.stringify(query)},"variables":${variables},"pad":"${'x'.repeat(choices.below(1_000_000))}"}`,
    ],
  ])();
}

/** Deeply nested variables, where any JSON may stand and where not. */
function deep(choices: Choices, query: string): string {
  const depth = choices.below(100_000);
  const [open, close] = choices.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ] as const);
  const nested = `${open.repeat(depth)}1${close.repeat(depth)}`;
  const create = `mutation ($input: CreateMemoryInput!) { createMemory(input: $input) { __typename } }`;
  const input = `{"companion":{"key":"deep"},"type":"FACT","content":"deep","${choices.pick(['context', 'entities', 'embedding', 'slot', 'x'])}":${nested}}`;
  return choices.chance(70)
    ? `{"query":${JSON.stringify(create)},"variables":{"input":${input}}}`
    : `{"query":${JSON.stringify(query)},"variables":{"v1":${nested},"v3":${nested}}}`;
}

function brokenRequest(
  choices: Choices,
  body: string,
  query: string,
  variables: string,
  post: (body: string | Buffer, headers?: Record<string, string>, method?: string, target?: string) => FuzzRequest,
): FuzzRequest {
  const short = query.length < 4_000 ? query : '{ viewer { scopes } }';
  const inQuery = (text: string) => encodeURIComponent(text.toWellFormed());
  return choices.weighted<() => FuzzRequest>([
    [
      3,
      () =>
        post(body, {
          'content-type': choices.pick([
            'text/plain',
            'application/x-www-form-urlencoded',
            'multipart/form-data; boundary=x',
            '',
            'application/json; charset=utf-16',
            'application/json;;;',
            'application/graphql',
            'application/graphql+json',
            'APPLICATION/JSON',
            'image/png',
            'application/json; charset="',
          ]),
        }),
    ],
    [3, () => post('', {}, 'GET', `/graphql?query=${inQuery(short)}&variables=${inQuery(variables.slice(0, 2_000))}`)],
    [
      2,
      () =>
        post(
          '',
          {},
          'GET',
          `/graphql?${choices.pick(['query=%', 'query=%00', 'query=%ff%fe', 'query', 'query=&variables=', 'variables=%7B', 'query={viewer{scopes}}&variables=[]', 'query=a&query=b', 'extensions=x&query={viewer{scopes}}', `query=${'a'.repeat(8_000)}`, 'operationName=x&query={viewer{scopes}}', '%E0%A4%A'])}`,
        ),
    ],
    [2, () => post(body, JSON_TYPE, choices.pick(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND']))],
    [
      2,
      () =>
        post(
          '',
          {},
          'GET',
          choices.pick([
            '/',
            '/health',
            '/ready',
            '/graphql/',
            '/graphql/../x',
            '//',
            '/favicon.ico',
            '/metrics',
            '/%2e%2e/etc/passwd',
            '/graphql%00',
            '/*',
            '/?x',
            '/health?x=%',
          ]),
        ),
    ],
    [
      2,
      () =>
        post(body, {
          ...JSON_TYPE,
          accept: choices.pick([
            'text/html',
            'text/event-stream',
            'multipart/mixed',
            'application/graphql-response+json',
            '*/*',
            'x',
            ',;q=',
            'image/png',
            'application/json;q=0',
          ]),
        }),
    ],
    [
      1,
      () =>
        post(body, { ...JSON_TYPE, 'content-encoding': choices.pick(['gzip', 'br', 'x', 'identity', 'gzip, gzip']) }),
    ],
    [
      1,
      () =>
        post(body, {
          ...JSON_TYPE,
          [choices.pick([
            'x-cost',
            'authorization',
            'cookie',
            'origin',
            'x-request-id',
            'traceparent',
            'if-none-match',
            'range',
            'expect',
            'x-forwarded-for',
            'x-forwarded-host',
            'upgrade',
          ])]: choices.pick([
            '1',
            'true',
            'Bearer x',
            '\u00ff',
            '',
            'a=b; c',
            'bytes=0-1',
            '00-x-y-z',
            '127.0.0.1',
            'x'.repeat(3_000),
          ]),
        }),
    ],
    [1, () => post('x'.repeat(choices.below(3_000_000)), JSON_TYPE)],
    [1, () => post(short, { 'content-type': 'application/graphql' })],
  ])();
}

function rawBytes(choices: Choices, body: string): Buffer {
  const head = (lines: string, rest: string | Buffer = '') =>
    Buffer.concat([Buffer.from(`${lines}\r\n\r\n`, 'latin1'), Buffer.from(rest)]);
  const start = 'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close';
  return choices.weighted<() => Buffer>([
    [2, () => Buffer.from(Array.from({ length: 1 + choices.below(400) }, () => choices.below(256)))],
    [
      2,
      () =>
        head(
          `${start}\r\nContent-Length: ${choices.pick(['-1', 'x', '1e3', '0x10', '99999999999999999999', '', '1, 2', '+5'])}`,
          body,
        ),
    ],
    [1, () => head(`${start}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked`, '0\r\n\r\n')],
    [
      1,
      () =>
        head(
          `${start}\r\nTransfer-Encoding: chunked`,
          choices.pick([
            'zz\r\n',
            '-1\r\n\r\n',
            '5\r\nab\r\n0\r\n\r\n',
            'ffffffffffffffff\r\nx',
            '1;x=y\r\n{\r\n0\r\n\r\n',
          ]),
        ),
    ],
    [
      1,
      () => head(`${start}\r\nContent-Length: ${Math.max(0, Buffer.byteLength(body) - 1 - choices.below(20))}`, body),
    ],
    [1, () => head(`GET /graphql?query=${'a'.repeat(choices.below(70_000))} HTTP/1.1\r\nHost: x\r\nConnection: close`)],
    [1, () => head(`GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${'X: y\r\n'.repeat(choices.below(5_000))}Z: z`)],
    [
      1,
      () =>
        head(
          choices.pick([
            'GET / HTTP/9.9',
            'GET  HTTP/1.1',
            'GET /graphql',
            '\r\n\r\n',
            'FOO / HTTP/1.1\r\nHost: x',
            'GET http://[::1 HTTP/1.1\r\nHost: x',
            'GET /graphql HTTP/1.1',
            'GET * HTTP/1.1\r\nHost: x\r\nConnection: close',
            'GET http://x:99999999/graphql HTTP/1.1\r\nHost: x\r\nConnection: close',
            'GET // HTTP/1.1\r\nHost: a b\r\nConnection: close',
            'POST /graphql HTTP/1.1\r\nHost: [\r\nConnection: close\r\nContent-Length: 0',
            'GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket',
            'PRI * HTTP/2.0\r\n\r\nSM',
            'CONNECT x:1 HTTP/1.1\r\nHost: x',
          ]),
        ),
    ],
  ])();
}

/**
 * Sends it and waits for the whole answer, or for as long as an answer may take. Rejects where there is none by then.
 */
export function send(
  { port, agent, workspace, patienceMs }: { port: number; agent: Agent; workspace: string; patienceMs: number },
  { method, target, headers, body, raw }: FuzzRequest,
): Promise<FuzzAnswer> {
  const started = performance.now();
  if (raw) return sendRaw(port, raw, patienceMs);
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      {
        host: '127.0.0.1',
        port,
        method,
        path: target,
        agent,
        headers: {
          ...headers,
          'x-trial-workspace': workspace,
          ...(method !== 'GET' &&
            method !== 'HEAD' &&
            !headers['transfer-encoding'] && { 'content-length': body.length }),
        },
        signal: AbortSignal.timeout(patienceMs),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
            ms: performance.now() - started,
          }),
        );
      },
    );
    sent.on('error', reject);
    // A protocol of another kind is not what is asked for, and nobody answers it.
    sent.on('upgrade', (_, socket) => socket.destroy());
    sent.end(method === 'GET' || method === 'HEAD' ? undefined : body);
  });
}

/** Node closes the connection behind what is no HTTP; what never ends is ended from here. */
function sendRaw(port: number, raw: Buffer, patienceMs: number): Promise<FuzzAnswer> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    const giveUp = setTimeout(() => socket.destroy(new Error('no answer')), patienceMs);
    let failure: Error | undefined;
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('close', () => {
      clearTimeout(giveUp);
      const text = Buffer.concat(chunks).toString();
      if (failure?.message === 'no answer') return reject(failure);
      resolve({
        status: Number(/^HTTP\/1.1 (\d{3})/.exec(text)?.[1] ?? 0),
        headers: {},
        text,
        ms: performance.now() - started,
      });
    });
    socket.end(raw);
  });
}
