import { expect, test } from 'vitest';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';

const service = useService();
const write = {
  create: mutation(
    service,
    'createMemory',
    'memory { id content } duplicate succeeded { content validUntil } contradiction { id memory { content } by { content } }',
  ),
  correct: mutation(
    service,
    'correctMemory',
    'memory { id content recordedAt }',
    '... on AlreadyCorrectedError { current { id content } }',
  ),
  retract: mutation(service, 'retractMemory', 'memory { id status }'),
  revert: mutation(service, 'revertCorrection', 'memory { id status }'),
  contradict: mutation(service, 'contradictMemory', 'contradiction { id }'),
  reopen: mutation(service, 'reopenContradiction', 'contradiction { id }'),
  resolve: mutation(
    service,
    'resolveContradiction',
    'contradiction { id status memory { content status } by { content status } }',
  ),
};

let companions = 0;
/** A companion of its own that learns about Maya. */
function newMind() {
  const companion = { key: `mind ${++companions}` };
  const user = { externalId: 'maya' };
  /** What is shown at a point in time: what the agent would be told. */
  const told = async (at: { validAt?: string; knownAt?: string } = {}) => {
    const { memories } = await service.run(
      'query ($companion: CompanionRef!, $at: PointInTime) { memories(companion: $companion, at: $at, first: 50) { nodes { content } } }',
      { companion, at },
    );
    return memories.nodes.map(({ content }: { content: string }) => content).toSorted();
  };
  return {
    learn: (content: string, more: Record<string, unknown> = {}) =>
      write.create({ companion, user, type: 'FACT', content, ...more }),
    told,
    /** What is told at noon of each day. */
    on: async (...days: string[]) => Promise.all(days.map((day) => told({ validAt: `${day}T12:00:00Z` }))),
  };
}
const day = (date: string) => `${date}T00:00:00Z`;

test('a preference drifts: vegan, then vegetarian, then fish now and then', async () => {
  const { learn, on } = newMind();
  const vegan = await learn("I'm vegan.", { type: 'PREFERENCE', validFrom: day('2026-01-10') });
  const change = (content: string, date: string) =>
    write.correct({ id: vegan.memory.id, kind: 'CHANGE', content, effectiveAt: day(date) });
  expect(await change('I eat fish now.', '2026-06-01')).toMatchObject({ memory: { content: 'I eat fish now.' } });
  expect(await change('I am a vegetarian.', '2026-04-01')).toMatchObject({ memory: { content: 'I am a vegetarian.' } });
  expect(await on('2026-01-09', '2026-01-11', '2026-05-31', '2026-06-01', '2026-10-01')).toEqual([
    [],
    ["I'm vegan."],
    ['I am a vegetarian.'],
    ['I eat fish now.'],
    ['I eat fish now.'],
  ]);
  // Who addresses the first version of what has changed since is told which one holds.
  expect(await change('I eat everything.', '2026-07-01')).toMatchObject({
    code: 'ALREADY_CORRECTED',
    current: { content: 'I eat fish now.' },
  });
});

test('a relocation: a stay with an end, a gap, a return, as a slot, told out of order', async () => {
  const { learn, on } = newMind();
  const home = (content: string, from: string, until?: string) =>
    learn(content, { slot: 'user.home', validFrom: day(from), validUntil: until && day(until) });
  await home('Lives in Lisbon.', '2026-03-01');
  await home('Lives in Gothenburg.', '2020-01-01', '2026-01-15');
  await home('Stays in Porto.', '2026-02-01', '2026-04-01');
  expect(await on('2025-06-01', '2026-01-20', '2026-02-10', '2026-03-02', '2026-05-01')).toEqual([
    ['Lives in Gothenburg.'],
    [],
    ['Stays in Porto.'],
    ['Lives in Lisbon.'],
    ['Lives in Lisbon.'],
  ]);
  expect(await home('Lives in Lisbon.', '2026-06-01')).toMatchObject({ duplicate: true });
});

test('a promotion: the old title ends where the new one begins, and stays on record', async () => {
  const { learn, on } = newMind();
  await learn('Maya is a designer at Roda.', { slot: 'job', validFrom: day('2024-05-01') });
  const lead = await learn('Maya leads design at Roda.', { slot: 'job', validFrom: day('2026-09-01') });
  expect(lead.succeeded).toEqual({ content: 'Maya is a designer at Roda.', validUntil: '2026-09-01T00:00:00.000Z' });
  const { memory } = await service.runUntyped(
    `{ memory(id: "${lead.memory.id}") { versions { nodes { content status } } history { nodes { kind } } } }`,
  );
  expect(memory.versions.nodes).toEqual([
    { content: 'Maya is a designer at Roda.', status: 'ENDED' },
    { content: 'Maya leads design at Roda.', status: 'ACTIVE' },
  ]);
  expect(await on('2026-08-31', '2026-09-01')).toEqual([
    ['Maya is a designer at Roda.'],
    ['Maya leads design at Roda.'],
  ]);
});

test.each(['slot', 'amendments'])('a rate adjusted twice, the middle one told last: by %s', async (how) => {
  const { learn, on } = newMind();
  const slot = how === 'slot' ? 'rate' : null;
  const { memory } = await learn('85 an hour', { slot, validFrom: day('2026-01-01') });
  const adjust = (content: string, date: string) =>
    slot
      ? learn(content, { slot, validFrom: day(date) })
      : write.correct({ id: memory.id, kind: 'CHANGE', content, effectiveAt: day(date) });
  await adjust('95 an hour', '2026-09-01');
  await adjust('90 an hour', '2026-05-01');
  expect(await on('2026-02-01', '2026-05-01', '2026-08-31', '2026-09-01')).toEqual([
    ['85 an hour'],
    ['90 an hour'],
    ['90 an hour'],
    ['95 an hour'],
  ]);
});

test('a retraction of a retraction: taken back it is believed again, and so is its correction', async () => {
  const { learn, told } = newMind();
  const { memory } = await learn('The meeting is on Thursdays.');
  const corrected = await write.correct({ id: memory.id, content: 'The meeting is on Fridays.' });
  expect(await write.retract({ id: corrected.memory.id, reason: 'Nobody knows' })).toMatchObject({
    memory: { status: 'RETRACTED' },
  });
  expect(await told()).toEqual([]);
  await write.revert({ id: corrected.memory.id });
  expect(await told()).toEqual(['The meeting is on Fridays.']);
  await write.revert({ id: memory.id });
  expect(await told()).toEqual(['The meeting is on Thursdays.']);
  expect(await write.revert({ id: memory.id })).toMatchObject({ code: 'INVALID_INPUT' });
});

test('a birthday mentioned amid a task, then another: disputed until one is kept', async () => {
  const { learn, told } = newMind();
  await learn('Book a table for four on Friday.', { type: 'INSTRUCTION' });
  const first = await learn("Maya's birthday is on 3 March.", { slot: 'birthday', validFrom: day('1990-03-03') });
  const second = await learn("Maya's birthday is on 30 March.", { slot: 'birthday', validFrom: day('1990-03-03') });
  expect(second.contradiction).toMatchObject({
    memory: { content: first.memory.content },
    by: { content: second.memory.content },
  });
  expect(await told()).toHaveLength(3);
  await write.resolve({ id: second.contradiction.id, resolution: 'KEEP_BY' });
  expect(await told()).toEqual(['Book a table for four on Friday.', "Maya's birthday is on 30 March."]);
  const { memory } = await service.runUntyped(`{ memory(id: "${first.memory.id}") { status current { content } } }`);
  expect(memory).toEqual({ status: 'RETRACTED', current: { content: "Maya's birthday is on 30 March." } });
});

test('what was believed in spring stays what was believed in spring', async () => {
  const { learn, told } = newMind();
  const { memory } = await learn('The rent is 1,450 euros.', { validFrom: day('2026-01-01') });
  const knownAt = new Date(Date.now() + 2).toISOString();
  await new Promise((resolve) => setTimeout(resolve, 5));
  await write.correct({ id: memory.id, content: 'The rent is 1,540 euros.', reason: 'Digits swapped' });
  expect(await told()).toEqual(['The rent is 1,540 euros.']);
  expect(await told({ validAt: day('2026-02-01') })).toEqual(['The rent is 1,540 euros.']);
  expect(await told({ knownAt })).toEqual(['The rent is 1,450 euros.']);
  expect(await told({ knownAt, validAt: day('2026-02-01') })).toEqual(['The rent is 1,450 euros.']);
});

/** Waits until what has been done lies in the past, and returns that moment. */
async function passed(): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 3));
  const moment = new Date().toISOString();
  await new Promise((resolve) => setTimeout(resolve, 3));
  return moment;
}
const read = async (id: string, fields: string, at?: object) =>
  (
    await service.runUntyped(`query ($id: ID!, $at: PointInTime) { memory(id: $id, at: $at) { ${fields} } }`, {
      id,
      at,
    })
  ).memory;
const versionsAt = async (id: string, at?: object) =>
  (await read(id, 'versions { nodes { content } }', at)).versions.nodes.map(
    ({ content }: { content: string }) => content,
  );

test('a preference drifts, told as a slot, the latest first: each learns of those before it', async () => {
  const { learn, on, told } = newMind();
  const say = (content: string, date: string) => learn(content, { slot: 'user.diet', validFrom: day(date) });
  const fish = await say('I eat fish now.', '2026-06-01');
  const first = await passed();
  await say("I'm vegan.", '2026-01-10');
  const second = await passed();
  await say('I am a vegetarian.', '2026-04-01');
  expect(await on('2026-01-09', '2026-01-10', '2026-04-01', '2026-06-01')).toEqual([
    ...[[], ["I'm vegan."], ['I am a vegetarian.'], ['I eat fish now.']],
  ]);
  // In May we would have said: nothing known, then vegan, now a vegetarian.
  const may = { validAt: day('2026-05-01') };
  expect([await told({ ...may, knownAt: first }), await told({ ...may, knownAt: second }), await told(may)]).toEqual([
    ...[[], ["I'm vegan."], ['I am a vegetarian.']],
  ]);
  expect((await read(fish.memory.id, 'current { content }', may)).current.content).toBe('I am a vegetarian.');
  expect(await versionsAt(fish.memory.id)).toEqual(["I'm vegan.", 'I am a vegetarian.', 'I eat fish now.']);
  expect(await versionsAt(fish.memory.id, { knownAt: second })).toEqual(["I'm vegan.", 'I eat fish now.']);
});

test('the middle amendment arrives last, the latest is mended, and both are taken back, the newest first', async () => {
  const { learn, on } = newMind();
  const { memory } = await learn('85 an hour', { validFrom: day('2026-01-01') });
  const change = (id: string, content: string, date: string) =>
    write.correct({ id, kind: 'CHANGE', content, effectiveAt: day(date) });
  const last = await change(memory.id, '95 an hour', '2026-09-01');
  await change(memory.id, '90 an hour', '2026-05-01');
  await write.correct({ id: last.memory.id, content: '96 an hour' });
  expect(await on('2026-04-30', '2026-05-01', '2026-09-01')).toEqual([['85 an hour'], ['90 an hour'], ['96 an hour']]);
  expect(await versionsAt(memory.id)).toEqual(['85 an hour', '90 an hour', '95 an hour', '96 an hour']);
  await write.revert({ id: memory.id });
  await write.revert({ id: memory.id });
  expect(await on('2026-04-30', '2026-08-31', '2026-09-01')).toEqual([['85 an hour'], ['85 an hour'], ['95 an hour']]);
});

test('a retraction taken back: while it stood nothing was told, and that stays so', async () => {
  const { learn, told } = newMind();
  const { memory } = await learn('The meeting is on Thursdays.', { validFrom: day('2026-01-01') });
  const before = await passed();
  await write.retract({ id: memory.id });
  const meanwhile = await passed();
  await write.revert({ id: memory.id });
  expect([await told({ knownAt: before }), await told({ knownAt: meanwhile }), await told()]).toEqual([
    ...[['The meeting is on Thursdays.'], [], ['The meeting is on Thursdays.']],
  ]);
  expect(await read(memory.id, 'status retractedAt')).toEqual({ status: 'ACTIVE', retractedAt: null });
  expect((await read(memory.id, 'status', { knownAt: meanwhile })).status).toBe('RETRACTED');
});

test('a birthday is disputed, mended meanwhile, and the dispute dismissed', async () => {
  const { learn, told } = newMind();
  await learn('Book a table for four on Friday.', { type: 'INSTRUCTION' });
  const { memory } = await learn("Maya's birthday is on 3 March.", { slot: 'birthday', validFrom: day('1990-03-03') });
  const { contradiction } = await write.contradict({
    id: memory.id,
    by: { newMemory: { type: 'FACT', content: 'Maya said she is a Libra.', validFrom: day('2020-10-01') } },
  });
  const disputed = await passed();
  const { memory: mended } = await write.correct({ id: memory.id, content: "Maya's birthday is on 3 October." });
  const { contradiction: dismissed } = await write.resolve({ id: contradiction.id, resolution: 'DISMISSED' });
  expect(dismissed.memory).toEqual({ content: "Maya's birthday is on 3 October.", status: 'ACTIVE' });
  expect(await told()).toEqual([
    ...['Book a table for four on Friday.', 'Maya said she is a Libra.', "Maya's birthday is on 3 October."],
  ]);
  expect((await read(memory.id, 'status current { content }', { knownAt: disputed })).status).toBe('DISPUTED');
  expect(await read(mended.id, 'slot validFrom')).toEqual({ slot: 'birthday', validFrom: '1990-03-03T00:00:00.000Z' });
});

test('a decision taken back late is as if it had never been made, and what was written since is kept', async () => {
  const { learn, on } = newMind();
  const rent = (content: string) => learn(content, { slot: 'rent', validFrom: day('2026-01-01') });
  const first = await rent('The rent is 1,450 euros.');
  const { contradiction } = await rent('The rent is 1,540 euros.');
  await write.resolve({ id: contradiction.id, resolution: 'KEEP_BY' });
  await learn('The rent is 1,600 euros.', { slot: 'rent', validFrom: day('2026-07-01') });
  expect(await on('2026-03-01', '2026-08-01')).toEqual([['The rent is 1,540 euros.'], ['The rent is 1,600 euros.']]);
  await write.reopen({ id: contradiction.id });
  expect(await on('2026-03-01', '2026-08-01')).toEqual([
    ['The rent is 1,450 euros.', 'The rent is 1,540 euros.'],
    ['The rent is 1,600 euros.'],
  ]);
  const later = { validAt: day('2026-08-01') };
  expect((await read(first.memory.id, 'current { content }', later)).current.content).toBe('The rent is 1,600 euros.');
});

test('what was believed in spring is read whole: the claim, its version and its history', async () => {
  const { learn } = newMind();
  const { memory } = await learn('The rent is 1,450 euros.', { validFrom: day('2026-01-01') });
  const knownAt = await passed();
  const { memory: mended } = await write.correct({ id: memory.id, content: 'The rent is 1,540 euros.' });
  const fields = 'status retractedAt current { content } versions { totalCount } history { nodes { kind } }';
  expect(await read(memory.id, fields, { knownAt })).toEqual({
    ...{ status: 'ACTIVE', retractedAt: null, current: { content: 'The rent is 1,450 euros.' } },
    ...{ versions: { totalCount: 1 }, history: { nodes: [{ kind: 'RECORDED' }] } },
  });
  expect(await read(mended.id, 'id', { knownAt })).toBeNull();
  expect((await read(memory.id, fields)).current).toEqual({ content: 'The rent is 1,540 euros.' });
});
