import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { exportFile, importFile, type TransferOptions } from '../src/transfer/command.ts';
import { readLines } from '../src/transfer/format/lines.ts';
import { useService } from './support/service.ts';

const service = useService();
const demo = new URL('../src/transfer/demo/demo.jsonl', import.meta.url).pathname;

let folder: string;
let printed: string[];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'palimpsest-transfer-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((text) => printed.push(text));
});

type Line = Record<string, unknown>;
const text = (lines: (Line | string)[]) =>
  lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');

/** Imports lines and returns what is printed. */
async function importLines(workspace: string, lines: (Line | string)[], options?: TransferOptions): Promise<string> {
  const file = join(folder, 'import.jsonl');
  writeFileSync(file, text(lines));
  await importFile(await service.tenant(workspace), file, options);
  return printed.at(-1) as string;
}

async function exportText(workspace: string): Promise<string> {
  const file = join(folder, 'export.jsonl');
  await exportFile(await service.tenant(workspace), file);
  return readFileSync(file, 'utf8');
}

async function exported(workspace: string, kind: string): Promise<Line[]> {
  const lines = (await exportText(workspace)).trimEnd().split('\n');
  return lines
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .filter((line) => line.kind === kind);
}

const memory = (id: string, more: Line = {}): Line => ({
  kind: 'memory',
  id,
  companion: 'iris',
  type: 'FACT',
  content: `Content of ${id}`,
  ...more,
});
const relation = (from: string, to: string, type = 'REFERENCES'): Line => ({ kind: 'relation', from, to, type });
const numbered = (count: number) => Array.from({ length: count }, (_, index) => memory(`m${index}`));

describe('the demo graph', () => {
  const all = '1 companion, 2 users, 18 entities, 48 memories, 1 correction, 1 contradiction, 63 relations';

  test('is imported, once, and exported as it is', async () => {
    const tenant = await service.tenant('demo');
    await importFile(tenant, demo);
    expect(printed).toEqual([`Made: ${all}. Already there: nothing.`]);
    const first = await exportText('demo');
    await importFile(tenant, demo);
    expect(printed.at(-1)).toBe(`Made: nothing. Already there: ${all}.`);
    expect(await exportText('demo')).toBe(first);
  });

  test('is not seen from another workspace', async () => {
    expect(await exportText('elsewhere')).toBe('');
    const { memories } = await service.run('{ memories { totalCount } }', {}, { workspace: 'elsewhere' });
    expect(memories.totalCount).toBe(0);
  });

  test('can be imported into another workspace too, where it is another graph', async () => {
    expect(await importLines('second', readFileSync(demo, 'utf8').split('\n'))).toBe(
      `Made: ${all}. Already there: nothing.`,
    );
    expect(await exportText('second')).toBe(await exportText('demo'));
  });

  test('keeps the moments of the file, and leaves companions and users as they were when imported again', async () => {
    const state =
      '{ companions { nodes { updatedAt } } users { nodes { updatedAt } } memories { nodes { updatedAt } } }';
    const before = await service.run(state, {}, { workspace: 'second' });
    await importLines('second', readFileSync(demo, 'utf8').split('\n'));
    expect(await service.run(state, {}, { workspace: 'second' })).toEqual(before);
    const { memories } = await service.run(
      '{ memories(filter: { text: "85 euros" }, at: { validAt: "2026-06-01T00:00:00Z" }) { nodes { recordedAt validUntil } } }',
      {},
      { workspace: 'second' },
    );
    expect(memories.nodes).toEqual([
      { recordedAt: '2025-12-02T14:05:00.000Z', validUntil: '2026-09-01T00:00:00.000Z' },
    ]);
  });
});

test('what is exported, imported into an empty workspace and exported again is the same', async () => {
  await importLines('origin', [
    {
      kind: 'companion',
      key: 'iris',
      name: 'Iris',
      description: 'Remembers',
      config: { b: 1, a: [null] },
      isActive: false,
    },
    { kind: 'user', externalId: 'maya', metadata: { name: 'Maya' } },
    { kind: 'entity', companion: 'iris', type: 'person', name: 'Maya Lindqvist', aliases: ['Maya', 'M.'] },
    { kind: 'entity', companion: 'iris', type: 'place', name: 'Nowhere' },
    memory('full', {
      user: 'maya',
      type: 'PREFERENCE',
      content: 'Line one\nline two \u2028 “three” 🚲',
      summary: 'Lines',
      importance: 7.123456789,
      confidence: 0.1,
      context: { conversationId: 'c', turnNumber: 3, deep: { list: [1, 'two', { three: null }] } },
      entities: [{ type: 'person', name: 'Maya' }],
      validFrom: '2025-01-02T03:04:05.678+02:00',
      validUntil: '2025-06-01T00:00:00Z',
      expiresAt: '2025-07-01T00:00:00Z',
      recordedAt: '2025-02-01T00:00:00Z',
      importanceAsOf: '2025-03-01T00:00:00Z',
      accessCount: 4,
      lastAccessedAt: '2025-03-01T00:00:00Z',
      archivedAt: '2025-05-01T00:00:00Z',
    }),
    memory('again', { type: 'EXPERIENCE', content: 'It rained.', companion: 'otto' }),
    memory('and again', { type: 'EXPERIENCE', content: 'It rained.', companion: 'otto' }),
    { ...relation('and again', 'again', 'FOLLOWS'), strength: 0.25, metadata: { since: 'noon' } },
    relation('full', 'again'),
  ]);
  const mutate = (document: string) =>
    service.run(`mutation { ${document} { __typename } }`, {}, { workspace: 'origin' });
  const { createMemory } = await service.runUntyped(
    `mutation { createMemory(input: { companion: { key: "iris" }, type: FACT, content: "Lin moved",
      entities: [{ type: "person", name: "Lin" }, { type: "person", name: "Linnea" }] }) {
      ... on CreateMemoryPayload { memory { id entities { nodes { id name } } } } } }`,
    {},
    { workspace: 'origin' },
  );
  const [from, into] = createMemory.memory.entities.nodes;
  await mutate(`mergeEntities(input: { fromIds: ["${from.id}"], intoId: "${into.id}" })`);
  const first = await exportText('origin');
  expect(first.split('\n').filter((line) => line.includes('Lin moved'))[0]).toContain(
    `"entities":[{"name":"${into.name}","type":"person"}]`,
  );
  await importLines('copy', first.split('\n'));
  expect(printed.at(-1)).toMatch(/Already there: nothing\.$/);
  expect(await exportText('copy')).toBe(first);

  const [full] = (await exported('copy', 'memory')).filter(({ summary }) => summary === 'Lines');
  expect(full).toMatchObject({
    content: 'Line one\nline two \u2028 “three” 🚲',
    importance: 7.123456789,
    entities: [{ type: 'person', name: 'Maya Lindqvist' }],
    validFrom: '2025-01-02T01:04:05.678Z',
    accessCount: 4,
    archivedAt: '2025-05-01T00:00:00.000Z',
  });
  // The name that was merged still leads to the survivor.
  const { memories } = await service.runUntyped(
    `{ memories(filter: { entity: { name: "${from.name}" } }) { nodes { content } } }`,
    {},
    { workspace: 'copy' },
  );
  expect(memories.nodes).toEqual([{ content: 'Lin moved' }]);
});

test('a mention of an alias is one of the entity', async () => {
  await importLines('alias', [
    { kind: 'entity', companion: 'iris', type: 'person', name: 'Maya Lindqvist', aliases: ['Maya'] },
    memory('a', { entities: [{ type: 'person', name: 'maya' }] }),
  ]);
  expect(await exported('alias', 'entity')).toMatchObject([
    { kind: 'entity', companion: 'iris', type: 'person', name: 'Maya Lindqvist', aliases: ['Maya'] },
  ]);
  expect((await exported('alias', 'memory'))[0]?.entities).toEqual([{ type: 'person', name: 'Maya Lindqvist' }]);
});

test('an entity of more aliases than a request may give, and a memory of more entities, can be moved', async () => {
  const names = (count: number) =>
    Array.from({ length: count }, (_, index) => `Name ${String(index).padStart(4, '0')}`);
  await importLines('many', [
    { kind: 'entity', companion: 'iris', type: 'person', name: 'Maya', aliases: names(1_001) },
    memory('a', { entities: names(101).map((name) => ({ type: 'place', name })) }),
  ]);
  const text = await exportText('many');
  await importLines('many, moved', text.split('\n'));
  expect(await exportText('many, moved')).toBe(text);
  expect((await exported('many, moved', 'entity'))[0]?.aliases).toHaveLength(1_001);
  expect((await exported('many, moved', 'memory'))[0]?.entities).toHaveLength(101);
});

test('a companion or user that changed is changed by the next import', async () => {
  await importLines('changed', [{ kind: 'companion', key: 'iris', name: 'Iris', config: { a: 1 } }]);
  await importLines('changed', [{ kind: 'companion', key: 'iris', name: 'Iris the Second' }]);
  const [companion] = await exported('changed', 'companion');
  expect(companion).toMatchObject({ name: 'Iris the Second', config: { a: 1 } });
});

describe('what is there already', () => {
  test('a public id keeps its key', async () => {
    const { createMemory } = await service.runUntyped(
      'mutation { createMemory(input: { companion: { key: "iris" }, type: FACT, content: "Known" }) { ... on CreateMemoryPayload { memory { id } } } }',
      {},
      { workspace: 'ids' },
    );
    const { id } = createMemory.memory;
    const lines = [memory(id, { content: 'Known' }), memory('new'), relation('new', id)];
    expect(await importLines('ids', lines)).toBe('Made: 1 memory, 1 relation. Already there: 1 memory.');
    expect(await importLines('ids', lines)).toBe('Made: nothing. Already there: 2 memories, 1 relation.');
    // Its end may have been imported long before.
    expect(await importLines('ids', [relation(id, 'new')])).toBe('Made: 1 relation. Already there: nothing.');
  });

  test('a memory that says the same stands for the one in the file, with its relations and mentions', async () => {
    await importLines('same', [memory('old', { content: 'Maya likes tea.' })]);
    const lines = [
      memory('new', { content: 'maya  likes TEA.', entities: [{ type: 'thing', name: 'Tea' }] }),
      memory('why', { content: 'Tea is warm.' }),
      ...numbered(600),
      relation('why', 'new', 'CAUSES'),
    ];
    expect(await importLines('same', lines)).toBe('Made: 601 memories, 1 relation. Already there: 1 memory.');
    const { memories } = await service.run(
      '{ memories(filter: { text: "likes" }) { nodes { content entities { nodes { name } } relations { edges { neighbor { content } } } } } }',
      {},
      { workspace: 'same' },
    );
    expect(memories.nodes).toEqual([
      {
        content: 'Maya likes tea.',
        entities: { nodes: [{ name: 'Tea' }] },
        relations: { edges: [{ neighbor: { content: 'Tea is warm.' } }] },
      },
    ]);
    expect(await importLines('same', lines)).toBe('Made: nothing. Already there: 602 memories, 1 relation.');
  });

  test('two memories of the file that say the same become one, and need no relation', async () => {
    const lines = [memory('a', { content: 'Same' }), memory('b', { content: 'same' }), relation('a', 'b')];
    expect(await importLines('one', lines)).toBe('Made: 1 memory. Already there: 1 memory, 1 relation.');
  });

  test('a memory without an id is known by what it says', async () => {
    const { id: _, ...line } = memory('', { type: 'EXPERIENCE', content: 'It rained.' });
    expect(await importLines('no ids', [line])).toBe('Made: 1 memory. Already there: nothing.');
    expect(await importLines('no ids', [line])).toBe('Made: nothing. Already there: 1 memory.');
  });
});

test('an import that was broken off is taken up by importing again', async () => {
  const lines = [
    ...numbered(1200),
    ...Array.from({ length: 1199 }, (_, i) => relation(`m${i + 1}`, `m${i}`, 'FOLLOWS')),
  ];
  const signal = AbortSignal.abort();
  await expect(importLines('resumed', lines, { signal })).rejects.toThrow(
    'Stopped. The file has been imported up to line 500. Import the file again to go on.',
  );
  expect(await exported('resumed', 'memory')).toHaveLength(500);
  expect(await importLines('resumed', lines)).toBe('Made: 700 memories, 1199 relations. Already there: 500 memories.');
  expect(await exported('resumed', 'relation')).toHaveLength(1199);
});

describe('a line that is wrong stops the import', () => {
  const again = 'Correct the file and import it again: what was imported already stays unchanged.';
  const future = new Date(Date.now() + 3_600_000).toISOString();
  const long = 'x'.repeat(100_001);

  test.each<[string, (Line | string)[], string]>([
    ['no JSON', ['', '{"kind": '], 'line 2: This is not JSON ('],
    ['no object', ['[1]'], 'line 1: This is not a JSON object.'],
    [
      'unknown kind',
      [{ kind: 'note' }],
      'Unknown kind "note": expected one of companion, user, policy, entity, memory, correction, retraction, reversion, contradiction, resolution, reopening, relation, finding, conversation, message, proposal, workingMemory.',
    ],
    ['neither format', [{ type: 'thing' }], 'line 1: This is neither a line of an export, which has a "kind"'],
    ['missing field', [memory('a', { content: undefined })], 'line 1: content: This field is missing.'],
    ['wrong type', [memory('a', { content: 5 })], 'line 1: content: This must be a string.'],
    ['unknown field', [memory('a', { contents: '' })], 'line 1: Unknown field: contents.'],
    ['blank content', [memory('a', { content: ' ' })], 'line 1: content: content must not be empty.'],
    ['long content', [memory('a', { content: long })], 'line 1: content: At most 100000 characters are allowed.'],
    ['wrong memory type', [memory('a', { type: 'Fact' })], 'line 1: type: This must be one of FACT, EXPERIENCE,'],
    ['importance', [memory('a', { importance: 11 })], 'line 1: importance: At most 10 is allowed.'],
    [
      'no offset',
      [memory('a', { validFrom: '2026-01-31' })],
      'line 1: validFrom: A moment with its offset is expected',
    ],
    ['NUL', [memory('a', { context: { a: '\0' } })], 'line 1: context: The character NUL (U+0000) is not allowed.'],
    ['future', [memory('a'), memory('b', { recordedAt: future })], `line 2: recordedAt: ${future} is in the future`],
    [
      'interval',
      [memory('a'), memory('b', { validFrom: '2026-01-02T00:00:00Z', validUntil: '2026-01-01T00:00:00Z' })],
      'line 2: validUntil: validUntil (2026-01-01T00:00:00.000Z) must be after validFrom',
    ],
    [
      'other content',
      [memory('a'), memory('b'), memory('a', { content: 'B' })],
      'line 3: The memory "a" exists already',
    ],
    [
      'unknown end',
      [memory('a'), memory('b'), relation('a', 'b'), relation('a', 'c')],
      'line 4: There is no memory c:',
    ],
    ['end below', [memory('a'), relation('a', 'b'), memory('b')], 'line 2: The memory b comes later in the file'],
    ['itself', [memory('a'), relation('a', 'a')], 'line 2: A memory cannot be related to itself'],
    [
      'made elsewhere',
      [memory('a'), memory('b'), relation('a', 'b', 'CORRECTS')],
      'line 3: type: CORRECTS is created only by',
    ],
    [
      'cycle',
      [memory('a'), memory('b'), relation('a', 'b', 'CAUSES'), relation('b', 'a', 'CAUSES'), memory('c')],
      'line 4: CAUSES relations must not form a circle',
    ],
    ['MCP', [{ type: 'entity', name: 'Maya', entityType: 'person' }], 'line 1: observations: This field is missing.'],
  ])('%s', async (_name, lines, message) => {
    const failure = await importLines('bad lines', lines).catch((error) => error);
    expect(failure.name).toBe('TransferError');
    expect(failure.message).toContain(message);
    expect(failure.message).toMatch(/\. Nothing of the file has been imported\. /);
    expect(failure.message.endsWith(again)).toBe(true);
    expect(await exportText('bad lines')).toBe('');
  });

  test('what came in batches before it stays', async () => {
    const lines = [...numbered(700), memory('bad', { importance: -1 })];
    await expect(importLines('partial', lines)).rejects.toThrow(
      `line 701: importance: At least 0 is expected. The file has been imported up to line 500. ${again}`,
    );
    expect(await exported('partial', 'memory')).toHaveLength(500);
    expect(await importLines('partial', lines.slice(0, 700))).toBe('Made: 200 memories. Already there: 500 memories.');
  });

  test('an id that names another memory of the workspace', async () => {
    await importLines('collision', [memory('1', { content: 'From one file' })]);
    const other = memory('1', { companion: 'otto', content: 'From another' });
    await expect(importLines('collision', [other])).rejects.toThrow(
      'The memory "1" exists already with another content',
    );
  });
});

describe('the file of an MCP memory server', () => {
  const maya = {
    type: 'entity',
    name: 'Maya',
    entityType: 'person',
    observations: ['Builds frames', 'Lives in Lisbon'],
  };
  const lines = [
    maya,
    { type: 'entity', name: 'Tomás', entityType: 'person', observations: ['Lives in Lisbon', 'Runs the café'] },
    { type: 'entity', name: 'Roda', entityType: 'organization', observations: [] },
    { type: 'relation', from: 'Maya', to: 'Tomás', relationType: 'works_with' },
    { type: 'relation', from: 'Maya', to: 'Roda', relationType: 'FOLLOWS' },
    { type: 'relation', from: 'Maya', to: 'Otto', relationType: 'knows' },
  ];

  test('becomes entities, and memories that mention them', async () => {
    expect(await importLines('mcp', lines)).toBe('Made: 3 entities, 7 memories, 4 relations. Already there: nothing.');
    expect(await exported('mcp', 'entity')).toMatchObject(
      [
        { type: 'organization', name: 'Roda' },
        { type: 'person', name: 'Maya' },
        { type: 'person', name: 'Tomás' },
        { type: 'unknown', name: 'Otto' },
      ].map((entity) => ({ kind: 'entity', companion: 'mcp-memory', ...entity, aliases: [] })),
    );
    const said = (await exported('mcp', 'memory')).map(({ content, summary, entities, context }) => ({
      content,
      summary,
      context,
      mentions: (entities as { name: string }[]).map(({ name }) => name),
    }));
    const source = 'mcp-memory';
    expect(said).toHaveLength(7);
    const observed = (name: string, content: string) => ({
      content,
      summary: name,
      context: { source },
      mentions: [name],
    });
    expect(said).toContainEqual(observed('Maya', 'Builds frames'));
    expect(said).toContainEqual(observed('Maya', 'Lives in Lisbon'));
    expect(said).toContainEqual(observed('Tomás', 'Lives in Lisbon'));
    expect(said).toContainEqual({
      content: 'Maya works with Tomás',
      context: { source, relationType: 'works_with', from: 'Maya', to: 'Tomás' },
      mentions: ['Maya', 'Tomás'],
    });
    expect(said).toContainEqual({
      content: 'Maya FOLLOWS Roda',
      context: { source, relationType: 'FOLLOWS', from: 'Maya', to: 'Roda' },
      mentions: ['Maya', 'Roda'],
    });
  });

  test('leads from one entity to another by relations', async () => {
    const { memories } = await service.run(
      `{ memories(filter: { text: "builds frames" }) { nodes { relations { edges { direction node { type metadata }
        neighbor { content relations(direction: OUT) { edges { neighbor { content } } } } } } } } }`,
      {},
      { workspace: 'mcp' },
    );
    expect(memories.nodes[0]?.relations.edges).toContainEqual({
      direction: 'IN',
      node: { type: 'REFERENCES', metadata: { relationType: 'works_with', end: 'from' } },
      neighbor: {
        content: 'Maya works with Tomás',
        relations: {
          edges: expect.arrayContaining([
            { neighbor: { content: 'Builds frames' } },
            { neighbor: { content: 'Lives in Lisbon' } },
          ]),
        },
      },
    });
  });

  test('can be imported again, changed or not', async () => {
    expect(await importLines('mcp', lines)).toBe('Made: nothing. Already there: 3 entities, 7 memories, 4 relations.');
    const more = { ...maya, observations: [...maya.observations, 'Speaks Swedish'] };
    expect(await importLines('mcp', [more, ...lines.slice(1)])).toBe(
      'Made: 1 memory. Already there: 3 entities, 7 memories, 4 relations.',
    );
  });

  test('goes to the companion that is named', async () => {
    await importLines('mcp named', [maya], { companion: 'iris' });
    expect(await exported('mcp named', 'companion')).toEqual([expect.objectContaining({ key: 'iris' })]);
    await expect(importLines('mcp named', [maya], { companion: ' ' })).rejects.toThrow(
      '--companion: The key of a companion must not be empty.',
    );
  });
});

describe('files', () => {
  const elsewhere = () => service.tenant('files');
  const at = (name: string) => join(folder, name);

  test('that cannot be read or written are named', async () => {
    mkdirSync(at('folder'));
    await expect(importFile(await elsewhere(), at('none'))).rejects.toThrow(
      `${at('none')} cannot be read: there is no such file or folder.`,
    );
    await expect(importFile(await elsewhere(), at('folder'))).rejects.toThrow('cannot be read: it is a folder.');
    await expect(exportFile(await elsewhere(), at('folder'))).rejects.toThrow('cannot be written: it is a folder.');
    await expect(exportFile(await elsewhere(), at('none/file'))).rejects.toThrow(
      `${at('none/file')} cannot be written: there is no such file or folder.`,
    );
  });

  test('an export that is broken off leaves what was there', async () => {
    writeFileSync(at('kept.jsonl'), 'before');
    const signal = AbortSignal.abort();
    await expect(exportFile(await elsewhere(), at('kept.jsonl'), { signal })).rejects.toThrow(
      `Stopped: ${at('kept.jsonl')} is as it was before.`,
    );
    expect(readFileSync(at('kept.jsonl'), 'utf8')).toBe('before');
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('are read line by line, wherever their bytes are cut', async () => {
    const bytes = Buffer.from('\uFEFF{"a":"é\u2028"}\r\n\n  \nlast 🚲');
    for (const size of [1, 2, 3, 7, bytes.length]) {
      const chunks = async function* () {
        for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
      };
      const lines = [];
      for await (const line of readLines(chunks())) lines.push(line);
      expect(lines).toEqual([
        { number: 1, text: '{"a":"é\u2028"}', end: 18 },
        { number: 4, text: 'last 🚲', end: bytes.length },
      ]);
    }
  });

  test('that are not UTF-8, or have no lines, are said to be so', async () => {
    writeFileSync(at('latin1'), Buffer.from([0x7b, 0xe9, 0x7d]));
    await expect(importFile(await elsewhere(), at('latin1'))).rejects.toThrow('line 1: This is not UTF-8.');
    writeFileSync(at('one line'), Buffer.alloc(17 * 1024 * 1024, 'x'));
    await expect(importFile(await elsewhere(), at('one line'))).rejects.toThrow(
      'line 1: A line may have at most 16777216 bytes.',
    );
  });
});
