import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defineAdmin } from '../src/cli/admin.ts';
import { newProgram, parse } from '../src/cli/parser.ts';
import type { Database } from '../src/db/database.ts';
import { readOnce } from '../src/db/read-transaction.ts';
import type { Tenant } from '../src/db/transaction.ts';
import { write } from '../src/db/write.ts';
import { createKey, listKeys } from '../src/domain/credential/api-keys.ts';
import { authenticateBy } from '../src/domain/credential/authenticate.ts';
import { noteKeyUses } from '../src/domain/credential/key-uses.ts';
import { publicKeyId } from '../src/domain/credential/secret.ts';
import type { Embeddings } from '../src/domain/embedding/embeddings.ts';
import { openWorkspace } from '../src/domain/workspace/workspaces.ts';
import { createService } from '../src/http/server.ts';
import { openTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import type { Answer } from './support/service.ts';

const SECRET = 'a secret of at least thirty-two characters';
const JWT = {
  issuer: 'https://issuer.test',
  audience: 'palimpsest',
  key: { secret: SECRET },
  workspaceClaim: 'workspace',
  scopesClaim: 'scope',
  companionsClaim: 'companions',
  usersClaim: 'users',
};

let database: Database;
let statements: string[];
let embeddings: Embeddings;
let acme: Tenant;
const lines: string[] = [];

beforeAll(async () => {
  const [opened, local] = await Promise.all([openTestDatabase(), localEmbeddings()]);
  const recorded = recordStatements(opened);
  [database, statements, embeddings] = [recorded, recorded.statements, local];
  acme = await openWorkspace(database, 'acme', 'operator', embeddings.model);
  const { token } = await write(acme, (tx) =>
    createKey(tx, { name: 'all', scopes: ['READ', 'WRITE', 'ADMIN'], expiresAt: null }),
  );
  const asAll = sender(token);
  for (const [companion, user] of [
    ['iris', 'maya'],
    ['iris', 'noor'],
    ['otto', 'maya'],
    ['otto', null],
  ] as const) {
    const { errors } = await asAll(
      `mutation ($companion: String!, $user: UserRef, $content: String!) {
        createMemory(input: { companion: { key: $companion }, user: $user, content: $content, type: FACT }) { __typename }
      }`,
      { companion, user: user && { externalId: user }, content: `${companion} of ${user}` },
    );
    expect(errors).toBeUndefined();
  }
});
afterAll(() => database.close());

/** What a token is answered, by a server that has not met it before. */
function sender(token: string, uses?: ReturnType<typeof noteKeyUses>, on = database) {
  const authenticate = authenticateBy(on, JWT, 1, uses);
  const service = createService({ database: on, authenticate, embeddings, graphiql: true, log: () => {} });
  return async (query: string, variables = {}): Promise<Answer & { status: number }> => {
    const response = await service.fetch('http://test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, ...((await response.json()) as Answer) };
  };
}

const contentsFor = async (token: string): Promise<string[]> => {
  const { data } = await sender(token)('{ memories { nodes { content } } }');
  return data.memories.nodes.map(({ content }: { content: string }) => content).toSorted();
};

/** What the operator's command says, line by line; what it fails with, it throws. */
async function admin(args: string[]): Promise<string> {
  lines.length = 0;
  const { log, error } = console;
  console.log = console.error = (line: string) => lines.push(line);
  try {
    const program = defineAdmin(newProgram('admin'), (asked) => asked({ database, embedding: embeddings.model }));
    await parse(program, args);
  } finally {
    Object.assign(console, { log, error });
  }
  return lines.join('\n');
}
const lastLine = (text: string) => text.split('\n').at(-1) as string;

describe('an API key restricted on the command line', () => {
  const make = async (...options: string[]) =>
    lastLine(await admin(['key', 'create', 'acme', '--scopes', 'read,write', ...options]));

  test('sees the companions and users that it names, and its companions’ memories about nobody', async () => {
    expect(await contentsFor(await make('--companion', 'iris'))).toEqual(['iris of maya', 'iris of noor']);
    expect(await contentsFor(await make('--user', 'maya'))).toEqual(['iris of maya', 'otto of maya', 'otto of null']);
    expect(await contentsFor(await make('--companion', 'iris', '--user', 'noor'))).toEqual(['iris of noor']);
    expect(await contentsFor(await make('--companion', 'iris', '--companion', 'otto', '--user', 'noor'))).toEqual([
      'iris of noor',
      'otto of null',
    ]);
    expect(await admin(['key', 'list', 'acme'])).toMatch(/ {2}companions cmp_\w+ {2}users usr_\w+ {2}key/);
  });

  test('is not made for what there is not, nor with the scope admin', async () => {
    await expect(make('--companion', 'iris', '--user', 'mya')).rejects.toThrow('Workspace acme has no user mya');
    await expect(make('--companion', 'irs')).rejects.toThrow('Workspace acme has no companion irs');
    await expect(admin(['key', 'create', 'acme', '--scopes', 'admin', '--user', 'maya'])).rejects.toThrow(
      /cannot have the scope admin/,
    );
  });

  test.each([
    ['companion', 'deleteCompanion(input: { companion: { key: "passing" } })'],
    ['user', 'deleteUser(input: { user: { externalId: "passing" } })'],
  ])('sees nothing once its %s is deleted, also where another of that name comes', async (what, mutation) => {
    const all = lastLine(await admin(['key', 'create', 'acme', '--scopes', 'read,write,admin']));
    const create = `mutation { createMemory(input: {
      companion: { key: "passing" }, user: { externalId: "passing" }, content: "it passes", type: FACT
    }) { __typename } }`;
    await sender(all)(create);
    const token = await make(`--${what}`, 'passing');
    expect(await contentsFor(token)).toContain('it passes');
    expect(
      (await sender(all)(`mutation { ${mutation} { __typename ... on Error { message } } }`)).errors,
    ).toBeUndefined();
    await sender(all)(create);
    expect((await contentsFor(token)).filter((content) => content !== 'otto of null')).toEqual([]);
    await sender(all)(`mutation { deleteCompanion(input: { companion: { key: "passing" } }) { __typename } }`);
  });
});

describe('a JWT', () => {
  const signed = (claims: Record<string, unknown>) =>
    new SignJWT({ workspace: 'acme', scope: 'read write', ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(JWT.issuer)
      .setAudience(JWT.audience)
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(SECRET));
  const all = ['iris of maya', 'iris of noor', 'otto of maya', 'otto of null'];

  test.each([
    ['without the claims sees all', {}, all],
    ['with one name', { users: 'noor' }, ['iris of noor', 'otto of null']],
    ['with a list', { companions: ['iris'], users: ['noor', 'maya'] }, ['iris of maya', 'iris of noor']],
    ['with a name that nothing has sees nothing of it', { companions: ['irs'] }, []],
    ['with one of two', { companions: ['irs', 'iris'] }, ['iris of maya', 'iris of noor']],
    ['with an empty list sees nothing', { companions: [] }, []],
    ['with an empty name sees nothing', { companions: '' }, []],
  ])('%s', async (_how, claims, seen) => {
    expect(await contentsFor(await signed(claims))).toEqual(seen);
  });

  test.each([
    ['null', { users: null }],
    ['a number', { users: 5 }],
    ['an object', { companions: { iris: true } }],
    ['a list of other things', { companions: ['iris', 1] }],
    ['a name with control characters', { users: 'ma\u0000ya' }],
    ['a name that is too long', { users: 'm'.repeat(501) }],
    ['too many names', { users: Array.from({ length: 1_001 }, String) }],
  ])('is refused where a claim is %s', async (_what, claims) => {
    const { status, errors } = await sender(await signed(claims))('{ viewer { scopes } }');
    expect([status, errors?.[0]?.extensions.code, errors?.[0]?.message]).toEqual([
      401,
      'UNAUTHENTICATED',
      expect.stringMatching(/^The JWT is not accepted: its claim (users|companions) must be a name or a list of /),
    ]);
  });

  test('may not do what needs ADMIN, whatever its scopes', async () => {
    const { data } = await sender(await signed({ users: 'maya', scope: 'read write admin' }))(
      'mutation { deleteUser(input: { user: { externalId: "maya" } }) { ... on ForbiddenError { code requiredScope } } }',
    );
    expect(data.deleteUser).toEqual({ code: 'FORBIDDEN', requiredScope: 'UNRESTRICTED' });
  });
});

describe('the token of an API key', () => {
  const make = async () => lastLine(await admin(['key', 'create', 'acme', '--scopes', 'read']));

  test('has a form that scanners know', async () => {
    expect(await make()).toMatch(/^pal_[0-9a-z]{52}_[A-Za-z0-9_-]{43}_[0-9a-f]{8}$/);
  });

  test('is refused without a look into the database where its checksum does not fit', async () => {
    const token = await make();
    const last = token.at(-1) === '0' ? '1' : '0';
    const before = statements.length;
    for (const mistyped of [token.slice(0, -1) + last, token.replace(/.(?=_[0-9a-f]{8}$)/, '~'), `${token}0`]) {
      expect((await sender(mistyped)('{ viewer { scopes } }')).status).toBe(401);
    }
    expect(statements.length).toBe(before);
    const otherSecret = token.replace(
      /_([\w-]{43})_/,
      (_, secret: string) => `_${secret.split('').reverse().join('')}_`,
    );
    expect((await sender(otherSecret)('{ viewer { scopes } }')).status).toBe(401);
    expect(statements.length).toBe(before);
    expect((await sender(token)('{ viewer { scopes } }')).status).toBe(200);
    expect(statements.length).toBeGreaterThan(before);
  });

  test('works as it was before there were checksums', async () => {
    expect((await sender((await make()).slice(0, -9))('{ viewer { scopes } }')).data.viewer.scopes).toEqual(['READ']);
  });
});

describe('a rotation', () => {
  const make = async () => {
    const said = await admin(['key', 'create', 'acme', '--scopes', 'read', '--companion', 'iris']);
    return { id: /key_\w+/.exec(said)?.[0] as string, token: lastLine(said) };
  };
  const statusOf = async (token: string) => (await sender(token)('{ viewer { scopes } }')).status;

  test('gives a new secret that works at once, and ends the one before after the overlap', async () => {
    const { id, token } = await make();
    const said = await admin(['key', 'rotate', 'acme', id, '--overlap', '7d']);
    expect(said).toMatch(/The secret before works until \d{4}-/);
    const next = lastLine(said);
    expect(next.slice(0, 56)).toBe(token.slice(0, 56));
    expect([await statusOf(token), await statusOf(next)]).toEqual([200, 200]);
    expect(await contentsFor(next)).toEqual(['iris of maya', 'iris of noor']);
    const last = lastLine(await admin(['key', 'rotate', 'acme', id, '--overlap', '0s']));
    expect([await statusOf(token), await statusOf(next), await statusOf(last)]).toEqual([401, 401, 200]);
    expect((await sender(next)('{ viewer { scopes } }')).errors?.[0]?.message).toMatch(/has been replaced by another/);
    await admin(['key', 'revoke', 'acme', id]);
    expect(await statusOf(last)).toBe(401);
    await expect(admin(['key', 'rotate', 'acme', id])).rejects.toThrow(/has no key key_\w+ that works/);
  });

  test.each(['', '1', '-1h', '1w', '91d', 'soon'])('is not begun with the overlap %j', async (overlap) => {
    const { id, token } = await make();
    await expect(admin(['key', 'rotate', 'acme', id, `--overlap=${overlap}`])).rejects.toThrow(/--overlap is a time/);
    expect(await statusOf(token)).toBe(200);
  });
});

describe('lastUsedAt', () => {
  const make = () => write(acme, (tx) => createKey(tx, { name: 'used', scopes: ['READ'], expiresAt: null }));
  const usedAt = async (id: string) =>
    (await readOnce(acme, listKeys)).find((key) => key.id === id)?.lastUsedAt?.getTime() ?? null;

  test('is written beside the requests, once for all of them', async () => {
    const { key, token } = await make();
    const failures: string[] = [];
    const uses = noteKeyUses(database, (text) => failures.push(text), 3_600_000);
    const from = Date.now();
    for (let i = 0; i < 3; i++) await sender(token, uses)('{ viewer { scopes } }');
    await sender(`${token.slice(0, -1)}~`, uses)('{ viewer { scopes } }');
    expect(await usedAt(key.id)).toBeNull();
    const before = statements.length;
    await uses.stop();
    expect(statements.slice(before).filter((text) => /^\s*update api_keys/.test(text))).toHaveLength(1);
    expect(await usedAt(key.id)).toBeGreaterThanOrEqual(from);
    expect(await admin(['key', 'list', 'acme'])).toMatch(new RegExp(`${publicKeyId(key.id)}.* last used \\d{4}-`));
    expect(failures).toEqual([]);
  });

  test('is not written to a database that is read-only', async () => {
    const { key, token } = await make();
    const failures: string[] = [];
    const readOnly = {
      ...database,
      async connect(holder?: string) {
        const session = await database.connect(holder as string);
        return {
          ...session,
          script: (text: string) => session.script(text.replace(/^begin;/, 'begin read only;')),
          query: session.query.bind(session),
          release: () => session.release(),
          finish: () => session.finish(),
        };
      },
    } as Database;
    const uses = noteKeyUses(readOnly, (text) => failures.push(text), 3_600_000);
    expect((await sender(token, uses)('{ viewer { scopes } }')).status).toBe(200);
    await uses.flush();
    expect([failures, await usedAt(key.id)]).toEqual([[], null]);
  });
});
