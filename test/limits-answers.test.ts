import { setTimeout as sleep } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ByteBudget, BytePool } from '../src/db/byte-budget.ts';
import type { Database } from '../src/db/database.ts';
import { ReadTransaction } from '../src/db/read-transaction.ts';
import { openWorkspace } from '../src/domain/workspace/workspaces.ts';
import { patience } from './support/calibration.ts';
import { openTestDatabase } from './support/database.ts';
import { openServer, openSocket, postHead, type TestServer } from './support/server.ts';

const ANSWER = 1_000_000;
const LONG = 40_000;
/** Contents of each are no more than half of an answer. */
const MEMORIES = 10;

let database: Database;
let server: TestServer;
const running: TestServer[] = [];
const start = async (requests = {}) => {
  const started = await openServer(database, { requests: { maxAnswerBytes: ANSWER, ...requests } });
  running.push(started);
  return started;
};

interface Told {
  // biome-ignore lint/suspicious/noExplicitAny: documents differ
  data?: any;
  errors?: { message: string; path?: unknown; extensions: { code: string; limit?: number; given?: number } }[];
}
const told = async (response: Response): Promise<Told> => (await response.json()) as Told;
const ask = async (query: string, variables = {}, headers = {}) =>
  told(await server.post(query, headers, { variables }));

const CREATE = `mutation ($input: CreateMemoriesInput!) {
  createMemories(input: $input) { __typename ... on CreateMemoriesPayload { memories { id content } } ... on Error { message } } }`;
const text = (length: number, n: number) => `${n} ${'lorem ipsum '.repeat(Math.ceil(length / 12))}`.slice(0, length);
const memories = (count: number, more = {}) =>
  Array.from({ length: count }, (_, n) => ({ content: text(LONG, n), type: 'FACT', ...more }));
const context = { note: 'n'.repeat(60_000) };

beforeAll(async () => {
  database = await openTestDatabase();
  server = await start();
  for (const key of ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight']) {
    const input = { companion: { key, config: { long: 'c'.repeat(60_000) } }, memories: memories(MEMORIES) };
    const small = CREATE.replace('id content', 'id');
    const made = await ask(small, { input: { ...input, companion: { key } } });
    expect(made.errors).toBeUndefined();
  }
  const one = memories(1, { summary: 's'.repeat(9_000), context, content: 'one with a context' });
  await ask(CREATE, { input: { companion: { key: 'wide' }, memories: one } });
  const { data } = await ask('{ memories(companion: {key: "wide"}) { nodes { id } } }');
  const changes = { id: data.memories.nodes[0].id, context: { note: 'm'.repeat(60_000) } };
  await ask('mutation ($input: UpdateMemoryInput!) { updateMemory(input: $input) { __typename } }', { input: changes });
});
afterAll(async () => {
  for (const { stop } of running) await stop();
  await database.close();
});

const aliases = (count: number, field: string) => Array.from({ length: count }, (_, n) => `a${n}: ${field}`).join(' ');
const list = (selection: string, companion = 'one') =>
  `{ memories(companion: {key: "${companion}"}) { nodes { ${selection} } } }`;
const tooLarge = {
  message: expect.stringContaining('too large'),
  extensions: { code: 'LIMIT_EXCEEDED', limit: ANSWER, given: expect.any(Number) },
};

describe('an answer of more than MAX_ANSWER_BYTES is refused, by whatever way it gets so long:', () => {
  test.each([
    ['a content under 40 aliases', list(aliases(40, 'content'))],
    ['a summary under aliases', list(aliases(150, 'summary'), 'wide')],
    ['a context under aliases', list(aliases(20, 'context'), 'wide')],
    ['the changes of an event under aliases', `{ events(kinds: [UPDATED]) { nodes { ${aliases(20, 'changes')} } } }`],
    ['names of fields', list(`${'x'.repeat(150_000)}: __typename`)],
    ['names of objects', list(`${'x'.repeat(150_000)}: companion { key }`)],
    ['names of fields of the schema', `{ __schema { types { ${'x'.repeat(50_000)}: name } } }`],
    [
      'what is escaped in JSON',
      list(aliases(7, 'content')).replace('memories(companion: {key: "one"})', 'memories(companion: {key: "quotes"})'),
    ],
  ])('%s', async (_what, query) => {
    if (query.includes('"quotes"')) {
      const quotes = Array.from({ length: 5 }, (_, n) => ({ content: `${n}${'"'.repeat(20_000)}`, type: 'FACT' }));
      await ask(CREATE.replace('id content', 'id'), { input: { companion: { key: 'quotes' }, memories: quotes } });
    }
    const response = await server.post(query, { accept: 'application/graphql-response+json' });
    expect(response.status).toBe(400);
    expect(await told(response)).toEqual({ errors: [tooLarge] });
  });

  test('errors, each of which says where it is', async () => {
    const field = `${'x'.repeat(60_000)}: importance(on: "0000-01-01T00:00:00Z")`;
    const { errors } = await ask(list(field));
    expect(JSON.stringify(errors).length).toBeLessThan(2 * ANSWER);
  });

  test('what only another media type would hold', async () => {
    for (const accept of ['text/event-stream', 'multipart/mixed']) {
      for (const query of [list(aliases(40, 'content')), list('content')]) {
        const response = await server.post(query, { accept });
        const answer = await response.text();
        expect(response.status).toBe(406);
        expect(answer).toMatch(/NOT_ACCEPTABLE/);
        expect(answer.length).toBeLessThan(10_000);
      }
      expect(await (await server.post(list('id'), { accept })).text()).toMatch(/mem_/);
    }
  });

  test('and one that is not longer is answered whole', async () => {
    const response = await server.post(list(aliases(2, 'content')));
    const { data, errors } = await told(response);
    expect(errors).toBeUndefined();
    const expected = Array.from({ length: MEMORIES }, (_, n) => text(LONG, MEMORIES - 1 - n));
    expect(data.memories.nodes.map(({ a1 }: { a1: string }) => a1)).toEqual(expected);
  });
});

describe('what is read for an answer is bounded while it is read:', () => {
  test.each([
    ['lists within a list', '{ companions(first: 100) { nodes { memories(first: 100) { nodes { content } } } } }'],
    [
      'lists beside each other',
      `{ ${Array.from({ length: 8 }, (_, n) => `a${n}: memories(first: ${100 - n}) { nodes { content } }`).join(' ')} }`,
    ],
  ])('%s', async (_what, query) => {
    const { data, errors } = await ask(query);
    expect(data).toBeNull();
    expect(errors?.[0]).toMatchObject(tooLarge);
    expect((await server.post('{ __typename }', { 'x-test-credential': 'globex/one' })).status).toBe(200);
  });

  const read = async (pool: BytePool, statement = 'x', rows = 20_000) => {
    const { workspaceId } = await openWorkspace(database, 'acme', 'operator');
    const budget = new ByteBudget(ANSWER, pool);
    const tx = new ReadTransaction({ database, workspaceId, actor: 'tester', budget });
    try {
      return await tx.rows(sql`select repeat(${statement}::text, 50000) as long from generate_series(1, ${rows}::int)`);
    } finally {
      await tx.end();
    }
  };

  test('a statement of a gigabyte takes no memory, and the next is answered', async () => {
    const before = process.memoryUsage().rss;
    await expect(read(new BytePool(1e9))).rejects.toThrow(/too large/);
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
    expect(await read(new BytePool(1e9), 'y', 3)).toHaveLength(3);
  });

  test('what others have read on the same session counts for nobody else', async () => {
    const session = await database.connect();
    try {
      await session.query(`select to_jsonb(repeat('x', ${3 * ANSWER})) as long`, []);
      const budget = new ByteBudget(ANSWER, new BytePool(1e9));
      expect(await session.query('select 1 as one', [], 'objects', budget)).toEqual([{ one: 1 }]);
    } finally {
      session.release();
    }
  });

  test('all requests of the process together have a bound of their own', async () => {
    const pool = new BytePool(3 * ANSWER);
    const held = new ByteBudget(ANSWER, pool);
    held.take(2 * ANSWER);
    await expect(read(pool)).rejects.toThrow(/Too many large answers/);
    held.release();
  });
});

describe('a context of long messages', () => {
  const of = { companion: { key: 'talker' }, conversation: { externalId: 'long' } };
  const COUNT = 30;
  let open: TestServer;
  beforeAll(async () => {
    open = await start({ maxAnswerBytes: 100 * ANSWER });
    const APPEND = `mutation ($input: AppendMessagesInput!) {
      appendMessages(input: $input) { ... on AppendMessagesPayload { messages { id } } ... on Error { message } } }`;
    const messages = Array.from({ length: COUNT }, (_, n) => ({ role: 'USER', content: text(2 * LONG, n) }));
    const variables = { input: { ...of, remember: 'NONE', messages } };
    const { data, errors } = await told(await open.post(APPEND, {}, { variables }));
    expect(errors).toBeUndefined();
    expect(data.appendMessages.messages).toHaveLength(COUNT);
  });
  const CONTEXT = `query ($input: ContextInput!) {
    context(input: $input) { tokens omitted sections { kind messages { id } } } }`;
  const variables = { input: { ...of, query: 'lorem', maxTokens: 32_000 } };

  test('is refused where what it reads is over the bound', async () => {
    const { data, errors } = await ask(CONTEXT, variables);
    expect(data).toBeNull();
    expect(errors?.[0]).toMatchObject(tooLarge);
  });

  test('is answered otherwise, and counts what does not fit', async () => {
    const { data, errors } = await told(await open.post(CONTEXT, {}, { variables }));
    expect(errors).toBeUndefined();
    const { tokens, omitted, sections } = data.context;
    expect(tokens).toBeLessThanOrEqual(32_000);
    const shown = sections.flatMap(({ messages }: { messages: unknown[] }) => messages).length;
    expect(shown).toBeGreaterThan(0);
    expect(shown + omitted).toBe(COUNT);
  });
});

test('a mutation whose answer is too large has been done, says so, and is not done again', async () => {
  const input = { companion: { key: 'written' }, memories: memories(30), idempotencyKey: 'long answer' };
  const wide = CREATE.replace('id content', 'id content again: content');
  for (const document of [wide, CREATE, wide]) {
    const { data, errors } = await ask(document, { input });
    expect(data).toBeNull();
    expect(errors?.[0]).toMatchObject({ ...tooLarge, message: expect.stringContaining('has been done') });
  }
  const { data } = await ask(CREATE.replace('id content', 'id'), { input });
  expect(data.createMemories.memories).toHaveLength(30);
  const counted = await ask('{ memories(companion: {key: "written"}) { totalCount } }');
  expect(counted.data.memories.totalCount).toBe(30);
});

describe('a client that takes compressed answers', () => {
  const decoders = { br: brotliDecompressSync, gzip: gunzipSync, deflate: inflateSync };
  const raw = async (query: string, acceptEncoding: string) => {
    const { write, socket, closed } = openSocket(server.url);
    socket.setEncoding('latin1');
    const body = JSON.stringify({ query });
    write(postHead(body.length, [`Accept-Encoding: ${acceptEncoding}`, 'Connection: close']) + body);
    const [head = '', ...rest] = (await closed).split('\r\n\r\n');
    return { head, body: Buffer.from(rest.join('\r\n\r\n'), 'latin1') };
  };

  test.each([
    ['br', 'gzip, deflate, br'],
    ['gzip', 'gzip'],
    ['deflate', 'deflate;q=0.5, br;q=0'],
    ['gzip', 'gzip;q=1.0, identity; q=0.5, *;q=0'],
  ] as const)('gets %s for %s', async (encoding, accepted) => {
    for (const query of [
      list(aliases(2, 'content')),
      list('id content', 'wide').replace('content', 'content context'),
    ]) {
      const plain = await raw(query, 'identity');
      const { head, body } = await raw(query, accepted);
      expect(head).toMatch(new RegExp(`^content-encoding: ${encoding}$`, 'im'));
      expect(head).toMatch(/^vary: .*accept-encoding/im);
      expect(head).toMatch(new RegExp(`^content-length: ${body.length}\r?$`, 'im'));
      expect(body.length).toBeLessThan(plain.body.length / 5);
      expect(decoders[encoding](body).equals(plain.body)).toBe(true);
    }
  });

  test('gets small ones, and those it does not take, as they are', async () => {
    for (const [query, accepted] of [
      [list('id'), 'br'],
      [list('content'), 'zstd, br;q=0'],
      [list('content'), 'gzip;q=0'],
    ] as const) {
      const { head, body } = await raw(query, accepted);
      expect(head).not.toMatch(/content-encoding/i);
      expect(JSON.parse(body.toString()).data.memories.nodes.length).toBeGreaterThan(0);
    }
  });
});

test('answers that nobody reads are held up to MAX_ANSWER_BYTES_IN_FLIGHT; then the slowest clients are cut off', async () => {
  const { url, post } = await start({ maxAnswerBytes: 20_000_000, maxAnswerBytesInFlight: 50_000_000 });
  // More than the two sockets take in between them.
  const length = 30 * MEMORIES * LONG;
  const body = JSON.stringify({ query: list(aliases(30, 'content')) });
  const silent = [];
  for (let n = 0; n < 8; n++) {
    const one = openSocket(url);
    one.socket.pause();
    one.write(postHead(body.length) + body);
    silent.push(one);
    // Each has been answered before the next one comes.
    expect((await told(await post(list(aliases(30, 'content'))))).data.memories.nodes).toHaveLength(MEMORIES);
  }
  const first = silent[0];
  first?.socket.resume();
  expect((await first?.closed)?.length).toBeLessThan(length);
  const last = silent.at(-1);
  last?.socket.resume();
  await expect.poll(() => last?.received.length, { timeout: patience(5_000) }).toBeGreaterThan(length);
  for (const { close } of silent) close();
  await sleep(50);
});
