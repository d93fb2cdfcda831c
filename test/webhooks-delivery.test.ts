import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { write } from '../src/db/write.ts';
import { type Delivering, keepDelivering } from '../src/domain/webhook/loop.ts';
import { giveUp } from '../src/domain/webhook/outcome.ts';
import { Tally } from '../src/domain/webhook/tally.ts';
import { parseId } from '../src/kernel/ids.ts';
import { patience } from './support/calibration.ts';
import { openTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { mutation } from './support/mutations.ts';
import { type Receiver, startReceiver } from './support/receiver.ts';
import { serviceOn, type TestService } from './support/service.ts';
import { runAsSuperuser } from './support/tables.ts';

vi.setConfig({ testTimeout: patience(30_000) });

let database: ReturnType<typeof recordStatements>;
let service: TestService;
let receiver: Receiver;
let delivering: Delivering | undefined;
let tally: Tally;
const logged: string[] = [];

beforeAll(async () => {
  database = recordStatements(await openTestDatabase());
  const webhooks = { privateAddresses: true };
  service = serviceOn(database, await localEmbeddings(), 'acme', undefined, null, { webhooks });
});
afterAll(() => database.close());
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  await delivering?.stop();
  delivering = undefined;
  await receiver.stop();
  await runAsSuperuser(database, 'delete from webhook_deliveries; delete from webhooks');
  expect(logged.splice(0)).toEqual([]);
});

const begin = (timeoutMs = 15_000) => {
  tally = new Tally();
  delivering = keepDelivering({
    database,
    settings: { privateAddresses: true },
    tally,
    log: (text) => logged.push(text),
    timeoutMs,
  });
};
// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
type Loose = any;
const DELIVERY = 'id eventId kind attempts status lastStatusCode lastError deliveredAt nextAttemptAt';
const call = (name: string, fields: string) => (input: object, caller?: object) =>
  mutation(service, name, fields)(input as Record<string, unknown>, caller);
const hook = async (more: object = {}, caller?: object): Promise<{ id: string; secret: string }> => {
  const made = await call('createWebhook', 'webhook { id } secret')({ url: receiver.url, ...more }, caller);
  return { id: made.webhook.id, secret: made.secret };
};
let said = 0;
/** Says something that nothing before has said. */
const remember = async (content: string, more: object = {}): Promise<string> => {
  const input = { companion: { key: 'iris' }, type: 'FACT', content: `${content} (${++said})`, ...more };
  return (await call('createMemory', 'memory { id }')(input)).memory.id;
};
const deliveries = async (id: string, args = '', caller?: object): Promise<Loose[]> => {
  const { node } = await service.runUntyped(
    `query ($id: ID!) { node(id: $id) { ... on Webhook { isActive deliveries${args} { totalCount nodes { ${DELIVERY} } } } } }`,
    { id },
    caller,
  );
  expect(node.deliveries.totalCount).toBe(node.deliveries.nodes.length);
  return node.deliveries.nodes;
};
const isActive = async (id: string) =>
  (await service.runUntyped('query ($id: ID!) { node(id: $id) { ... on Webhook { isActive } } }', { id })).node
    .isActive;
/** Waits until something holds. */
const until = (holds: () => unknown) => vi.waitFor(holds, { timeout: patience(20_000), interval: 20 });
const got = (count: number) => until(() => expect(receiver.received.length).toBeGreaterThanOrEqual(count));
/** Waits until all deliveries of a webhook stand so. */
const settled = (id: string, ...statuses: string[]) =>
  until(async () => expect((await deliveries(id)).map(({ status }) => status)).toEqual(statuses));
const bodies = () => receiver.received.map(({ body }) => JSON.parse(body));
/** Another address of the receiver, and what has been sent there. */
const at = (path: string) => new URL(path, receiver.url).href;
const bodiesOf = (path: string) =>
  receiver.received.filter((each) => each.path === path).map(({ body }) => JSON.parse(body));
/** Lets time pass for what waits. */
const ago = (hours: number) =>
  runAsSuperuser(
    database,
    `update webhook_deliveries set pending_since = pending_since - interval '${hours} hours',
       settled_at = settled_at - interval '${hours} hours';
     update webhooks set failing_since = failing_since - interval '${hours} hours', due_at = now()`,
  );

describe('what is sent', () => {
  test('what is found and judged, with the id of the finding and of the older memory', async () => {
    const { id } = await hook({ kinds: ['FOUND', 'JUDGED'] });
    const fact = (content: string) =>
      call('createMemory', 'memory { id } findings { id }')({ companion: { key: 'iris' }, type: 'FACT', content });
    const { memory } = await fact('The harbour office closes at 17:00.');
    const { findings } = await fact('The harbour office now closes at 18:30.');
    await call('judgeFindings', 'findings { id }')({ ids: [findings[0].id], verdict: 'SUCCEEDS' });
    begin();
    await settled(id, 'DELIVERED', 'DELIVERED');
    const sent = { memory: memory.id, finding: findings[0].id, relation: null, contradiction: null };
    expect(bodies()).toMatchObject([
      { type: 'memory.found', data: { kind: 'FOUND', ...sent } },
      { type: 'memory.judged', data: { kind: 'JUDGED', ...sent } },
    ]);
    for (const { body } of receiver.received) expect(body).not.toContain('harbour');
  });

  test('is signed as Standard Webhooks says, and has ids and kinds, no contents', async () => {
    const { id, secret } = await hook();
    begin();
    const memory = await remember('The harbour is closed on Sundays.', { user: { externalId: 'maya' } });
    await got(1);
    const [{ headers, body }] = receiver.received as [Receiver['received'][number]];
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual(JSON.parse(body));
    expect(() => new Webhook(secret).verify(`${body} `, headers as Record<string, string>)).toThrow();
    expect(headers).toMatchObject({ 'content-type': 'application/json' });
    const { events } = await service.runUntyped(
      '{ events { edges { cursor node { id at kind memory { id companion { id } user { id } } } } } }',
    );
    const { cursor, node } = events.edges.at(-1);
    expect(JSON.parse(body)).toEqual({
      type: 'memory.recorded',
      timestamp: node.at,
      data: {
        event: node.id,
        kind: 'RECORDED',
        cursor: expect.any(String),
        memory,
        companion: node.memory.companion.id,
        user: node.memory.user.id,
        relation: null,
        contradiction: null,
        finding: null,
      },
    });
    expect(headers['webhook-id']).toBe(node.id);
    expect(body).not.toContain('harbour');
    // Its cursor is a place in the feed.
    const page = async (after: string) =>
      (await service.runUntyped('query ($after: String) { events(after: $after) { nodes { id } } }', { after })).events;
    await remember('The tower is open.');
    expect(await page(JSON.parse(body).data.cursor)).toEqual(await page(cursor));
    await settled(id, 'DELIVERED', 'DELIVERED');
    const [, first] = await deliveries(id);
    expect(first).toMatchObject({
      eventId: node.id,
      kind: 'RECORDED',
      attempts: 1,
      lastStatusCode: 204,
      lastError: null,
    });
    expect(first.deliveredAt).not.toBeNull();
    expect(tally.counts).toEqual({ delivered: 2, retried: 0, failed: 0 });
  });

  test('is what the webhook asks for: kinds, and a companion', async () => {
    const iris = await remember('one');
    const kinds = await hook({ url: at('/kinds'), kinds: ['UPDATED', 'RELATED'] });
    const otto = await hook({ url: at('/otto'), companion: { key: 'otto' } });
    begin();
    const other = await remember('two', { companion: { key: 'otto' } });
    await call('updateMemory', 'memory { id }')({ id: iris, summary: 'short' });
    await call('relateMemories', 'relation { id }')({ fromId: iris, toId: other, type: 'FOLLOWS' });
    await settled(kinds.id, 'DELIVERED', 'DELIVERED');
    await settled(otto.id, 'DELIVERED', 'DELIVERED');
    expect(bodiesOf('/kinds').map(({ data }) => data.kind)).toEqual(['UPDATED', 'RELATED']);
    // A relation is of both its memories.
    expect(bodiesOf('/otto').map(({ data }) => [data.kind, data.memory])).toEqual([
      ['RECORDED', other],
      ['RELATED', iris],
    ]);
  });

  test('comes in order, each event once where the receiver takes it', async () => {
    const { id } = await hook();
    begin();
    await Promise.all(Array.from({ length: 40 }, (_, n) => remember(`memory ${n} of forty`)));
    await got(40);
    await until(async () => expect(await deliveries(id, '(status: PENDING, first: 100)')).toEqual([]));
    const { events } = await service.runUntyped('{ events(first: 100) { nodes { id } } }');
    const all = events.nodes.map((event: Loose) => event.id);
    const sent = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(sent).toEqual(all.slice(all.indexOf(sent[0])).filter((each: string) => sent.includes(each)));
    expect(new Set(sent).size).toBe(40);
    expect(sent).toHaveLength(40);
  });

  test('is nothing of another workspace', async () => {
    const globex = { workspace: 'globex' };
    const [own, other] = [await hook({ url: at('/acme') }), await hook({ url: at('/globex') }, globex)];
    const input = (content: string) => ({ companion: { key: 'iris' }, type: 'FACT', content });
    const acme = await remember('only for acme');
    const { memory } = await call('createMemory', 'memory { id }')(input('only for globex'), globex);
    begin();
    await settled(own.id, 'DELIVERED');
    await until(async () => expect(await deliveries(other.id, '', globex)).toMatchObject([{ status: 'DELIVERED' }]));
    expect(bodiesOf('/acme').map(({ data }) => data.memory)).toEqual([acme]);
    expect(bodiesOf('/globex').map(({ data }) => data.memory)).toEqual([memory.id]);
  });
});

describe('an attempt that fails', () => {
  test('is repeated with the same id and body, and what comes after it waits', async () => {
    const { id } = await hook();
    receiver.reply = () => ({ status: 500, body: 'secret of the receiver' });
    begin();
    await remember('first');
    await remember('second');
    await got(1);
    await until(async () => expect((await deliveries(id)).at(-1)).toMatchObject({ attempts: 1 }));
    const [second, first] = await deliveries(id);
    expect(first).toMatchObject({ status: 'PENDING', lastStatusCode: 500, lastError: 'It answered 500.' });
    expect(Date.parse(first.nextAttemptAt)).toBeGreaterThan(Date.now());
    expect(second).toMatchObject({ status: 'PENDING', attempts: 0, lastStatusCode: null, nextAttemptAt: null });
    receiver.reply = () => undefined;
    await ago(0);
    await settled(id, 'DELIVERED', 'DELIVERED');
    const [one, two, three] = receiver.received;
    expect([two?.body, two?.headers['webhook-id']]).toEqual([one?.body, one?.headers['webhook-id']]);
    expect(three?.headers['webhook-id']).not.toBe(one?.headers['webhook-id']);
    expect(tally.counts).toEqual({ delivered: 2, retried: 1, failed: 0 });
  });

  test.each([
    [
      'a redirect',
      () => ({ status: 307, headers: { location: '/elsewhere' } }),
      307,
      'It answered 307: redirects are not followed.',
    ],
    ['no answer', () => 'never' as const, null, 'It did not answer within 0.3 s.'],
  ])('for %s', async (_what, reply, lastStatusCode, lastError) => {
    const { id } = await hook();
    receiver.reply = reply;
    begin(300);
    await remember('to be sent');
    await until(async () =>
      expect((await deliveries(id))[0]).toMatchObject({ attempts: 1, lastStatusCode, lastError }),
    );
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook']);
  });

  test('where nobody listens', async () => {
    const nobody = await startReceiver();
    await nobody.stop();
    const { id } = await hook({ url: nobody.url });
    begin();
    await remember('to be sent');
    await until(async () =>
      expect((await deliveries(id))[0]).toMatchObject({ attempts: 1, lastError: 'The connection was refused.' }),
    );
  });

  test('is given up after a day, and the next is sent', async () => {
    const { id } = await hook();
    await remember('first');
    await ago(25);
    await remember('second');
    receiver.reply = ({ body }) => (JSON.parse(body).data.event === first ? { status: 503 } : undefined);
    const [{ eventId: first }] = (await deliveries(id)).slice(-1) as [Loose];
    begin();
    await until(async () => expect((await deliveries(id)).at(-1)).toMatchObject({ status: 'FAILED', attempts: 1 }));
    await ago(0);
    await settled(id, 'DELIVERED', 'FAILED');
    expect(tally.counts).toEqual({ delivered: 1, retried: 0, failed: 1 });
    // It comes again when asked for.
    receiver.reply = () => undefined;
    const { deliveries: again } = await call('retryDeliveries', `deliveries { ${DELIVERY} }`)({ webhookId: id });
    // It is tried at once, and may have been sent by the time it is answered.
    expect(again).toEqual([expect.objectContaining({ eventId: first })]);
    expect(['PENDING', 'DELIVERED']).toContain(again[0]?.status);
    await settled(id, 'DELIVERED', 'DELIVERED');
  });

  test('for a day: all that is a day old is given up at once', async () => {
    const { id } = await hook();
    receiver.reply = () => ({ status: 502 });
    await remember('first');
    await remember('second');
    begin();
    await got(1);
    await until(async () => expect((await deliveries(id)).at(-1)).toMatchObject({ attempts: 1 }));
    await ago(25);
    await settled(id, 'FAILED', 'FAILED');
    expect((await deliveries(id)).map(({ attempts }) => attempts)).toEqual([0, 2]);
  });

  test('with 410 Gone makes the webhook inactive: it gets nothing until it is asked for', async () => {
    const { id } = await hook();
    receiver.reply = () => ({ status: 410 });
    await remember('first');
    await remember('second');
    begin();
    await settled(id, 'FAILED', 'FAILED');
    expect(await isActive(id)).toBe(false);
    await remember('third');
    expect(await deliveries(id)).toHaveLength(2);
    receiver.reply = () => undefined;
    await call('retryDeliveries', 'deliveries { id }')({ webhookId: id });
    await settled(id, 'DELIVERED', 'DELIVERED');
    expect(await isActive(id)).toBe(true);
    await remember('fourth');
    await settled(id, 'DELIVERED', 'DELIVERED', 'DELIVERED');
  });

  test('is not repeated before the receiver wants it', async () => {
    const { id } = await hook();
    receiver.reply = () => ({ status: 429, headers: { 'retry-after': '1800' } });
    begin();
    await remember('first');
    await until(async () => expect((await deliveries(id))[0]).toMatchObject({ attempts: 1 }));
    const [{ nextAttemptAt }] = (await deliveries(id)) as [Loose];
    expect(Date.parse(nextAttemptAt) - Date.now()).toBeGreaterThan(1_700_000);
    expect(Date.parse(nextAttemptAt) - Date.now()).toBeLessThan(1_900_000);
  });
});

test('one receiver that does not answer keeps no other waiting', async () => {
  const slow = await startReceiver();
  slow.reply = () => 'never';
  await Promise.all(Array.from({ length: 3 }, () => hook({ url: slow.url })));
  const { id } = await hook();
  begin();
  await remember('for all');
  await settled(id, 'DELIVERED');
  await until(() => expect(slow.received).toHaveLength(3));
  await slow.stop();
});

test('forgetting a memory takes its deliveries along', async () => {
  const { id } = await hook();
  const memory = await remember('to be forgotten');
  await remember('to be kept');
  expect(await deliveries(id)).toHaveLength(2);
  await call('forgetMemories', 'forgottenIds')({ ids: [memory] });
  expect(await deliveries(id)).toHaveLength(1);
  begin();
  await settled(id, 'DELIVERED');
  expect(bodies().map(({ data }) => parseId(data.memory)?.uuid)).not.toContain(parseId(memory)?.uuid);
});

test('what is being sent when the process ends is sent by the next one', async () => {
  const { id } = await hook();
  receiver.reply = () => 'never';
  begin();
  await remember('in between');
  await got(1);
  await delivering?.stop();
  expect((await deliveries(id))[0]).toMatchObject({ status: 'PENDING', attempts: 0 });
  receiver.reply = () => undefined;
  begin();
  await settled(id, 'DELIVERED');
});

test('what is put back while the webhook is found inactive is not given up', async () => {
  const { id } = await hook();
  await remember('first');
  await remember('second');
  const tenant = await service.tenant();
  const { uuid } = parseId(id) as { uuid: string };
  const giveAllUp = () => write(tenant, (tx) => giveUp(tx, uuid, 'all', 10));
  // The webhook is active: who has read otherwise is late.
  expect(await giveAllUp()).toBe(0);
  await runAsSuperuser(database, 'update webhooks set is_active = false');
  expect(await giveAllUp()).toBe(2);
  await call('retryDeliveries', 'deliveries { id }')({ webhookId: id });
  expect(await giveAllUp()).toBe(0);
  begin();
  await settled(id, 'DELIVERED', 'DELIVERED');
});
