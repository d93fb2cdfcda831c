import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Database } from '../src/db/database.ts';
import type { Tenant } from '../src/db/transaction.ts';
import { write } from '../src/db/write.ts';
import { AuditTrail, MAX_REFUSALS } from '../src/domain/audit/trail.ts';
import { createKey, revokeKey } from '../src/domain/credential/api-keys.ts';
import { authenticateBy } from '../src/domain/credential/authenticate.ts';
import { publicKeyId } from '../src/domain/credential/secret.ts';
import type { Embeddings } from '../src/domain/embedding/embeddings.ts';
import { openWorkspace } from '../src/domain/workspace/workspaces.ts';
import { createService, listen } from '../src/http/server.ts';
import { momentOfId, parseId } from '../src/kernel/ids.ts';
import type { AccessScope } from '../src/kernel/principal.ts';
import { Counts } from '../src/transfer/counts.ts';
import { exportLines } from '../src/transfer/export.ts';
import { runAdmin } from './support/admin.ts';
import { openTestDatabase } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { tablesWith } from './support/tables.ts';

const SECRET = 'a secret of at least thirty-two characters';
const jwt = {
  issuer: 'https://issuer.test',
  audience: 'palimpsest',
  key: { secret: SECRET },
  workspaceClaim: 'workspace',
  scopesClaim: 'scope',
};

let database: Database;
let embeddings: Embeddings;
let acme: Tenant;

beforeAll(async () => {
  [database, embeddings] = await Promise.all([openTestDatabase(), localEmbeddings()]);
  acme = await openWorkspace(database, 'acme', 'system:operator', embeddings.model);
});
afterAll(() => database.close());

interface Line {
  workspace: string | null;
  actor: string;
  credential: string | null;
  address: string | null;
  action: string;
  subject: string | null;
  outcome: string;
  count: number;
  id: string;
  at: string;
}

const audit = async (...args: string[]): Promise<Line[]> =>
  (await runAdmin(database, ['audit', '--json', ...args])).stdout.map((line) => JSON.parse(line) as Line);

const keyOf = (scopes: AccessScope[], name = 'agent', expiresAt: Date | null = null) =>
  write(acme, (tx) => createKey(tx, { name, scopes, expiresAt }));

const trailOf = (of = database) => {
  const logged: string[] = [];
  return { trail: new AuditTrail(of, (text) => logged.push(text)), logged };
};

/** A service that writes the trail; `ask` sends a document with a credential, on a connection of its own where one is given. */
function serviceWith(requests: { ratePerMinute?: number } = {}) {
  const { trail } = trailOf();
  const authenticate = authenticateBy(database, jwt, 100);
  const options = { database, authenticate, embeddings, graphiql: false, audit: trail, log: () => {}, requests };
  const service = createService({ ...options, requests: { ...requests, ratePerMinute: requests.ratePerMinute ?? 0 } });
  const ask = async (token: string, query: string, url = 'http://test/graphql') => {
    const accept = /^\s*subscription/.test(query) ? 'text/event-stream' : 'application/json';
    const response = await (url.startsWith('http://test') ? service.fetch : fetch)(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, accept },
      body: JSON.stringify({ query }),
    });
    const text = await response.text();
    // A subscription that is refused is a stream of one event.
    const [, event] = /^data: (.*)$/m.exec(text) ?? [];
    return { status: response.status, body: JSON.parse(event ?? text) };
  };
  return { service, trail, ask };
}

/** Lines of a credential, newest first, once what was noted is written. */
async function linesOf(trail: AuditTrail, actor: string): Promise<Partial<Line>[]> {
  await trail.flush();
  return (await audit())
    .filter((line) => line.actor === actor)
    .map(({ id: _, at: __, workspace: ___, ...line }) => line);
}

describe('refusals', () => {
  test('of a key that is known stand in the trail, with why, and how often within the minute', async () => {
    const { trail, ask } = serviceWith();
    const [wrong, revoked, expired] = [
      await keyOf(['READ'], 'wrong one'),
      await keyOf(['READ'], 'revoked one'),
      await keyOf(['READ'], 'expired one', new Date(Date.now() - 1000)),
    ];
    await write(acme, (tx) => revokeKey(tx, revoked.key.id));
    // Without a checksum: a wrong one is refused without a look at the key.
    const guess = `${wrong.token.slice(0, 57)}${'a'.repeat(43)}`;
    for (const token of [guess, guess, guess, revoked.token, expired.token]) {
      expect((await ask(token, '{ viewer { scopes } }')).status).toBe(401);
    }
    const refused = (key: { id: string }, outcome: string, count: number) => ({
      credential: publicKeyId(key.id),
      address: null,
      action: 'authenticate',
      subject: null,
      outcome,
      count,
    });
    const lines = async (name: string) => (await linesOf(trail, `key:${name}`)).map(({ actor: _, ...line }) => line);
    const counts = async (name: string) => (await lines(name)).reduce((sum, { count = 0 }) => sum + count, 0);
    // A minute may have ended in between.
    expect((await lines('wrong one'))[0]).toEqual(refused(wrong.key, 'WRONG_SECRET', expect.any(Number) as never));
    expect(await counts('wrong one')).toBe(3);
    expect(await lines('revoked one')).toEqual([refused(revoked.key, 'KEY_REVOKED', 1)]);
    expect(await lines('expired one')).toEqual([refused(expired.key, 'KEY_EXPIRED', 1)]);
  });

  test('of a key or workspace that nobody knows do not: they stand in the log of requests', async () => {
    const { trail, ask } = serviceWith();
    const before = (await audit()).length;
    const { token } = await keyOf(['READ'], 'known');
    for (const unknown of [
      'nonsense',
      `pal_${'0'.repeat(52)}_${'a'.repeat(43)}`,
      `${token.slice(0, 30)}${'0'.repeat(26)}${token.slice(56)}`,
    ]) {
      expect((await ask(unknown, '{ viewer { scopes } }')).status).toBe(401);
    }
    await trail.flush();
    expect((await audit()).length).toBe(before + 1);
  });

  test('for lack of a scope: by a query, a subscription, a mutation, and a field that reads by way of a mutation', async () => {
    for (const [scopes, query, action] of [
      [['WRITE'], '{ memories { totalCount } }', 'memories'],
      [['WRITE'], 'subscription { events { node { memory { content } } } }', 'events'],
      [['READ'], 'mutation { deleteUser(input: { user: { externalId: "zebra41" } }) { __typename } }', 'deleteUser'],
      [
        ['WRITE'],
        'mutation { upsertUser(input: { externalId: "zebra41" }) { ... on UpsertUserPayload { user { metadata } } } }',
        'UpsertUserPayload.user',
      ],
    ] as const) {
      const { trail, ask } = serviceWith();
      const { token, key } = await keyOf([...scopes], `lacks ${action}`);
      expect(JSON.stringify(await ask(token, query))).toContain('"code":"FORBIDDEN"');
      expect(await linesOf(trail, `key:lacks ${action}`)).toMatchObject([
        { credential: publicKeyId(key.id), action, outcome: 'FORBIDDEN', count: 1 },
      ]);
    }
    expect(await tablesWith(database, 'zebra41'), 'no contents').toEqual([]);
  });

  test('for too many requests, of a JWT, with the address it came from', async () => {
    const { service, trail, ask } = serviceWith({ ratePerMinute: 2 });
    const { url, stop } = await listen({ handle: service.handle, requests: service.requests, drain: service.drain }, 0);
    const token = await new SignJWT({ sub: 'ada', workspace: 'acme', scope: 'read' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(jwt.issuer)
      .setAudience(jwt.audience)
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode(SECRET));
    try {
      const statuses = [];
      for (let i = 0; i < 4; i++) statuses.push((await ask(token, '{ viewer { scopes } }', url)).status);
      expect(statuses).toContain(429);
      expect(await linesOf(trail, 'jwt:ada')).toMatchObject([
        { credential: null, address: '127.0.0.1', action: 'request', outcome: 'RATE_LIMITED' },
      ]);
    } finally {
      await stop();
    }
  });

  test('of very many fill neither the memory nor the disk: a workspace has few lines a minute', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    try {
      const { trail } = trailOf();
      for (let i = 0; i < 5_000; i++) {
        const who = { workspaceId: acme.workspaceId, actor: `jwt:crowd ${i}`, credential: `jwt:x:${i}` };
        trail.note({ who, action: 'memories', outcome: 'FORBIDDEN' });
        trail.note({ who: { ...who, actor: 'jwt:one' }, action: `field ${i}`, outcome: 'FORBIDDEN' });
      }
      await trail.flush();
      const lines = (await audit('--limit', '10000')).filter(({ actor }) => /^jwt:(crowd|one)|others/.test(actor));
      expect(lines).toHaveLength(MAX_REFUSALS + 1);
      expect(lines.reduce((sum, { count }) => sum + count, 0)).toBe(10_000);
      expect(lines).toContainEqual(expect.objectContaining({ actor: 'system:others', outcome: 'REFUSED' }));
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('what is done', () => {
  test('by holders of ADMIN, and what erases or merges, stands in the trail; a retry does nothing more', async () => {
    const { trail, ask } = serviceWith();
    const { token } = await keyOf(['READ', 'WRITE', 'ADMIN'], 'admin');
    const made = await ask(
      token,
      `mutation { createMemory(input: { companion: { key: "zebra42" }, user: { externalId: "zebra42" }, type: FACT,
          content: "zebra42", entities: [{ name: "A zebra42", type: "x" }, { name: "B zebra42", type: "x" }] }) {
        ... on CreateMemoryPayload { memory { id user { id } companion { id } entities { nodes { id } } } } } }`,
    );
    const { memory } = made.body.data.createMemory;
    const [from, into] = memory.entities.nodes.map(({ id }: { id: string }) => id);
    for (const mutation of [
      'setDecayPolicy(input: { type: FACT, halfLifeDays: 3 })',
      `mergeEntities(input: { fromIds: ["${from}"], intoId: "${into}" })`,
      'purgeExpiredMemories(input: {})',
      `forgetMemories(input: { ids: ["${memory.id}"] })`,
      'deleteUser(input: { user: { externalId: "zebra42" }, idempotencyKey: "gone" })',
      'deleteUser(input: { user: { externalId: "zebra42" }, idempotencyKey: "gone" })',
      'deleteUser(input: { user: { externalId: "zebra42" } })',
      'deleteCompanion(input: { companion: { key: "zebra42" } })',
      'upsertUser(input: { externalId: "no matter" })',
    ]) {
      await ask(token, `mutation { ${mutation} { __typename } }`);
    }
    const lines = await linesOf(trail, 'key:admin');
    expect(lines.map(({ action, subject, outcome }) => [action, subject, outcome])).toEqual([
      ['deleteCompanion', memory.companion.id, 'DONE'],
      ['deleteUser', null, 'NOT_FOUND'],
      ['deleteUser', memory.user.id, 'DONE'],
      ['forgetMemories', null, 'DONE'],
      ['purgeExpiredMemories', null, 'DONE'],
      ['mergeEntities', into, 'DONE'],
      ['setDecayPolicy', 'FACT', 'DONE'],
    ]);
    expect(await tablesWith(database, 'zebra42'), 'no contents').toEqual([]);
  });

  test('on the command line stands there, too, and of a deleted workspace that it was', async () => {
    await runAdmin(database, ['workspace', 'create', 'globex zebra43']);
    const { stdout } = await runAdmin(database, ['key', 'create', 'globex zebra43', '--scopes', 'read']);
    expect(stdout).toHaveLength(1);
    const [listed = ''] = (await runAdmin(database, ['key', 'list', 'globex zebra43'])).stdout;
    const key = listed.split(' ')[0] as string;
    await runAdmin(database, ['key', 'rotate', 'globex zebra43', key]);
    await runAdmin(database, ['key', 'revoke', 'globex zebra43', key]);
    const did = (lines: Line[]) =>
      lines.map(({ actor, action, subject, outcome }) => [actor, action, subject, outcome]);
    const lines = await audit('--workspace', 'globex zebra43');
    const id = lines.at(-1)?.subject as string;
    expect(did(lines)).toEqual([
      ['system:operator', 'key revoke', key, 'DONE'],
      ['system:operator', 'key rotate', key, 'DONE'],
      ['system:operator', 'key create', key, 'DONE'],
      ['system:operator', 'workspace create', expect.stringMatching(/^wsp_/), 'DONE'],
    ]);
    await runAdmin(database, ['workspace', 'delete', 'globex zebra43', '--yes']);
    const [last] = await audit();
    expect(did([last as Line])).toEqual([['system:operator', 'workspace delete', id, 'DONE']]);
    expect(last?.workspace).toBeNull();
    expect(await tablesWith(database, 'zebra43')).toEqual([]);
    expect(await tablesWith(database, parseId(id)?.uuid as string)).toEqual([]);
  });

  test('is noted without a statement on the way of the request, and fails nobody where it cannot be written', async () => {
    const broken = { ...database, connect: () => Promise.reject(new Error('no connection')) };
    const { trail, logged } = trailOf(broken);
    const who = { workspaceId: acme.workspaceId, actor: 'key:x', credential: 'key_x' };
    trail.note({ who, action: 'purgeExpiredMemories', outcome: 'DONE' });
    await trail.flush();
    trail.note({ who, action: 'purgeExpiredMemories', outcome: 'DONE' });
    await trail.flush();
    expect(logged).toEqual([expect.stringMatching(/^The audit trail could not be written/)]);
  });

  test('is not lost where it could not be written at once', async () => {
    let isBroken = true;
    const connect = (holder?: string) => (isBroken ? Promise.reject(new Error('gone')) : database.connect(holder));
    const { trail } = trailOf({ ...database, connect });
    const who = { workspaceId: acme.workspaceId, actor: 'key:patient', credential: 'key_x' };
    trail.note({ who, action: 'purgeExpiredMemories', outcome: 'DONE' });
    await trail.flush();
    isBroken = false;
    expect(await linesOf(trail, 'key:patient')).toMatchObject([{ action: 'purgeExpiredMemories', count: 1 }]);
  });
});

describe('npm run admin -- audit', () => {
  test('shows a page, newest first, and how to go on; a time and a workspace alone', async () => {
    for (let i = 0; i < 5; i++) await openWorkspace(database, `paged ${i}`, 'system:operator');
    const all = await audit('--limit', '10000');
    expect(all.map(({ id }) => id)).toEqual(
      all
        .map(({ id }) => id)
        .toSorted()
        .toReversed(),
    );
    expect(all.map(({ id }) => momentOfId(id).toISOString())).toEqual(all.map(({ at }) => at));
    const pages: Line[] = [];
    for (let before: string | undefined; ; ) {
      const { stdout, stderr } = await runAdmin(database, [
        'audit',
        '--json',
        '--limit',
        '3',
        ...(before ? ['--before', before] : []),
      ]);
      pages.push(...stdout.map((line) => JSON.parse(line) as Line));
      before = /--before (\S+)$/.exec(stderr[0] ?? '')?.[1];
      if (!before) break;
    }
    expect(pages).toEqual(all);
    expect(await audit('--since', '2100-01-01')).toEqual([]);
    expect(await audit('--since', '1h', '--limit', '10000')).toEqual(all);
    const cut = all[2]?.at as string;
    expect((await audit('--since', cut)).map(({ id }) => id)).toEqual(
      all.filter(({ at }) => at >= cut).map(({ id }) => id),
    );
    const { stdout } = await runAdmin(database, ['audit', '--workspace', 'paged 3']);
    expect(stdout).toEqual([
      expect.stringMatching(/^\d{4}-\S+Z {2}paged 3 {2}system:operator {2}workspace create wsp_\w{26} {2}DONE$/),
    ]);
  });

  test.each([
    [['--since', 'yesterday'], /--since is how long ago/],
    [['--limit', '0'], /--limit is a number of lines/],
    [['--before', 'x'], /--before is the id of a line/],
    [['--workspace', 'nobody'], /There is no workspace nobody/],
    [['acme'], /^Usage/],
  ])('says what is wrong with %j', async (args, message) => {
    await expect((async () => audit(...args))()).rejects.toThrow(message);
  });

  test('no workspace sees the lines of another, by row-level security alone', async () => {
    const other = await openWorkspace(database, 'other', 'system:operator');
    const rows = await write(other, (tx) =>
      tx.drizzle({}).execute<{ workspace_id: string }>('select distinct workspace_id from audit_entries'),
    );
    expect(rows.map((row) => Object.values(row)[0])).toEqual([other.workspaceId]);
  });

  test('and an export has none of it', async () => {
    let text = '';
    for await (const line of exportLines(acme, new Counts())) text += line;
    expect(text).not.toMatch(/audit|system:operator|key:admin/);
  });
});
