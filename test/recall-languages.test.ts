import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { DatabaseUnavailable } from '../src/db/database.ts';
import { openEmbedded } from '../src/db/embedded.ts';
import { openWorkspace } from '../src/domain/workspace/workspaces.ts';
import { scopes } from '../src/graphql/core/context.ts';
import { createService, type Service } from '../src/http/server.ts';
import { openTestDatabase } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { createMemories } from './support/memories.ts';
import { useService } from './support/service.ts';

const service = useService();

const remember = (key: string, contents: readonly (string | object)[]) =>
  createMemories(service, {
    companion: { key },
    memories: contents.map((given) => ({ type: 'FACT', ...(typeof given === 'string' ? { content: given } : given) })),
  });
const RECALL = `query ($input: RecallInput!) { recall(input: $input) {
  edges { node { content } explanation { matchedTerms cues { name } } } } }`;
/** What a question finds by its words, best first: contents, matched terms, names of cues. */
const recall = async (key: string, query: string) => {
  const { recall: found } = await service.run(RECALL, { input: { query, companion: { key }, mode: 'LEXICAL' } });
  return found.edges.map(({ node, explanation }: { node: { content: string }; explanation: Explanation }) => ({
    content: node.content,
    terms: explanation.matchedTerms,
    cues: explanation.cues.map(({ name }) => name),
  }));
};
interface Explanation {
  matchedTerms: string[];
  cues: { name: string }[];
}
const found = async (key: string, query: string): Promise<string[]> =>
  (await recall(key, query)).map(({ content }: { content: string }) => content);

describe('English', () => {
  test.each([
    ['What did Maya buy?', 'Maya bought a kettle'],
    ['What has been written?', 'Noah wrote a letter'],
    ['Which child sang?', 'The children were singing'],
    ['Who went?', 'They go to the lake'],
    ['Who was teaching?', 'She taught us chess'],
    ['walking', 'She walked home'],
  ])('the forms of a word are one: %j finds %j', async (query, content) => {
    await remember(content, [content, 'Nothing of the kind']);
    expect(await found(content, query)).toEqual([content]);
  });

  test.each([
    ['What happened in October 2023?', ['broke', 'bought']],
    ['on 13 October', ['broke', 'bought']],
    ['2022', ['mended']],
    ['in April', []],
  ])('the day a memory became true is among its words: %j', async (query, expected) => {
    await remember(query, [
      { content: 'mended', validFrom: '2022-05-04T12:00:00Z' },
      { content: 'bought', validFrom: '2023-10-31T23:59:59Z' },
      { content: 'broke', validFrom: '2023-10-13T00:00:00Z' },
    ]);
    const contents = await found(query, query);
    expect(contents.toSorted()).toEqual(expected.toSorted());
    if (query.includes('13')) expect(contents[0]).toBe('broke');
  });
});

describe('what is written without spaces', () => {
  beforeAll(() =>
    remember('unspaced', [
      '東京タワーはとても高いです',
      '大阪で焼きそばを食べた',
      '我喜欢在公园里散步',
      'Maya visited 京都 with Noah in 2024年',
      'แมวชอบกินปลา',
      '서울에서 살고 있어요',
      'ｶﾀｶﾅで書いた',
    ]),
  );
  test.each([
    ['東京', '東京タワーはとても高いです'],
    ['タワーの高さ', '東京タワーはとても高いです'],
    ['焼きそばはどこで食べましたか？', '大阪で焼きそばを食べた'],
    ['公园', '我喜欢在公园里散步'],
    ['他在哪里散步？', '我喜欢在公园里散步'],
    ['京都', 'Maya visited 京都 with Noah in 2024年'],
    ['Did Noah see 京都?', 'Maya visited 京都 with Noah in 2024年'],
    ['ปลา', 'แมวชอบกินปลา'],
    ['서울', '서울에서 살고 있어요'],
    ['カタカナ', 'ｶﾀｶﾅで書いた'],
  ])('%j finds %j', async (query, content) => {
    expect((await found('unspaced', query))[0]).toBe(content);
  });

  test('a question in Japanese is one', async () => {
    await remember('question', ['高いですか？', '高いです']);
    expect(await recall('question', '高い')).toMatchObject([
      { content: '高いです', terms: expect.arrayContaining(['高い', '高']), cues: [] },
      { content: '高いですか？', cues: ['question'] },
    ]);
  });
});

describe('letters', () => {
  test.each([
    ['Кошка живёт в Москве', 'кошка'],
    ['Кошка живёт в Москве', 'МОСКВЕ'],
    ['Η γάτα κοιμάται', 'γάτα'],
    ['ÉCOUTE la mer', 'écoute'],
    ['Straße in Zürich', 'zürich straße'],
    ['Zoë met Łukasz', 'łukasz'],
    ['החתול ישן', 'החתול'],
    ['القطة نائمة', 'القطة'],
    ['Cafe\u0301 in Lisbon', 'cafe\u0301'],
  ])('%j is found by its words, in either case: %j', async (content, query) => {
    const key = `${content} ${query}`;
    await remember(key, [content, 'Nothing of the kind']);
    expect(await found(key, query)).toEqual([content]);
  });

  test.each(['Émilie', 'ÉMILIE', 'Żaneta', 'Иван', "O'Neil", 'Anne-Marie', '田中'])(
    'a speaker called %s',
    async (speaker) => {
      await remember(speaker, [{ content: 'I paint lakes', context: { speaker } }, 'I paint hills']);
      const cues = (await recall(speaker, `What does ${speaker} paint?`)).map(
        ({ content, cues }: { content: string; cues: string[] }) => [content, cues],
      );
      expect(Object.fromEntries(cues)).toEqual({ 'I paint lakes': ['speaker'], 'I paint hills': [] });
    },
  );
});

describe('a service in another language', () => {
  let database: Database;
  let german: Service;
  const name = 'Deutsch';
  beforeAll(async () => {
    const dump = inject('dump');
    database = dump
      ? await openEmbedded({ dump: readFileSync(dump), textSearchConfig: 'german' })
      : { ...(await openTestDatabase()), textSearchConfig: 'german' };
    const embeddings = await localEmbeddings();
    const { workspaceId } = await openWorkspace(database, name, 'operator', embeddings.model);
    const authenticate = async () => ({ workspaceId, credential: 'tester', actor: 'tester', scopes: new Set(scopes) });
    german = createService({ database, embeddings, authenticate, graphiql: false, log: () => {} });
  });
  afterAll(() => database.close());

  const send = async (query: string, variables: object) => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ query, variables });
    const answer = await (await german.fetch('http://test/graphql', { method: 'POST', headers, body })).json();
    expect(answer.errors).toBeUndefined();
    return answer.data;
  };

  test('stems its words and names its months', async () => {
    const companion = { key: 'iris' };
    const memories = [
      { content: 'Die Häuser sind alt', type: 'FACT', validFrom: '2023-03-13T00:00:00Z' },
      { content: 'Der Hund schläft', type: 'FACT', validFrom: '2023-12-24T00:00:00Z' },
    ];
    await send('mutation ($input: CreateMemoriesInput!) { createMemories(input: $input) { __typename } }', {
      input: { companion, memories },
    });
    const contents = async (query: string) => {
      const { recall: list } = await send(RECALL, { input: { query, companion, mode: 'LEXICAL' } });
      return list.edges.map(({ node }: { node: { content: string } }) => node.content);
    };
    expect(await contents('Wie alt ist das Haus?')).toEqual(['Die Häuser sind alt']);
    expect(await contents('Was war im Dezember?')).toEqual(['Der Hund schläft']);
    expect(await contents('Was geschah im März 2023?')).toEqual(['Die Häuser sind alt', 'Der Hund schläft']);
    expect(await contents('Schläft er?')).toEqual(['Der Hund schläft']);
    expect(await contents('die der das sind')).toEqual([]);
  });

  test('is refused a workspace whose words were indexed in another', async () => {
    const english = { ...database, textSearchConfig: 'english' };
    const opening = openWorkspace(english, name);
    await expect(opening).rejects.toThrow(DatabaseUnavailable);
    await expect(opening).rejects.toThrow(
      /^The text of workspace Deutsch was indexed with TEXT_SEARCH_CONFIG=german, not english: set it back/,
    );
    await expect(openWorkspace(english, 'another')).resolves.toMatchObject({ isNew: true });
  });
});
