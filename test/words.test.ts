import { describe, expect, test } from 'vitest';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';

// Words as people write them, by both roads that look for words: filter.text and recall.

const service = useService();

const remember = (key: string, contents: readonly (string | object)[]) =>
  createMemories(service, {
    companion: { key },
    memories: contents.map((given) => ({ type: 'FACT', ...(typeof given === 'string' ? { content: given } : given) })),
  });

/** The contents that a text filter lets through. */
async function filtered(key: string, text: string): Promise<string[]> {
  const { memories } = await service.run(
    'query ($key: String!, $text: String!) { memories(companion: {key: $key}, filter: {text: $text}, first: 50) { nodes { content } } }',
    { key, text },
  );
  return memories.nodes.map(({ content }) => content).toSorted();
}

/** The contents that a question finds by words, best first. */
async function recalled(key: string, query: string): Promise<{ content: string; terms: readonly string[] }[]> {
  const { recall } = await service.run(
    `query ($key: String!, $query: String!) { recall(input: {companion: {key: $key}, query: $query, mode: LEXICAL}, first: 50) {
      edges { node { content } explanation { matchedTerms } } } }`,
    { key, query },
  );
  return recall.edges.map(({ node, explanation }) => ({ content: node.content, terms: explanation.matchedTerms }));
}

const filler = ['Nothing of the kind', 'She likes the lake'];

test.each([
  [
    'The check lives in src/plugins/use_auth.ts',
    ['use_auth.ts', 'use_auth', 'plugins', 'src/plugins', 'auth', 'USE_AUTH.TS'],
  ],
  ['Uses TypeScript/React and PostgreSQL', ['react', 'typescript', 'TypeScript/React', 'postgresql', 'script']],
  ['Ticket ABC-1234 is blocked', ['ABC-1234', 'abc 1234', '1234', 'abc1234']],
  ['The rent is 1,450 euros a month', ['1450', '1,450', "1'450", '1\u202f450']],
  ['The deposit is 1.450 euros', ['1450', '1.450']],
  ['Branch feature/login-form was merged', ['login-form', 'login', 'feature/login-form', 'login_form']],
  ['a well-known vendor', ['known', 'well-known', 'well known']],
  [
    'See https://wiki.example.org/teams/platform?tab=oncall for the rota',
    ['oncall', 'wiki.example.org', 'example', 'platform'],
  ],
  ['Write to ann.reed@example.org', ['ann.reed@example.org', 'reed', 'example.org', 'ann reed']],
  ['Runs on v2.14.3 since May', ['v2.14.3', '2.14', 'v2.14']],
  ['Call parseHTTPRequest first', ['parse', 'request', 'parseHTTPRequest', 'parsehttprequest', 'parse_http_request']],
  ['The parcel weighs 12kg', ['12kg', '12 kg', '12']],
  ['The crate weighs 12 kg', ['12kg', '12 kg']],
  ['She writes C++ and C#', ['C++', 'c#']],
  ['Tomás signed the lease in São João', ['tomas', 'Tomás', 'sao joao', '"tomas signed"', 'SÃO']],
  ['Cafe\u0301 Luna opens at eight', ['café', 'cafe', 'CAFÉ', '"café luna"']],
  ['Ｆｕｌｌ ｗｉｄｔｈ １２３', ['full', 'width', '123', 'Ｆｕｌｌ']],
  ['The ﬁle is in Łódź on the Straße', ['file', 'lodz', 'łódź', 'STRASSE', 'strasse']],
  ['今天玩成语接龙游戏', ['成语接龙', '游戏', '龙']],
  ['今日は成語しりとりをした', ['しりとり', '成語']],
  ['ฉันชอบกินข้าวผัด', ['ข้าวผัด']],
  ['Neues iPhone手机 gekauft', ['iphone', '手机', 'iPhone手机']],
  [
    'We met on March 1st, 2026',
    ['2026-03-01', '1 March 2026', '01.03.2026', 'March 1, 2026', '1. März 2026', '1 de marzo de 2026'],
  ],
  ['Due 2026-03-01T10:00:00Z sharp', ['March 1st, 2026', '1 March', '2026-03-01', '2026/03/01']],
])('%j is found by each of %j', async (content, texts) => {
  await remember(content, [content, ...filler]);
  for (const text of texts) {
    expect.soft(await filtered(content, text), `filter ${text}`).toEqual([content]);
    expect.soft((await recalled(content, text))[0]?.content, `recall ${text}`).toBe(content);
  }
});

describe('the day a memory became true', () => {
  const wordings = [
    '1 March 2026',
    '2026-03-01',
    'March 1st, 2026',
    '01 March 2026',
    '01.03.2026',
    '1st of March 2026',
    '2026/03/01',
    'March 1',
    '3/1/2026',
  ];

  test.each(wordings)('is found as %j', async (wording) => {
    await remember(wording, [
      { type: 'EXPERIENCE', content: 'Avery met the landlord', validFrom: '2026-03-01T12:00:00Z' },
      { type: 'EXPERIENCE', content: '[2026-03-09] Sprint review', validFrom: '2026-03-09T10:00:00Z' },
      { type: 'EXPERIENCE', content: 'Avery repaired the bike', validFrom: '2026-11-27T10:00:00Z' },
    ]);
    expect((await recalled(wording, `What happened on ${wording}?`))[0]?.content).toBe('Avery met the landlord');
    // A filter looks for words that were said.
    expect(await filtered(wording, wording)).toEqual([]);
  });

  test('is the day of the offset it was given with', async () => {
    const days = [
      ['dentist', '2026-03-01T00:30:00+02:00'],
      ['barber', '2026-03-01T23:30:00-05:00'],
      ['tailor', '2026-03-01T00:00:00Z'],
    ] as const;
    await remember(
      'offset',
      days.map(([content, validFrom]) => ({ content: `Saw the ${content}`, validFrom })),
    );
    const onFirst = async () =>
      (await recalled('offset', 'on 1 March 2026')).filter(({ terms }) => terms.includes('--03-01'));
    expect((await onFirst()).length).toBe(3);
    const [{ memories }] = [
      await service.run(
        'query { memories(companion: {key: "offset"}, filter: {text: "dentist"}) { nodes { id validFrom } } }',
      ),
    ];
    const [dentist] = memories.nodes as [{ id: string; validFrom: string }];
    expect(dentist.validFrom).toBe('2026-02-28T22:30:00.000Z');
    // It stays so where other things are said about the memory, or it is corrected.
    await mutation(service, 'updateMemory', 'memory { id }')({ id: dentist.id, summary: 'A check' });
    expect((await onFirst()).length).toBe(3);
    await mutation(
      service,
      'correctMemory',
      'memory { id }',
    )({ id: dentist.id, kind: 'MISTAKE', content: 'Saw the orthodontist' });
    expect((await onFirst()).map(({ content }) => content).toSorted()).toEqual([
      'Saw the barber',
      'Saw the orthodontist',
      'Saw the tailor',
    ]);
  });
});

describe('a text filter', () => {
  const said = [
    'The Who played in Leeds',
    'Who is the boss?',
    'A band called Anna',
    'To be or not to be, said Noah',
    'The organization grew',
    'An organizer came',
    'Postgres and more',
    'Épices du marché',
  ];
  test.each([
    ['"The Who"', ['The Who played in Leeds']],
    ['"the who" played', ['The Who played in Leeds']],
    ['"to be or not to be"', ['To be or not to be, said Noah']],
    ['"who is the boss"', ['Who is the boss?']],
    ['"is the boss"', ['Who is the boss?']],
    ['"was the boss"', []],
    ['played -"the who"', []],
    ['boss or "the who"', ['The Who played in Leeds', 'Who is the boss?']],
    ['“The Who”', ['The Who played in Leeds']],
    ['the who', []],
    ['organiz*', ['An organizer came', 'The organization grew']],
    ['organizat*', ['The organization grew']],
    ['postg*', ['Postgres and more']],
    ['epic*', ['Épices du marché']],
    ['épi*', ['Épices du marché']],
    ['organiz* -grew', ['An organizer came']],
    ['grew -organiz*', []],
    ['nothing*', []],
    ['"band called" -boss', ['A band called Anna']],
    ['band - boss', []],
  ])('%s', async (text, contents) => {
    await remember('filter', said);
    expect(await filtered('filter', text)).toEqual(contents);
  });

  test.each(['-boss', '-"the who"', 'boss or -band', '-boss -band', '-org*', '－boss'])(
    'that only excludes is INVALID_INPUT: %s',
    async (text) => {
      const { errors } = await service.sendUntyped(
        'query ($text: String!) { memories(filter: {text: $text}) { totalCount } }',
        { text },
      );
      expect(errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT' } }]);
      expect(JSON.stringify(errors)).toContain('say what to look for beside it');
    },
  );
});

test('a day is asked for alike in every wording, by words and vectors together', async () => {
  await remember('one wording', [
    { type: 'EXPERIENCE', content: 'Avery met the landlord', validFrom: '2026-03-01T12:00:00Z' },
    { type: 'EXPERIENCE', content: 'Avery saw the dentist', validFrom: '2026-03-01T00:30:00+02:00' },
    { type: 'EXPERIENCE', content: '[2026-03-09] Sprint review', validFrom: '2026-03-09T10:00:00Z' },
  ]);
  const similarities = async (query: string) => {
    const { recall } = await service.run(
      `query ($query: String!) { recall(input: {companion: {key: "one wording"}, query: $query}) {
        edges { node { content } explanation { similarity } } } }`,
      { query },
    );
    return recall.edges.map(({ node, explanation }) => [node.content, explanation.similarity]);
  };
  const usual = await similarities('What happened on 1 March 2026?');
  expect(usual.length).toBeGreaterThan(1);
  for (const wording of ['2026-03-01', 'March 1st, 2026', '01 March 2026', '01.03.2026'])
    expect(await similarities(`What happened on ${wording}?`)).toEqual(usual);
});

test('an entity is listed by a name without its accents', async () => {
  await remember('entities', [
    { content: 'Signed the lease', entities: [{ type: 'person', name: 'Tomás Łuk' }] },
    { content: 'Runs a shop', entities: [{ type: 'person', name: 'Jo' }] },
  ]);
  for (const name of ['tomas', 'TOMÁS', 'Tomas ', 'tomás łuk']) {
    const { entities } = await service.run(
      'query ($name: String!) { entities(filter: {companion: {key: "entities"}, name: $name}) { nodes { name } } }',
      { name },
    );
    expect(entities.nodes).toEqual([{ name: 'Tomás Łuk' }]);
  }
});
