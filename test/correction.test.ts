import { describe, expect, test } from 'vitest';
import { mutation } from './support/mutations.ts';
import { type Caller, useService } from './support/service.ts';

const service = useService();
const already = '... on AlreadyCorrectedError { current { id content } }';
const STATE = 'id content status validFrom validUntil retractedAt';
const write = {
  create: mutation(service, 'createMemory', `memory { ${STATE} }`),
  correct: mutation(service, 'correctMemory', `memory { ${STATE} } corrected { ${STATE} }`, already),
  retract: mutation(service, 'retractMemory', `memory { ${STATE} }`, already),
  revert: mutation(service, 'revertCorrection', `memory { ${STATE} }`),
  reinforce: mutation(service, 'reinforceMemories', 'memories { id }'),
  relate: mutation(service, 'relateMemories', 'relation { id }'),
  archive: mutation(service, 'archiveMemories', 'memories { id }'),
  forget: mutation(service, 'forgetMemories', 'forgottenIds'),
};
const companion = { key: 'iris' };
const moment = (day: string) => `${day}T00:00:00.000Z`;
const [january, march] = [moment('2024-01-01'), moment('2024-03-01')];
const [may, july] = [moment('2024-05-01'), moment('2024-07-01')];

let claims = 0;
const remember = async (more: Record<string, unknown> = {}, caller?: Caller) =>
  (await write.create({ companion, type: 'FACT', content: `Claim ${++claims}`, ...more }, caller)).memory;

const read = async (id: string, fields: string, at?: object, caller?: Caller) => {
  const document = `query ($id: ID!, $at: PointInTime) { memory(id: $id, at: $at) { ${fields} } }`;
  return (await service.runUntyped(document, { id, at }, caller)).memory;
};

/** All that can be read of a memory, at a moment at which its importance has not decayed. */
const EVERYTHING = `${STATE} summary type importance(on: "2030-01-01T00:00:00Z") confidence statedConfidence context slot
  recordedAt expiresAt archivedAt accessCount lastAccessedAt updatedAt suspect companion { key } user { externalId }
  current { id } versions(first: 100) { totalCount nodes { ${STATE} recordedAt } } entities { nodes { id name } }
  relations(first: 100) { totalCount nodes { id type retractedAt from { id } to { id } } }
  contradictions { totalCount } history(first: 100) { totalCount nodes { id kind changes reason } }`;

describe('a correction', () => {
  test('of a MISTAKE stands in the place of the old version, for the whole of its time', async () => {
    const old = await remember({ validFrom: january, validUntil: july });
    const { memory, corrected } = await write.correct({ id: old.id, content: 'What it should have been' });
    expect(memory).toMatchObject({ status: 'ENDED', validFrom: january, validUntil: july, retractedAt: null });
    expect(corrected).toMatchObject({ id: old.id, status: 'CORRECTED', retractedAt: expect.any(String) });
    expect(await read(old.id, 'content status', { validAt: march })).toEqual({
      content: old.content,
      status: 'CORRECTED',
    });
    expect(await read(memory.id, 'status', { validAt: march })).toEqual({ status: 'ACTIVE' });
  });

  test('of a MISTAKE may say when it really became true, and until when', async () => {
    const { id } = await remember({ validFrom: march, validUntil: may });
    const { memory } = await write.correct({ id, content: 'Earlier', validFrom: january, validUntil: null });
    expect(memory).toMatchObject({ status: 'ACTIVE', validFrom: january, validUntil: null });
  });

  test('by CHANGE lets the old version be true until then, by default until now', async () => {
    const old = await remember({ validFrom: january });
    const { memory, corrected } = await write.correct({
      id: old.id,
      kind: 'CHANGE',
      content: 'From March on',
      effectiveAt: march,
    });
    expect(corrected).toMatchObject({ status: 'ENDED', validUntil: march, retractedAt: null });
    expect(memory).toMatchObject({ status: 'ACTIVE', validFrom: march, validUntil: null });
    const before = Date.now();
    const next = await write.correct({ id: memory.id, kind: 'CHANGE', content: 'From now on' });
    expect(next.corrected.validUntil).toBe(next.memory.validFrom);
    expect(Date.parse(next.memory.validFrom)).toBeGreaterThanOrEqual(before - 1);
    expect(Date.parse(next.memory.validFrom)).toBeLessThanOrEqual(Date.now() + 1);
  });

  test('by CHANGE ends when the old was said to end, unless it says otherwise', async () => {
    const change = async (more: object) =>
      (
        await write.correct({
          id: (await remember({ validFrom: january, validUntil: july })).id,
          ...{ kind: 'CHANGE', content: 'Changed', effectiveAt: march, ...more },
        })
      ).memory.validUntil;
    expect([await change({}), await change({ validUntil: may }), await change({ validUntil: null })]).toEqual([
      ...[july, may, null],
    ]);
  });

  test('of a version that has passed leaves those after it alone', async () => {
    const { id } = await remember({ validFrom: january });
    await write.correct({ id, kind: 'CHANGE', content: 'Later', effectiveAt: may });
    const { memory } = await write.correct({ id, content: 'Earlier, mended' });
    expect(memory).toMatchObject({ status: 'ENDED', validFrom: january, validUntil: may });
    const { versions } = await read(memory.id, 'versions { nodes { content status } }');
    expect(versions.nodes.map(({ status }: { status: string }) => status)).toEqual(['CORRECTED', 'ENDED', 'ACTIVE']);
  });

  test('takes over what it leaves out: importance as it reads now, accesses, mentions; not the summary', async () => {
    const { id } = await remember({
      summary: 'In short',
      type: 'PREFERENCE',
      importance: 8,
      confidence: 0.6,
      context: { speaker: 'Maya' },
      entities: [{ name: 'Roda', type: 'company' }],
      user: { externalId: 'maya' },
      expiresAt: moment('2099-01-01'),
    });
    await write.reinforce({ ids: [id], delta: 1 });
    const fields = `type importance(on: "2027-01-01T00:00:00Z") statedConfidence context entities { nodes { id name } }
      user { externalId } companion { key } expiresAt accessCount`;
    const old = await read(id, fields);
    expect(old).toMatchObject({ accessCount: 1, type: 'PREFERENCE', entities: { nodes: [{ name: 'Roda' }] } });
    const { memory } = await write.correct({ id, content: 'Said better' });
    expect(await read(memory.id, `${fields} summary`)).toEqual({
      ...old,
      importance: expect.closeTo(old.importance, 6),
      summary: null,
    });
  });

  test('states again what it gives, and null empties', async () => {
    const { id } = await remember({ context: { speaker: 'Maya' }, entities: [{ name: 'Roda', type: 'company' }] });
    const stated = { type: 'REFLECTION', summary: 'Short', importance: 2, confidence: 0.25 };
    const { memory } = await write.correct({ id, content: 'Stated again', ...stated, context: null, entities: null });
    const { importance, ...found } = await read(
      memory.id,
      'type summary importance confidence context entities { nodes { name } }',
    );
    expect(found).toEqual({
      ...{ type: 'REFLECTION', summary: 'Short', confidence: 0.25, context: {} },
      entities: { nodes: [] },
    });
    expect(importance).toBeCloseTo(2, 2);
  });

  test('is shown as the relation CORRECTS, from the new version to the old', async () => {
    const { id } = await remember();
    const { memory } = await write.correct({ id, content: 'Corrects it' });
    const fields = 'relations(types: [CORRECTS]) { nodes { type from { id } to { id } } }';
    const corrects = { nodes: [{ type: 'CORRECTS', from: { id: memory.id }, to: { id } }] };
    expect((await read(memory.id, fields)).relations).toEqual(corrects);
    expect((await read(id, fields)).relations).toEqual(corrects);
  });

  test('sent again under its idempotencyKey has its effect once', async () => {
    const { id } = await remember();
    const input = { id, content: 'Only once', idempotencyKey: crypto.randomUUID() };
    const first = await write.correct(input);
    expect(await write.correct(input)).toEqual(first);
    expect((await read(id, 'versions { totalCount }')).versions.totalCount).toBe(2);
    expect(await write.correct({ ...input, content: 'Other' })).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  });
});

describe('of a time line', () => {
  test('current is the version that holds at the point of the reading, else the one last believed', async () => {
    const first = await remember({ validFrom: january });
    const second = (await write.correct({ id: first.id, kind: 'CHANGE', content: 'Second', effectiveAt: march }))
      .memory;
    const third = (await write.correct({ id: second.id, kind: 'CHANGE', content: 'Third', effectiveAt: may })).memory;
    for (const { id } of [first, second, third]) {
      const at = async (validAt: string) => (await read(id, 'current { content }', { validAt })).current.content;
      expect(await Promise.all([january, march, moment('2024-04-30'), may, july].map(at))).toEqual([
        ...[first.content, 'Second', 'Second', 'Third', 'Third'],
      ]);
    }
    await write.retract({ id: third.id });
    expect(await read(first.id, 'current { content status }')).toMatchObject({ current: { content: 'Second' } });
  });

  test('versions are counted, and paged without gap or repetition', async () => {
    const { id } = await remember({ validFrom: january, content: 'Version 0' });
    for (const day of ['20', '05', '15', '10', '25'])
      await write.correct({
        id: (await read(id, 'current { id }', { validAt: moment(`2024-01-${day}`) })).current.id,
        ...{ kind: 'CHANGE', content: `Version ${Number(day)}`, effectiveAt: moment(`2024-01-${day}`) },
      });
    const seen: string[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const { versions } = await read(
        id,
        `versions(first: 2, after: ${JSON.stringify(after)}) { totalCount nodes { content } pageInfo { endCursor hasNextPage } }`,
      );
      expect(versions.totalCount).toBe(6);
      seen.push(...versions.nodes.map(({ content }: { content: string }) => content));
      [after, more] = [versions.pageInfo.endCursor, versions.pageInfo.hasNextPage];
    }
    expect(seen).toEqual([0, 5, 10, 15, 20, 25].map((n) => `Version ${n}`));
  });

  test('relations lead to whichever version holds', async () => {
    const hub = await remember({ validFrom: january });
    const spoke = await remember({ validFrom: january });
    await write.relate({ fromId: spoke.id, toId: hub.id, type: 'REFERENCES' });
    const later = (await write.correct({ id: hub.id, kind: 'CHANGE', content: 'Hub, changed', effectiveAt: may }))
      .memory;
    const mended = (await write.correct({ id: hub.id, content: 'Hub, mended' })).memory;
    const neighbour = async (validAt: string) => {
      const { relations } = await read(spoke.id, 'relations { edges { neighbor { content } } }', { validAt });
      return relations.edges.map((edge: { neighbor: { content: string } }) => edge.neighbor.content);
    };
    expect([await neighbour(march), await neighbour(july)]).toEqual([['Hub, mended'], ['Hub, changed']]);
    const fields = 'relations(types: [REFERENCES]) { nodes { from { id } to { content } } }';
    expect((await read(later.id, fields, { validAt: july })).relations.nodes).toMatchObject([
      { to: { content: 'Hub, changed' } },
    ]);
    expect((await read(mended.id, fields, { validAt: march })).relations.nodes).toMatchObject([
      { to: { content: 'Hub, mended' } },
    ]);
    await write.retract({ id: later.id });
    await write.retract({ id: mended.id });
    expect(await neighbour(july)).toEqual([]);
  });
});

describe('taking back', () => {
  test.each([
    ['a MISTAKE', (id: string) => write.correct({ id, content: `Mended ${id}` })],
    ['a CHANGE', (id: string) => write.correct({ id, kind: 'CHANGE', content: `Changed ${id}`, effectiveAt: march })],
    ['a retraction', (id: string) => write.retract({ id })],
    ['an end', (id: string) => write.retract({ id, kind: 'CHANGE', effectiveAt: march })],
  ])('%s at once restores the memory exactly', async (_name, decide) => {
    const { id } = await remember({ validFrom: january, validUntil: july });
    const before = await read(id, STATE);
    await decide(id);
    expect(await read(id, STATE)).not.toEqual(before);
    expect(await write.revert({ id })).toMatchObject({ memory: before });
    expect(await read(id, `${STATE} current { id }`)).toEqual({ ...before, current: { id } });
  });
});

describe('what is refused leaves the memory as it was:', () => {
  type Prepared = { id: string; input: object; caller?: Caller | undefined; owner?: Caller };
  const given = (more: Record<string, unknown>, input: object, caller?: Caller) => async (): Promise<Prepared> => ({
    id: (await remember(more)).id,
    input,
    caller,
  });
  /** A memory that something has been done to. */
  const once =
    (act: (id: string) => Promise<unknown>, input: object = {}) =>
    async (): Promise<Prepared> => {
      const { id } = await remember({ validFrom: january });
      await act(id);
      return { id, input };
    };
  const at = (field: string) => ({ code: 'INVALID_INPUT', issues: [{ path: ['input', field] }] });
  const mend = (id: string) => write.correct({ id, content: 'Holds instead' });
  const change = (id: string) => write.correct({ id, kind: 'CHANGE', content: 'Holds instead', effectiveAt: march });
  const holdsInstead = { code: 'ALREADY_CORRECTED', current: { content: 'Holds instead' } };
  const span = { validFrom: january, validUntil: july };
  const globex = { workspace: 'globex' };

  test.each<[string, () => Promise<Prepared>, object]>([
    [
      'a memory of another workspace',
      async () => ({ id: (await remember({}, globex)).id, input: {}, owner: globex }),
      { code: 'NOT_FOUND' },
    ],
    ['the same content', given({ content: 'The same' }, { content: 'The same' }), at('content')],
    ['empty content', given({}, { content: '' }), at('content')],
    [
      'an archived memory',
      once((id) => write.archive({ ids: [id] })),
      { code: 'INVALID_INPUT', message: expect.stringContaining('restoreMemories') },
    ],
    [
      'an expired memory',
      given({ expiresAt: moment('2020-01-01') }, {}),
      { code: 'INVALID_INPUT', message: expect.stringContaining('updateMemory') },
    ],
    ...[moment('2023-12-31'), january, july, moment('2024-08-01')].map(
      (effectiveAt): [string, () => Promise<Prepared>, object] => [
        `a CHANGE effective ${effectiveAt}, outside what it is true for`,
        given(span, { kind: 'CHANGE', effectiveAt }),
        at('effectiveAt'),
      ],
    ),
    ['effectiveAt with MISTAKE', given(span, { effectiveAt: march }), at('effectiveAt')],
    ['a credential with READ only', given({}, {}, { scopes: ['READ'] }), { code: 'FORBIDDEN' }],
    ['a version that was replaced', once(mend), holdsInstead],
    ['a moment when another version holds', once(change, { kind: 'CHANGE', effectiveAt: may }), holdsInstead],
    ['a retracted memory', once((id) => write.retract({ id })), { code: 'ALREADY_CORRECTED' }],
  ])('%s', async (_name, prepare, failure) => {
    const { id, input, caller, owner } = await prepare();
    const before = await read(id, EVERYTHING, undefined, owner);
    expect(before.id).toBe(id);
    expect(await write.correct({ id, content: 'Not to be', ...input }, caller)).toMatchObject(failure);
    expect(await read(id, EVERYTHING, undefined, owner)).toEqual(before);
  });

  test('a memory there is none of: forgotten, unknown, of another type', async () => {
    const { id } = await remember();
    await write.forget({ ids: [id] });
    for (const none of [id, 'mem_01h455vb4pex5vsknk084sn02q'])
      expect(await write.correct({ id: none, content: 'Other' })).toMatchObject({ code: 'NOT_FOUND', ids: [none] });
    expect(await write.correct({ id: 'ent_01h455vb4pex5vsknk084sn02q', content: 'Other' })).toMatchObject(at('id'));
  });
});
