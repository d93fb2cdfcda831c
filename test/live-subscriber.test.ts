import { parse } from 'graphql';
import { expect, test, vi } from 'vitest';
import { Follower } from '../src/domain/live/follower.ts';
import { HeldDocuments } from '../src/http/live/held-documents.ts';
import { Subscriber } from '../src/http/live/subscriber.ts';
import { Unavailable } from '../src/kernel/errors.ts';

type Read = ConstructorParameters<typeof Subscriber>[0]['read'];

/** Somebody who follows a feed that has come as far as `head`, and reads it so. */
function subscriberOf(head: number, read: Read) {
  const failures: unknown[] = [];
  const subscriber = new Subscriber({
    read,
    cursorAt: (position) => `at ${position}`,
    delivered: () => {},
    over: () => {},
    failed: (error) => failures.push(error),
  });
  const interest = { restrictedBy: { ids: null, names: [] }, filter: {} };
  const directory = { companions: new Map(), users: new Map() };
  const follower = new Follower(interest, { position: 0, head, directory }, subscriber);
  subscriber.begin({ follower, leave: () => {} });
  return { subscriber, follower, failures };
}

test('while the database is away it is asked seldom, however often something is new', async () => {
  let reads = 0;
  const { subscriber, follower } = subscriberOf(1, async () => {
    reads++;
    throw new Unavailable('The database is away.', 1);
  });
  const next = subscriber.next();
  for (let turn = 0; turn < 200; turn++) {
    follower.raise(2 + turn);
    await new Promise((resolve) => setImmediate(resolve));
  }
  // One at once, and one for each quarter of a second that the turns took.
  expect(reads).toBeLessThan(20);
  const before = reads;
  await vi.waitFor(() => expect(reads).toBeGreaterThan(before), { timeout: 30_000 });
  subscriber.end();
  expect(await next).toEqual({ value: undefined, done: true });
});

test.each([
  ['short', 100],
  ['of 20 KB', 20_000],
  ['of 200 KB', 200_000],
])('events that are %s come once and in order, and few bytes of them wait', async (_what, bytes) => {
  const COUNT = 50;
  const limits: number[] = [];
  const { subscriber, follower } = subscriberOf(COUNT, async (position, head, limit) => {
    limits.push(limit);
    const to = Math.min(head, position + limit);
    const payloads = Array.from({ length: to - position }, (_, at) => {
      const place = position + 1 + at;
      return { result: { data: { place } }, position: place, cursor: `at ${place}`, bytes };
    });
    return { payloads, to };
  });
  const places: unknown[] = [];
  for (let at = 0; at < COUNT; at++) {
    const { value } = await subscriber.next();
    places.push(value.data.place);
    // What has been read and not been handed over is at most 64 KiB.
    expect((follower.position - value.data.place) * bytes).toBeLessThanOrEqual(65_536);
  }
  expect(places).toEqual(Array.from({ length: COUNT }, (_, at) => at + 1));
  // Nothing is read again and again that does not fit.
  const asked = limits.reduce((sum, limit) => sum + limit, 0);
  expect(asked).toBeLessThan(COUNT + 2 * 16);
  subscriber.end();
});

const EVENTS =
  'subscription ($after: String, $companion: CompanionRef) { events(after: $after, companion: $companion) { cursor } }';
const held = new HeldDocuments();
const nameOf = (text: string, variables: object, workspace = 'acme') =>
  held.hold(workspace, text, parse(text), variables as Record<string, unknown>).name;

test('who continues after different places shares what is read, and nobody else does', () => {
  const iris = { companion: { key: 'iris' } };
  expect(nameOf(EVENTS, { ...iris, after: 'a' })).toBe(nameOf(EVENTS, { ...iris, after: 'b' }));
  expect(nameOf(EVENTS, { ...iris, after: 'a' })).toBe(nameOf(EVENTS, iris));
  expect(nameOf(EVENTS, { ...iris, after: 'a' })).not.toBe(nameOf(EVENTS, { companion: { key: 'otto' }, after: 'a' }));
  // Here the place is of a list within the event, too.
  const twice = EVENTS.replace('cursor', 'node { memory { versions(after: $after) { nodes { id } } } }');
  expect(nameOf(twice, { after: 'a' })).not.toBe(nameOf(twice, { after: 'b' }));
  const within = twice.replace('events(after: $after, ', 'events(');
  expect(nameOf(within, { after: 'a' })).not.toBe(nameOf(within, { after: 'b' }));
});

test('one workspace holds at most half of the characters of documents, and others the rest', () => {
  const documents = new HeldDocuments();
  const long = (at: number) =>
    `subscription { events { node { id } } } # ${at} ${'x'.repeat(99_950)}`.slice(0, 100_000);
  const hold = (workspace: string, at: number) => documents.hold(workspace, long(at), parse(long(at)), {});
  const first = Array.from({ length: 5 }, (_, at) => hold('acme', at));
  expect(() => hold('acme', 5)).toThrow(/of this workspace/);
  // What it holds already it may hold twice.
  hold('acme', 0).release();
  for (let at = 5; at < 10; at++) hold('globex', at);
  expect(() => hold('initech', 10)).toThrow(/too many different documents/);
  first[0]?.release();
  hold('acme', 10);
});
