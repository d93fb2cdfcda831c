import { describe, expect, test } from 'vitest';
import { useService } from './support/service.ts';
import { jsonLines, useTransfer } from './support/transfer.ts';

const service = useService();
const { importText, exportText } = useTransfer(service);

const ann = { type: 'entity', name: 'Ann', entityType: 'person', observations: ['Speaks Mandarin'] };
const roda = { type: 'entity', name: 'Roda', entityType: 'company', observations: ['Builds bicycles'] };
const works = { type: 'relation', from: 'Ann', to: 'Roda', relationType: 'works_at' };

/** What is remembered of a graph: entities by type, with what mentions each. */
async function graphOf(workspace: string) {
  const { entities } = await service.run(
    '{ entities(first: 100) { nodes { type name memories(first: 100) { nodes { content summary } } } } }',
    {},
    { workspace },
  );
  return Object.fromEntries(
    entities.nodes
      .map(({ type, name, memories }) => [
        `${type} ${name}`,
        memories.nodes.map(({ content, summary }) => (summary ? `${summary}: ${content}` : content)).sort(),
      ])
      .sort(),
  );
}

/** What the graph of Ann and Roda is, however it is written. */
const whole = {
  'company Roda': ['Ann works at Roda', 'Roda: Builds bicycles'],
  'person Ann': ['Ann works at Roda', 'Ann: Speaks Mandarin'],
};

const { type: _, ...annByFields } = ann;
const { type: __, ...worksByFields } = works;
const graph = { entities: [annByFields, roda], relations: [worksByFields] };

describe('a graph is the same in each of its forms', () => {
  test.each<[string, string | Uint8Array]>([
    ['lines', jsonLines([ann, roda, works])],
    ['relations first', jsonLines([works, ann, roda])],
    [
      'blank lines, CRLF and a BOM',
      `\uFEFF\r\n${[ann, roda, works].map((e) => JSON.stringify(e)).join('\r\n\r\n')}\r\n`,
    ],
    ['without "type"', jsonLines([annByFields, roda, worksByFields])],
    ['with "_type"', jsonLines([{ ...annByFields, _type: 'entity' }, roda, { ...worksByFields, _type: 'relation' }])],
    ['"type" in capitals', jsonLines([{ ...ann, type: 'Entity' }, roda, { ...works, type: 'RELATION' }])],
    ['one object', JSON.stringify(graph)],
    ['one object over many lines', JSON.stringify(graph, null, 2)],
    [
      'one object that begins on a line with more',
      `{"entities": [${JSON.stringify(annByFields)},\n${JSON.stringify(roda)}],\n"relations": [${JSON.stringify(works)}]}`,
    ],
    ['a list', JSON.stringify([ann, roda, works])],
    ['a list over many lines', JSON.stringify([works, ann, roda], null, 1)],
    ['a list a line', `${JSON.stringify([ann])}\n${JSON.stringify([roda, works])}`],
    [
      'other fields',
      jsonLines([
        { ...ann, createdAt: '2026-01-14T22:28:02.540Z', version: 1, weight: 6, embedding: [0.1] },
        { ...roda, mtime: 1733423456789 },
        { ...works, strength: 0.9, metadata: {} },
      ]),
    ],
    [
      'empty, blank and null observations',
      jsonLines([{ ...ann, observations: ['', 'Speaks Mandarin', ' ', null] }, roda, works]),
    ],
    [
      'observations with a moment',
      jsonLines([
        { ...ann, observations: [{ text: 'Speaks Mandarin', timestamp: '2025-05-06T14:09:36.202Z' }] },
        { ...roda, observations: [{ content: 'Builds bicycles', timestamp: 1733423456, durability: 'permanent' }] },
        works,
      ]),
    ],
    ['one observation without brackets', jsonLines([{ ...ann, observations: 'Speaks Mandarin' }, roda, works])],
    [
      'other names of fields',
      jsonLines([
        { type: 'entity', name: 'Ann', label: 'person', observations: ['Speaks Mandarin'] },
        { type: 'entity', name: 'Roda', entity_type: 'company', observations: ['Builds bicycles'] },
        { type: 'relation', from_entity: 'Ann', to_entity: 'Roda', relation_type: 'works at' },
      ]),
    ],
    [
      'an entity twice',
      jsonLines([ann, { ...ann, observations: [] }, roda, { ...ann, entityType: 'concept' }, works, works]),
    ],
    ['spaces about names', jsonLines([{ ...ann, name: ' Ann ' }, roda, { ...works, from: 'Ann ' }])],
    ['a name in other letters', jsonLines([ann, { ...ann, name: 'ANN', observations: [] }, roda, works])],
  ])('%s', async (form, text) => {
    await importText(form, text);
    expect(await graphOf(form)).toEqual(whole);
    // A relation leads from one to the other.
    const { memories } = await service.run(
      '{ memories(filter: {text: "works"}) { nodes { relations(direction: OUT) { edges { neighbor { content } } } } } }',
      {},
      { workspace: form },
    );
    const led = memories.nodes.map(({ relations }) => relations.edges.map(({ neighbor }) => neighbor?.content).sort());
    expect(led).toEqual([['Builds bicycles', 'Speaks Mandarin']]);
    expect(await importText(form, text)).toMatch('Made: nothing.');
    expect(await graphOf(form)).toEqual(whole);
  });
});

test('what is observed of two entities are two facts, and correcting one leaves the other', async () => {
  const status = (name: string) => ({ type: 'entity', name, entityType: 'thing', observations: ['Status: active'] });
  const text = jsonLines([status('Cid_Moss'), status('Project_X')]);
  expect(await importText('two', text)).toBe('Made: 2 entities, 2 memories. Already there: nothing.');
  const found = await service.run(
    '{ memories(filter: {entity: {name: "Cid_Moss"}}) { nodes { id } } }',
    {},
    { workspace: 'two' },
  );
  expect(found.memories.nodes).toHaveLength(1);
  await service.run(
    'mutation ($id: ID!) { correctMemory(input: {id: $id, content: "Status: retired"}) { __typename } }',
    { id: found.memories.nodes[0]?.id },
    { workspace: 'two' },
  );
  const expected = {
    'thing Cid_Moss': ['Status: retired'],
    'thing Project_X': ['Project X: Status: active'],
  };
  expect(await graphOf('two')).toEqual(expected);
  // By another road: as an export of our own.
  await importText('two again', await exportText('two'));
  expect(await graphOf('two again')).toEqual(expected);
  expect(await importText('two again', text)).toMatch('Made: nothing.');
});

test('an observation is found by the name of its entity', async () => {
  const lives = (name: string, city: string) => ({
    type: 'entity',
    name,
    entityType: 'Person',
    observations: [`Lives in ${city}`],
  });
  await importText(
    'names',
    jsonLines([lives('Ann_Reed', 'Porto'), lives('Ben_Cole', 'Oslo'), lives('Cid_Moss', 'Lima')]),
  );
  for (const [name, city] of [
    ['Ann Reed', 'Porto'],
    ['Ben Cole', 'Oslo'],
    ['Cid Moss', 'Lima'],
  ] as const) {
    const { recall, memories } = await service.run(
      `query ($query: String!, $text: String!) {
        recall(input: {companion: {key: "mcp-memory"}, query: $query}, first: 3) { edges { node { content } } }
        memories(filter: {text: $text}) { nodes { content } } }`,
      { query: `Where does ${name} live?`, text: name },
      { workspace: 'names' },
    );
    expect(recall.edges[0]?.node.content).toBe(`Lives in ${city}`);
    expect(memories.nodes).toEqual([{ content: `Lives in ${city}` }]);
  }
});

test('an observation keeps its moment, and what else is said of it', async () => {
  const observations = [
    { content: 'Owns a dental practice', timestamp: '2025-06-26T18:45:00.000Z', durability: 'long-term' },
    { text: 'Plays chess', createdAt: 1733423456 },
    { text: 'Is tired', timestamp: '2999-01-01T00:00:00Z' },
    42,
    true,
  ];
  await importText('moments', jsonLines([{ ...ann, observations }]));
  const { memories } = await service.run(
    '{ memories(first: 10) { nodes { content context recordedAt validFrom } } }',
    {},
    { workspace: 'moments' },
  );
  const source = 'mcp-memory';
  const [practice, chess] = ['2025-06-26T18:45:00.000Z', '2024-12-05T18:30:56.000Z'] as const;
  const then = (content: string, moment: string, context: object = {}) => ({
    content,
    context: { source, ...context },
    recordedAt: moment,
    validFrom: moment,
  });
  expect(memories.nodes).toHaveLength(5);
  expect(memories.nodes).toContainEqual(then('Owns a dental practice', practice, { durability: 'long-term' }));
  expect(memories.nodes).toContainEqual(then('Plays chess', chess));
  expect(memories.nodes.map(({ content }) => content)).toEqual(expect.arrayContaining(['Is tired', '42', 'true']));
});

test('what says nothing is left out, and counted', async () => {
  const text = jsonLines([
    { ...ann, observations: ['Speaks Mandarin', '', null] },
    { ...roda, observations: null },
  ]);
  expect(await importText('empty', text)).toBe(
    'Made: 2 entities, 1 memory. Already there: nothing. Left out: 2 empty observations.',
  );
});

test('an entity of which the file says no type, or nothing at all, is of the type unknown', async () => {
  await importText(
    'untyped',
    jsonLines([
      { type: 'entity', name: 'X', entityType: '', observations: ['One'] },
      { ...works, to: 'Nobody' },
    ]),
  );
  expect(await graphOf('untyped')).toEqual({
    'unknown Ann': ['Ann works at Nobody'],
    'unknown Nobody': ['Ann works at Nobody'],
    'unknown X': ['X: One'],
  });
});

test('names and observations may be of any script', async () => {
  const observations = ['喜欢绿茶', '👩‍🚀 Go for launch', 'Обожает море'];
  await importText(
    'scripts',
    jsonLines([
      { ...ann, name: '李娜', observations },
      { ...works, from: '李娜', relationType: '认识' },
    ]),
  );
  expect((await graphOf('scripts'))['person 李娜']).toEqual(
    [...observations.map((each) => `李娜: ${each}`), '李娜 认识 Roda'].sort(),
  );
});

const long = 'x'.repeat(100_001);

describe('a graph that cannot be read is not imported at all', () => {
  const many = Array.from({ length: 1_200 }, (_, i) => ({ ...ann, name: `Person ${i}` }));
  test.each<[string, string, string]>([
    [
      'a broken line',
      `${jsonLines(many)}\n{"type":"entity","name":"Dana","observations":["Speaks`,
      'line 1201: This is not JSON',
    ],
    [
      'two objects on a line',
      `${jsonLines(many)}\n${JSON.stringify(ann)}${JSON.stringify(roda)}`,
      'line 1201: This is not JSON',
    ],
    [
      'no observations',
      jsonLines([...many, { type: 'entity', name: 'Maya' }]),
      'line 1201: observations: This field is missing.',
    ],
    [
      'no name',
      jsonLines([...many, { type: 'entity', entityType: 'x', observations: [] }]),
      'line 1201: name: This field is missing.',
    ],
    [
      'no relationType',
      jsonLines([...many, { type: 'relation', from: 'Ann', to: 'Roda' }]),
      'line 1201: relationType: This field is missing.',
    ],
    [
      'an observation too long',
      jsonLines([...many, { ...ann, observations: ['a', long] }]),
      'line 1201: observations.1: At most 100000 characters are allowed.',
    ],
    [
      'a number that cannot be read',
      `${jsonLines(many)}\n{"name":"Ann","observations":[12345678901234567890]}`,
      'line 1201: 0: 12345678901234567890 is beyond ±9007199254740991',
    ],
    [
      'an observation that is a list',
      jsonLines([...many, { ...ann, observations: [['a']] }]),
      'line 1201: observations.0: An observation must be a text',
    ],
    [
      'an observation without its text',
      jsonLines([...many, { ...ann, observations: [{ id: 5 }] }]),
      'line 1201: observations.0: An observation must be a text',
    ],
    [
      'a name too long',
      jsonLines([...many, { ...ann, name: 'x'.repeat(501) }]),
      'line 1201: name: At most 500 characters are allowed.',
    ],
    ['a NUL', jsonLines([...many, { ...ann, observations: ['a\0b'] }]), 'line 1201: observations.0: The character NUL'],
    [
      'another thing',
      jsonLines([...many, { type: 'note', text: 'Review' }]),
      'line 1201: This is neither a line of an export',
    ],
    ['another thing, named', jsonLines([...many, { type: 'note', text: 'Review' }]), 'Its "type" is "note".'],
    [
      'one object',
      JSON.stringify({ entities: [...many, { name: 'Maya', observations: [[]] }] }),
      'line 1: entities.1200.observations.0: An observation',
    ],
    [
      'one object with a text for a list',
      JSON.stringify({ entities: many, relations: 'none' }),
      'line 1: relations: This must be a list.',
    ],
    ['one object, cut off', JSON.stringify(graph, null, 2).slice(0, -20), 'line 1: This is not JSON'],
    ['a list with a number', JSON.stringify([ann, 5]), 'line 1: This is not a JSON object.'],
  ])('%s', async (fault, text, message) => {
    const workspace = `fault ${fault}`;
    const failure = await importText(workspace, text).catch((error) => error);
    expect(failure.message).toContain(message);
    expect(failure.message).toContain('Nothing of the file has been imported.');
    expect(await exportText(workspace)).toBe('');
  });
});

test('a file of our own may be a list, too, and hold both forms', async () => {
  const memory = { kind: 'memory', companion: 'iris', type: 'FACT', content: 'Maya likes tea.' };
  expect(await importText('both', JSON.stringify([works, memory, ann, roda], null, 2))).toBe(
    'Made: 2 entities, 4 memories, 2 relations. Already there: nothing.',
  );
});
