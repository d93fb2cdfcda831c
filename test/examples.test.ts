import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { patience } from './support/calibration.ts';
import { migratedFolder } from './support/data-folder.ts';
import { createTestDatabase } from './support/database.ts';
import { post, useProcesses } from './support/server-process.ts';

vi.setConfig({ testTimeout: patience(120_000), hookTimeout: patience(120_000) });

const folder = mkdtempSync(join(tmpdir(), 'palimpsest-examples-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const launch = useProcesses();
const example = (path: string) => new URL(`../examples/${path}`, import.meta.url);
const ORIGIN = 'http://localhost:8080';

let url: string;
beforeAll(async () => {
  const database: Record<string, string> = process.env.TEST_DATABASE_URL
    ? { DATABASE_URL: (await createTestDatabase()).url }
    : { DATA_DIR: migratedFolder(join(folder, 'data')) };
  url = await launch({ ...database, DEMO: 'true', CORS_ORIGINS: ORIGIN, LOG_LEVEL: 'warn' }).ready;
});

/** Runs the agent on some lines of input; nothing but `settings` is in its environment. */
async function talk(lines: string[], settings: Record<string, string> = {}, program = 'agent-loop/main.ts') {
  const env = { PATH: process.env.PATH, PALIMPSEST_URL: url, ...settings };
  const child = spawn(process.execPath, [fileURLToPath(example(program))], { env });
  let [said, complaints] = ['', ''];
  child.stdout.on('data', (text) => {
    said += text;
  });
  child.stderr.on('data', (text) => {
    complaints += text;
  });
  child.stdin.end(lines.map((line) => `${line}\n`).join(''));
  const [code] = await once(child, 'close');
  return { code, said: said.split('\n').slice(1).join('\n').trimEnd(), complaints };
}

describe('the agent loop', () => {
  const bakery = 'My sister opened a bakery in Ghent.';
  const bike = 'I ride a red bicycle to work.';

  test('remembers from one run to the next, and recalls what a question is about', async () => {
    expect(await talk([bakery, bike, '', 'This is not heard.'])).toEqual({
      code: 0,
      said: expect.stringMatching(/^I remember nothing of that yet\.\nI remember/),
      complaints: '',
    });
    const { code, said } = await talk(['Where is the bakery?']);
    expect([code, said.split('\n').slice(0, 2)]).toEqual([0, ['I remember:', `- ${bakery}`]]);
  });

  test('keeps what came after what', async () => {
    const { body } = await post(
      url,
      `{ companion(by: {key: "agent"}) { memories(first: 10, orderBy: {field: RECORDED_AT, direction: ASC}) { nodes {
        content context relations(types: [FOLLOWS], direction: OUT) { edges { neighbor { content } } } } } } }`,
    );
    const [first, second] = body.data.companion.memories.nodes;
    expect(first).toMatchObject({ content: bakery, context: { speaker: 'user' }, relations: { edges: [] } });
    expect(second).toMatchObject({ content: bike, relations: { edges: [{ neighbor: { content: bakery } }] } });
  });

  test('gives a model what it recalls, and says what that answers', async () => {
    const asked: { model: string; messages: { content: string }[] }[] = [];
    const model = createServer(async (request, response) => {
      asked.push((await json(request)) as (typeof asked)[number]);
      const answer = {
        choices: [{ index: 0, message: { role: 'assistant', content: 'In Ghent.' }, finish_reason: 'stop' }],
      };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => model.listen(0, '127.0.0.1', resolve));
    const { port } = model.address() as AddressInfo;
    const settings = { CHAT_MODEL: 'small', OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` };
    expect(await talk(['In which town is the bakery?'], settings)).toEqual({
      code: 0,
      said: 'In Ghent.',
      complaints: '',
    });
    expect(asked).toMatchObject([
      {
        model: 'small',
        messages: [{ content: expect.stringContaining(bakery) }, { content: 'In which town is the bakery?' }],
      },
    ]);
    model.close();
  });
});

/** What was said in the first chat is there, in order. */
async function expectChatKept(companion: string) {
  const { body } = await post(
    url,
    `{ conversation(by: {externalId: "chat-1"}, companion: {key: "${companion}"}) {
      user { externalId } messages(last: 9) { nodes { role text } } } }`,
  );
  const { user, messages } = body.data.conversation;
  expect(user).toEqual({ externalId: 'you' });
  const roles = messages.nodes.map(({ role }: { role: string }) => role);
  expect(roles).toEqual(['USER', 'ASSISTANT', 'USER', 'ASSISTANT']);
  expect(messages.nodes[2].text).toBe('And I bake cakes.');
}

describe('the chat', () => {
  const chat = (lines: string[], settings = {}) => talk(lines, settings, 'chat/main.ts');

  test('answers from what was said before, in this conversation and in others', async () => {
    const first = await chat(['My sister opened a bakery in Ghent.', 'And I bake cakes.']);
    expect(first).toMatchObject({ code: 0, complaints: '' });
    expect(first.said).toMatch(/user.*And I bake cakes\./);
    const other = await chat(['Where is the bakery of my sister?'], { CHAT: 'chat-2' });
    expect(other.said).toContain('My sister opened a bakery in Ghent.');
    await expectChatKept('chat');
  });
});

describe('the agent of Mastra', () => {
  const agent = (lines: string[], settings = {}) => talk(lines, settings, 'mastra/main.ts');

  test('answers from its thread, and from other threads of the same person', async () => {
    const first = await agent(['My sister opened a bakery in Ghent.', 'And I bake cakes.']);
    expect(first).toMatchObject({ code: 0, complaints: '' });
    expect(first.said).toMatch(/user: My sister opened a bakery in Ghent\.[\s\S]*user: And I bake cakes\.$/);
    const other = await agent(['Where is the bakery of my sister?'], { CHAT: 'mastra-2' });
    expect(other).toMatchObject({ code: 0, complaints: '' });
    expect(other.said).toMatch(
      /^I would answer from this:\nWhat you remember of it:\n[\s\S]*My sister opened a bakery in Ghent\./,
    );
    const { body } = await post(
      url,
      `{ conversation(by: {externalId: "mastra-1"}, companion: {key: "mastra"}) { user { externalId } messages(last: 9) { nodes { role } } } }`,
    );
    const { user, messages } = body.data.conversation;
    expect(user).toEqual({ externalId: 'you' });
    const roles = messages.nodes.map(({ role }: { role: string }) => role);
    expect(roles).toEqual(['USER', 'ASSISTANT', 'USER', 'ASSISTANT']);
  });
});

describe('the store of LangGraph', () => {
  test('finds in one run what was put in another', async () => {
    const loop = (lines: string[]) => talk(lines, {}, 'langgraph/main.ts');
    expect(await loop(['My brother plays the cello.'])).toEqual({
      code: 0,
      said: 'I remember nothing of that yet.',
      complaints: '',
    });
    const { said } = await loop(['What does my brother play?']);
    expect(said).toBe('I remember:\n- My brother plays the cello.');
  });
});

describe('the library', () => {
  test('remembers from one run to the next, without a server', async () => {
    const place: Record<string, string> = process.env.TEST_DATABASE_URL
      ? { DATABASE_URL: (await createTestDatabase()).url }
      : { DATA_DIR: migratedFolder(join(folder, 'library')) };
    const run = (lines: string[]) => talk(lines, place, 'library/main.ts');
    const bakery = 'My sister opened a bakery in Ghent.';
    const first = await run([bakery, bakery, 'Where is it warm?', '']);
    expect(first).toMatchObject({ code: 0, complaints: '' });
    expect(first.said).toMatch(/^I remember\.\nI knew that\./);
    expect((await run(['Where is the bakery?', ''])).said).toBe(`- ${bakery}`);
  });
});

describe.each([
  ['the AI SDK', 'ai-sdk'],
  ['the OpenAI Agents SDK', 'openai-agents'],
])('the chat with %s', (_name, folder) => {
  test('answers from what was said before, in this conversation and in others', async () => {
    const chat = (lines: string[], settings = {}) => talk(lines, settings, `${folder}/main.ts`);
    const first = await chat(['My sister opened a bakery in Ghent.', 'And I bake cakes.', '', 'This is not heard.']);
    expect(first).toMatchObject({ code: 0, complaints: '' });
    const other = await chat(['Where is the bakery of my sister?'], { CHAT: 'chat-2' });
    expect(other).toMatchObject({ code: 0, complaints: '' });
    expect(other.said).toContain('My sister opened a bakery in Ghent.');
    await expectChatKept(folder.replace('openai-', ''));
    if (folder === 'ai-sdk') expect(other.said).toMatch(/Chats so far: chat-2, chat-1$/);
    else expect(first.said).toContain('I have 3 messages');
  });
});

describe('the frontend', () => {
  const load = async () => ({
    ...(await import(example('frontend/graph.js').href)),
    ...(await import(example('frontend/render.js').href)),
  });

  test('shows the memories of a companion with their relations', async () => {
    const { readCompanion, renderCompanion } = await load();
    const companion = await readCompanion(url, 'iris', { count: 30 });
    expect(companion.memories.nodes).toHaveLength(30);
    const importances = companion.memories.nodes.map(({ importance }: { importance: number }) => importance);
    expect(importances).toEqual(importances.toSorted((a: number, b: number) => b - a));
    const html = renderCompanion(companion);
    expect(html).toContain('<h1>Iris</h1>');
    expect(html).toMatch(/[→←] FOLLOWS \(\d[.\d]*\)\s+<a href="#mem_\w+">/);
    expect(html.match(/<li id="mem_\w+">/g)).toHaveLength(30);
    expect(await readCompanion(url, 'nobody')).toBeNull();
  });

  test('shows what looks like HTML as the text it is', async () => {
    const content = '<img src=x onerror=alert(1)> & "more"';
    await post(
      url,
      'mutation ($content: String!) { createMemory(input: {companion: {key: "mallory"}, type: FACT, content: $content}) { __typename } }',
      { content },
    );
    const { readCompanion, renderCompanion } = await load();
    const html = renderCompanion(await readCompanion(url, 'mallory'));
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt; &amp; &quot;more&quot;');
    expect(html).not.toContain('<img');
  });

  test('is let in by the setting that its README names, and loads nothing from elsewhere', async () => {
    expect(readFileSync(example('frontend/README.md'), 'utf8')).toContain(`CORS_ORIGINS=${ORIGIN} `);
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: ORIGIN },
      body: JSON.stringify({ query: '{ __typename }' }),
    });
    expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    const page = readFileSync(example('frontend/index.html'), 'utf8');
    expect([...page.matchAll(/from '([^']+)'/g)].map(([, path]) => path)).toEqual(['./graph.js', './render.js']);
    expect(page).not.toMatch(/\b(?:src|href)=/);
  });
});
