import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { patience } from './support/calibration.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';

const service = useService();
const createMemories = mutation(service, 'createMemories', 'memories { id recordedAt updatedAt } relations { id }');
const updateMemory = mutation(service, 'updateMemory', 'memory { id updatedAt }');
const archiveMemories = mutation(service, 'archiveMemories', 'memories { id updatedAt }');
const mergeEntities = mutation(service, 'mergeEntities', 'entity { id }');

const DAY = 86_400_000;
const days = (count: number, from = Date.now()) => new Date(from + count * DAY).toISOString();

/** What is remembered, by a name that its content starts with. */
const said = {
  tea: {
    content: 'tea: Maya drinks green tea in the morning',
    type: 'PREFERENCE',
    importance: 8,
    confidence: 0.9,
    user: 'maya',
    entities: [{ name: 'Green Tea', type: 'drink' }],
    validFrom: '2024-01-01T00:00:00.000Z',
    context: { conversationId: 'c1', turnNumber: 3, tags: ['drink', 'warm'], source: { app: 'chat', version: 2 } },
  },
  moved: {
    content: 'moved: Maya moved to Lisbon',
    summary: 'relocation',
    type: 'FACT',
    importance: 6,
    confidence: 1,
    user: 'maya',
    entities: [{ name: 'Lisbon', type: 'place' }],
    validFrom: '2024-06-01T00:00:00.000Z',
    context: { conversationId: 'c1', turnNumber: 4 },
  },
  walk: {
    content: 'walk: Noah walked along the Tagus',
    type: 'EXPERIENCE',
    importance: 4,
    confidence: 0.5,
    user: 'noah',
    entities: [
      { name: 'Tagus', type: 'river' },
      { name: 'Lisboa', type: 'place' },
    ],
    validFrom: '2024-07-01T00:00:00.000Z',
    context: { conversationId: 'c2', tags: ['outside'] },
  },
  brief: { content: 'brief: Answer briefly', type: 'INSTRUCTION', importance: 10, confidence: 1 },
  doubt: {
    content: 'doubt: Perhaps Maya misses the Tagus',
    type: 'REFLECTION',
    importance: 1,
    confidence: 0.2,
    user: 'maya',
  },
  planned: { content: 'planned: Noah moves to Porto', type: 'FACT', importance: 5, confidence: 1, validFrom: days(30) },
  former: {
    content: 'former: Noah lived in Berlin',
    type: 'FACT',
    importance: 5,
    confidence: 1,
    validFrom: '2020-01-01T00:00:00.000Z',
    validUntil: '2024-07-01T00:00:00.000Z',
  },
  aside: { content: 'aside: Maya had a bicycle', type: 'FACT', importance: 5, confidence: 1 },
  stale: {
    content: 'stale: The ticket code is 17',
    type: 'FACT',
    importance: 5,
    confidence: 1,
    expiresAt: days(-1),
    validFrom: '2024-01-01T00:00:00.000Z',
  },
};
type Name = keyof typeof said;
const present: Name[] = ['tea', 'moved', 'walk', 'brief', 'doubt'];

let id: Record<Name, string>;
let recordedAt: string;
/** A moment at which Lisbon and Lisboa were two. */
let beforeMerge: string;
let entities: Record<string, string>;

beforeAll(async () => {
  const make = async (companion: string, names: Name[]) => {
    const { memories } = await createMemories({
      companion: { key: companion },
      memories: names.map((name) => ({
        ...said[name],
        user: 'user' in said[name] ? { externalId: said[name].user } : null,
      })),
      relations: [],
    });
    recordedAt = memories[0].recordedAt;
    return memories.map((memory: { id: string }, index: number) => [names[index], memory.id]);
  };
  const atlas = await make('atlas', ['brief', 'doubt']);
  const others = (Object.keys(said) as Name[]).filter((name) => name !== 'brief' && name !== 'doubt');
  id = Object.fromEntries([...atlas, ...(await make('iris', others))]) as Record<Name, string>;
  await archiveMemories({ ids: [id.aside] });
  const found = await service.runUntyped('{ entities { nodes { id name } } }');
  entities = Object.fromEntries(found.entities.nodes.map((node: { id: string; name: string }) => [node.name, node.id]));
  beforeMerge = new Date().toISOString();
  await new Promise((resolve) => setTimeout(resolve, 2));
  await mergeEntities({ fromIds: [entities.Lisboa], intoId: entities.Lisbon });
});

const nameOf = ({ content }: { content: string }) => content.split(':')[0] as Name;

/** The names of the memories a list finds, in its order. */
const find = async (args: string, field = 'memories'): Promise<Name[]> => {
  const data = await service.runUntyped(`{ ${field}(${args}) { totalCount nodes { content } } }`);
  expect(data[field].totalCount).toBe(data[field].nodes.length);
  return data[field].nodes.map(nameOf);
};

const sorted = (names: readonly string[]) => names.toSorted();

describe('a filter lets through what fulfils each of its parts', () => {
  test.each<[string, Name[]]>([
    ['{}', present],
    ['{types: [FACT]}', ['moved']],
    ['{types: [FACT, REFLECTION]}', ['moved', 'doubt']],
    ['{types: []}', []],
    ['{hasUser: true}', ['tea', 'moved', 'walk', 'doubt']],
    ['{hasUser: false}', ['brief']],
    ['{minImportance: 5.99}', ['tea', 'moved', 'brief']],
    ['{minImportance: 10}', ['brief']],
    ['{minConfidence: 0.5}', ['tea', 'moved', 'walk', 'brief']],
    ['{minConfidence: 0.51}', ['tea', 'moved', 'brief']],
    ['{entity: {name: "Green Tea"}}', ['tea']],
    ['{entity: {name: "  green   TEA "}}', ['tea']],
    ['{entity: {name: "green"}}', []],
    ['{entity: {name: "Lisbon"}}', ['moved', 'walk']],
    ['{entity: {name: "lisboa"}}', ['moved', 'walk']],
    ['{text: "walking"}', ['walk']],
    ['{text: "tagus -noah"}', ['doubt']],
    ['{text: "\\"green tea\\""}', ['tea']],
    ['{text: "\\"tea green\\""}', []],
    ['{text: "relocation"}', ['moved']],
    ['{text: "bicycle or lisbon or briefly"}', ['moved', 'walk', 'brief']],
    ['{text: "the"}', []],
    ['{validFrom: {from: "2024-06-01T00:00:00Z"}}', ['moved', 'walk', 'brief', 'doubt']],
    ['{validFrom: {until: "2024-06-01T00:00:00Z"}}', ['tea']],
    ['{validFrom: {from: "2024-06-01T00:00:00Z", until: "2024-07-01T00:00:00Z"}}', ['moved']],
    ['{validFrom: {}}', present],
    ['{recordedAt: {until: "2024-07-01T00:00:00Z"}}', []],
    ['{recordedAt: {from: "2024-07-01T00:00:00Z"}}', present],
    ['{context: {}}', present],
    ['{context: {conversationId: "c1"}}', ['tea', 'moved']],
    ['{context: {conversationId: "c1", turnNumber: 3}}', ['tea']],
    ['{context: {turnNumber: "3"}}', []],
    ['{context: {tags: ["warm"]}}', ['tea']],
    ['{context: {tags: ["warm", "cold"]}}', []],
    ['{context: {source: {app: "chat"}}}', ['tea']],
    ['{context: {source: {}}}', ['tea']],
    ['{types: [FACT, EXPERIENCE], entity: {name: "Lisbon"}, minConfidence: 0.6, text: "maya"}', ['moved']],
    ['{hasUser: true, validFrom: {until: "2024-07-02T00:00:00Z"}, context: {conversationId: "c2"}}', ['walk']],
    ['{types: [PREFERENCE], entity: {name: "Lisbon"}}', []],
  ])('%s', async (filter, names) => {
    expect(sorted(await find(`filter: ${filter}`))).toEqual(sorted(names));
  });

  test('the moment a memory was recorded is within its range, and outside the range it ends', async () => {
    const { memories } = await service.runUntyped('{ memories(first: 1) { nodes { content recordedAt } } }');
    expect(memories.nodes[0].recordedAt).toBe(recordedAt);
    const [name] = [nameOf(memories.nodes[0])];
    expect(await find(`filter: {recordedAt: {from: "${recordedAt}"}}`)).toContain(name);
    expect(await find(`filter: {recordedAt: {until: "${recordedAt}"}}`)).not.toContain(name);
    expect(sorted(await find(`filter: {recordedAt: {until: "${recordedAt}"}}`))).toEqual(['brief', 'doubt']);
  });

  test('an entity by the id of either that was merged, and by names each stood for before', async () => {
    for (const name of ['Lisbon', 'Lisboa']) {
      expect(sorted(await find(`filter: {entity: {id: "${entities[name]}"}}`))).toEqual(['moved', 'walk']);
    }
    const then = `at: {knownAt: "${beforeMerge}"}`;
    expect(await find(`${then}, filter: {entity: {name: "Lisbon"}}`)).toEqual(['moved']);
    expect(await find(`${then}, filter: {entity: {id: "${entities.Lisboa}"}}`)).toEqual(['walk']);
  });

  test('importance is decayed to the point that is read', async () => {
    // In 120 days: tea halves to 4, moved is 6 · 2^(−120/180) = 3.78, brief stays 10, walk is a quarter of one.
    const at = `at: {validAt: "${days(120, Date.parse(recordedAt))}"}, filter: {types: [PREFERENCE, FACT, EXPERIENCE, INSTRUCTION]`;
    expect(await find(`${at}, minImportance: 3.999}, orderBy: {field: IMPORTANCE}`)).toEqual(['brief', 'tea']);
  });

  test('recall takes the same filter', async () => {
    const recall = async (input: string) => {
      const data = await service.runUntyped(
        `{ recall(input: {query: "tagus lisbon tea", ${input}}) { nodes { content } } }`,
      );
      return sorted(data.recall.nodes.map(nameOf));
    };
    expect(await recall('companion: {key: "iris"}')).toEqual(['moved', 'tea', 'walk']);
    expect(await recall('companion: {key: "iris"}, filter: {minConfidence: 0.6}')).toEqual(['moved', 'tea']);
    expect(await recall('companion: {key: "iris"}, filter: {entity: {name: "Lisboa"}}')).toEqual(['moved', 'walk']);
    expect(await recall('companion: {key: "iris"}, user: {externalId: "maya"}')).toEqual(['moved', 'tea']);
    expect(await recall('companion: {key: "iris"}, user: {externalId: "nobody"}')).toEqual([]);
    expect(await recall('companion: {key: "nobody"}')).toEqual([]);
  });
});

describe('whose memories', () => {
  let ids: { iris: string; atlas: string; maya: string; noah: string };
  beforeAll(async () => {
    const { iris, atlas, maya, noah } = await service.runUntyped(`{
      iris: companion(by: {key: "iris"}) { id } atlas: companion(by: {key: "atlas"}) { id }
      maya: user(by: {externalId: "maya"}) { id } noah: user(by: {externalId: "noah"}) { id } }`);
    ids = { iris: iris.id, atlas: atlas.id, maya: maya.id, noah: noah.id };
  });

  test.each<[string, Name[]]>([
    ['companion: {key: "atlas"}', ['brief', 'doubt']],
    ['companion: {id: "ATLAS"}', ['brief', 'doubt']],
    ['companion: {key: "Atlas"}', []],
    ['companion: {id: "cmp_00000000000000000000000000"}', []],
    ['user: {externalId: "maya"}', ['tea', 'moved', 'doubt']],
    ['user: {id: "MAYA"}', ['tea', 'moved', 'doubt']],
    ['user: {externalId: "nobody"}', []],
    ['user: {id: "usr_00000000000000000000000000"}', []],
    ['companion: {key: "iris"}, user: {externalId: "maya"}', ['tea', 'moved']],
    ['companion: {key: "atlas"}, user: {externalId: "noah"}', []],
    ['companion: {key: "nobody"}, user: {externalId: "maya"}', []],
  ])('%s', async (whose, names) => {
    const given = whose.replace('ATLAS', ids.atlas).replace('MAYA', ids.maya);
    expect(sorted(await find(given))).toEqual(sorted(names));
  });

  test('the same below a companion, a user and an entity', async () => {
    const data = await service.runUntyped(
      `query ($maya: ID!, $iris: ID!, $lisbon: ID!) {
        companion(by: {id: $iris}) { memories(user: {id: $maya}) { nodes { content } } nobody: memories(user: {externalId: "nobody"}) { totalCount } }
        user(by: {id: $maya}) { memories(companion: {key: "atlas"}) { nodes { content } } nobody: memories(companion: {key: "nobody"}) { totalCount } }
        node(id: $lisbon) { ... on Entity { memories(user: {externalId: "noah"}, filter: {minConfidence: 0.5}) { nodes { content } } nobody: memories(user: {externalId: "nobody"}) { totalCount } } }
      }`,
      { maya: ids.maya, iris: ids.iris, lisbon: entities.Lisbon },
    );
    expect(sorted(data.companion.memories.nodes.map(nameOf))).toEqual(['moved', 'tea']);
    expect(data.user.memories.nodes.map(nameOf)).toEqual(['doubt']);
    expect(data.node.memories.nodes.map(nameOf)).toEqual(['walk']);
    for (const parent of ['companion', 'user', 'node']) expect(data[parent].nobody.totalCount).toBe(0);
  });
});

describe('entities', () => {
  const caller = { workspace: 'entities' };
  let rows: Record<string, string>;
  beforeAll(async () => {
    const mention = (companion: string, mentioned: [string, string, number][]) =>
      createMemories(
        {
          companion: { key: companion },
          memories: mentioned.flatMap(([name, type, times]) =>
            Array.from({ length: times }, (_, n) => ({
              content: `${name}, time ${n}`,
              type: 'EXPERIENCE',
              entities: [{ name, type }],
            })),
          ),
        },
        caller,
      );
    await mention('iris', [
      ['Porto', 'city', 3],
      ['Port wine', 'drink', 2],
      ['Oporto', 'city', 2],
      ['100% juice', 'drink', 1],
    ]);
    await mention('atlas', [['Porto', 'city', 1]]);
    const { entities: found } = await service.run('{ entities { nodes { id name companion { key } } } }', {}, caller);
    rows = Object.fromEntries(
      found.nodes.map((node: { id: string; name: string; companion: { key: string } }) => [
        `${node.companion.key}: ${node.name}`,
        node.id,
      ]),
    );
    await mergeEntities({ fromIds: [rows['iris: Oporto']], intoId: rows['iris: Porto'] }, caller);
  });

  test.each([
    ['{}', ['iris: Porto', 'iris: Port wine', 'iris: 100% juice', 'atlas: Porto']],
    ['{companion: {key: "iris"}}', ['iris: Porto', 'iris: Port wine', 'iris: 100% juice']],
    ['{companion: {key: "nobody"}}', []],
    ['{types: ["city"]}', ['iris: Porto', 'atlas: Porto']],
    ['{types: ["City"]}', []],
    ['{types: ["drink", "city"], companion: {key: "atlas"}}', ['atlas: Porto']],
    ['{types: []}', []],
    ['{name: "port"}', ['iris: Porto', 'iris: Port wine', 'atlas: Porto']],
    ['{name: "PORT  W"}', ['iris: Port wine']],
    ['{name: "opor"}', ['iris: Porto']],
    ['{name: "%"}', ['iris: 100% juice']],
    ['{name: "_"}', []],
    ['{name: "port", types: ["drink"]}', ['iris: Port wine']],
  ])('%s', async (filter, names) => {
    const { entities: list } = await service.runUntyped(
      `{ entities(filter: ${filter}) { totalCount nodes { name companion { key } } } }`,
      {},
      caller,
    );
    const found = list.nodes.map(
      ({ name, companion }: { name: string; companion: { key: string } }) => `${companion.key}: ${name}`,
    );
    expect(sorted(found)).toEqual(sorted(names));
    expect(list.totalCount).toBe(names.length);
  });

  test('most mentioned first, what was merged counting for what it was merged into', async () => {
    const { entities: list } = await service.run(
      '{ entities(filter: {companion: {key: "iris"}}) { nodes { name aliases memories { totalCount } } } }',
      {},
      caller,
    );
    expect(list.nodes).toEqual([
      { name: 'Porto', aliases: ['Oporto'], memories: { totalCount: 5 } },
      { name: 'Port wine', aliases: [], memories: { totalCount: 2 } },
      { name: '100% juice', aliases: [], memories: { totalCount: 1 } },
    ]);
  });
});

describe('relations of a memory', () => {
  const caller = { workspace: 'relations' };
  let hub: string;
  beforeAll(async () => {
    const { memories } = await createMemories(
      {
        companion: { key: 'iris' },
        memories: ['hub', 'a', 'b', 'c', 'd'].map((ref) => ({ ref, content: `${ref}: said`, type: 'FACT' })),
        relations: [
          { from: { ref: 'hub' }, to: { ref: 'a' }, type: 'FOLLOWS', strength: 1 },
          { from: { ref: 'b' }, to: { ref: 'hub' }, type: 'FOLLOWS', strength: 0.8 },
          { from: { ref: 'hub' }, to: { ref: 'b' }, type: 'CAUSES', strength: 0.6 },
          { from: { ref: 'c' }, to: { ref: 'hub' }, type: 'ELABORATES', strength: 0.4 },
          { from: { ref: 'hub' }, to: { ref: 'd' }, type: 'REFERENCES', strength: 0 },
          { from: { ref: 'a' }, to: { ref: 'b' }, type: 'CAUSES', strength: 1 },
        ],
      },
      caller,
    );
    hub = memories[0].id;
  });

  const all = ['OUT FOLLOWS a', 'IN FOLLOWS b', 'OUT CAUSES b', 'IN ELABORATES c', 'OUT REFERENCES d'];
  test.each([
    ['', all],
    ['(direction: OUT)', all.filter((each) => each.startsWith('OUT'))],
    ['(direction: IN)', all.filter((each) => each.startsWith('IN'))],
    ['(types: [FOLLOWS])', all.slice(0, 2)],
    ['(types: [CAUSES, ELABORATES])', all.slice(2, 4)],
    ['(types: [])', []],
    ['(minStrength: 0.6)', all.slice(0, 3)],
    ['(minStrength: 0.61)', all.slice(0, 2)],
    ['(minStrength: 0)', all],
    ['(minStrength: 1)', all.slice(0, 1)],
    ['(direction: OUT, types: [FOLLOWS, CAUSES], minStrength: 0.7)', all.slice(0, 1)],
    ['(direction: IN, types: [CAUSES])', []],
  ])('%s, strongest first', async (args, expected) => {
    const { memory } = await service.runUntyped(
      `query ($id: ID!) { memory(id: $id) { relations${args} { totalCount
        edges { direction node { type from { content } to { content } } neighbor { content } } } } }`,
      { id: hub },
      caller,
    );
    // biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
    const seen = memory.relations.edges.map(({ direction, node, neighbor }: any) => {
      const [near, far] = direction === 'OUT' ? [node.from, node.to] : [node.to, node.from];
      expect([near.content, far.content]).toEqual(['hub: said', neighbor.content]);
      return `${direction} ${node.type} ${neighbor.content.split(':')[0]}`;
    });
    expect(seen).toEqual(expected);
    expect(memory.relations.totalCount).toBe(expected.length);
  });

  test('shows while both ends hold', async () => {
    const { memories } = await createMemories(
      {
        companion: { key: 'iris' },
        memories: [
          { ref: 'job', content: 'job: Ada is an engineer', type: 'FACT', validFrom: '2019-01-01T00:00:00Z' },
          {
            ref: 'first',
            content: 'first: Ada works for Northwind',
            type: 'FACT',
            validFrom: '2020-01-01T00:00:00Z',
            validUntil: '2024-01-01T00:00:00Z',
          },
          { ref: 'next', content: 'next: Ada works for Contoso', type: 'FACT', validFrom: '2090-01-01T00:00:00Z' },
        ],
        relations: ['first', 'next'].map((ref) => ({ from: { ref }, to: { ref: 'job' }, type: 'ELABORATES' })),
      },
      caller,
    );
    const seen = async (from: number, validAt: string) => {
      const { memory } = await service.run(
        `query ($id: ID!, $at: PointInTime) { memory(id: $id, at: $at) { relations {
          totalCount edges { neighbor { content } } } } }`,
        { id: memories[from].id, at: { validAt } },
        caller,
      );
      const { totalCount, edges } = memory?.relations ?? { totalCount: Number.NaN, edges: [] };
      expect(totalCount).toBe(edges.length);
      return edges.map((edge) => edge.neighbor.content.split(':')[0]);
    };
    expect(await seen(0, '2019-12-31T23:59:59.999Z')).toEqual([]);
    expect(await seen(0, '2020-01-01T00:00:00.000Z')).toEqual(['first']);
    expect(await seen(1, '2023-12-31T23:59:59.999Z')).toEqual(['job']);
    expect(await seen(0, '2024-01-01T00:00:00.000Z')).toEqual([]);
    expect(await seen(1, '2024-01-01T00:00:00.000Z')).toEqual([]);
    expect(await seen(0, '2090-01-01T00:00:00.000Z')).toEqual(['next']);
  });

  test.each(['1.01', '-0.1'])('a minStrength of %s is refused', async (minStrength) => {
    const { errors } = await service.send(
      `query ($id: ID!) { memory(id: $id) { relations(minStrength: ${minStrength}) { totalCount } } }`,
      { id: hub },
      caller,
    );
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', issues: [{ path: ['minStrength'] }] });
  });
});

describe('status', () => {
  const statuses = [
    'ACTIVE',
    'DISPUTED',
    'UPCOMING',
    'ENDED',
    'ARCHIVED',
    'EXPIRED',
    'RETRACTED',
    'CORRECTED',
  ] as const;

  test.each<[string, Name[]]>([
    ['ACTIVE', present],
    ['ACTIVE, DISPUTED', present],
    ['DISPUTED', []],
    ['UPCOMING', ['planned']],
    ['ENDED', ['former']],
    ['ARCHIVED', ['aside']],
    ['EXPIRED', ['stale']],
    ['RETRACTED, CORRECTED', []],
    ['ENDED, UPCOMING', ['planned', 'former']],
    ['', []],
    [statuses.join(', '), Object.keys(said) as Name[]],
  ])('%s', async (given, names) => {
    expect(sorted(await find(`filter: {statuses: [${given}]}`))).toEqual(sorted(names));
  });

  interface Life {
    validFrom: number;
    validFor: number | null;
    expires: number | null;
    archived: boolean;
  }
  /** Days before or after now; few of them, so that ends and beginnings meet. */
  const day = fc.constantFrom(-20, -10, 10, 20, 30);
  const life: fc.Arbitrary<Life> = fc.record({
    validFrom: day,
    validFor: fc.option(fc.constantFrom(10, 20, 30)),
    expires: fc.option(day),
    archived: fc.boolean(),
  });

  /** The last status of the contract's list that applies. */
  function statusOf({ validFrom, validFor, expires, archived }: Life, moment: number): (typeof statuses)[number] {
    let status: (typeof statuses)[number] = 'ACTIVE';
    if (validFrom > moment) status = 'UPCOMING';
    if (validFor !== null && validFrom + validFor <= moment) status = 'ENDED';
    if (archived) status = 'ARCHIVED';
    if (expires !== null && expires <= moment) status = 'EXPIRED';
    return status;
  }

  test('is exactly one at any moment, and the same in a filter', async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(life, { minLength: 1, maxLength: 40 }),
        fc.array(fc.constantFrom(-30, -20, -15, -10, 0, 10, 15, 20, 30, 40, 60), { minLength: 2, maxLength: 4 }),
        async (lives, moments) => {
          const caller = { workspace: `status ${++runs}` };
          const now = Date.now();
          const { memories } = await createMemories(
            {
              companion: { key: 'iris' },
              memories: lives.map(({ validFrom, validFor, expires }, index) => ({
                content: `Life ${index}`,
                type: 'EXPERIENCE',
                validFrom: days(validFrom, now),
                validUntil: validFor && days(validFrom + validFor, now),
                expiresAt: expires && days(expires, now),
              })),
            },
            caller,
          );
          const ids: string[] = memories.map((memory: { id: string }) => memory.id);
          const archived = ids.filter((_, index) => lives[index]?.archived);
          await archiveMemories({ ids: archived }, caller);

          for (const moment of moments) {
            const at = moment === 0 ? '' : `, at: {validAt: "${days(moment, now)}"}`;
            const answer = await service.runUntyped(
              `query ($ids: [ID!]!) {
                nodes(ids: $ids) { ... on Memory { status } }
                ${ids.map((each, index) => `m${index}: memory(id: "${each}"${at}) { id status }`).join('\n')}
                shown: memories(first: 100${at}) { nodes { id } }
                ${statuses.map((each) => `${each}: memories(first: 100, filter: {statuses: [${each}]}${at}) { nodes { id } }`).join('\n')}
              }`,
              { ids: ids.map((each) => (moment === 0 ? each : `${each}@${days(moment, now)}~`)) },
              caller,
            );
            const expected = lives.map((each) => statusOf(each, moment));
            expect(ids.map((_, index) => answer[`m${index}`].status)).toEqual(expected);
            expect(answer.nodes.map((node: { status: string }) => node.status)).toEqual(expected);
            const plain = (list: { nodes: { id: string }[] }) =>
              sorted(list.nodes.map((node) => node.id.split('@')[0] as string));
            const those = (status: string) => sorted(ids.filter((_, index) => expected[index] === status));
            expect(plain(answer.shown)).toEqual(those('ACTIVE'));
            for (const status of statuses) expect(plain(answer[status])).toEqual(those(status));
          }
        },
      ),
      { numRuns: 8, interruptAfterTimeLimit: patience(20_000), markInterruptAsFailure: true },
    );
  });

  test('of an archived memory, as it was known before', async () => {
    const status = async (at: string) =>
      (await service.runUntyped(`{ memory(id: "${id.aside}", at: {${at}}) { status } }`)).memory.status;
    expect(await status(`knownAt: "${beforeMerge}"`)).toBe('ARCHIVED');
    expect(await status(`knownAt: "${recordedAt}"`)).toBe('ACTIVE');
    expect(await status(`validAt: "${days(1)}"`)).toBe('ARCHIVED');
    expect(await status(`knownAt: "${recordedAt}", validAt: "${days(1)}"`)).toBe('ACTIVE');
  });
});

describe('importance', () => {
  /** Days in which importance halves, of what lies above the floor of 0; nothing has been accessed here. */
  const halfLife = {
    FACT: 180,
    PREFERENCE: 120,
    EXPERIENCE: 30,
    REFLECTION: 60,
    INSTRUCTION: Number.POSITIVE_INFINITY,
  };
  type Type = keyof typeof halfLife;
  const caller = { workspace: 'importance' };

  /** What was stated of a memory, one after the other: decay starts again from each. */
  interface Stated {
    id: string;
    type: Type;
    bases: { importance: number; from: number }[];
  }
  let stated: Stated[];

  /** Importance at a moment, from the base in force then: the last stated by then, else the first. */
  function importanceAt({ type, bases }: Stated, moment: number, knownAt = Number.POSITIVE_INFINITY): number {
    const base =
      bases.findLast(({ from }) => from <= Math.min(moment, knownAt)) ?? (bases[0] as Stated['bases'][number]);
    return base.importance * 2 ** (-Math.max(0, moment - base.from) / DAY / halfLife[type]);
  }

  beforeAll(async () => {
    const given = (Object.keys(halfLife) as Type[]).map((type) => ({ type, content: `A ${type}`, importance: 8 }));
    const { memories } = await createMemories({ companion: { key: 'iris' }, memories: given }, caller);
    stated = memories.map((memory: { id: string; recordedAt: string }, index: number) => ({
      id: memory.id,
      type: given[index]?.type,
      bases: [{ importance: 8, from: Date.parse(memory.recordedAt) }],
    }));
    for (const importance of [2, 9]) {
      for (const { id: memoryId, bases } of stated) {
        const { memory } = await updateMemory({ id: memoryId, importance }, caller);
        bases.push({ importance, from: Date.parse(memory.updatedAt) });
      }
    }
  });

  const close = (value: number) => expect.closeTo(value, 9);
  /** Moments before, among and after those at which importance was stated. */
  const moment = fc.oneof(
    fc.integer({ min: -400, max: 4000 }).map((count) => ({ from: 'now' as const, offset: count * DAY })),
    fc.record({ from: fc.constantFrom(0, 1, 2), offset: fc.constantFrom(-1, 0, 1) }),
  );
  const resolve = ({ from, offset }: { from: 'now' | number; offset: number }, { bases }: Stated, now: number) =>
    (from === 'now' ? now : (bases[from]?.from as number)) + offset;

  test('on any day is what the formula says, from what was stated by then', async () => {
    await fc.assert(
      fc.asyncProperty(moment, fc.nat({ max: 4 }), async (when, which) => {
        const memory = stated[which] as Stated;
        const on = resolve(when, memory, Date.now());
        const answer = await service.run(
          `query ($id: ID!, $on: DateTime!) {
            memory(id: $id) { importance(on: $on) }
            then: memory(id: $id, at: {validAt: $on}) { importance }
            listed: memories(at: {validAt: $on}, filter: {statuses: [ACTIVE, UPCOMING]}) { nodes { id importance } } }`,
          { id: memory.id, on: new Date(on).toISOString() },
          caller,
        );
        expect(answer.memory?.importance).toEqual(close(importanceAt(memory, on)));
        expect(answer.then?.importance).toEqual(close(importanceAt(memory, on)));
        for (const node of answer.listed.nodes) {
          const other = stated.find((each) => node.id.startsWith(each.id)) as Stated;
          expect(node.importance).toEqual(close(importanceAt(other, on)));
        }
      }),
      { numRuns: 40 },
    );
  });

  test('at an earlier knowledge is from what was stated by then, whenever it is asked about', async () => {
    await fc.assert(
      fc.asyncProperty(moment, fc.constantFrom(0, 1, 2), fc.nat({ max: 4 }), async (when, base, which) => {
        const memory = stated[which] as Stated;
        const knownAt = (memory.bases[base] as Stated['bases'][number]).from;
        const on = resolve(when, memory, knownAt);
        const answer = await service.run(
          `query ($id: ID!, $on: DateTime!, $knownAt: DateTime!) {
            memory(id: $id, at: {knownAt: $knownAt}) { importance(on: $on) }
            then: memory(id: $id, at: {knownAt: $knownAt, validAt: $on}) { importance } }`,
          { id: memory.id, on: new Date(on).toISOString(), knownAt: new Date(knownAt).toISOString() },
          caller,
        );
        expect(answer.memory?.importance).toEqual(close(importanceAt(memory, on, knownAt)));
        expect(answer.then?.importance).toEqual(close(importanceAt(memory, on, knownAt)));
      }),
      { numRuns: 40 },
    );
  });

  test('filters and orders a list by what it was at the point read', async () => {
    const names = async (args: string) => {
      const { memories } = await service.runUntyped(
        `{ memories(${args}, orderBy: {field: IMPORTANCE, direction: ASC}) { nodes { id type importance } } }`,
        {},
        caller,
      );
      const values = memories.nodes.map(({ importance }: { importance: number }) => importance);
      expect(values).toEqual(values.toSorted((a: number, b: number) => a - b));
      return memories.nodes.map(({ type }: { type: string }) => type);
    };
    // The memory that was stated again last is the instruction: between the two rounds it alone is below 8 or above 2.
    const [first, second] = (stated.at(-1) as Stated).bases.slice(1).map(({ from }) => from) as [number, number];
    const at = (time: number) => `at: {validAt: "${new Date(time).toISOString()}"}`;
    const before = await names(`${at(first - 1)}, filter: {minImportance: 7}`);
    expect(before).toEqual(['INSTRUCTION']);
    expect(sorted(await names(`${at(second - 1)}, filter: {minImportance: 7}`))).toEqual([
      'EXPERIENCE',
      'FACT',
      'PREFERENCE',
      'REFLECTION',
    ]);
    expect((await names(at(second - 1)))[0]).toBe('INSTRUCTION');
    expect((await names(at(first - 1))).at(-1)).toBe('INSTRUCTION');
  });
});

describe('updatedAt', () => {
  test('is moved by changes, never by reading', async () => {
    const caller = { workspace: 'reading' };
    const { memories } = await createMemories(
      {
        companion: { key: 'iris' },
        memories: [
          { ref: 'a', content: 'The river rose', type: 'FACT', entities: [{ name: 'river', type: 'place' }] },
          { ref: 'b', content: 'It rained', type: 'FACT' },
        ],
        relations: [{ from: { ref: 'b' }, to: { ref: 'a' }, type: 'CAUSES' }],
      },
      caller,
    );
    const [{ id: memoryId, updatedAt, recordedAt: recorded }] = memories;
    expect(updatedAt).toBe(recorded);
    const fields = 'id content status importance(on: "2030-01-01T00:00:00Z") updatedAt accessCount lastAccessedAt';
    for (let reading = 0; reading < 3; reading++) {
      const {
        memory,
        node,
        memories: list,
        recall,
        entities: found,
      } = await service.runUntyped(
        `query ($id: ID!) {
          memory(id: $id, at: {validAt: "2030-01-01T00:00:00Z"}) { ${fields} relations { edges { neighbor { ${fields} } } } }
          node(id: $id) { ... on Memory { ${fields} } }
          memories(orderBy: {field: IMPORTANCE}) { nodes { ${fields} entities { nodes { name } } } }
          recall(input: {query: "river", companion: {key: "iris"}}) { nodes { ${fields} } }
          entities { nodes { memories { nodes { ${fields} } } } } }`,
        { id: memoryId },
        caller,
      );
      const readings = [memory, node, ...list.nodes, ...recall.nodes, ...found.nodes[0].memories.nodes].filter((each) =>
        each.id.startsWith(memoryId),
      );
      expect(readings).toHaveLength(5);
      for (const each of readings) expect(each).toMatchObject({ updatedAt, accessCount: 0, lastAccessedAt: null });
    }
    const updated = await updateMemory({ id: memoryId, summary: 'high water' }, caller);
    expect(Date.parse(updated.memory.updatedAt)).toBeGreaterThan(Date.parse(updatedAt));
    const unchanged = await updateMemory({ id: memoryId }, caller);
    expect(unchanged.memory.updatedAt).toBe(updated.memory.updatedAt);
    const archived = await archiveMemories({ ids: [memoryId] }, caller);
    expect(Date.parse(archived.memories[0].updatedAt)).toBeGreaterThan(Date.parse(updated.memory.updatedAt));
    const again = await archiveMemories({ ids: [memoryId] }, caller);
    expect(again.memories[0].updatedAt).toBe(archived.memories[0].updatedAt);
  });
});
