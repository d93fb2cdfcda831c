import { describe, expect, test } from 'vitest';
import { restrictedTo } from './support/adapters.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';

const service = useService();
const create = mutation(service, 'createMemory', 'memory { id } findings { id kind }');
const judge = mutation(service, 'judgeFindings', 'findings { id }');

/** Two memories that share the words of `about`, the newer of which updates the older one; the older one fits them better. */
async function updated(companion: { key: string }, about: string, user?: { externalId: string }) {
  const of = { companion, ...(user && { user }), type: 'FACT' };
  const older = await create({
    ...of,
    content: `My budget for the ${about} is 1,200 euros. That is the whole budget for the ${about}`,
  });
  const newer = await create({
    ...of,
    content:
      `My budget for the ${about} was raised to 1,500 euros. I had talked with the bank about rates, fees and much else for a ` +
      'long time before that happened, and with two friends of mine',
  });
  expect(newer.findings).toMatchObject([{ kind: 'UPDATE' }]);
  return { older: older.memory.id, newer: newer.memory.id, finding: newer.findings[0].id };
}

const EXPLAINED = `nodes { id } edges { node { id content } score explanation { movedUp findings { id kind by { id } reason } } }`;
async function recalled(query: string, input: object, more: { at?: object; first?: number; after?: string } = {}) {
  const { recall } = await service.runUntyped(
    `query ($input: RecallInput!, $at: PointInTime, $first: Int, $after: String) {
      recall(input: $input, at: $at, first: $first, after: $after) { ${EXPLAINED} pageInfo { endCursor hasNextPage } } }`,
    { input: { query, ...input }, first: 10, ...more },
  );
  return recall;
}

describe('what an open finding calls possibly out of date', () => {
  test('is explained in recall, and stands behind what updates it, until it is judged', async () => {
    const companion = { key: 'iris' };
    const { older, newer, finding } = await updated(companion, 'racing bike');
    await create({ companion, type: 'FACT', content: 'A racing bike weighs little' });
    const { nodes, edges } = await recalled('budget for the racing bike', { companion, mode: 'LEXICAL' });
    expect(nodes.map(({ id }: { id: string }) => id).slice(0, 2)).toEqual([newer, older]);
    expect(edges[0].score).toBeLessThan(edges[1].score);
    expect(edges.map(({ explanation }: { explanation: object }) => explanation)).toMatchObject([
      { movedUp: 1, findings: [] },
      { movedUp: 0, findings: [{ id: finding, kind: 'UPDATE', by: { id: newer } }] },
      { movedUp: 0, findings: [] },
    ]);
    await judge({ ids: [finding], verdict: 'UNRELATED' });
    const judged = await recalled('budget for the racing bike', { companion, mode: 'LEXICAL' });
    expect(judged.nodes.map(({ id }: { id: string }) => id).slice(0, 2)).toEqual([older, newer]);
    expect(judged.edges[1].explanation).toMatchObject({ movedUp: 0, findings: [] });
  });

  test('keeps its place on later pages', async () => {
    const companion = { key: 'pages' };
    const { older, newer } = await updated(companion, 'sailing boat');
    for (const what of ['red', 'green', 'blue']) {
      await create({ companion, type: 'FACT', content: `The ${what} sailing boat belongs to the club`, detect: 'OFF' });
    }
    const query = 'budget for the sailing boat';
    const whole = await recalled(query, { companion, mode: 'LEXICAL' });
    const ids: string[] = [];
    for (let after: string | undefined; ; ) {
      const { nodes, edges, pageInfo } = await recalled(
        query,
        { companion, mode: 'LEXICAL' },
        { first: 1, ...(after && { after }) },
      );
      ids.push(...nodes.map(({ id }: { id: string }) => id));
      if (nodes[0].id === newer) expect(edges[0].explanation.movedUp).toBe(1);
      if (!pageInfo.hasNextPage) break;
      after = pageInfo.endCursor;
    }
    expect(ids).toEqual(whole.nodes.map(({ id }: { id: string }) => id));
    expect(ids.slice(0, 2)).toEqual([newer, older]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('was not so before it was found, or when only the older one held', async () => {
    const companion = { key: 'past' };
    await create({
      companion,
      type: 'FACT',
      content: 'My budget for the new piano is 1,200 euros',
      validFrom: '2026-01-01T00:00:00Z',
    });
    const between = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await create({
      companion,
      type: 'FACT',
      content: 'My budget for the new piano was raised to 1,500 euros',
      validFrom: '2026-06-01T00:00:00Z',
    });
    const findingsAt = async (at?: object) => {
      const { edges } = await recalled('budget for the new piano', { companion }, { ...(at && { at }) });
      return edges.flatMap(({ explanation }: { explanation: { findings: object[] } }) => explanation.findings).length;
    };
    expect(await findingsAt()).toBe(1);
    expect(await findingsAt({ knownAt: between })).toBe(0);
    expect(await findingsAt({ validAt: '2026-03-01T00:00:00Z' })).toBe(0);
  });

  test('is said so in a context, in which the newer one comes first', async () => {
    const companion = { key: 'context' };
    const user = { externalId: 'maya' };
    const { older, newer } = await updated(companion, 'garden shed', user);
    const { context } = await service.runUntyped(
      `query ($input: ContextInput!) { context(input: $input) { text sections { kind memories { id } } } }`,
      { input: { companion, user, query: 'budget for the garden shed', maxTokens: 1000, sections: ['MEMORIES'] } },
    );
    const lines = context.text.split('\n');
    expect(lines.find((line: string) => line.includes(older))).toContain('possibly out of date');
    expect(lines.find((line: string) => line.includes(newer))).not.toContain('possibly out of date');
    const least = await service.runUntyped(
      `query ($input: ContextInput!) { context(input: $input) { sections { memories { id } } } }`,
      { input: { companion, user, query: 'budget for the garden shed', maxTokens: 100, sections: ['MEMORIES'] } },
    );
    expect(least.context.sections[0].memories).toEqual([{ id: newer }]);
  });

  test('is not said to a restricted credential that sees one side alone', async () => {
    // A finding is between memories of one user, or of nobody: who sees one side sees the other, but for companions.
    const companion = { key: 'narrow' };
    const maya = { externalId: 'only-maya' };
    const { older, newer } = await updated(companion, 'summer house', maya);
    const seen = async (user: { externalId: string }) => {
      const restriction = await restrictedTo(service, user.externalId);
      const { recall } = await service.runUntyped(
        `query ($input: RecallInput!) { recall(input: $input, first: 10) { ${EXPLAINED} } }`,
        { input: { query: 'budget for the summer house', companion, mode: 'LEXICAL' } },
        { restriction },
      );
      return recall;
    };
    await service.runUntyped(`mutation { createMemory(input: { companion: { key: "narrow" }, user: { externalId: "somebody-else" },
      type: FACT, content: "Sunny" }) { __typename } }`);
    const mine = await seen(maya);
    expect(mine.nodes).toMatchObject([{ id: newer }, { id: older }]);
    expect(mine.edges[1].explanation.findings).toHaveLength(1);
    expect((await seen({ externalId: 'somebody-else' })).nodes).toEqual([]);
  });
});
