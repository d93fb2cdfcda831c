import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { createMemories } from './support/memories.ts';
import { serviceOn, type TestService } from './support/service.ts';

/** A vector, for those memories that have one. */
const DIMENSION = 8;
const vector = [1, ...Array.from({ length: DIMENSION - 1 }, () => 0)];

let database: ReturnType<typeof recordStatements>;
let service: TestService;
beforeAll(async () => {
  database = recordStatements(await openTestDatabase());
  // No vectors are made: there are those alone that are given.
  const settings = { EMBEDDING_PROVIDER: 'openai', OPENAI_API_KEY: 'sk-none', EMBEDDING_DIMENSION: `${DIMENSION}` };
  service = serviceOn(database, await localEmbeddings(settings));
});
afterAll(() => database.close());

const RECALL = `query ($input: RecallInput!) { recall(input: $input, first: 100) { edges { score node { id content }
  explanation { similarity lexical spread spreadFrom { content } matchedTerms } } } }`;
// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
type Edge = any;
const recall = async (key: string, input: object): Promise<Edge[]> =>
  (await service.runUntyped(RECALL, { input: { companion: { key }, ...input } })).recall.edges;

/** Remembers contents, each with what it follows: by number, or by id. */
const remember = (
  key: string,
  said: readonly (readonly [content: string, follows?: number | string, more?: object])[],
) =>
  createMemories(service, {
    companion: { key },
    memories: said.map(([content, , more], n) => ({ ref: `${n}`, content, type: 'FACT', ...more })),
    relations: said.flatMap(([, follows], n) =>
      follows === undefined
        ? []
        : [
            {
              type: 'FOLLOWS',
              from: { ref: `${n}` },
              to: typeof follows === 'string' ? { id: follows } : { ref: `${follows}` },
            },
          ],
    ),
  });

/** What may list several versions of one memory. */
const filter = { statuses: ['ACTIVE', 'ENDED', 'RETRACTED'] };

test('a memory that has words, and is near one that has, takes one of the hundred places', async () => {
  const next = Array.from({ length: 50 }, (_, n): [string, number] => [`So much for ${n}`, 50 + n]);
  const row = Array.from({ length: 60 }, (_, n): [string, number?] =>
    n === 0 ? ['Zeppelin 0 lands'] : [`Zeppelin ${n} lands`, next.length + n - 1],
  );
  await remember('rows', [...next, ...row]);
  const edges = await recall('rows', { query: 'zeppelin', mode: 'LEXICAL', filter });
  expect(new Set(edges.map(({ node }) => node.id)).size).toBe(100);
  expect(edges.filter(({ explanation }) => explanation.lexical !== null)).toHaveLength(row.length);
  for (const { explanation } of edges)
    expect((explanation.lexical === null) !== (explanation.spread === null)).toBe(true);
});

test('each version of a memory is scored by its own words, or by those nearby, if these score more', async () => {
  const { memories } = await remember('versions', [['The zeppelin lands'], ['A balloon rises', 0]]);
  const { correctMemory } = await service.runUntyped(
    `mutation ($id: ID!) { correctMemory(input: { id: $id, kind: CHANGE, content: "A zeppelin rises" }) {
      ... on CorrectMemoryPayload { memory { id } } } }`,
    { id: memories[1]?.id },
  );
  const edges = await recall('versions', { query: 'zeppelin', mode: 'LEXICAL', filter });
  const of = (id: string) => edges.filter(({ node }) => node.id === id).map(({ explanation }) => explanation);
  expect(edges).toHaveLength(3);
  expect(of(correctMemory.memory.id)).toMatchObject([{ lexical: 0.5, spread: null, spreadFrom: [] }]);
  expect(of(memories[1]?.id as string)).toMatchObject([
    { lexical: null, spread: expect.closeTo(0.35, 12), matchedTerms: [] },
  ]);
  expect(of(memories[0]?.id as string)).toMatchObject([{ lexical: 0.5, spread: null }]);
});

test('what is found by its vector has what has come to it, however many others have more', async () => {
  // Of each but the first the score spreads to four memories, and less of it to six: to more than a thousand in all.
  const { memories } = await remember(
    'many',
    Array.from({ length: 100 }, (_, n): [string] => [`Zeppelin ${n} lands`]),
  );
  const others = memories
    .slice(1)
    .flatMap(({ id }, source) =>
      Array.from({ length: 10 }, (_, n): [string, string | number] => [
        `So much for ${source} ${n}`,
        n < 4 ? id : source * 10 + Math.floor((n - 4) / 2),
      ]),
    );
  await remember('many', others);
  await remember('many', [
    ['One', memories[0]?.id],
    ['Two', 0],
    ['Three', 1],
    ['The mooring mast', 2, { embedding: vector }],
  ]);
  for (const statuses of [undefined, filter.statuses]) {
    const edges = await recall('many', {
      query: 'zeppelin',
      embedding: vector,
      ...(statuses && { filter: { statuses } }),
    });
    const mast = edges.find(({ node }) => node.content === 'The mooring mast');
    expect(mast?.explanation).toMatchObject({
      similarity: expect.closeTo(1, 6),
      lexical: null,
      spread: expect.closeTo(0.5 * 0.7 ** 4, 12),
      spreadFrom: [{ content: 'Zeppelin 0 lands' }],
    });
  }
});
