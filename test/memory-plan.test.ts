import { describe, expect, test } from 'vitest';
import { TimeLines } from '../src/domain/belief/time-lines.ts';
import type { NewMemory } from '../src/domain/memory/new-memory.ts';
import { draftMemories, type Known, planMemories, type Same, wantMemory } from '../src/domain/memory/plan.ts';
import { SlotWriter } from '../src/domain/slot/writer.ts';

const stamp = new Date('2026-03-01T12:00:00Z');
const day = (date: string) => new Date(`${date}T00:00:00Z`);

const said = (content: string, more: Partial<NewMemory> = {}): NewMemory => ({
  content,
  type: 'FACT',
  importance: 5,
  confidence: 1,
  ...more,
});

function known(more: Partial<Known> = {}): Known {
  let made = 0;
  return {
    companionId: 'companion',
    stamp,
    newId: () => `id ${++made}`,
    root: (index) => ['input', 'memories', index],
    ...more,
  };
}

const want = (given: readonly NewMemory[]) =>
  given.map((memory, index) => {
    const { user } = memory;
    return wantMemory(memory, index, user && 'externalId' in user ? user.externalId : null);
  });

const plan = (given: readonly NewMemory[], existing = new Map<number, Same>()) =>
  planMemories(draftMemories(want(given), known()), existing, undefined);

/** One slot of one companion, with nothing in it. */
function emptySlot(): SlotWriter {
  const lines = new TimeLines({
    slots: new Map([['slot line', 'diet']]),
    versions: new Map(),
    decisions: [],
    disputes: [],
    latest: undefined,
  });
  return new SlotWriter({ timeLines: lines, lineageOf: () => 'slot line' }, 'companion', stamp);
}

const planInSlot = (given: readonly NewMemory[]) =>
  planMemories(
    draftMemories(want(given.map((memory) => ({ ...memory, slot: 'diet' }))), known()),
    new Map(),
    emptySlot(),
  );

describe('a memory that is new', () => {
  test('becomes a row in a lineage of its own, true and recorded from the stamp on', () => {
    const { created, rows, events, vectors } = plan([said('Maya sings')]);
    expect(created).toEqual([
      expect.objectContaining({
        id: 'id 1',
        lineageId: 'id 2',
        duplicate: false,
        succeededId: null,
        contradictionId: null,
      }),
    ]);
    expect(rows).toEqual([
      expect.objectContaining({
        id: 'id 1',
        lineageId: 'id 2',
        ownLineageId: 'id 2',
        userId: null,
        validFrom: stamp,
        validUntil: null,
        recordedAt: stamp,
        importanceAsOf: stamp,
        accessCount: 0,
        isContested: false,
      }),
    ]);
    expect(events).toEqual([{ kind: 'RECORDED', memoryId: 'id 1' }]);
    expect(vectors).toEqual([
      { memoryId: 'id 1', companionId: 'companion', userId: null, content: 'Maya sings', embedding: undefined },
    ]);
  });

  test('has its plain fields as given, and what the table says where they are not', () => {
    const expiresAt = day('2027-01-01');
    const { rows } = plan([said('a', { summary: 's', context: { source: 'x' }, expiresAt }), said('b')]);
    expect(rows[0]).toMatchObject({ summary: 's', context: { source: 'x' }, expiresAt });
    expect(rows[1]).toMatchObject({ summary: null, context: {}, expiresAt: null });
  });

  test('mentions its entities', () => {
    const { mentions } = plan([said('a', { entities: [{ name: 'Roda', type: 'place' }] }), said('b')]);
    expect(mentions).toEqual([{ name: 'Roda', type: 'place', memoryId: 'id 1', recordedAt: undefined }]);
  });

  test('that is imported keeps its key and its life', () => {
    const recordedAt = day('2025-01-01');
    const past = { id: 'kept', recordedAt, importanceAsOf: day('2025-02-01'), accessCount: 3 };
    const { rows, events } = plan([said('a', { past })]);
    expect(rows[0]).toMatchObject({ ...past, validFrom: recordedAt, archivedAt: null });
    expect(events).toEqual([{ kind: 'RECORDED', memoryId: 'kept', at: recordedAt }]);
  });

  test('must not end before it begins', () => {
    const given = [said('a'), said('b', { validFrom: day('2026-02-02'), validUntil: day('2026-02-01') })];
    expect(() => draftMemories(want(given), known())).toThrow(
      expect.objectContaining({ issues: [expect.objectContaining({ path: ['input', 'memories', 1, 'validUntil'] })] }),
    );
  });
});

describe('a memory that says the same', () => {
  const there = { id: 'there', lineageId: 'line', knownFrom: day('2026-01-01'), beginsLater: false };

  test('as one there is stands for that, and nothing is written', () => {
    const { created, rows, events, vectors, mentions, again } = plan([said('a')], new Map([[0, there]]));
    const { id, lineageId } = there;
    expect(created).toEqual([
      { id, lineageId, row: null, duplicate: true, succeededId: null, contradictionId: null, merged: [], ignored: [] },
    ]);
    expect([rows, events, vectors, mentions, again]).toEqual([[], [], [], [], []]);
  });

  test('as one there is says again what it brings along', () => {
    const { rows, again } = plan([said('a', { entities: [{ name: 'x', type: 'y' }] })], new Map([[0, there]]));
    expect(rows).toEqual([]);
    expect(again).toMatchObject([{ index: 0, memoryId: 'there', again: { entities: [{ name: 'x', type: 'y' }] } }]);
  });

  test('in the same input brings along what the first lacks', () => {
    const { created, rows, mentions } = plan([
      said('a', {
        validFrom: day('2026-02-01'),
        entities: [{ name: 'Roda', type: 'place' }],
        context: { source: 'x' },
      }),
      said('a', {
        validFrom: day('2026-01-01'),
        validUntil: day('2026-05-01'),
        entities: [
          { name: 'RODA', type: 'place' },
          { name: 'Maya', type: 'person' },
        ],
        context: { source: 'y', turnNumber: 2 },
        summary: 's',
      }),
    ]);
    expect(created[1]).toMatchObject({
      id: 'id 1',
      duplicate: true,
      merged: ['summary', 'context', 'entities', 'validFrom', 'validUntil'],
      ignored: ['context'],
    });
    expect(rows).toEqual([
      expect.objectContaining({
        summary: 's',
        context: { source: 'x', turnNumber: 2 },
        validFrom: day('2026-01-01'),
        validUntil: day('2026-05-01'),
      }),
    ]);
    expect(mentions.map(({ name }) => name)).toEqual(['Roda', 'Maya']);
  });

  test.each([[[2024, 2025, 2026]], [[2026, 2025, 2024]], [[2025, 2026, 2024]]])('is one, from %s on', (years) => {
    const { created, rows } = plan(years.map((year) => said('a', { validFrom: day(`${year}-01-01`) })));
    expect(created.map(({ duplicate }) => duplicate)).toEqual([false, true, true]);
    expect(rows).toEqual([expect.objectContaining({ validFrom: day('2024-01-01'), validUntil: null })]);
  });

  test.each<[what: string, second: NewMemory, isSame: boolean]>([
    ['with other case and white space', said(' MAYA  sings '), true],
    ['of another type', said('Maya sings', { type: 'PREFERENCE' }), false],
    ['about somebody else', said('Maya sings', { user: { externalId: 'maya' } }), false],
    ['from before the first was true', said('Maya sings', { validFrom: day('2026-01-31') }), true],
    [
      'until before the first was true',
      said('Maya sings', { validFrom: day('2026-01-30'), validUntil: day('2026-01-31') }),
      false,
    ],
    ['while the first was true', said('Maya sings', { validFrom: day('2026-02-02') }), true],
    ['when the first had ended', said('Maya sings', { validFrom: day('2026-02-03') }), false],
  ])('in the same input: %s', (_what, second, isSame) => {
    const first = said('Maya sings', { validFrom: day('2026-02-01'), validUntil: day('2026-02-03') });
    const { created } = plan([first, second.validFrom ? second : { ...second, validFrom: day('2026-02-02') }]);
    expect(created[1]).toMatchObject({ duplicate: isSame, id: isSame ? 'id 1' : 'id 3' });
  });

  test('is an event again where it is an EXPERIENCE', () => {
    const { rows } = plan([said('a', { type: 'EXPERIENCE' }), said('a', { type: 'EXPERIENCE' })]);
    expect(rows).toHaveLength(2);
  });
});

describe('memories of one slot', () => {
  test('follow each other on its time line, in any order of arrival', () => {
    const { created, rows, events } = planInSlot([
      said('vegan', { validFrom: day('2026-02-01') }),
      said('omnivore', { validFrom: day('2026-01-01') }),
    ]);
    expect(created.map(({ succeededId }) => succeededId)).toEqual([null, null]);
    expect(rows).toEqual([
      expect.objectContaining({ lineageId: 'slot line', ownLineageId: null, validUntil: null }),
      expect.objectContaining({ lineageId: 'slot line', ownLineageId: null, validUntil: day('2026-02-01') }),
    ]);
    expect(events.map(({ changes }) => changes)).toEqual([{ slot: 'diet' }, { slot: 'diet' }]);
  });

  test('name what they succeed', () => {
    const { created } = planInSlot([
      said('omnivore', { validFrom: day('2026-01-01') }),
      said('vegan', { validFrom: day('2026-02-01') }),
    ]);
    expect(created[1]).toMatchObject({ succeededId: 'id 1' });
  });

  test('end at the first moment of time where that is when the next begins', () => {
    const { rows } = planInSlot([said('a', { validFrom: new Date(-1) }), said('b', { validFrom: new Date(0) })]);
    expect(rows[0]).toMatchObject({ validUntil: new Date(0) });
  });

  test('have lineages of their own, contested, where they begin together', () => {
    const { created, rows } = planInSlot([said('vegan'), said('omnivore')]);
    expect(created[1]?.contradictionId).not.toBeNull();
    expect(rows.map(({ lineageId, isContested }) => [lineageId, isContested])).toEqual([
      ['slot line', true],
      ['id 4', true],
    ]);
    expect(rows[1]).toMatchObject({ ownLineageId: 'id 4' });
  });

  test('are one where they say the same', () => {
    const { created, rows } = planInSlot([said('vegan'), said('Vegan')]);
    expect(created[1]).toMatchObject({ duplicate: true, id: 'id 1' });
    expect(rows).toHaveLength(1);
  });
});
