import { describe, expect, test, vi } from 'vitest';
import type { Database, Session } from '../src/db/database.ts';
import { write } from '../src/db/write.ts';
import { sweepFindings } from '../src/domain/finding/sweep.ts';
import { detectInWritten } from '../src/domain/finding/written.ts';
import { createBatch } from '../src/domain/memory/batch.ts';
import { patience } from './support/calibration.ts';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';
import { longestTurnWithin } from './support/turns.ts';

vi.setConfig({ testTimeout: patience(120_000) });

const service = useService();
const create = mutation(
  service,
  'createMemory',
  'memory { id status } findings { id kind memory { id } } contradiction { id }',
);
const judge = mutation(service, 'judgeFindings', 'findings { id }');
const detect = mutation(service, 'detectFindings', 'examined findingCount');
const correct = mutation(service, 'correctMemory', 'memory { id }');
const contradict = mutation(service, 'contradictMemory', 'contradiction { id }');

let companions = 0;
/** A companion that knows of nothing yet. */
const nobody = () => ({ companion: { key: `companion ${companions++}` } });
const IS = 'My rent is 900 euros.';
const RAISED = 'My rent was raised to 950 euros.';
const fact = (whose: object, content: string, more: object = {}) =>
  create({ ...whose, type: 'FACT', content, ...more });

describe('a pair is not raised', () => {
  test('twice: neither while it waits, nor once it was judged', async () => {
    for (const verdict of [undefined, 'UNRELATED', 'SAME', 'CONTRADICTS']) {
      const whose = nobody();
      await fact(whose, IS);
      const { findings } = await fact(whose, RAISED);
      expect(findings).toHaveLength(1);
      if (verdict) await judge({ ids: [findings[0].id], verdict });
      expect(await detect(whose), verdict).toMatchObject({ findingCount: 0 });
    }
  });

  test('after UNRELATED, nor by another version of either', async () => {
    const whose = nobody();
    const older = await fact(whose, IS);
    const { memory, findings } = await fact(whose, RAISED);
    await judge({ ids: [findings[0].id], verdict: 'UNRELATED' });
    await correct({ id: older.memory.id, content: 'My rent is 910 euros.' });
    await correct({ id: memory.id, content: 'My rent was raised to 960 euros.' });
    expect(await detect(whose)).toMatchObject({ examined: 2, findingCount: 0 });
  });

  test('where a contradiction says what holds', async () => {
    const whose = nobody();
    const older = await fact(whose, IS, { detect: 'OFF' });
    const newer = await fact(whose, RAISED, { detect: 'OFF' });
    await contradict({ id: older.memory.id, by: { memoryId: newer.memory.id } });
    expect(await detect(whose)).toMatchObject({ examined: 2, findingCount: 0 });
  });

  test('within a lineage, nor within a slot', async () => {
    const whose = nobody();
    const { memory } = await fact(whose, IS);
    await correct({ id: memory.id, content: RAISED, kind: 'CHANGE' });
    expect(await detect(whose)).toMatchObject({ findingCount: 0 });
    const other = nobody();
    await fact(other, IS, { slot: 'rent' });
    expect(await fact(other, RAISED, { slot: 'rent' })).toMatchObject({ findings: [] });
    expect(await detect(other)).toMatchObject({ findingCount: 0 });
  });

  test('where stated times do not meet', async () => {
    const whose = nobody();
    await fact(whose, IS, { validFrom: '2020-01-01T00:00:00Z', validUntil: '2999-01-01T00:00:00Z' });
    const { findings } = await fact(whose, RAISED, { validFrom: '2999-01-01T00:00:00Z' });
    expect(findings).toEqual([]);
  });

  test('across users or companions', async () => {
    const whose = nobody();
    await fact({ ...whose, user: { externalId: 'maya' } }, IS);
    await fact(nobody(), IS);
    for (const of of [{ user: { externalId: 'noor' } }, {}]) {
      expect(await fact({ ...whose, ...of }, RAISED)).toMatchObject({ findings: [] });
    }
  });

  test('to what is archived, expired or taken back', async () => {
    const whose = nobody();
    const archived = await fact(whose, IS);
    await service.run('mutation ($ids: [ID!]!) { archiveMemories(input: { ids: $ids }) { __typename } }', {
      ids: [archived.memory.id],
    });
    const taken = await fact(whose, 'My rent is 905 euros.', { detect: 'OFF' });
    await service.run('mutation ($id: ID!) { retractMemory(input: { id: $id }) { __typename } }', {
      id: taken.memory.id,
    });
    await fact(whose, 'My rent is 910 euros.', { detect: 'OFF', expiresAt: '2021-01-01T00:00:00Z' });
    expect(await fact(whose, RAISED)).toMatchObject({ findings: [] });
  });

  test('of an EXPERIENCE, unless that is asked for, nor where it is OFF', async () => {
    const whose = nobody();
    await fact(whose, IS);
    expect(await fact(whose, RAISED, { type: 'EXPERIENCE' })).toMatchObject({ findings: [] });
    expect(await fact(whose, RAISED, { detect: 'OFF' })).toMatchObject({ findings: [] });
    const asked = await fact(whose, 'My rent was raised to 980 euros.', { type: 'EXPERIENCE', detect: 'SUGGEST' });
    expect(asked.findings.length).toBeGreaterThan(0);
  });
});

test('OPEN opens a contradiction for a sure NEGATION, and for nothing else', async () => {
  const whose = nobody();
  await fact(whose, 'I deployed the shop to Kubernetes.');
  const denied = await fact(whose, 'I have never deployed the shop to Kubernetes.', { detect: 'OPEN' });
  expect(denied).toMatchObject({ findings: [{ kind: 'NEGATION' }], memory: { status: 'DISPUTED' } });
  await fact(whose, IS);
  expect(await fact(whose, RAISED, { detect: 'OPEN' })).toMatchObject({
    findings: [{ kind: 'UPDATE' }],
    memory: { status: 'ACTIVE' },
  });
});

test('a retry with its key finds what was found, and nothing more', async () => {
  const whose = nobody();
  await fact(whose, IS);
  const input = { ...whose, type: 'FACT', content: RAISED, idempotencyKey: 'found once' };
  const first = await create(input);
  expect(first.findings).toHaveLength(1);
  expect(await create(input)).toEqual(first);
  const key = { ...whose, idempotencyKey: 'swept once' };
  const swept = await detect(key);
  await fact(whose, 'My rent was raised to 990 euros.', { detect: 'OFF' });
  expect(await detect(key)).toEqual(swept);
});

describe('detectFindings', () => {
  const letters = (n: number) => [...String(n)].map((digit) => 'bcdfghjklm'[Number(digit)]).join('a');
  const names = (n: number) => Array.from({ length: n }, (_, index) => `Vila${letters(index)}ra`);
  const quiet = (whose: object, contents: readonly string[]) =>
    createMemories(service, {
      ...whose,
      detect: 'OFF',
      memories: contents.map((content) => ({ content, type: 'FACT' })),
    });

  test('goes through all there is, and says how much; since a moment, or for a user', async () => {
    const whose = nobody();
    const places = names(120);
    await quiet(
      whose,
      places.map((place) => `My rent of ${place} is 900 euros.`),
    );
    const since = new Date().toISOString();
    await quiet(
      whose,
      places.map((place) => `My rent of ${place} was raised to 950 euros.`),
    );
    expect(await detect({ ...whose, user: { externalId: 'nobody' } })).toMatchObject({ examined: 0, findingCount: 0 });
    expect(await detect({ ...whose, since: new Date(Date.now() + 60_000).toISOString() })).toMatchObject({
      examined: 0,
    });
    expect(await detect({ ...whose, since, minScore: 1 })).toMatchObject({ examined: 120, findingCount: 0 });
    const { findingCount } = await detect({ ...whose, since });
    expect(findingCount).toBeGreaterThanOrEqual(120);
    const all = await detect(whose);
    expect(all).toMatchObject({ examined: 240, findingCount: 0 });
  });

  test('goes on where it was interrupted: what it had found stays, and nothing is found twice', async () => {
    const whose = nobody();
    const places = names(150);
    await quiet(
      whose,
      places.map((place) => `My rent of ${place} is 900 euros.`),
    );
    await quiet(
      whose,
      places.map((place) => `My rent of ${place} was raised to 950 euros.`),
    );
    const tenant = await service.tenant();
    let inserts = 0;
    const breaking: Database = {
      ...tenant.database,
      async connect(): Promise<Session> {
        const session = await tenant.database.connect();
        return {
          ...session,
          query: (text, params, mode) => {
            if (/^\s*insert into findings/.test(text) && ++inserts === 2) throw new Error('interrupted');
            return session.query(text, params, mode);
          },
        };
      },
    };
    await expect(sweepFindings({ ...tenant, database: breaking }, whose)).rejects.toThrow('interrupted');
    const counted = async () =>
      (
        await service.runUntyped('query ($by: CompanionRef!) { findings(companion: $by) { totalCount } }', {
          by: whose.companion,
        })
      ).findings.totalCount;
    const before = await counted();
    expect(before).toBeGreaterThan(0);
    const { findingCount } = await detect(whose);
    expect(findingCount).toBeGreaterThan(0);
    expect(await counted()).toBe(before + findingCount);
    expect(await detect(whose)).toMatchObject({ findingCount: 0 });
  });

  test('bad input is refused', async () => {
    for (const minScore of [0.2, 1.1]) {
      expect(await detect({ ...nobody(), minScore })).toMatchObject({
        code: 'INVALID_INPUT',
        issues: [{ path: ['input', 'minScore'] }],
      });
    }
    expect(await detect({ companion: { id: 'cmp_01h455vb4pex5vsknk084sn02q' } })).toMatchObject({ examined: 0 });
    const { errors } = await service.send('{ findings(minScore: 1.5) { totalCount } }');
    expect(errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT' } }]);
  });
});

describe('a thousand memories at once', () => {
  const sentence = 'The harbour of Vilamoura keeps a lighthouse and seven boats that sail when wind turns north. ';
  const contents = (count: number, length: number, of: string) =>
    Array.from(
      { length: count },
      (_, n) => `${of} ${n} pays a rent of ${900 + n} euros. ${sentence.repeat(Math.ceil(length / 92))}`,
    );

  test.each([
    ['short ones', 1_000, 0],
    ['of six thousand characters', 200, 5_500],
  ])('%s: nothing keeps the event loop', async (_what, count, length) => {
    const whose = nobody();
    await quietly(whose, contents(count, length, 'The tenant'));
    const tenant = await service.tenant();
    // Not as a request, whose time is limited: how long it takes is a matter of the machine, how long a turn takes is not.
    const { ms, value } = await longestTurnWithin(50, () => {
      const memories = contents(count, length, `Tenant ${companions++}`).map((content) => ({
        ...{ content, type: 'FACT' as const, importance: 5, confidence: 1 },
      }));
      return write(
        tenant,
        async (tx) => {
          const { created } = await createBatch(tx, { ...whose, memories });
          return detectInWritten(tx, memories, created, null);
        },
        { timeoutMs: patience(60_000) },
      );
    });
    expect(value).toHaveLength(count);
    expect(ms).toBeLessThan(50);
  });

  const quietly = (whose: object, all: readonly string[]) =>
    createMemories(service, { ...whose, detect: 'OFF', memories: all.map((content) => ({ content, type: 'FACT' })) });
});
