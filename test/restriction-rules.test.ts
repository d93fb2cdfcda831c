import { beforeAll, describe, expect, test } from 'vitest';
import { appRole, COMPANIONS_SETTING, restrictedRole, USERS_SETTING, WORKSPACE_SETTING } from '../src/db/columns.ts';
import type { Database, Session } from '../src/db/database.ts';
import { parseId } from '../src/kernel/ids.ts';
import { needs, rules } from '../src/tables/restriction.ts';
import { useService } from './support/service.ts';
import { asSuperuser, tableNames } from './support/tables.ts';
import { fill } from './support/tenants.ts';
import type { Ids } from './support/walk.ts';

const service = useService();
const uuidOf = (id: string | undefined): string => parseId(id ?? '')?.uuid as string;

let seen: Ids;
let hidden: Ids;
let database: Database;
beforeAll(async () => {
  hidden = await fill(service, 'acme', 'marker-of-noor', 1, { companion: 'iris', user: 'noor' });
  seen = await fill(service, 'acme', 'marker-of-maya', 1);
  ({ database } = await service.tenant());
});

const restricted = () => ({ restriction: { companions: null, users: [uuidOf(seen.usr[0])] } });
const ofIris = () => ({ restriction: { companions: [uuidOf(seen.cmp[0])], users: null } });

/** What a mutation answers to a key of Maya: its type, and the code and message of a failure. */
async function answerOf(mutation: string, variables = {}, caller = restricted()) {
  const declared = Object.keys(variables).map((name) => `$${name}: ID!`);
  const { data } = await service.sendUntyped(
    `mutation ${declared.length > 0 ? `(${declared.join(', ')})` : ''} {
      it: ${mutation} { __typename ... on Error { code message } ... on ForbiddenError { requiredScope } }
    }`,
    variables,
    caller,
  );
  return data.it;
}

async function create(content: string, user: string | null, more = ''): Promise<string> {
  const { it } = await service.runUntyped(
    `mutation ($content: String!, $user: UserRef) {
      it: createMemory(input: { companion: { key: "iris" }, user: $user, content: $content, type: FACT ${more} }) {
        ... on CreateMemoryPayload { memory { id } }
      }
    }`,
    { content, user: user && { externalId: user } },
  );
  return it.memory.id;
}

describe('row-level security for restricted credentials', () => {
  async function asRestricted<T>(
    settings: Record<string, string>,
    run: (session: Session) => Promise<T>,
    role = restrictedRole.name,
  ): Promise<T> {
    return asSuperuser(database, async (session) => {
      const set = Object.entries(settings).map(([name, value]) => `set local ${name} = '${value}'`);
      await session.script(
        [`begin; set local role ${role}; set local palimpsest.stamp = '2999-01-01'`, ...set].join('; '),
      );
      try {
        return await run(session);
      } finally {
        await session.script('rollback');
      }
    });
  }
  const workspace = () => ({ [WORKSPACE_SETTING]: uuidOf(seen.wsp[0]) });
  const ofMaya = () => ({
    ...workspace(),
    [COMPANIONS_SETTING]: '*',
    [USERS_SETTING]: `{${uuidOf(seen.usr[0])}}`,
  });
  /** What a statement answers, or what it is refused with. */
  const attempt = (session: Session, statement: string) =>
    session.script(statement).then(
      (rows) => [...(rows ?? [])],
      (error: { code?: string }) => error.code,
    );
  /** Of the workspace's operators: no restricted credential has any right to them. */
  const ofNobody = ['api_keys', 'audit_entries', 'event_feeds'];
  /** No rule lets a row of them through. */
  const empty = ['chat_usage', 'consolidations', 'webhook_deliveries', 'webhooks'];
  const forAll = new Set(['workspaces', 'companions', 'decay_policies', 'decay_policies_history']);
  const forAny = new Set([...forAll, 'idempotency_keys', 'idempotency_subjects', 'users']);

  test('of every table a key without a user sees nothing, but for what is of the whole workspace', async () => {
    for (const table of await tableNames(database)) {
      const rows = await asRestricted(
        { ...workspace(), [COMPANIONS_SETTING]: '{}', [USERS_SETTING]: '{}' },
        (session) => attempt(session, `select * from ${table}`),
      );
      if (ofNobody.includes(table)) expect([table, rows]).toEqual([table, '42501']);
      else if (!forAny.has(table)) expect([table, rows]).toEqual([table, []]);
    }
  });

  test('every table has a rule, or is of no restricted credential', async () => {
    const without = (await tableNames(database)).filter((table) => !(table in rules));
    expect(without.toSorted()).toEqual([...ofNobody, ...empty].toSorted());
    for (const table of Object.keys(rules)) {
      for (const looked of needs[table] ?? []) expect([looked, looked in rules]).toEqual([looked, true]);
    }
  });

  test.each([
    ['without the lists', {}],
    ['with empty settings', { [COMPANIONS_SETTING]: '', [USERS_SETTING]: '' }],
  ])('%s nothing is seen', async (_how, settings) => {
    for (const table of ['companions', 'users', 'memories', 'postings', 'events', 'entities']) {
      const rows = await asRestricted({ ...workspace(), ...settings }, (session) =>
        attempt(session, `select * from ${table}`),
      );
      expect([table, rows]).toEqual([table, []]);
    }
  });

  test('without a workspace nothing is seen', async () => {
    const settings = { [COMPANIONS_SETTING]: '*', [USERS_SETTING]: '*' };
    for (const table of await tableNames(database)) {
      const rows = await asRestricted(settings, (session) => attempt(session, `select * from ${table}`));
      if (rows !== '42501') expect([table, rows]).toEqual([table, []]);
    }
  });

  test('select * shows no row that speaks of somebody else', async () => {
    const others = Object.entries(hidden)
      .filter(([prefix]) => !['wsp', 'cmp', 'ent'].includes(prefix))
      .flatMap(([, ids]) => ids.map(uuidOf));
    for (const table of await tableNames(database)) {
      // Kept successes are those of the credential that asks: see successes.ts.
      if (table.startsWith('idempotency_')) continue;
      const rows = await asRestricted(ofMaya(), (session) => attempt(session, `select t::text as row from ${table} t`));
      if (rows === '42501') continue;
      const text = JSON.stringify(rows);
      for (const trace of others) expect([table, text.includes(trace)]).toEqual([table, false]);
      if (!forAll.has(table)) expect([table, text.includes('marker-of-noor')]).toEqual([table, false]);
    }
  });

  test('rows of somebody else, and without a user, are neither made nor changed nor deleted', async () => {
    await create('about nobody', null);
    for (const table of ['lineages', 'memories', 'memory_embeddings']) {
      const notMine = `user_id is distinct from '${uuidOf(seen.usr[0])}'`;
      const [changed, deleted] = await asRestricted(ofMaya(), async (session) => [
        await attempt(session, `update ${table} set companion_id = companion_id where ${notMine} returning 1`),
        await attempt(session, `delete from ${table} where ${notMine} returning 1`),
      ]);
      expect([table, changed, deleted]).toEqual([table, [], []]);
    }
    for (const userId of ['null', `'${uuidOf(hidden.usr[0])}'`]) {
      const insert = `insert into lineages (workspace_id, id, companion_id, user_id)
        values ('${uuidOf(seen.wsp[0])}', gen_random_uuid(), '${uuidOf(seen.cmp[0])}', ${userId})`;
      expect(await asRestricted(ofMaya(), (session) => attempt(session, insert))).toBe('42501');
      const move = `update memories set user_id = ${userId}`;
      expect(await asRestricted(ofMaya(), (session) => attempt(session, move))).toBe('42501');
    }
    for (const statement of [
      `insert into companions select * from companions limit 1`,
      `insert into users (workspace_id, id, external_id, created_at, updated_at)
        values ('${uuidOf(seen.wsp[0])}', gen_random_uuid(), 'new', now(), now())`,
      `insert into events select * from events limit 1`,
      `insert into decay_policies select * from decay_policies limit 1`,
    ]) {
      expect([statement, await asRestricted(ofMaya(), (session) => attempt(session, statement))]).toEqual([
        statement,
        '42501',
      ]);
    }
  });

  test('the policies hold back nobody but the restricted role, which is nobody special', async () => {
    const count = async (role: string, settings: Record<string, string>) =>
      asRestricted(settings, (session) => attempt(session, 'select count(*)::int as count from memories'), role);
    const [mine, all] = [await count(restrictedRole.name, ofMaya()), await count(appRole.name, workspace())];
    expect((mine as { count: number }[])[0]?.count).toBeGreaterThan(3);
    expect((all as { count: number }[])[0]?.count).toBeGreaterThan((mine as { count: number }[])[0]?.count as number);
    const rows = await asSuperuser(database, (session) =>
      session.script(`select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolcanlogin as special,
        (select count(*)::int from pg_class where relowner = r.oid) as owned,
        (select count(*)::int from pg_auth_members where member = r.oid) as memberships
        from pg_roles r where rolname = '${restrictedRole.name}'`),
    );
    expect(rows).toEqual([{ special: false, owned: 0, memberships: 0 }]);
  });
});

describe('a credential restricted to a user', () => {
  test('changes nothing that is about nobody, and is told why', async () => {
    const id = await create('about nobody, too', null);
    const other = await create('about nobody, three', null);
    for (const mutation of [
      'updateMemory(input: { id: $id, summary: "mine" })',
      'correctMemory(input: { id: $id, content: "mine", kind: MISTAKE })',
      'retractMemory(input: { id: $id, kind: MISTAKE })',
      'revertCorrection(input: { id: $id })',
      'archiveMemories(input: { ids: [$id] })',
      'reinforceMemories(input: { ids: [$id] })',
      'forgetMemories(input: { ids: [$id] })',
    ]) {
      expect(await answerOf(mutation, { id })).toMatchObject({ code: 'FORBIDDEN', requiredScope: 'UNRESTRICTED' });
    }
    const two = { id, other };
    expect(await answerOf('relateMemories(input: { fromId: $id, toId: $other, type: CAUSES })', two)).toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringMatching(/it may read what is about none of its users, but not change it/),
    });
    const contradict = 'contradictMemory(input: { id: $id, by: { memoryId: $other } })';
    expect(await answerOf(contradict, { id, other: seen.mem[0] })).toMatchObject({ code: 'FORBIDDEN' });
    expect(await answerOf(contradict, { id: seen.mem[0], other: id })).toMatchObject({ code: 'FORBIDDEN' });
    // What is its own it may join with what it reads.
    const elaborate = 'relateMemories(input: { fromId: $id, toId: $other, type: ELABORATES })';
    expect(await answerOf(elaborate, { id: seen.mem[1], other: id })).toEqual({ __typename: 'RelateMemoriesPayload' });
  });

  test.each([
    ['upsertCompanion(input: { companion: { key: "iris" }, name: "mine" })', 'shared by all users'],
    ['upsertCompanion(input: { companion: { key: "new" } })', 'shared by all users'],
    ['upsertUser(input: { externalId: "noor" })', 'sees no user "noor"'],
    ['upsertUser(input: { externalId: "nobody yet" })', 'sees no user "nobody yet"'],
    [
      'createMemory(input: { companion: { key: "new" }, user: { externalId: "maya" }, content: "a", type: FACT })',
      'companion "new"',
    ],
    [
      'createMemory(input: { companion: { key: "iris" }, user: { externalId: "noor" }, content: "a", type: FACT })',
      'user "noor"',
    ],
    ['createMemory(input: { companion: { key: "iris" }, content: "a", type: FACT })', 'must name one of its users'],
    ['setDecayPolicy(input: { type: FACT, floor: 1 })', 'of the whole workspace'],
    ['deleteUser(input: { user: { externalId: "maya" } })', 'of the whole workspace'],
    ['deleteCompanion(input: { companion: { key: "iris" } })', 'of the whole workspace'],
  ])('may not %s', async (mutation, why) => {
    expect(await answerOf(mutation)).toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining(why) });
  });

  test('may not merge entities, which a credential restricted to companions may', async () => {
    const [from, into] = seen.ent;
    const merge = 'mergeEntities(input: { fromIds: [$from], intoId: $into })';
    expect(await answerOf(merge, { from, into })).toMatchObject({ code: 'FORBIDDEN' });
    const elsewhere = { restriction: { companions: [uuidOf(hidden.usr[0])], users: null } };
    expect(await answerOf(merge, { from, into }, elsewhere as never)).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('fades and purges its own alone', async () => {
    const past = 'expiresAt: "2020-01-01T00:00:00Z", validFrom: "2019-01-01T00:00:00Z"';
    const [own, others, nobodys] = [
      await create('passed, of Maya', 'maya', past),
      await create('passed, of Noor', 'noor', past),
      await create('passed, without a user', null, past),
    ];
    const { purgeExpiredMemories } = await service.runUntyped(
      'mutation { purgeExpiredMemories(input: {}) { ... on PurgeExpiredMemoriesPayload { purgedCount } } }',
      {},
      restricted(),
    );
    expect(purgeExpiredMemories).toEqual({ purgedCount: 1 });
    const { nodes } = await service.runUntyped('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      ids: [own, others, nobodys],
    });
    expect(nodes).toEqual([null, { id: others }, { id: nobodys }]);
    await service.runUntyped('mutation { setDecayPolicy(input: { type: FACT, archiveBelow: 10 }) { __typename } }');
    await service.runUntyped(
      'mutation { decayImportance(input: { until: "2100-01-01T00:00:00Z" }) { __typename } }',
      {},
      restricted(),
    );
    const { memories } = await service.runUntyped(
      '{ memories(filter: { statuses: [ARCHIVED] }) { nodes { user { externalId } } } }',
    );
    expect(
      new Set(memories.nodes.map((node: { user: { externalId: string } | null }) => node.user?.externalId)),
    ).toEqual(new Set(['maya']));
    await service.runUntyped('mutation { setDecayPolicy(input: { type: FACT, archiveBelow: null }) { __typename } }');
  });

  test('keeps what others believe right, where its own is disputed with what it does not see', async () => {
    const [own, others] = [await create('The door is red', 'maya'), await create('The door is blue', 'noor')];
    await service.runUntyped(
      'mutation ($id: ID!, $by: ID!) { contradictMemory(input: { id: $id, by: { memoryId: $by } }) { __typename } }',
      { id: own, by: others },
    );
    const state = async (id: string) =>
      (
        await service.runUntyped('query ($id: ID!) { memory(id: $id) { status contradictions { totalCount } } }', {
          id,
        })
      ).memory;
    expect(await state(others)).toEqual({ status: 'DISPUTED', contradictions: { totalCount: 1 } });
    const { memory } = await service.runUntyped(
      'query ($id: ID!) { memory(id: $id) { contradictions { totalCount } relations { totalCount } history { totalCount } } }',
      { id: own },
      restricted(),
    );
    expect(memory).toEqual({
      contradictions: { totalCount: 0 },
      relations: { totalCount: 0 },
      history: { totalCount: 1 },
    });
    expect(await answerOf('retractMemory(input: { id: $id, kind: MISTAKE })', { id: own })).toEqual({
      __typename: 'RetractMemoryPayload',
    });
    expect((await state(others)).status).toBe('ACTIVE');
  });

  test('finds nothing by what it does not see: neither duplicates, nor what lies near', async () => {
    const { it } = await service.runUntyped(
      `mutation { it: createMemories(input: { companion: { key: "iris" }, memories: [
        { ref: "a", content: "A zebra ran", type: EXPERIENCE, user: { externalId: "maya" } }
        { ref: "b", content: "Somebody shouted", type: EXPERIENCE, user: { externalId: "noor" } }
        { ref: "c", content: "It grew quiet", type: EXPERIENCE, user: { externalId: "maya" } }
      ], relations: [
        { from: { ref: "b" }, to: { ref: "a" }, type: FOLLOWS }, { from: { ref: "c" }, to: { ref: "b" }, type: FOLLOWS }
      ] }) { ... on CreateMemoriesPayload { memories { id } } } }`,
    );
    const ids = it.memories.map(({ id }: { id: string }) => id);
    const found = async (caller = {}) =>
      (
        await service.runUntyped(
          '{ recall(input: { companion: { key: "iris" }, query: "zebra", mode: LEXICAL }) { edges { node { id } } } }',
          {},
          caller,
        )
      ).recall.edges.map(({ node }: { node: { id: string } }) => node.id);
    expect(await found()).toEqual(expect.arrayContaining(ids));
    expect(await found(restricted())).toEqual([ids[0]]);
  });

  test('sees of a merged entity the names that it uses', async () => {
    const shared = async (caller = {}) =>
      (
        await service.runUntyped(
          '{ entities(filter: { name: "Sintra" }) { totalCount nodes { name aliases } } }',
          {},
          caller,
        )
      ).entities;
    const named = async (user: string, name: string) => {
      const id = await create(`in ${name}`, user, `, entities: [{ name: ${JSON.stringify(name)}, type: "place" }]`);
      const { memory } = await service.runUntyped(
        'query ($id: ID!) { memory(id: $id) { entities { nodes { id } } } }',
        { id },
      );
      return memory.entities.nodes[0].id;
    };
    const [into, from] = [await named('maya', 'Sintra'), await named('noor', 'the secret place')];
    await service.runUntyped(
      'mutation ($from: ID!, $into: ID!) { mergeEntities(input: { fromIds: [$from], intoId: $into }) { __typename } }',
      { from, into },
    );
    expect(await shared()).toEqual({ totalCount: 1, nodes: [{ name: 'Sintra', aliases: ['the secret place'] }] });
    expect(await shared(restricted())).toEqual({ totalCount: 1, nodes: [{ name: 'Sintra', aliases: [] }] });
    expect(await shared(ofIris())).toEqual({
      totalCount: 1,
      nodes: [{ name: 'Sintra', aliases: ['the secret place'] }],
    });
    // It may use a name that others have used, and the others keep theirs when it forgets.
    const id = await create('again', 'maya', ', entities: [{ name: "the secret place", type: "place" }]');
    expect((await shared(restricted())).nodes).toEqual([{ name: 'Sintra', aliases: ['the secret place'] }]);
    expect(await answerOf('forgetMemories(input: { ids: [$id] })', { id })).toEqual({
      __typename: 'ForgetMemoriesPayload',
    });
    expect(await shared()).toEqual({ totalCount: 1, nodes: [{ name: 'Sintra', aliases: ['the secret place'] }] });
    expect((await shared(restricted())).nodes).toEqual([{ name: 'Sintra', aliases: [] }]);
  });
});
