import { describe, expect, test } from 'vitest';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';

const service = useService();
const create = mutation(service, 'createMemory', 'memory { id } findings { id kind score memory { id } by { id } }');
const JUDGED = `findings { id verdict judgedBy contradiction { id status resolution } } memories { id status }
  contradictions { id status resolution }`;
const judge = mutation(service, 'judgeFindings', JUDGED);
const reopen = mutation(service, 'reopenContradiction', 'contradiction { status }');
const resolve = mutation(service, 'resolveContradiction', 'contradiction { status }');
const restore = mutation(service, 'restoreMemories', 'memories { status }');

const NEVER = 'fnd_01h455vb4pex5vsknk084sn02q';
let places = 0;

/** A finding that a rent was raised, of a place of its own, and its sides: the older was so since 2020, the newer since 2024. */
async function raised(more: { older?: object; newer?: object } = {}) {
  const place = `Vila${String.fromCharCode(97 + (places % 26))}${'abcdefgh'[Math.floor(places++ / 26)]}ira`;
  const fact = (content: string, validFrom: string, given: object = {}) =>
    create({ companion: { key: 'iris' }, type: 'FACT', content, validFrom, ...given });
  const older = await fact(`My rent of ${place} is 900 euros.`, '2020-01-01T00:00:00Z', more.older);
  const newer = await fact(`My rent of ${place} was raised to 950 euros.`, '2024-01-01T00:00:00Z', more.newer);
  expect(newer.findings).toMatchObject([{ kind: 'UPDATE', memory: { id: older.memory.id } }]);
  return { id: newer.findings[0].id, older: older.memory.id, newer: newer.memory.id, place };
}

const stateOf = async (...ids: string[]) => {
  const { nodes } = await service.runUntyped(
    'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Memory { status validUntil accessCount } } }',
    { ids },
  );
  return nodes;
};
const openIds = async (filter = '') => {
  const { findings } = await service.runUntyped(`{ findings(first: 100 ${filter}) { nodes { id } } }`);
  return findings.nodes.map(({ id }: { id: string }) => id);
};

const effects = {
  SUCCEEDS: ['ENDED', 'ACTIVE'],
  CORRECTS: ['RETRACTED', 'ACTIVE'],
  CONTRADICTS: ['DISPUTED', 'DISPUTED'],
  SAME: ['ACTIVE', 'ARCHIVED'],
  UNRELATED: ['ACTIVE', 'ACTIVE'],
} as const;
const verdicts = Object.keys(effects) as (keyof typeof effects)[];

describe('each verdict', () => {
  test.each(Object.entries(effects))('%s: the older one is then %s', async (verdict, [older, newer]) => {
    const found = await raised();
    const { findings } = await judge({ ids: [found.id], verdict, reason: 'she said so' });
    expect(findings).toMatchObject([{ verdict, judgedBy: expect.any(String) }]);
    expect(await stateOf(found.older, found.newer)).toMatchObject([{ status: older }, { status: newer }]);
    expect(await openIds()).not.toContain(found.id);
    expect(await openIds(', judged: true')).toContain(found.id);
  });

  test.each(verdicts)('%s, after each of the others, is as if it had been given at once', async (last) => {
    for (const first of verdicts) {
      const found = await raised();
      await judge({ ids: [found.id], verdict: first });
      const { findings, __typename } = await judge({ ids: [found.id], verdict: last });
      expect(__typename, `${first}, ${last}`).toBe('JudgeFindingsPayload');
      expect(findings, `${first}, ${last}`).toMatchObject([{ verdict: last }]);
      const [older, newer] = effects[last];
      expect(await stateOf(found.older, found.newer), `${first}, ${last}`).toMatchObject([
        { status: older },
        { status: newer },
      ]);
    }
  });

  test.each(['SUCCEEDS', 'CORRECTS'] as const)('%s is undone by reopening and dismissing', async (verdict) => {
    const found = await raised();
    const { contradictions } = await judge({ ids: [found.id], verdict });
    await reopen({ id: contradictions[0].id });
    await resolve({ id: contradictions[0].id, resolution: 'DISMISSED' });
    expect(await stateOf(found.older, found.newer)).toMatchObject([
      { status: 'ACTIVE', validUntil: null },
      { status: 'ACTIVE' },
    ]);
    const again = await judge({ ids: [found.id], verdict: 'SUCCEEDS' });
    expect(again.findings).toMatchObject([{ contradiction: { resolution: 'SUCCEEDED' } }]);
    expect(await stateOf(found.older)).toMatchObject([{ status: 'ENDED', validUntil: '2024-01-01T00:00:00.000Z' }]);
  });

  test('SAME is undone by restoring, and counts one use however often it is given', async () => {
    const found = await raised();
    await judge({ ids: [found.id], verdict: 'SAME' });
    await judge({ ids: [found.id], verdict: 'SAME', reason: 'again' });
    expect(await stateOf(found.older, found.newer)).toMatchObject([{ accessCount: 1 }, { status: 'ARCHIVED' }]);
    await restore({ ids: [found.newer] });
    expect(await stateOf(found.newer)).toMatchObject([{ status: 'ACTIVE' }]);
    const { findings } = await judge({ ids: [found.id], verdict: 'UNRELATED' });
    expect(findings).toMatchObject([{ verdict: 'UNRELATED', contradiction: null }]);
  });
});

describe('many at once', () => {
  test('are judged in the order given, each once', async () => {
    const [one, two, three] = [await raised(), await raised(), await raised()];
    const { findings, memories, contradictions } = await judge({
      ids: [three.id, one.id, three.id, two.id],
      verdict: 'SUCCEEDS',
    });
    expect(findings.map(({ id }: { id: string }) => id)).toEqual([three.id, one.id, two.id]);
    expect(memories).toHaveLength(6);
    expect(contradictions).toHaveLength(3);
  });

  test('on one time line, each as those before left it', async () => {
    const found = await raised();
    const later = await create({
      companion: { key: 'iris' },
      type: 'FACT',
      content: `My rent of ${found.place} was raised to 990 euros.`,
      validFrom: '2025-01-01T00:00:00Z',
    });
    const ids = [found.id, ...later.findings.map(({ id }: { id: string }) => id)];
    expect(ids.length).toBeGreaterThan(2);
    await judge({ ids, verdict: 'SUCCEEDS' });
    expect(await stateOf(found.older, found.newer, later.memory.id)).toMatchObject([
      { status: 'ENDED', validUntil: '2024-01-01T00:00:00.000Z' },
      { status: 'ENDED', validUntil: '2025-01-01T00:00:00.000Z' },
      { status: 'ACTIVE' },
    ]);
  });

  test('one of which cannot be judged so: it is said which, and nothing is done', async () => {
    const good = await raised();
    // Both begin at once, so that neither came after the other.
    const bad = await raised({ newer: { validFrom: '2020-01-01T00:00:00Z' } });
    const answer = await judge({ ids: [good.id, bad.id], verdict: 'SUCCEEDS' });
    expect(answer).toMatchObject({ code: 'INVALID_INPUT', issues: [{ path: ['input', 'ids', '1'] }] });
    expect(await stateOf(good.older, good.newer, bad.older)).toMatchObject(Array(3).fill({ status: 'ACTIVE' }));
    expect(await openIds()).toEqual(expect.arrayContaining([good.id, bad.id]));
  });
});

describe('bad input', () => {
  test('an unknown id, one of another type, too many, and none', async () => {
    const found = await raised();
    const unknown = await judge({ ids: [found.id, NEVER], verdict: 'SAME' });
    expect(unknown).toMatchObject({ code: 'NOT_FOUND', ids: [NEVER] });
    expect(await judge({ ids: [found.older], verdict: 'SAME' })).toMatchObject({
      code: expect.stringMatching(/NOT_FOUND|INVALID/),
    });
    const many = await judge({ ids: Array(101).fill(found.id), verdict: 'SAME' });
    expect(many).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 100, given: 101 });
    expect(await judge({ ids: [], verdict: 'SAME' })).toMatchObject({ findings: [], memories: [], contradictions: [] });
    expect(await openIds()).toContain(found.id);
  });
});

describe('a side that has changed since it was found', () => {
  const correct = mutation(service, 'correctMemory', 'memory { id }');
  const archive = mutation(service, 'archiveMemories', 'memories { id }');
  const retract = mutation(service, 'retractMemory', 'memory { id }');
  const update = mutation(service, 'updateMemory', 'memory { id status }');

  test('corrected, retracted, archived or expired: it waits no more, until that is undone', async () => {
    const ways: ((id: string) => Promise<unknown>)[] = [
      (id) => correct({ id, content: 'My rent is a secret.' }),
      (id) => retract({ id }),
      (id) => archive({ ids: [id] }),
      (id) => update({ id, expiresAt: '2021-01-01T00:00:00Z' }),
    ];
    for (const change of ways) {
      for (const side of ['older', 'newer'] as const) {
        const found = await raised();
        await change(found[side]);
        expect(await openIds()).not.toContain(found.id);
        // It can still be said that they have nothing to do with each other.
        expect(await judge({ ids: [found.id], verdict: 'UNRELATED' })).toMatchObject({ findings: [{ id: found.id }] });
      }
    }
    const found = await raised();
    await archive({ ids: [found.older] });
    await restore({ ids: [found.older] });
    expect(await openIds()).toContain(found.id);
  });

  test('corrected: a verdict that disputes it is refused, with the current version', async () => {
    const found = await raised();
    const { memory } = await correct({ id: found.older, content: `The rent of ${found.place} is a secret.` });
    for (const verdict of ['SUCCEEDS', 'CORRECTS', 'CONTRADICTS']) {
      const answer = await judge({ ids: [found.id], verdict });
      expect(answer).toMatchObject({ code: 'INVALID_INPUT', issues: [{ path: ['input', 'ids', '0'] }] });
      expect(answer.message).toContain(memory.id);
    }
  });
});

test('two judges at once: one after the other, and what the first did is undone', async () => {
  for (const [one, other] of [
    ['SUCCEEDS', 'SAME'],
    ['CORRECTS', 'UNRELATED'],
    ['CONTRADICTS', 'CONTRADICTS'],
  ] as const) {
    const found = await raised();
    const answers = await Promise.all([one, other].map((verdict) => judge({ ids: [found.id], verdict })));
    expect(answers.map(({ __typename }) => __typename)).toEqual(Array(2).fill('JudgeFindingsPayload'));
    const { node } = await service.runUntyped(
      'query ($id: ID!) { node(id: $id) { ... on Finding { verdict contradiction { status } } } }',
      { id: found.id },
    );
    const [older, newer] = effects[node.verdict as keyof typeof effects];
    expect(await stateOf(found.older, found.newer)).toMatchObject([{ status: older }, { status: newer }]);
  }
});

test('an idempotency key makes one verdict', async () => {
  const found = await raised();
  const input = { ids: [found.id], verdict: 'SAME', idempotencyKey: 'judged once' };
  const first = await judge(input);
  await judge({ ids: [found.id], verdict: 'UNRELATED' });
  expect(await judge(input)).toMatchObject({ findings: [{ id: first.findings[0].id, verdict: 'UNRELATED' }] });
  expect(await judge({ ...input, verdict: 'SUCCEEDS' })).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
});
