import { beforeAll, describe, expect, test } from 'vitest';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';
import { countRows } from './support/tables.ts';

const service = useService();
const write = {
  create: mutation(service, 'createMemory', 'memory { id } contradiction { id }'),
  correct: mutation(service, 'correctMemory', 'memory { id }', '... on AlreadyCorrectedError { current { id } }'),
  retract: mutation(service, 'retractMemory', 'memory { id }', '... on AlreadyCorrectedError { current { id } }'),
  revert: mutation(service, 'revertCorrection', 'memory { id }'),
  contradict: mutation(
    service,
    'contradictMemory',
    'contradiction { id }',
    '... on RelationExistsError { there: contradiction { id } }',
  ),
  resolve: mutation(
    service,
    'resolveContradiction',
    'contradiction { id }',
    '... on AlreadyResolvedError { there: contradiction { id resolution } }',
  ),
  reopen: mutation(service, 'reopenContradiction', 'contradiction { id }'),
  archive: mutation(service, 'archiveMemories', 'memories { id }'),
  update: mutation(service, 'updateMemory', 'memory { id }'),
  forget: mutation(service, 'forgetMemories', 'forgottenIds'),
};
const companion = { key: 'iris' };
let contents = 0;
const remember = async (more: Record<string, unknown> = {}, caller = {}): Promise<string> =>
  (await write.create({ companion, type: 'FACT', content: `Claim ${++contents}`, ...more }, caller)).memory.id;
const from = '2026-01-01T00:00:00Z';
const until = '2026-06-01T00:00:00Z';

/** Runs what must be refused, and sees that it left every table as it was. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
async function refused(run: () => Promise<any>): Promise<any> {
  const { database } = await service.tenant();
  const before = await countRows(database);
  const answer = await run();
  expect(answer.code, JSON.stringify(answer)).toBeTypeOf('string');
  expect(await countRows(database)).toEqual(before);
  return answer;
}

describe('correctMemory refuses', () => {
  const cases: Record<string, () => Promise<[Record<string, unknown>, object]>> = {
    'a memory of another workspace': async () => {
      const id = await remember({}, { workspace: 'globex' });
      return [
        { id, content: 'Other' },
        { code: 'NOT_FOUND', ids: [id] },
      ];
    },
    'a forgotten memory': async () => {
      const id = await remember();
      await write.forget({ ids: [id] });
      return [
        { id, content: 'Other' },
        { code: 'NOT_FOUND', ids: [id] },
      ];
    },
    'an archived memory, and says what to do': async () => {
      const id = await remember();
      await write.archive({ ids: [id] });
      return [
        { id, content: 'Other' },
        { code: 'INVALID_INPUT', message: expect.stringContaining('restoreMemories') },
      ];
    },
    'an expired memory, and says what to do': async () => {
      const id = await remember();
      await write.update({ id, expiresAt: '2020-01-01T00:00:00Z' });
      return [
        { id, content: 'Other' },
        { code: 'INVALID_INPUT', message: expect.stringContaining('updateMemory') },
      ];
    },
    'the same content': async () => {
      const id = await remember({ content: 'The very same' });
      return [
        { id, content: 'The very same' },
        { code: 'INVALID_INPUT', issues: [{ path: ['input', 'content'] }] },
      ];
    },
    'a change that changes nothing but spelling': async () => {
      const id = await remember({ content: 'Quite the same', validFrom: from });
      const change = { kind: 'CHANGE', content: '  quite THE same ', effectiveAt: until };
      return [
        { id, ...change },
        { code: 'INVALID_INPUT', issues: [{ path: ['input', 'content'] }] },
      ];
    },
    'no content': async () => [
      { id: await remember(), content: ' ' },
      { code: 'INVALID_INPUT', issues: [{ path: ['input', 'content'] }] },
    ],
    'effectiveAt before validFrom': async () => [
      {
        id: await remember({ validFrom: from }),
        kind: 'CHANGE',
        content: 'Other',
        effectiveAt: '2025-12-31T00:00:00Z',
      },
      { code: 'INVALID_INPUT', issues: [{ path: ['input', 'effectiveAt'] }] },
    ],
    'effectiveAt at validFrom': async () => [
      { id: await remember({ validFrom: from }), kind: 'CHANGE', content: 'Other', effectiveAt: from },
      { code: 'INVALID_INPUT', issues: [{ path: ['input', 'effectiveAt'] }] },
    ],
    'effectiveAt after validUntil': async () => [
      {
        id: await remember({ validFrom: from, validUntil: until }),
        kind: 'CHANGE',
        content: 'Other',
        effectiveAt: '2026-07-01T00:00:00Z',
      },
      { code: 'INVALID_INPUT', issues: [{ path: ['input', 'effectiveAt'] }] },
    ],
    'effectiveAt for a MISTAKE': async () => [
      { id: await remember(), content: 'Other', effectiveAt: from },
      { code: 'INVALID_INPUT', issues: [{ path: ['input', 'effectiveAt'] }] },
    ],
    'an importance of 11': async () => [
      { id: await remember(), content: 'Other', importance: 11 },
      { code: 'INVALID_INPUT', issues: [{ path: ['input', 'importance'] }] },
    ],
    'the id of something else': async () => [
      { id: 'cmp_01h455vb4pex5vsknk084sn02q', content: 'Other' },
      { code: 'INVALID_INPUT', issues: [{ path: ['input', 'id'] }] },
    ],
    'what has been corrected, with the version that holds': async () => {
      const id = await remember();
      const { memory } = await write.correct({ id, content: `Corrected ${id}` });
      return [
        { id, content: 'Late' },
        { code: 'ALREADY_CORRECTED', current: { id: memory.id } },
      ];
    },
  };
  test.each(Object.entries(cases))('%s', async (_name, prepare) => {
    const [input, failure] = await prepare();
    const { issues, ...rest } = failure as { issues?: object[] };
    const answer = await refused(() => write.correct(input));
    expect(answer).toMatchObject(rest);
    if (issues) expect(answer.issues).toMatchObject(issues);
  });

  test('a credential that may only read', async () => {
    const id = await remember();
    expect(await refused(() => write.correct({ id, content: 'Other' }, { scopes: ['READ'] }))).toMatchObject({
      code: 'FORBIDDEN',
    });
  });
});

describe('retracting and reverting refuse', () => {
  test('to retract twice', async () => {
    const id = await remember();
    await write.retract({ id });
    expect(await refused(() => write.retract({ id }))).toMatchObject({ code: 'ALREADY_CORRECTED' });
  });

  test('to end a memory before it began, or after its end', async () => {
    const id = await remember({ validFrom: from, validUntil: until });
    for (const effectiveAt of ['2025-01-01T00:00:00Z', from, until, '2027-01-01T00:00:00Z']) {
      expect(await refused(() => write.retract({ id, kind: 'CHANGE', effectiveAt }))).toMatchObject({
        code: 'INVALID_INPUT',
        issues: [{ path: ['input', 'effectiveAt'] }],
      });
    }
  });

  test('to take back what was never done', async () => {
    const id = await remember();
    expect(await refused(() => write.revert({ id }))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await refused(() => write.revert({ id: 'mem_01h455vb4pex5vsknk084sn02q' }))).toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('contradictions refuse', () => {
  let pair: { memory: string; by: string; id: string };
  beforeAll(async () => {
    const [memory, by] = [await remember({ validFrom: from }), await remember({ validFrom: from })];
    const { contradiction } = await write.contradict({ id: memory, by: { memoryId: by } });
    pair = { memory, by, id: contradiction.id };
  });

  test('a second one of a pair, either way round, and carry the first', async () => {
    const { memory, by, id } = pair;
    for (const input of [
      { id: memory, by: { memoryId: by } },
      { id: by, by: { memoryId: memory } },
    ]) {
      expect(await refused(() => write.contradict(input))).toMatchObject({ code: 'RELATION_EXISTS', there: { id } });
    }
  });

  test('a memory against itself or a version of itself', async () => {
    const id = await remember();
    const { memory } = await write.correct({ id, content: `Another ${id}` });
    expect(await refused(() => write.contradict({ id: memory.id, by: { memoryId: memory.id } }))).toMatchObject({
      code: 'INVALID_INPUT',
    });
    const answer = await refused(() => write.contradict({ id: memory.id, by: { memoryId: id } }));
    expect(['INVALID_INPUT', 'ALREADY_CORRECTED']).toContain(answer.code);
  });

  test.each([-0.1, 1.1])('a strength of %d', async (strength) => {
    const input = { id: await remember(), by: { newMemory: { type: 'FACT', content: 'Against' } }, strength };
    expect(await refused(() => write.contradict(input))).toMatchObject({
      code: 'INVALID_INPUT',
      issues: [{ path: ['input', 'strength'] }],
    });
  });

  test('a memory of another workspace on either side', async () => {
    const theirs = await remember({}, { workspace: 'globex' });
    const mine = await remember();
    expect(await refused(() => write.contradict({ id: mine, by: { memoryId: theirs } }))).toMatchObject({
      code: 'NOT_FOUND',
      ids: [theirs],
    });
    const by = { newMemory: { type: 'FACT', content: 'Against theirs' } };
    expect(await refused(() => write.contradict({ id: theirs, by }))).toMatchObject({
      code: 'NOT_FOUND',
      ids: [theirs],
    });
    expect(
      await refused(() => write.resolve({ id: pair.id, resolution: 'DISMISSED' }, { workspace: 'globex' })),
    ).toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('SUCCEEDED where both begin at one moment', async () => {
    const answer = await refused(() => write.resolve({ id: pair.id, resolution: 'SUCCEEDED' }));
    expect(answer).toMatchObject({ code: 'INVALID_INPUT', issues: [{ path: ['input', 'resolution'] }] });
  });

  test('to be reopened while open, and resolved twice', async () => {
    expect(await refused(() => write.reopen({ id: pair.id }))).toMatchObject({ code: 'INVALID_INPUT' });
    await write.resolve({ id: pair.id, resolution: 'DISMISSED' });
    expect(await refused(() => write.resolve({ id: pair.id, resolution: 'KEEP_BY' }))).toMatchObject({
      code: 'ALREADY_RESOLVED',
      there: { id: pair.id, resolution: 'DISMISSED' },
    });
  });

  test('to keep a side that is no longer believed', async () => {
    const [memory, by] = [await remember(), await remember()];
    const { contradiction } = await write.contradict({ id: memory, by: { memoryId: by } });
    await write.retract({ id: by });
    for (const resolution of ['KEEP_MEMORY', 'KEEP_BY', 'SUCCEEDED']) {
      expect(await refused(() => write.resolve({ id: contradiction.id, resolution }))).toMatchObject({
        code: 'INVALID_INPUT',
      });
    }
    expect(await write.resolve({ id: contradiction.id, resolution: 'DISMISSED' })).not.toHaveProperty('code');
  });
});

test.each([
  ['1,000 characters', 'x'.repeat(1_000)],
  ['nothing', '  '],
  ['a NUL', 'user\0diet'],
])('a slot of %s is refused', async (_name, slot) => {
  expect(await refused(() => write.create({ companion, type: 'FACT', content: 'In a slot', slot }))).toMatchObject({
    code: 'INVALID_INPUT',
    issues: [{ path: ['input', 'slot'] }],
  });
});

test.each([
  ['memories', 'memories(at: $at) { totalCount }'],
  ['contradictions', 'contradictions(at: $at) { totalCount }'],
  ['entities', 'entities(at: $at) { totalCount }'],
])('a knownAt in the future is refused: %s', async (field, selection) => {
  const at = { knownAt: new Date(Date.now() + 86_400_000).toISOString() };
  const { errors } = await service.send(`query ($at: PointInTime) { ${selection} }`, { at });
  expect(errors?.[0]).toMatchObject({ path: [field], extensions: { code: 'INVALID_INPUT' } });
  expect(errors?.[0]?.message).toMatch(/knownAt/);
});
