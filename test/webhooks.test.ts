import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deleteOutdated } from '../src/domain/retention/retention.ts';
import { MAX_WEBHOOKS } from '../src/domain/webhook/webhooks.ts';
import { encodeId, newId } from '../src/kernel/ids.ts';
import { openTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { mutation } from './support/mutations.ts';
import { type Caller, serviceOn, type TestService } from './support/service.ts';
import { asSuperuser, countRows, runAsSuperuser, tablesWith } from './support/tables.ts';

let database: ReturnType<typeof recordStatements>;
let service: TestService;
beforeAll(async () => {
  database = recordStatements(await openTestDatabase());
  service = serviceOn(database, await localEmbeddings());
  await service.tenant();
});
afterAll(() => database.close());

// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
type Loose = any;
const SAYS = 'id url kinds companion { key } isActive createdAt';
const call = (name: string, fields: string) => (input: object, caller?: Caller) =>
  mutation(service, name, fields, '... on ForbiddenError { requiredScope }')(input as Record<string, unknown>, caller);
const create = (input: object, caller?: Caller) => call('createWebhook', `webhook { ${SAYS} } secret`)(input, caller);
const remove = (id: string, caller?: Caller) => call('deleteWebhook', 'deletedId')({ id }, caller);
const retry = (input: object, caller?: Caller) => call('retryDeliveries', 'deliveries { id status }')(input, caller);
const remember = (content: string, caller?: object, companion = 'iris') =>
  call('createMemory', 'memory { id }')({ companion: { key: companion }, type: 'FACT', content }, caller);
const list = async (caller?: Caller): Promise<Loose> =>
  (await service.runUntyped(`{ webhooks { totalCount nodes { ${SAYS} } } }`, {}, caller)).webhooks;
const deliveries = async (id: string, args: string, caller?: Caller): Promise<Loose> => {
  const document = `query ($id: ID!) { node(id: $id) { ... on Webhook {
    deliveries(${args}) { totalCount pageInfo { hasNextPage endCursor } nodes { id kind status eventId } } } } }`;
  return (await service.runUntyped(document, { id }, caller)).node.deliveries;
};
const url = 'https://example.com/hook';
const webhookTables = ['webhook_deliveries', 'webhooks'];

describe('createWebhook', () => {
  test('keeps what it is given, and shows the secret once', async () => {
    const caller = { workspace: 'kept' };
    const given = { url: 'HTTPS://Example.COM/a?b=c', kinds: ['CORRECTED', 'RECORDED'], companion: { key: 'iris' } };
    const { webhook, secret } = await create(given, caller);
    expect(webhook).toMatchObject({ url: 'https://example.com/a?b=c', companion: { key: 'iris' }, isActive: true });
    expect(webhook.kinds.toSorted()).toEqual(['CORRECTED', 'RECORDED']);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const other = await create({ url }, caller);
    expect(other.webhook).toMatchObject({ kinds: null, companion: null });
    expect(other.secret).not.toBe(secret);
    expect(await list(caller)).toEqual({ totalCount: 2, nodes: [webhook, other.webhook] });
    // Nothing but the one column has it.
    expect(await tablesWith(database, secret)).toEqual(['webhooks']);
    expect(JSON.stringify(await list(caller))).not.toContain('whsec');
    const { nodes } = await service.runUntyped('query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }', {
      ids: [webhook.id],
    });
    expect(nodes).toEqual([null]);
  });

  test('answers a retry without the secret, and makes nothing again', async () => {
    const caller = { workspace: 'retried' };
    const input = { url, idempotencyKey: 'once' };
    const first = await create(input, caller);
    expect(await create(input, caller)).toEqual({ ...first, secret: null });
    expect((await list(caller)).totalCount).toBe(1);
    expect(await tablesWith(database, first.secret)).toEqual(['webhooks']);
    await remove(first.webhook.id, caller);
    expect(await create(input, caller)).toMatchObject({ code: 'NOT_FOUND', message: expect.stringMatching(/erased/) });
  });

  test.each([
    ['ftp://example.com/', /http/],
    ['example.com', /http/],
    ['javascript:alert(1)', /http/],
    ['https://user:secret@example.com/', /user or password/],
    ['https://example.com/#part', /fragment/],
    [`https://example.com/${'a'.repeat(1_990)}`, /2000 characters|2,000/],
    ['http://localhost:4000/', /private networks/],
    ['http://LOCALHOST./', /private networks/],
    ['http://api.localhost/', /private networks/],
    ['http://127.0.0.1/', /private networks/],
    ['http://127.1/', /private networks/],
    ['http://0x7f000001/', /private networks/],
    ['http://2130706433/', /private networks/],
    ['http://0.0.0.0/', /private networks/],
    ['http://10.1.2.3/', /private networks/],
    ['http://172.16.0.1/', /private networks/],
    ['http://192.168.1.1/', /private networks/],
    ['http://169.254.169.254/latest/meta-data', /private networks/],
    ['http://100.64.0.1/', /private networks/],
    ['http://224.0.0.1/', /private networks/],
    ['http://255.255.255.255/', /private networks/],
    ['http://[::1]/', /private networks/],
    ['http://[::]/', /private networks/],
    ['http://[fe80::1]/', /private networks/],
    ['http://[fc00::1]/', /private networks/],
    ['http://[fd00:ec2::254]/', /private networks/],
    ['http://[ff02::1]/', /private networks/],
    ['http://[fec0::1]/', /private networks/],
    ['http://[::ffff:127.0.0.1]/', /private networks/],
    ['http://[::ffff:a9fe:a9fe]/', /private networks/],
    ['http://[::127.0.0.1]/', /private networks/],
    ['http://[64:ff9b::7f00:1]/', /private networks/],
    ['http://[2002:7f00:1::]/', /private networks/],
  ])('refuses %s', async (wrong, message) => {
    const failed = await create({ url: wrong });
    expect(failed).toMatchObject({ __typename: 'InvalidInputError', issues: [{ path: ['input', 'url'] }] });
    expect(failed.message).toMatch(message);
    expect(failed.message).not.toContain('secret');
  });

  test('takes public addresses', async () => {
    const caller = { workspace: 'public' };
    for (const given of ['http://93.184.216.34:8080/x', 'https://[2606:2800:220:1::1]/', 'https://bücher.example/']) {
      expect((await create({ url: given }, caller)).webhook.url).toBe(new URL(given).href);
    }
  });

  test('refuses an empty list of kinds', async () => {
    expect(await create({ url, kinds: [] })).toMatchObject({ issues: [{ path: ['input', 'kinds'] }] });
  });

  test('makes so many and no more, also at once', async () => {
    const caller = { workspace: 'many' };
    const made = await Promise.all(Array.from({ length: MAX_WEBHOOKS + 3 }, () => create({ url }, caller)));
    const refused = made.filter(({ code }) => code);
    expect(refused).toHaveLength(3);
    expect(refused[0]).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: MAX_WEBHOOKS, given: MAX_WEBHOOKS + 1 });
    expect((await list(caller)).totalCount).toBe(MAX_WEBHOOKS);
  });
});

describe('who may', () => {
  const restriction = { companions: null, users: [newId()] };

  test.each<[string, Caller, string]>([
    ['without ADMIN', { scopes: ['READ', 'WRITE'] }, 'ADMIN'],
    ['restricted', { restriction }, 'UNRESTRICTED'],
  ])('a credential %s can neither see nor change any', async (_who, who, requiredScope) => {
    const { webhook } = await create({ url });
    await remember(`something for ${_who}`);
    const [delivery] = (await deliveries(webhook.id, 'first: 1')).nodes;
    for (const refused of [
      await create({ url }, who),
      await remove(webhook.id, who),
      await retry({ webhookId: webhook.id }, who),
    ]) {
      expect(refused).toMatchObject({ code: 'FORBIDDEN', requiredScope });
    }
    const { data, errors } = await service.sendUntyped('{ webhooks { totalCount } }', {}, who);
    expect([data, errors?.[0]?.extensions]).toEqual([
      null,
      expect.objectContaining({ code: 'FORBIDDEN', requiredScope }),
    ]);
    const { nodes } = await service.runUntyped(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
      { ids: [webhook.id, delivery.id] },
      who,
    );
    expect(nodes).toEqual([null, null]);
    await remove(webhook.id);
  });

  test('a credential with ADMIN and without READ makes and deletes them', async () => {
    const who: Caller = { scopes: ['WRITE', 'ADMIN'], workspace: 'blind' };
    const made = await call('createWebhook', 'webhook { id } secret')({ url }, who);
    expect(made.secret).toMatch(/^whsec_/);
    const { errors } = await service.sendUntyped('{ webhooks { totalCount } }', {}, who);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', requiredScope: 'READ' });
    expect(await remove(made.webhook.id, who)).toMatchObject({ deletedId: made.webhook.id });
  });

  test('another workspace finds none', async () => {
    const { webhook } = await create({ url });
    const who = { workspace: 'globex' };
    expect(await remove(webhook.id, who)).toMatchObject({ code: 'NOT_FOUND', ids: [webhook.id] });
    expect(await retry({ webhookId: webhook.id }, who)).toMatchObject({ code: 'NOT_FOUND', ids: [webhook.id] });
    expect(await list(who)).toEqual({ totalCount: 0, nodes: [] });
    await remember('nothing for acme', who);
    expect((await deliveries(webhook.id, 'first: 5')).totalCount).toBe(0);
    await remove(webhook.id);
  });
});

describe('deliveries', () => {
  test('are written with the events, by no more statements than without webhooks', async () => {
    const caller = { workspace: 'statements' };
    await remember('to begin with', caller);
    const document = `mutation ($content: String!) { createMemory(input: {
      companion: { key: "iris" }, type: FACT, content: $content }) { __typename } }`;
    const before = await service.countStatements(document, { content: 'without a webhook' }, caller);
    const { webhook } = await create({ url }, caller);
    await create({ url, kinds: ['UPDATED'] }, caller);
    expect(await service.countStatements(document, { content: 'with two webhooks' }, caller)).toBe(before);
    expect(await deliveries(webhook.id, 'first: 5', caller)).toMatchObject({
      totalCount: 1,
      nodes: [{ kind: 'RECORDED', status: 'PENDING' }],
    });
    expect((await countRows(database)).webhook_deliveries).toBeGreaterThan(0);
  });

  test('are paged from the newest on, and by how they stand', async () => {
    const caller = { workspace: 'paged' };
    const { webhook } = await create({ url }, caller);
    for (let n = 0; n < 5; n++) await remember(`page ${n} of it`, caller);
    const { events } = await service.runUntyped('{ events { nodes { id } } }', {}, caller);
    const newest = events.nodes.map(({ id }: Loose) => id).toReversed();
    const first = await deliveries(webhook.id, 'first: 3', caller);
    expect(first).toMatchObject({ totalCount: 5, pageInfo: { hasNextPage: true } });
    await remember('comes between two pages', caller);
    const second = await deliveries(webhook.id, `first: 3, after: "${first.pageInfo.endCursor}"`, caller);
    expect(second.pageInfo.hasNextPage).toBe(false);
    expect([...first.nodes, ...second.nodes].map(({ eventId }: Loose) => eventId)).toEqual(newest);
    expect((await deliveries(webhook.id, 'status: FAILED', caller)).totalCount).toBe(0);
    expect((await deliveries(webhook.id, 'status: PENDING', caller)).totalCount).toBe(6);
  });

  test('that failed are put back: those given, or all', async () => {
    const caller = { workspace: 'put back' };
    const { webhook } = await create({ url }, caller);
    for (let n = 0; n < 4; n++) await remember(`put back ${n}`, caller);
    const [third, second, first] = (await deliveries(webhook.id, 'first: 4', caller)).nodes.slice(1);
    await runAsSuperuser(
      database,
      `update webhook_deliveries d set state = 2, settled_at = now(), last_error = 'It answered 500.' from events e
       where e.id = d.event_id and e.workspace_id = '${(await service.tenant('put back')).workspaceId}'
         and e.position <= 3`,
    );
    const ids = [third.id, first.id];
    expect((await retry({ webhookId: webhook.id, ids }, caller)).deliveries).toEqual([
      { id: first.id, status: 'PENDING' },
      { id: third.id, status: 'PENDING' },
    ]);
    expect((await retry({ webhookId: webhook.id }, caller)).deliveries).toEqual([{ id: second.id, status: 'PENDING' }]);
    expect((await retry({ webhookId: webhook.id, ids }, caller)).deliveries).toEqual([]);
    const unknown = encodeId('WebhookDelivery', newId());
    expect(await retry({ webhookId: webhook.id, ids: [first.id, unknown] }, caller)).toMatchObject({
      code: 'NOT_FOUND',
      ids: [unknown],
    });
    const other = await create({ url }, caller);
    expect(await retry({ webhookId: other.webhook.id, ids: [first.id] }, caller)).toMatchObject({ ids: [first.id] });
    const many = Array.from({ length: 1_001 }, () => encodeId('WebhookDelivery', newId()));
    expect(await retry({ webhookId: webhook.id, ids: many }, caller)).toMatchObject({ limit: 1_000, given: 1_001 });
  });

  test('are deleted when they have been over for long', async () => {
    const caller = { workspace: 'old' };
    const { webhook } = await create({ url }, caller);
    for (let n = 0; n < 5; n++) await remember(`old ${n}`, caller);
    const set = (position: number, state: number, days: number) =>
      `update webhook_deliveries set state = ${state}, settled_at = now() - interval '${days} days'
       where position = ${position} and webhook_id in (select id from webhooks where workspace_id =
         (select id from workspaces where name = 'old'));`;
    await runAsSuperuser(database, [set(1, 1, 8), set(2, 1, 6), set(3, 2, 31), set(4, 2, 29)].join(' '));
    await deleteOutdated(database, { auditDays: 1 });
    const left = (await deliveries(webhook.id, 'first: 9', caller)).nodes;
    expect(left.map(({ status }: Loose) => status)).toEqual(['PENDING', 'FAILED', 'DELIVERED']);
  });
});

describe('what goes along', () => {
  test('with a webhook: its deliveries', async () => {
    const caller = { workspace: 'deleted' };
    const rows = async () => {
      const { workspaceId } = await service.tenant('deleted');
      const [row] = (await asSuperuser(database, (connection) =>
        connection.query(
          `select (select count(*)::int from webhooks where workspace_id = $1) as hooks,
             (select count(*)::int from webhook_deliveries where workspace_id = $1) as deliveries,
             (select has_webhooks from workspaces where id = $1) as has`,
          [workspaceId],
        ),
      )) as [Loose];
      return row;
    };
    const [one, other] = [await create({ url }, caller), await create({ url, companion: { key: 'otto' } }, caller)];
    await remember('for one', caller);
    await remember('for both', caller, 'otto');
    expect(await rows()).toEqual({ hooks: 2, deliveries: 3, has: true });
    await remove(one.webhook.id, caller);
    expect(await rows()).toEqual({ hooks: 1, deliveries: 1, has: true });
    expect(await remove(one.webhook.id, caller)).toMatchObject({ code: 'NOT_FOUND' });
    // The companion takes its webhooks along.
    await call('deleteCompanion', 'deletedId')({ companion: { key: 'otto' } }, caller);
    expect(await rows()).toEqual({ hooks: 0, deliveries: 0, has: true });
    expect(await remove(other.webhook.id, caller)).toMatchObject({ code: 'NOT_FOUND' });
    const last = await create({ url }, caller);
    await remove(last.webhook.id, caller);
    expect(await rows()).toEqual({ hooks: 0, deliveries: 0, has: false });
  });

  test('with a user: deliveries of what is erased', async () => {
    const caller = { workspace: 'erased' };
    const { webhook } = await create({ url }, caller);
    await call('createMemory', 'memory { id }')(
      { companion: { key: 'iris' }, user: { externalId: 'maya' }, type: 'FACT', content: 'of Maya' },
      caller,
    );
    await remember('of nobody', caller);
    await call('deleteUser', 'deletedId')({ user: { externalId: 'maya' } }, caller);
    expect((await deliveries(webhook.id, 'first: 5', caller)).totalCount).toBe(1);
  });

  test('the tables are there', async () => {
    const counted = await countRows(database);
    for (const table of webhookTables) expect(counted[table]).toBeGreaterThan(0);
  });
});

test('no log line has a secret, nor where one could not be kept', async () => {
  const table = 'alter table webhooks';
  await runAsSuperuser(database, `${table} add constraint refuses_all check (url is null) not valid`);
  const { errors } = await service.sendUntyped(
    'mutation ($url: String!) { createWebhook(input: { url: $url }) { __typename } }',
    { url },
  );
  await runAsSuperuser(database, `${table} drop constraint refuses_all`);
  expect(errors?.[0]?.extensions.code).toBe('INTERNAL_SERVER_ERROR');
  const { secret } = await create({ url });
  const logged = service.logged.join('\n');
  expect(logged).toContain('refuses_all');
  expect(logged).not.toContain('whsec_');
  expect(logged).not.toContain(secret.slice('whsec_'.length));
});
