import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { write } from '../src/db/write.ts';
import { upsertEntities } from '../src/domain/entity/upsert.ts';
import { parseId } from '../src/kernel/ids.ts';
import { searchText } from '../src/kernel/input.ts';
import { patience } from './support/calibration.ts';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import { type Caller, useService } from './support/service.ts';

// Names of entities are words of the memories that mention them, by both roads that look for words.

vi.setConfig({ testTimeout: patience(60_000) });

const service = useService();
const mergeEntities = mutation(service, 'mergeEntities', 'entity { id }');
const updateMemory = mutation(service, 'updateMemory', 'memory { id }');
const forgetMemories = mutation(service, 'forgetMemories', 'forgottenIds');

type Given = string | { content: string; names?: readonly string[]; [field: string]: unknown };

/** Makes one memory of each; `names` are those of persons that it mentions. */
async function remember(key: string, given: readonly Given[], caller?: Caller): Promise<string[]> {
  const memories = given.map((each) => {
    const { names = [], ...rest } = typeof each === 'string' ? { content: each } : each;
    return { type: 'FACT', entities: names.map((name) => ({ type: 'person', name })), ...rest };
  });
  const made = await createMemories(service, { companion: { key }, memories }, caller);
  return made.memories.map(({ id }) => id);
}

interface Asked {
  at?: object | undefined;
  caller?: Caller | undefined;
  user?: string | undefined;
}

const RECALL = `query ($input: RecallInput!, $at: PointInTime, $first: Int, $after: String) {
  recall(input: $input, at: $at, first: $first, after: $after) {
    pageInfo { endCursor hasNextPage }
    edges { score node { id content } explanation { lexical highest lengthFactor lengthDivisor spread matchedTerms
      terms { term weight frequency frequencyInPassage isOfName } passage { from } cues { name } } } } }`;

async function recall(key: string, query: string, { at, caller, user }: Asked = {}) {
  const of = user ? { user: { externalId: user } } : {};
  const input = { companion: { key }, query, mode: 'LEXICAL', ...of };
  const { recall: found } = await service.runUntyped(RECALL, { input, at, first: 100 }, caller);
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
  return found.edges as any[];
}

/** What a question finds by words, best first. */
const recalled = async (key: string, query: string, asked?: Asked): Promise<string[]> =>
  (await recall(key, query, asked)).map(({ node }) => node.content);

/** What a text filter lets through, in alphabetical order. */
async function filtered(key: string, text: string, { at, caller, user }: Asked = {}): Promise<string[]> {
  const { memories } = await service.runUntyped(
    `query ($key: String!, $text: String!, $at: PointInTime, $user: UserRef) {
      memories(companion: {key: $key}, user: $user, filter: {text: $text}, at: $at, first: 100) { totalCount nodes { content } } }`,
    { key, text, at, user: user ? { externalId: user } : null },
    caller,
  );
  expect(memories.totalCount).toBe(memories.nodes.length);
  return memories.nodes.map(({ content }: { content: string }) => content).toSorted();
}

const entityId = async (key: string, name: string): Promise<string> => {
  const { entities } = await service.run(
    'query ($key: String!, $name: String!) { entities(filter: {companion: {key: $key}, name: $name}) { nodes { id } } }',
    { key, name },
  );
  return entities.nodes[0]?.id as string;
};

/** A moment that lies between two mutations. */
async function between(): Promise<string> {
  await sleep(5);
  const now = new Date().toISOString();
  await sleep(5);
  return now;
}

const lives = [
  { content: 'Lives in Porto', names: ['Ann Reed'] },
  { content: 'Lives in Oslo', names: ['Ben Cole'] },
  { content: 'Lives in Lima', names: ['Cid Moss'] },
];

describe('what mentions an entity that a question names', () => {
  test('comes first, and says why', async () => {
    await remember('first', lives);
    const found = await recall('first', 'Where does Ann Reed live?');
    expect(found[0].node.content).toBe('Lives in Porto');
    expect(found[0].explanation.matchedTerms.toSorted()).toEqual(['ann', 'live', 'reed']);
    expect(found[0].explanation.terms).toContainEqual({
      term: 'reed',
      weight: expect.closeTo(Math.log(1 + 2.5 / 1.5), 9),
      frequency: 1,
      frequencyInPassage: null,
      isOfName: true,
    });
    expect(found[0].explanation.terms).toContainEqual(expect.objectContaining({ term: 'live', isOfName: false }));
    expect(found[1].explanation.matchedTerms).toEqual(['live']);
  });

  test('is found by the name alone, in a recall and by a text filter', async () => {
    await remember('alone', [...lives, 'The bridge is long']);
    expect(await recalled('alone', 'What do you know of Ann Reed?')).toEqual(['Lives in Porto']);
    expect(await filtered('alone', 'ann reed')).toEqual(['Lives in Porto']);
  });

  test.each([
    ['Ann_Reed', ['Ann Reed', 'ann_reed', 'Reed', "Ann Reed's"]],
    ['Tomás Łuk', ['tomas luk', 'Tomás', 'TOMÁS ŁUK', 'Toma\u0301s']],
    ['Straße AG', ['STRASSE', 'strasse ag', 'Straße']],
    ['Ｃａｆｅ Ｌｕｎａ', ['cafe luna', 'Luna']],
    ['田中太郎', ['田中太郎', '太郎', '田中']],
    ['React/TypeScript', ['react', 'typescript', 'React/TypeScript']],
    ['use_auth.ts', ['use_auth.ts', 'use auth', 'useAuth']],
    ['ann.reed@example.org', ['ann.reed@example.org', 'ann reed']],
  ])('however it is written: %s', async (name, askedFor) => {
    await remember(name, [{ content: 'Signed the lease', names: [name] }, ...lives.slice(1), 'Paid the rent']);
    for (const asked of askedFor) {
      expect.soft((await recalled(name, asked))[0], `recall ${asked}`).toBe('Signed the lease');
      expect.soft(await filtered(name, asked), `filter ${asked}`).toEqual(['Signed the lease']);
    }
  });

  test('is found by a name with a question around it in a script without spaces', async () => {
    await remember('unspaced', [
      { content: '住在大阪', names: ['田中'] },
      { content: '住在京都', names: ['鈴木'] },
    ]);
    expect((await recalled('unspaced', '田中住在哪里？'))[0]).toBe('住在大阪');
  });

  test('two that share a first name both rank before what mentions neither', async () => {
    await remember('two', [
      'Lives in Kyiv',
      { content: 'Lives in Porto', names: ['Ann Reed'] },
      { content: 'Lives in Oslo', names: ['Ann Cole'] },
      { content: 'Lives in Lima', names: ['Ben Cole'] },
    ]);
    const [first, second] = await recalled('two', 'Where does Ann live?');
    expect([first, second].toSorted()).toEqual(['Lives in Oslo', 'Lives in Porto']);
    expect((await recalled('two', 'Where does Ann Cole live?'))[0]).toBe('Lives in Oslo');
    expect(await filtered('two', 'ann')).toEqual(['Lives in Oslo', 'Lives in Porto']);
  });

  test('a name that stands in the content, too, counts as often as it stands there', async () => {
    await remember('both', [{ content: 'Ann Reed, that is Ann, sings', names: ['Ann Reed'] }, ...lives.slice(1)]);
    const [{ explanation }] = await recall('both', 'Ann');
    expect(explanation.terms).toEqual([expect.objectContaining({ term: 'ann', frequency: 2, isOfName: false })]);
  });

  test('a long content has a name as it has a word: a reader can recompute what it scores', async () => {
    await remember('long', [
      { content: `Lives in Porto. ${'It rained again. '.repeat(60)}`, names: ['Ann Reed'] },
      ...lives.slice(1),
    ]);
    const [{ explanation: e }] = await recall('long', 'Where does Ann Reed live?');
    const own = e.terms.map(
      ({ weight, isOfName }: { weight: number; isOfName: boolean }) =>
        (weight * 2) / (1 + (isOfName ? e.lengthFactor : Math.SQRT2)),
    );
    expect(e.lengthFactor).toBeGreaterThan(Math.SQRT2);
    expect(e.passage).toEqual({ from: 0 });
    expect(e.lexical).toBeCloseTo(
      own.reduce((sum: number, part: number) => sum + part, 0) / e.lengthDivisor / e.highest,
      9,
    );
    expect(e.matchedTerms).toHaveLength(3);
  });

  test('a name counts with every passage of a long content, and more in one that says it', async () => {
    const rain = 'It rained again. '.repeat(60);
    await remember('passages', [{ content: `Ann Reed sings. ${rain} Moved to Porto. ${rain}`, names: ['Ann Reed'] }]);
    const termsOf = async (query: string) => {
      const [{ explanation }] = await recall('passages', query);
      const terms = explanation.terms as { term: string; frequency: number; frequencyInPassage: number | null }[];
      const counted = terms.map(({ term, ...counts }) => [term, counts.frequency, counts.frequencyInPassage]);
      return [explanation.passage.from > 0, ...counted.toSorted()];
    };
    expect(await termsOf('porto ann move')).toEqual([true, ['ann', 1, null], ['move', 1, 1], ['porto', 1, 1]]);
    expect(await termsOf('ann')).toEqual([false, ['ann', 1, 1]]);
  });

  test('names spread along FOLLOWS as words do', async () => {
    await createMemories(service, {
      companion: { key: 'spread' },
      memories: [
        { ref: 'a', type: 'FACT', content: 'Met at the mill', entities: [{ type: 'person', name: 'Ann Reed' }] },
        { ref: 'b', type: 'FACT', content: 'It was raining' },
      ],
      relations: [{ from: { ref: 'b' }, to: { ref: 'a' }, type: 'FOLLOWS' }],
    });
    expect(await recalled('spread', 'Ann Reed')).toEqual(['Met at the mill', 'It was raining']);
  });
});

describe('names that are words', () => {
  test('of a month or another word name an entity only where the question means it', async () => {
    await remember('may', [
      { content: 'Bought a kettle', names: ['May'] },
      { content: 'Likes tea', names: ['Will Smith'] },
      { content: 'Opened the fair', names: ['Noah'] },
    ]);
    expect(await recalled('may', 'What did May do?')).toEqual(['Bought a kettle']);
    expect(await recalled('may', 'What happened in May?')).toEqual([]);
    expect(await recalled('may', 'What does Will like?')).toEqual(['Likes tea']);
    expect((await recall('may', 'What will Noah do?')).map(({ node }) => node.content)).toEqual(['Opened the fair']);
  });

  test('of stop words alone are found as a whole, and in quotes', async () => {
    await remember('stop', [
      { content: 'Played in Leeds', names: ['The Who'] },
      { content: 'Ate a pie', names: ['Ann'] },
    ]);
    expect(await recalled('stop', 'When did The Who play?')).toEqual(['Played in Leeds']);
    expect(await filtered('stop', '"the who"')).toEqual(['Played in Leeds']);
    expect(await filtered('stop', 'the who')).toEqual([]);
    expect(await recalled('stop', 'Who ate the pie?')).toEqual(['Ate a pie']);
  });
});

describe('statements', () => {
  test('are as many where a question or a filter names an entity', async () => {
    await remember('statements', lives);
    const asked = (query: string) =>
      service.countStatements(RECALL, {
        input: { companion: { key: 'statements' }, query, mode: 'LEXICAL' },
        first: 3,
      });
    expect(await asked('Where does Ann Reed live?')).toBe(await asked('Where does one live?'));
    const listed = (text: string) =>
      service.countStatements('query ($text: String!) { memories(filter: {text: $text}) { nodes { id } } }', { text });
    expect(await listed('"ann reed" or ann -ben re*')).toBe(await listed('lives'));
  });

  test('stay within bounds where a question names more than can be followed', async () => {
    const names = Array.from({ length: 120 }, (_, at) => `Ann ${'abcdefghij'[at % 10]}${at}`);
    await remember(
      'names',
      names.map((name) => ({ content: `Met ${name}`, names: [name] })),
    );
    expect((await recalled('names', `Ann ${names.at(-1)} ${'Ann and Ann '.repeat(600)}`))[0]).toBe(
      `Met ${names.at(-1)}`,
    );
    expect((await recalled('names', names.join(' '))).length).toBeGreaterThan(90);
  });
});

test('the name of a speaker says whose memories are meant, and is looked for in no name', async () => {
  await remember('speaker', [
    { content: 'I bought a lamp', context: { speaker: 'Noah' } },
    { content: 'He bought a kettle', names: ['Noah'], context: { speaker: 'Maya' } },
  ]);
  const found = await recall('speaker', 'What did Noah buy?');
  expect(found[0]).toMatchObject({
    node: { content: 'I bought a lamp' },
    explanation: { cues: [{ name: 'speaker' }] },
  });
  for (const { explanation } of found) expect(explanation.matchedTerms).toEqual(['buy']);
});

describe('a name follows a merge', () => {
  test('from its moment on, and not before', async () => {
    await remember('merge', [
      { content: 'Lives in Porto', names: ['Ann Reed'] },
      { content: 'Sings on Mondays', names: ['Birdie'] },
      { content: 'Lives in Oslo', names: ['Ben Cole'] },
    ]);
    const before = await between();
    await mergeEntities({ fromIds: [await entityId('merge', 'Birdie')], intoId: await entityId('merge', 'Ann Reed') });
    const after = await between();
    const both = ['Lives in Porto', 'Sings on Mondays'];
    expect((await recalled('merge', 'What of Birdie?')).toSorted()).toEqual(both);
    expect((await recalled('merge', 'What of Ann Reed?')).toSorted()).toEqual(both);
    expect(await filtered('merge', 'birdie')).toEqual(both);
    expect(await filtered('merge', 'birdie ann')).toEqual(both);
    for (const [at, found] of [
      [{ knownAt: before }, ['Sings on Mondays']],
      [{ knownAt: after }, both],
    ] as const) {
      expect((await recalled('merge', 'What of Birdie?', { at })).toSorted()).toEqual(found);
      expect(await filtered('merge', 'birdie', { at })).toEqual(found);
    }
    expect(await filtered('merge', 'birdie ann', { at: { knownAt: before } })).toEqual([]);
  });

  test('a memory that names what was merged later has the names of both', async () => {
    await remember('later', [
      { content: 'One', names: ['Ann Reed'] },
      { content: 'Two', names: ['Birdie'] },
    ]);
    await mergeEntities({ fromIds: [await entityId('later', 'Birdie')], intoId: await entityId('later', 'Ann Reed') });
    await remember('later', [{ content: 'Three', names: ['birdie'] }]);
    expect((await recalled('later', 'Reed')).toSorted()).toEqual(['One', 'Three', 'Two']);
  });

  test('an alias that an entity was given is a name of it', async () => {
    await remember('alias', lives);
    const { companion } = await service.run('{ companion(by: {key: "alias"}) { id } }');
    await write(await service.tenant(), (tx) =>
      upsertEntities(tx, parseId(companion?.id as string)?.uuid as string, [
        { type: 'person', name: 'Ann Reed', aliases: ['Birdie'] },
      ]),
    );
    expect(await recalled('alias', 'Where is Birdie?')).toEqual(['Lives in Porto']);
    expect(await filtered('alias', 'birdie')).toEqual(['Lives in Porto']);
  });
});

describe('what no longer mentions an entity', () => {
  test('has its name no longer, but in the past', async () => {
    const [id] = await remember('ended', lives);
    const before = await between();
    await updateMemory({ id, entities: [{ type: 'person', name: 'Dee' }] });
    expect(await recalled('ended', 'Ann Reed')).toEqual([]);
    expect(await recalled('ended', 'Dee')).toEqual(['Lives in Porto']);
    expect(await filtered('ended', 'reed')).toEqual([]);
    const at = { knownAt: before };
    expect(await recalled('ended', 'Ann Reed', { at })).toEqual(['Lives in Porto']);
    expect(await recalled('ended', 'Dee', { at })).toEqual([]);
    expect(await filtered('ended', 'reed', { at })).toEqual(['Lives in Porto']);
  });

  test('pages of a recall stay what the first one saw', async () => {
    const ids = await remember(
      'pages',
      lives.map(({ content }) => ({ content, names: ['Ann Reed'] })),
    );
    const input = { companion: { key: 'pages' }, query: 'Ann Reed', mode: 'LEXICAL' };
    const { recall: first } = await service.runUntyped(RECALL, { input, first: 1 });
    const before = await recalled('pages', 'Ann Reed');
    await updateMemory({ id: ids[0], entities: [] });
    await updateMemory({ id: ids[2], entities: [] });
    const { recall: rest } = await service.runUntyped(RECALL, { input, first: 5, after: first.pageInfo.endCursor });
    expect([...first.edges, ...rest.edges].map(({ node }) => node.content)).toEqual(before);
    expect(before).toHaveLength(3);
  });
});

describe('whose names they are', () => {
  test('another workspace’s and another companion’s name nothing', async () => {
    await remember('mine', ['Lives in Porto', 'The rest']);
    await remember('mine', lives, { workspace: 'other' });
    await remember('yours', lives);
    expect(await recalled('mine', 'Ann Reed')).toEqual([]);
    expect(await filtered('mine', 'reed')).toEqual([]);
    expect(await recalled('mine', 'Ann Reed', { caller: { workspace: 'other' } })).toEqual(['Lives in Porto']);
    expect(await filtered('mine', 'reed', { caller: { workspace: 'other' } })).toEqual(['Lives in Porto']);
  });

  test('of memories about one user, only theirs are found', async () => {
    await remember('users', [
      { content: 'Lives in Porto', names: ['Ann Reed'], user: { externalId: 'maya' } },
      { content: 'Lives in Oslo', names: ['Ann Reed'], user: { externalId: 'noah' } },
      { content: 'Lives in Lima', names: ['Ann Reed'] },
    ]);
    expect(await recalled('users', 'Ann Reed', { user: 'maya' })).toEqual(['Lives in Porto']);
    expect(await filtered('users', 'reed', { user: 'maya' })).toEqual(['Lives in Porto']);
    expect(await recalled('users', 'Ann Reed')).toHaveLength(3);
  });

  test('a restricted credential finds by the names that what it sees mentions, and learns of no others', async () => {
    await remember('restricted', [
      { content: 'Lives in Porto', names: ['Ann Reed', 'Common'], user: { externalId: 'zoe' } },
      { content: 'Sings on Mondays', names: ['Birdie'], user: { externalId: 'yan' } },
      { content: 'Lives in Oslo', names: ['Ben Cole', 'Common'], user: { externalId: 'yan' } },
    ]);
    await mergeEntities({
      fromIds: [await entityId('restricted', 'Birdie')],
      intoId: await entityId('restricted', 'Ann Reed'),
    });
    const { user } = await service.runUntyped('{ user(by: {externalId: "zoe"}) { id } }');
    const caller = { restriction: { companions: null, users: [parseId(user.id)?.uuid as string] } };
    expect(await recalled('restricted', 'Ann Reed', { caller })).toEqual(['Lives in Porto']);
    expect(await recalled('restricted', 'Common', { caller })).toEqual(['Lives in Porto']);
    expect(await filtered('restricted', 'common', { caller })).toEqual(['Lives in Porto']);
    // The name that only hidden memories use is none to it, as among the aliases that it reads.
    for (const name of ['Birdie', 'Ben Cole']) {
      expect(await recalled('restricted', name, { caller })).toEqual([]);
      expect(await filtered('restricted', name, { caller })).toEqual([]);
    }
    expect(await recalled('restricted', 'Birdie')).toHaveLength(2);
  });

  test('forgetting takes a name with the last that mentions it', async () => {
    const [porto] = await remember('forgotten', [...lives, { content: 'Sings', names: ['Birdie'] }]);
    await mergeEntities({
      fromIds: [await entityId('forgotten', 'Ann Reed')],
      intoId: await entityId('forgotten', 'Birdie'),
    });
    expect((await recalled('forgotten', 'Ann Reed')).toSorted()).toEqual(['Lives in Porto', 'Sings']);
    await forgetMemories({ ids: [porto] });
    expect(await recalled('forgotten', 'Ann Reed')).toEqual([]);
    expect(await filtered('forgotten', 'reed')).toEqual([]);
    expect(await recalled('forgotten', 'Birdie')).toEqual(['Sings']);
  });
});

describe('an entity that very many memories mention', () => {
  test('takes nothing from what else was asked for', async () => {
    const many = Array.from({ length: 900 }, (_, at) => ({ content: `Note ${at} of the day`, names: ['Ann Reed'] }));
    const kilns = Array.from({ length: 110 }, (_, at) => ({ content: `Kiln ${at} cooled`, names: ['Ben Cole'] }));
    await remember('many', [{ content: 'Sold the kiln', names: ['Ann Reed'] }]);
    await remember('many', many);
    await remember('many', kilns);
    const found = await recall('many', 'What did Ann Reed do with the kiln?');
    expect(found[0].node.content).toBe('Sold the kiln');
    expect(found[0].explanation.matchedTerms.toSorted()).toEqual(['ann', 'kiln', 'reed']);
    expect(found).toHaveLength(100);
  });
});

describe('a text filter', () => {
  test.each([
    ['ann lives', ['Ann Reed and Ben: Lives in Porto']],
    ['porto reed', ['Ann Reed and Ben: Lives in Porto']],
    ['ann ben', ['Ann Reed and Ben: Lives in Porto']],
    ['"ann reed"', ['Ann Reed and Ben: Lives in Porto']],
    ['"reed ben"', []],
    ['"reed lives"', []],
    ['ree*', ['Ann Reed and Ben: Lives in Porto']],
    ['lives -ann', ['Ben: Lives in Oslo']],
    ['lives -"ann reed"', ['Ben: Lives in Oslo']],
    ['lives -re*', ['Ben: Lives in Oslo']],
    ['ben -porto', ['Ben: Lives in Oslo']],
    ['reed or rain', ['Ann Reed and Ben: Lives in Porto', 'It rains']],
    ['ben -lives', []],
    ['-"the weather" rain', ['It rains']],
    ['ann the', ['Ann Reed and Ben: Lives in Porto']],
    ['reed or the', ['Ann Reed and Ben: Lives in Porto']],
  ])('takes each word from content or names: %s', async (text, found) => {
    const key = 'each';
    await remember(key, [
      { content: 'Lives in Porto', names: ['Ann Reed', 'Ben'] },
      { content: 'Lives in Oslo', names: ['Ben'] },
      'It rains',
    ]);
    const contents = found.map((each) => each.split(': ').at(-1));
    expect(await filtered(key, text)).toEqual(contents.toSorted());
  });

  test('finds what it would if the names stood in the content', async () => {
    const words = [
      'ann',
      'Reed',
      'Tomás',
      'use_auth.ts',
      'the',
      'who',
      '東京',
      '2026-03-01',
      '1,450',
      'C++',
      'organizer',
    ];
    // In a phrase, 東 may stand anywhere in the text and any word in its place: also one that joins two names.
    const isMixed = (part: string, place: number) => place % 2 === 1 && part.includes('東') && /[^東京 ]/.test(part);
    const text = fc
      .array(fc.constantFrom(...words, 'or', '-', '"', '*', 'an', 'organiz', 'tomas', '東', ' ', ' '), {
        minLength: 1,
        maxLength: 8,
      })
      .map((parts) => parts.join(' ').replaceAll('- ', '-').replaceAll(' *', '*'))
      .filter((each) => searchText.safeParse(each).success && !each.split('"').some(isMixed));
    const some = fc.array(fc.constantFrom(...words), { maxLength: 3 }).map((of) => of.join(' '));
    let cases = 0;
    await fc.assert(
      fc.asyncProperty(
        some,
        fc.array(some, { maxLength: 2 }),
        fc.array(text, { minLength: 10, maxLength: 10 }),
        async (content, names, texts) => {
          const given = names.filter((name) => name !== '');
          const mentions = { content: `zz ${content}`, names: given };
          const says = { content: ['zz', content, ...given].join(' qq ') };
          const [one, other] = [`one ${++cases}`, `other ${cases}`];
          await remember(one, [mentions]);
          await remember(other, [says]);
          for (const each of texts) {
            expect(await filtered(one, each), `${each} in ${JSON.stringify(mentions)}`).toHaveLength(
              (await filtered(other, each)).length,
            );
          }
        },
      ),
      { numRuns: 12 },
    );
  });
});
