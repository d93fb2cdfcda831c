import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { patience } from './support/calibration.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';
import { jsonLines, useTransfer } from './support/transfer.ts';

// What other programs have kept of conversations. The files are made up, and shaped like those of the programs.

const service = useService();
const { importText, exportText } = useTransfer(service);
const forget = mutation(service, 'forgetMemories', 'forgottenIds');
const correct = mutation(service, 'correctMemory', 'memory { id }');

const fileOf = (name: string) => readFileSync(new URL(`support/histories/${name}`, import.meta.url), 'utf8');

const conversationsIn = async (workspace: string) => {
  const { conversations } = await service.runUntyped(
    `{ conversations(first: 20) { nodes {
      externalId title createdAt lastMessageAt metadata companion { key } user { externalId }
      messages(first: 100) { nodes {
        externalId role name format content text createdAt metadata toolCalls { name output }
        memory { id content type validFrom user { externalId } context }
      } }
    } } }`,
    {},
    { workspace },
  );
  return Object.fromEntries(conversations.nodes.map((node: { externalId: string }) => [node.externalId, node]));
};
const memoriesIn = async (workspace: string) =>
  (
    await service.runUntyped(
      `{ memories(first: 50, filter: { statuses: [ACTIVE, ENDED] }) { nodes {
        content type status context validFrom validUntil recordedAt companion { key } user { externalId } entities(first: 9) { nodes { name } }
      } } }`,
      {},
      { workspace },
    )
  ).memories.nodes;

/** In short: who says what, and whether it became a memory. */
const saidIn = (conversation: {
  messages: { nodes: { role: string; text: string | null; memory: object | null }[] };
}) => conversation.messages.nodes.map(({ role, text, memory }) => `${role}${memory ? '*' : ''} ${text}`);

describe.each([
  ['chatgpt.json', '6 messages'],
  ['claude.json', '3 messages'],
  ['openai.jsonl', '9 messages'],
  ['ai-sdk.jsonl', '3 messages'],
  ['ai-sdk-tools.json', '2 messages'],
  ['mastra.json', '3 messages'],
  ['langchain.jsonl', '5 messages'],
  ['mem0.json', '3 memories'],
  ['zep.json', '3 messages'],
])('%s', (name, makes) => {
  test('is known by what it begins with, and adds nothing when it is imported again', async () => {
    const text = fileOf(name);
    expect(await importText(name, text)).toMatch(new RegExp(`Made: .*${makes}`));
    const file = await exportText(name);
    expect(await importText(name, text)).toMatch('Made: nothing.');
    expect(await exportText(name)).toBe(file);
    await importText(`${name}, moved`, file);
    expect(await exportText(`${name}, moved`)).toBe(file);
  });

  test('brings back nothing that was forgotten, and undoes no correction', async () => {
    const workspace = `${name}, changed`;
    await importText(workspace, fileOf(name));
    const conversations = Object.values(await conversationsIn(workspace)) as Parameters<typeof saidIn>[0][];
    const remembered = conversations
      .flatMap(({ messages }) => messages.nodes)
      .flatMap(({ memory }) => (memory ? [(memory as { id: string }).id] : []));
    const [first, second] = remembered;
    if (!first) return;
    await forget({ ids: [first] }, { workspace });
    if (second) await correct({ id: second, kind: 'MISTAKE', content: 'Something else.' }, { workspace });
    const file = await exportText(workspace);
    expect(await importText(workspace, fileOf(name))).toMatch('Made: nothing.');
    expect(await exportText(workspace)).toBe(file);
  });
});

describe('what is read', () => {
  test('of ChatGPT: the branch that counts, without empty messages', async () => {
    await importText('chatgpt', fileOf('chatgpt.json'), { companion: 'iris', user: 'maya' });
    const { '66324b20-aaaa': trip, '66324b20-bbbb': other } = await conversationsIn('chatgpt');
    expect(trip).toMatchObject({
      title: 'Trip to Lisbon',
      createdAt: '2024-05-01T10:00:00.123Z',
      lastMessageAt: '2024-05-01T10:01:40.000Z',
      companion: { key: 'iris' },
      user: { externalId: 'maya' },
    });
    expect(saidIn(trip)).toEqual([
      'USER* I am moving to Lisbon in June.',
      'ASSISTANT null',
      'TOOL null',
      'ASSISTANT* It will be warm: 27 degrees.',
      'USER* Is this a tram?',
    ]);
    expect(trip.messages.nodes[0]).toMatchObject({
      format: 'TEXT',
      createdAt: '2024-05-01T10:00:00.500Z',
      memory: { type: 'EXPERIENCE', validFrom: '2024-05-01T10:00:00.500Z', user: { externalId: 'maya' } },
    });
    expect(trip.messages.nodes[1].content.content).toEqual([
      expect.objectContaining({ type: 'code', recipient: 'web', text: 'search("Lisbon in June")' }),
    ]);
    expect(trip.messages.nodes[4].content.content[0]).toMatchObject({ asset_pointer: 'file-service://file-1' });
    expect(other.messages.nodes).toMatchObject([{ text: 'What is a group?', createdAt: '2024-05-01T21:46:40.000Z' }]);
  });

  test('of Claude: blocks and attachments as they are', async () => {
    await importText('claude', fileOf('claude.json'));
    const { '0c5d3b0e-1111': bread, '0c5d3b0e-2222': empty } = await conversationsIn('claude');
    expect(bread.title).toBe('Sourdough');
    expect(saidIn(bread)).toEqual([
      'USER* My starter is called Clint.',
      'ASSISTANT* Clint looks healthy.',
      'USER* Thanks!',
    ]);
    expect(bread.messages.nodes[0]).toMatchObject({
      createdAt: '2024-09-01T08:00:01.250Z',
      content: { attachments: [{ extracted_content: 'flour, water' }] },
    });
    expect(bread.messages.nodes[1].toolCalls).toMatchObject([{ name: 'artifacts' }, { name: '' }]);
    expect(empty).toMatchObject({ title: null, messages: { nodes: [] } });
  });

  test('of OpenAI: messages, items, threads and sessions, each with what tools were given', async () => {
    await importText('openai', fileOf('openai.jsonl'));
    const read = await conversationsIn('openai');
    expect(saidIn(read.import)).toEqual([
      'SYSTEM You are a travel agent.',
      'USER* I need a room in Porto.',
      'ASSISTANT null',
      'TOOL {"id":12345678901234567890}',
      'ASSISTANT* There is one for 80 euros.',
      'ASSISTANT null',
      'TOOL null',
    ]);
    expect(read.import.messages.nodes[1]).toMatchObject({ name: 'Maya', memory: { context: { speaker: 'Maya' } } });
    expect(read.import.messages.nodes[6].content.big).toBe(12345678901234567000);
    expect(saidIn(read.thread_abc)).toEqual(['USER* How many rooms are there?']);
    expect(read.thread_abc.createdAt).toBe('2023-11-03T11:08:29.000Z');
    expect(saidIn(read['session-1'])).toEqual(['USER* Hello from a session.']);
    expect(read['session-1'].messages.nodes[0].createdAt).toBe('2025-07-01T09:00:00.000Z');
  });

  test('of the AI SDK: UI messages and model messages, and the rows of its tools', async () => {
    await importText('ai-sdk', fileOf('ai-sdk.jsonl'), { remember: 'none' });
    const read = await conversationsIn('ai-sdk');
    expect(read['chat-1'].title).toBe('Cooking');
    expect(saidIn(read['chat-1'])).toEqual(['USER I cook for six on Sundays.', 'ASSISTANT Then a stew is right.']);
    expect(read['chat-1'].messages.nodes[1].toolCalls).toEqual([{ name: 'recipes', output: { found: 2 } }]);
    expect(read.import.messages.nodes).toMatchObject([{ format: 'AI_SDK_MODEL', text: 'And without meat?' }]);
    expect(await importText('tools', fileOf('ai-sdk-tools.json'))).toMatch('Left out: rows of working memory (1).');
    const { 'c-7': invoices } = await conversationsIn('tools');
    expect(invoices).toMatchObject({ title: 'Invoices', user: { externalId: 'maya' } });
    expect(saidIn(invoices)).toEqual(['USER* My invoices are due in 14 days.', 'ASSISTANT* Noted.']);
  });

  test('of Mastra: threads, wherever they are in the file, and messages of each version', async () => {
    await importText('mastra', fileOf('mastra.json'));
    const { 'th-1': music } = await conversationsIn('mastra');
    expect(music).toMatchObject({
      title: 'Music',
      user: { externalId: 'maya' },
      lastMessageAt: '2025-03-01T12:01:00.000Z',
    });
    expect(saidIn(music)).toEqual([
      'USER* I play the cello.',
      'ASSISTANT* A fine instrument.',
      'USER* An old message, in words alone.',
    ]);
    expect(music.messages.nodes[1].toolCalls).toEqual([{ name: 'notes', output: [1, 2] }]);
  });

  test('of LangChain: stored, serialised, and rows of a history', async () => {
    await importText('langchain', fileOf('langchain.jsonl'));
    const read = await conversationsIn('langchain');
    expect(saidIn(read.import)).toEqual([
      'USER* I ride a green bicycle.',
      'ASSISTANT null',
      'TOOL two shops',
      'ASSISTANT* There are two shops.',
    ]);
    expect(saidIn(read['s-1'])).toEqual(['USER* A row of a table.']);
  });

  test('of mem0: memories with their dates', async () => {
    await importText('mem0', fileOf('mem0.json'), { companion: 'iris' });
    const memories = await memoriesIn('mem0');
    expect(memories).toHaveLength(3);
    expect(memories).toContainEqual({
      content: 'Is allergic to peanuts',
      type: 'FACT',
      status: 'ACTIVE',
      context: {
        source: 'mem0',
        mem0Id: 'b7d1c5f0-01',
        categories: ['health'],
        metadata: { source: 'onboarding' },
      },
      validFrom: '2024-07-26T06:57:00.108Z',
      validUntil: null,
      recordedAt: '2024-07-26T06:57:00.108Z',
      companion: { key: 'iris' },
      user: { externalId: 'maya' },
      entities: { nodes: [] },
    });
  });

  test('of Zep: messages, and facts with the time they held', async () => {
    expect(await importText('zep', fileOf('zep.json'))).toMatch('Left out: facts that ended before they began (1).');
    const { 'zt-1': thread } = await conversationsIn('zep');
    expect(saidIn(thread)).toEqual([
      'USER* I left Acme for Globex in May.',
      'ASSISTANT* Congratulations!',
      'USER* Well done.',
    ]);
    expect(thread.messages.nodes.map(({ name }: { name: string }) => name)).toEqual(['Maya', 'Iris', 'Otto']);
    const facts = (await memoriesIn('zep')).filter(({ type }: { type: string }) => type === 'FACT');
    expect(facts).toMatchObject([
      { content: 'Maya works at Globex', status: 'ACTIVE', validUntil: null, entities: { nodes: [{}, {}] } },
      { content: 'Maya works at Acme', status: 'ENDED', validUntil: '2025-05-01T00:00:00.000Z' },
    ]);
  });
});

const turn = (index: number, more: object = {}) => ({ role: 'user', content: `This is turn ${index}.`, ...more });

describe('a file that goes on', () => {
  test('is taken up where an import of it was broken off', async () => {
    const text = jsonLines(Array.from({ length: 1_200 }, (_, index) => turn(index)));
    const stop = new AbortController();
    stop.abort();
    const broken = importText('broken off', text, { signal: stop.signal, remember: 'none' });
    await expect(broken).rejects.toThrow('Stopped. The file has been imported up to entry 499. Import the file again');
    expect(await importText('broken off', text, { remember: 'none' })).toMatch(
      'Made: 701 messages. Already there: 1 conversation, 499 messages.',
    );
    const { import: read } = await conversationsIn('broken off');
    expect(read.messages.nodes[99].text).toBe('This is turn 99.');
  });

  test('gains what has been said since, and what is said otherwise is replaced', async () => {
    await importText('grown', jsonLines([turn(1), turn(2)]));
    const lines = [turn(1), { ...turn(2), content: 'This was turn 2.' }, turn(3)];
    expect(await importText('grown', jsonLines(lines))).toMatch('Made: 2 memories, 1 message.');
    const { import: read } = await conversationsIn('grown');
    expect(saidIn(read)).toEqual(['USER* This is turn 1.', 'USER* This was turn 2.', 'USER* This is turn 3.']);
  });
});

describe('a file is refused, with the place', () => {
  const good = jsonLines([turn(1), turn(2)]);
  test.each([
    ['a line that is no JSON', `${good}\n{"role":"user"`, 'entry 3: The file ends here, within it.'],
    ['a line that is cut', `${good}\n{"role":"user",\n${good}`, 'entry 3: This is not JSON (Parser cannot parse input'],
    ['something that is no object', `${good}\n17 `, 'entry 3: This is not a JSON object.'],
    ['an author that is unknown', `${good}\n{"role":"cook","content":"x"}`, 'entry 3: This is no message of OpenAI'],
    ['a list that breaks off', `[${JSON.stringify(turn(1))},`, 'entry 2: The file ends here, within it.'],
    [
      'bytes that are no UTF-8',
      Buffer.concat([Buffer.from(good), Buffer.from([10, 0xff])]),
      'entry 3: This is not UTF-8.',
    ],
  ])('%s', async (name, text, why) => {
    await expect(importText(name, text)).rejects.toThrow(why);
    expect(await conversationsIn(name)).toEqual({});
  });

  test('and of whole batches before it what was imported stays', async () => {
    const text = jsonLines([...Array.from({ length: 501 }, (_, index) => turn(index)), { role: 'cook', content: 'x' }]);
    await expect(importText('half', text, { remember: 'none' })).rejects.toThrow(
      /^entry 502: .* The file has been imported up to entry 499\./,
    );
  });

  test.each([
    [{ format: 'word' }, '--format: "word" is unknown: give one of chatgpt, claude'],
    [{ remember: 'some' }, '--remember: give turns or none.'],
    [{ user: ' ' }, '--user: The id of a user must not be empty.'],
    [{ format: 'claude' }, 'entry 1: The conversation has no uuid. Is the file of the format claude?'],
  ])('with %j', async (options, why) => {
    await expect(importText('options', good, options)).rejects.toThrow(why);
  });

  test('where its conversations are said to be of a user, and are none that are known', async () => {
    const line = jsonLines([{ kind: 'companion', key: 'iris' }]);
    await expect(importText('none', line, { user: 'maya' })).rejects.toThrow('--user and --remember are for');
  });
});

test('what no message can hold is left out, and counted', async () => {
  const large = turn(2, { content: 'x'.repeat(2 ** 20 + 1) });
  expect(await importText('large', jsonLines([turn(1), large, turn(3)]))).toBe(
    'Made: 2 memories, 1 conversation, 2 messages. Already there: nothing. Left out: messages that are too large (1).',
  );
});

test('a file of any size is read in the same memory', { timeout: patience(60_000) }, () => {
  const script = fileURLToPath(new URL('support/read-history.ts', import.meta.url));
  // Less than half of the file: it would not fit.
  const printed = execFileSync(process.execPath, ['--max-old-space-size=32', script, '80'], { encoding: 'utf8' });
  expect(Number(printed)).toBeGreaterThan(100_000);
});
