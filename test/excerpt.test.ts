import { beforeAll, expect, test } from 'vitest';
import { createMemories } from './support/memories.ts';
import { useService } from './support/service.ts';

const service = useService();

const RECALL = `query ($input: RecallInput!, $at: PointInTime) {
  recall(input: $input, at: $at, first: 50) { edges { node { content } explanation { excerpt { text from until } } } } }`;

const filler = (count: number, of = 'Nothing of note was said about the weather on that day') =>
  `${of}. `.repeat(count);
const contents = {
  middle: `${filler(60)}Maya bought a violin in Lisbon, and the luthier promised to repair its bridge by May. ${filler(60)}`,
  twice: `${filler(20)}A luthier once came by. ${filler(40)}The luthier of Lisbon repairs a violin for Maya. ${filler(20)}`,
  tags: `${filler(20)}<p>The <b>luthier</b> of <i>Lisbon</i> closed</p> ${filler(30)}`,
  emoji: `${'🦤 '.repeat(300)}a luthier 🦤🦤 ${'🦤 '.repeat(300)}`,
  unspaced: `${'天气没有什么可说的。'.repeat(40)}今天玩成语接龙游戏。${'天气没有什么可说的。'.repeat(40)}`,
  quoted: `${filler(20)}It's the luthier's \\ "shop" <x> ${filler(20)}`,
  end: `${filler(60)}and then came the luthier`,
  short: 'The luthier is short',
  spread: 'An answer that has none of its words',
};

beforeAll(async () => {
  await createMemories(service, {
    companion: { key: 'long' },
    memories: Object.entries(contents).map(([ref, content]) => ({ ref, type: 'EXPERIENCE', content })),
    relations: [{ from: { ref: 'spread' }, to: { ref: 'middle' }, type: 'FOLLOWS' }],
  });
});

type Edge = {
  node: { content: string };
  explanation: { excerpt: { text: string; from: number; until: number } | null };
};

const excerpts = async (query: string, more: object = {}) => {
  const { recall } = await service.runUntyped(RECALL, { input: { companion: { key: 'long' }, query, ...more } });
  const name = (content: string) => Object.entries(contents).find(([, each]) => each === content)?.[0] as string;
  return Object.fromEntries(
    recall.edges.map(({ node, explanation: { excerpt } }: Edge) => [name(node.content), excerpt]),
  ) as Record<keyof typeof contents, { text: string; from: number; until: number } | null>;
};

test('the part of a long content that has most of the question’s words, as it stands there', async () => {
  const found = await excerpts('Which luthier in Lisbon repairs the violin?');
  for (const [name, excerpt] of Object.entries(found)) {
    const content = contents[name as keyof typeof contents];
    if (excerpt) {
      expect(content.slice(excerpt.from, excerpt.until), name).toBe(excerpt.text);
      expect(excerpt.text.isWellFormed(), name).toBe(true);
      expect(excerpt.text.length, name).toBeLessThanOrEqual(800);
    }
  }
  expect(found.middle?.text).toMatch(/^Maya bought a violin in Lisbon/);
  expect(found.twice?.text).toContain('The luthier of Lisbon repairs a violin');
  expect(found.tags?.text).toMatch(/luthier.*Lisbon/s);
  expect(found.emoji?.text).toContain('a luthier');
  expect(found.quoted?.text).toContain('luthier');
  expect(found.end?.text).toContain('came the luthier');
  expect(found.short).toBeNull();
  expect(found.spread).toBeNull();
});

test('in scripts without spaces, where the words stand', async () => {
  const { unspaced } = await excerpts('成语接龙');
  expect(unspaced?.text).toContain('成语');
  expect(contents.unspaced.slice(unspaced?.from, unspaced?.until)).toBe(unspaced?.text);
});

test('none where words take no part', async () => {
  for (const excerpt of Object.values(await excerpts('luthier', { mode: 'SEMANTIC' }))) expect(excerpt).toBeNull();
});

test('two statements, however many are asked for', async () => {
  const count = async (first: number, fields: string) =>
    service.countStatements(
      `query ($input: RecallInput!) { recall(input: $input, first: ${first}) { edges { explanation { ${fields} } } } }`,
      { input: { companion: { key: 'long' }, query: 'luthier Lisbon' } },
    );
  const without = await count(7, 'highest');
  for (const first of [1, 3, 7]) expect(await count(first, 'highest excerpt { text }')).toBe(without + 2);
});
