import { beforeAll, describe, expect, test } from 'vitest';
import { parseId } from '../src/kernel/ids.ts';
import type { Restriction } from '../src/kernel/principal.ts';
import { noticePairs } from './support/findings/notice.ts';
import { mutation } from './support/mutations.ts';
import { type Caller, useService } from './support/service.ts';
import { tablesWith } from './support/tables.ts';
import { jsonLines, useTransfer } from './support/transfer.ts';

const service = useService();
const { exportText, importText } = useTransfer(service);
const create = mutation(
  service,
  'createMemory',
  'memory { id companion { id } user { id } } findings { id memory { id } by { id } }',
);
const judge = mutation(service, 'judgeFindings', 'findings { id verdict } contradictions { id }');
const detect = mutation(service, 'detectFindings', 'examined findingCount');
const forget = mutation(service, 'forgetMemories', 'forgottenIds');

const uuidOf = (id: string) => parseId(id)?.uuid as string;
/** What is found, and where: of the rent of a place, which no other text names. */
async function raised(place: string, whose: object, caller?: Caller) {
  const older = await create({ type: 'FACT', content: `My rent of ${place} is 900 euros.`, ...whose }, caller);
  const newer = await create(
    { type: 'FACT', content: `My rent of ${place} was raised to 950 euros.`, ...whose },
    caller,
  );
  return { older: older.memory, newer: newer.memory, findings: newer.findings as { id: string }[] };
}
const seen = async (caller: Caller, given = '') => {
  const { findings } = await service.runUntyped(
    `{ findings(first: 100 ${given}) { totalCount nodes { id } } }`,
    {},
    caller,
  );
  return [findings.totalCount, findings.nodes.map(({ id }: { id: string }) => id)];
};

describe('a restricted credential', () => {
  const workspace = 'restricted';
  const own: Record<'maya' | 'noor' | 'nobody' | 'otto', Awaited<ReturnType<typeof raised>>> = {} as never;
  let ofMaya: Restriction;
  let ofIris: Restriction;
  beforeAll(async () => {
    const iris = { companion: { key: 'iris' } };
    own.maya = await raised('Vilamaya', { ...iris, user: { externalId: 'maya' } }, { workspace });
    own.noor = await raised('Vilanoor', { ...iris, user: { externalId: 'noor' } }, { workspace });
    own.nobody = await raised('Vilanone', iris, { workspace });
    own.otto = await raised('Vilaotto', { companion: { key: 'otto' } }, { workspace });
    for (const { findings } of Object.values(own)) expect(findings).toHaveLength(1);
    ofMaya = { companions: null, users: [uuidOf(own.maya.older.user.id)] };
    ofIris = { companions: [uuidOf(own.maya.older.companion.id)], users: null };
  });
  const id = (whose: keyof typeof own) => own[whose].findings[0]?.id as string;

  test('sees findings between memories that it sees, and no others', async () => {
    expect(await seen({ workspace })).toEqual([4, expect.arrayContaining([id('maya'), id('noor')])]);
    expect(await seen({ workspace, restriction: ofMaya })).toEqual([3, [id('otto'), id('nobody'), id('maya')]]);
    expect(await seen({ workspace, restriction: ofIris })).toEqual([3, [id('nobody'), id('noor'), id('maya')]]);
    // One side alone is not enough.
    const [crossing] = await noticePairs((await service.tenant(workspace)).database, [
      { memory: own.maya.older.id, by: own.noor.older.id, kind: 'UPDATE', score: 1, text: 'hidden' },
    ]);
    expect(await seen({ workspace, restriction: ofMaya })).toEqual([3, [id('otto'), id('nobody'), id('maya')]]);
    const { memory, node } = await service.runUntyped(
      `query ($id: ID!, $crossing: ID!) { memory(id: $id) { findings { totalCount nodes { id } } } node(id: $crossing) { id } }`,
      { id: own.maya.older.id, crossing },
      { workspace, restriction: ofMaya },
    );
    expect([memory.findings, node]).toEqual([{ totalCount: 1, nodes: [{ id: id('maya') }] }, null]);
    const answer = await judge({ ids: [crossing], verdict: 'SAME' }, { workspace, restriction: ofMaya });
    expect(answer).toMatchObject({ code: 'NOT_FOUND', ids: [crossing] });
  });

  test('judges those that it may change', async () => {
    const caller = { workspace, restriction: ofMaya };
    expect(await judge({ ids: [id('noor')], verdict: 'SAME' }, caller)).toMatchObject({ code: 'NOT_FOUND' });
    for (const verdict of ['SUCCEEDS', 'SAME', 'UNRELATED']) {
      expect(await judge({ ids: [id('maya'), id('nobody')], verdict }, caller)).toMatchObject({ code: 'FORBIDDEN' });
    }
    expect(await seen({ workspace, restriction: ofMaya }, ', judged: true')).toEqual([0, []]);
    expect(await judge({ ids: [id('maya')], verdict: 'CONTRADICTS' }, caller)).toMatchObject({
      findings: [{ verdict: 'CONTRADICTS' }],
      contradictions: [{ id: expect.any(String) }],
    });
    expect(await judge({ ids: [id('maya')], verdict: 'SAME' }, caller)).toMatchObject({
      findings: [{ verdict: 'SAME' }],
    });
  });

  test('finds what it writes to, and sweeps what it may change', async () => {
    const iris = { companion: { key: 'iris' } };
    const quiet = { ...iris, user: { externalId: 'maya' }, type: 'FACT', detect: 'OFF' };
    await create({ ...quiet, content: 'My gym fee is 40 euros.' }, { workspace });
    await create({ ...quiet, content: 'My gym fee was raised to 45 euros.' }, { workspace });
    await create({ ...quiet, user: null, content: 'My pool fee is 30 euros.' }, { workspace });
    await create({ ...quiet, user: null, content: 'My pool fee was raised to 35 euros.' }, { workspace });
    const caller = { workspace, restriction: ofMaya };
    expect(await detect(iris, caller)).toMatchObject({ examined: 3, findingCount: 1 });
    expect(await detect({ companion: { key: 'otto' }, user: { externalId: 'noor' } }, caller)).toMatchObject({
      examined: 0,
      findingCount: 0,
    });
    expect(await detect(iris, { workspace })).toMatchObject({ findingCount: 1 });
    const by = await create(
      { ...quiet, detect: null, content: 'My gym fee was raised to 50 euros.' },
      { workspace, restriction: ofMaya },
    );
    expect(by.findings.length).toBeGreaterThan(0);
  });
});

test('who may only write is told nothing, and a sweep finds it later', async () => {
  const workspace = 'write only';
  const blind: Caller = { workspace, scopes: ['WRITE'] };
  const companion = { key: 'iris' };
  const write = mutation(service, 'createMemory', 'memory { id }');
  await write({ companion, type: 'FACT', content: 'My rent is 900 euros.' }, blind);
  await write({ companion, type: 'FACT', content: 'My rent was raised to 950 euros.', detect: 'OPEN' }, blind);
  expect(await seen({ workspace })).toEqual([0, []]);
  expect(await detect({ companion }, { workspace })).toMatchObject({ findingCount: 1 });
  expect(await seen({ workspace })).toEqual([1, [expect.any(String)]]);
});

describe('what is forgotten', () => {
  test.each(['older', 'newer'] as const)('the %s one: nothing of it stays, nor a key’s answer', async (side) => {
    const workspace = `forgetting ${side}`;
    const marker = `Zebra${side}`;
    const whose = { companion: { key: 'iris' } };
    const [was, is] = side === 'older' ? [917, 953] : [919, 957];
    const older = await create(
      { ...whose, type: 'FACT', content: `My rent of ${marker} is ${was} euros.` },
      { workspace },
    );
    const given = {
      ...whose,
      type: 'FACT',
      content: `My rent of ${marker} was raised to ${is} euros.`,
      idempotencyKey: `forgotten ${side}`,
    };
    const newer = await create(given, { workspace });
    expect(newer.findings).toHaveLength(1);
    await judge({ ids: [newer.findings[0].id], verdict: 'SUCCEEDS', reason: `Note of ${marker}` }, { workspace });
    const { database } = await service.tenant();
    expect(await tablesWith(database, `Note of ${marker}`)).toContain('findings');
    await forget({ ids: [(side === 'older' ? older : newer).memory.id] }, { workspace });
    for (const trace of [`Note of ${marker}`, uuidOf(newer.findings[0].id), `${was} euros → ${is} euros`]) {
      expect({ [trace]: await tablesWith(database, trace) }).toEqual({ [trace]: [] });
    }
    expect(await seen({ workspace }, ', judged: true')).toEqual([0, []]);
    expect(await create(given, { workspace })).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('export and import', () => {
  const FIELDS = `kind score reason memoryText byText foundAt verdict judgedAt judgedBy memory { content } by { content }
    contradiction { status resolution reason }`;
  const all = (workspace: string) =>
    service.runUntyped(
      `{ open: findings(first: 100) { nodes { ${FIELDS} } } judged: findings(judged: true, first: 100) { nodes { ${FIELDS} } } }`,
      {},
      { workspace },
    );

  test('bring findings with their verdicts, once, and leave out what is about a memory that is not there', async () => {
    const workspace = 'from';
    const whose = { companion: { key: 'iris' }, user: { externalId: 'maya' } };
    const found = [];
    for (const place of ['Vilaalpha', 'Vilabeta', 'Vilagamma', 'Viladelta', 'Vilaomega']) {
      found.push(await raised(place, whose, { workspace }));
    }
    const [, same, unrelated, contradicts, succeeds] = found.map(({ findings }) => findings[0]?.id as string);
    await judge({ ids: [same], verdict: 'SAME' }, { workspace });
    await judge({ ids: [unrelated], verdict: 'UNRELATED', reason: 'a coincidence' }, { workspace });
    await judge({ ids: [contradicts], verdict: 'CONTRADICTS' }, { workspace });
    await judge({ ids: [succeeds], verdict: 'SUCCEEDS', reason: 'she said so' }, { workspace });
    const before = await all(workspace);
    expect([before.open.nodes.length, before.judged.nodes.length]).toEqual([1, 4]);

    const text = await exportText(workspace);
    expect(await importText('into', text)).toMatch(/5 findings/);
    expect(await all('into')).toEqual(before);
    expect(await exportText('into')).toBe(text);
    expect(await importText('into', text)).toMatch(/^Made: nothing/m);
    expect(await all('into')).toEqual(before);
    // Nor is it raised by a sweep of what was brought in.
    expect(await detect({ companion: whose.companion }, { workspace: 'into' })).toMatchObject({ findingCount: 0 });
    // It can be judged there as where it was.
    const { findings } = await service.runUntyped(
      '{ findings(judged: true, first: 100) { nodes { id verdict } } }',
      {},
      { workspace: 'into' },
    );
    const there = findings.nodes.find(({ verdict }: { verdict: string }) => verdict === 'SUCCEEDS');
    expect(await judge({ ids: [there.id], verdict: 'UNRELATED' }, { workspace: 'into' })).toMatchObject({
      findings: [{ verdict: 'UNRELATED' }],
    });

    const gone = found[0]?.older.id;
    const lines = text.trim().split('\n');
    const without = lines.filter((line) => {
      const { kind, id } = JSON.parse(line);
      return kind !== 'memory' || id !== gone;
    });
    expect(without).toHaveLength(lines.length - 1);
    await importText('without', without.join('\n'));
    expect((await all('without')).open.nodes).toEqual([]);
    expect((await all('without')).judged.nodes).toHaveLength(4);
  });

  test('map memories that say what one there says', async () => {
    const whose = { companion: { key: 'iris' } };
    const contents = ['My rent of Vilazeta is 900 euros.', 'My rent of Vilazeta was raised to 950 euros.'];
    const { memory } = await create({ ...whose, type: 'FACT', content: contents[0] }, { workspace: 'target' });
    const texts = { reason: 'rent', memoryText: 'is 900 euros', byText: 'was raised to 950 euros' };
    const lines = [
      ...contents.map((content, n) => ({ kind: 'memory', id: `rent ${n}`, companion: 'iris', type: 'FACT', content })),
      { kind: 'finding', memory: 'rent 0', by: 'rent 1', as: 'UPDATE', score: 0.8, ...texts },
    ];
    await importText('target', jsonLines(lines));
    const { findings } = await service.runUntyped(
      '{ findings { nodes { memory { id } } } }',
      {},
      { workspace: 'target' },
    );
    expect(findings.nodes).toEqual([{ memory: { id: memory.id } }]);
  });

  test('refuse what is no finding, by its line', async () => {
    const line = {
      kind: 'finding',
      memory: 'a',
      by: 'b',
      as: 'UPDATE',
      score: 0.7,
      reason: 'x',
      memoryText: 'x',
      byText: 'x',
    };
    for (const [bad, message] of [
      [{ score: 2 }, 'score'],
      [{ as: 'MAYBE' }, 'as'],
      [{ verdict: 'PERHAPS' }, 'verdict'],
      [{ recordedAt: '2999-01-01T00:00:00Z' }, 'future'],
    ] as const) {
      await expect(importText('bad', JSON.stringify({ ...line, ...bad }))).rejects.toThrow(message);
    }
  });
});
