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
  const { memory } = await service.run(
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
  const { memory } = await service.run(`{ memory(id: "${first.memory.id}") { status current { content } } }`);
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
