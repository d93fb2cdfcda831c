import { beforeAll, describe, expect, test } from 'vitest';
import { appRole, restrictedRole, WORKSPACE_SETTING } from '../src/db/columns.ts';
import type { Database, Session } from '../src/db/database.ts';
import { scopes } from '../src/graphql/core/context.ts';
import { isOnceByPost } from '../src/graphql/cost/declare.ts';
import { defaultLimits } from '../src/graphql/cost/limits.ts';
import { schema } from '../src/graphql/schema.ts';
import { type NodeType, parseId, prefixes } from '../src/kernel/ids.ts';
import type { Answer } from './support/service.ts';
import { useService } from './support/service.ts';
import { asSuperuser, countRows, digestRows, runAsSuperuser, tableNames } from './support/tables.ts';
import { fill } from './support/tenants.ts';
import { calls, type Ids, lists, walks } from './support/walk.ts';

/** A walk asks for everything there is at once, with each id in turn: more than clients may. */
const service = useService({ ...defaultLimits, breadth: 20_000, complexity: 100_000_000, tokens: 100_000 });
const acme = { workspace: 'acme' };
const globex = { workspace: 'globex' };

/** How many objects a walk passes. */
const HOPS = 2;

let database: Database;
let mine: Ids;
let theirs: Ids;
/** A moment at which both workspaces were filled. */
let then: string;

/** Ids that nothing has. */
const nobody: Ids = Object.fromEntries(
  Object.values(prefixes).map((prefix) => [prefix, [`${prefix}_01h455vb4pex5vsknk084sn02q`]]),
) as never;

/**
 * What a walk leads to that holds nothing of anybody's but numbers, or null for the first of a list (what is related to
 * entities of two workspaces: graph-entities.test.ts), or is refused. Without a user a context and a
 * profile are of what has no user, which is nothing.
 */
const saysNothing =
  /^\.path input_(from|to)_memThen$|^\.profiles? (plain|companion_id_cmp|entity_ent)$|^\.profile\.|^\.nodes?<WebhookDelivery> |^\.context( plain| input_companion_id_cmp|\.sections plain)$|(<Entity>\.related|\.entities\.(edges\.node|nodes)\.related|\.decayPolicies|\.viewer\.embedding|\.explanation\.(cues|excerpt|passage|spreadFrom|terms)|\.importanceBefore|\.importanceAfter|\.events\.\w+(\.node)?\.(relation|contradiction|finding)|<MemoryEvent>\.(relation|finding)|^\.findings\.(edges\.node|nodes)\.contradiction|\.deliveries|\.session|^\.workingMemory\.(user|conversation)|essages?>?\.toolCalls|^\.memories\.(edges\.node|nodes)\.(message|conversation)) plain$/;

/** What has to have been done before a mutation can be done to somebody's first memory or contradiction. */
const before: Record<string, (own: Ids) => string> = {
  revertCorrection: ({ mem }) => `retractMemory(input: { id: "${mem[0]}" })`,
  reopenContradiction: ({ con }) => `resolveContradiction(input: { id: "${con[0]}", resolution: DISMISSED })`,
};

/** The first id of each type, as variables: `memThen` is the memory at a moment. */
const variablesOf = (ids: Ids, wanted: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    wanted.map((name) => [name, name === 'memThen' ? `${ids.mem[0]}@${then}` : (ids[name as keyof Ids][0] as string)]),
  );

/** An answer's text, with `…` for the ids that were asked with: so answers can be compared. */
function textOf(answer: Answer, asked: Record<string, string>): string {
  const ids = Object.values(asked).toSorted((a, b) => b.length - a.length);
  return ids.reduce((text, id) => text.replaceAll(id, '…'), JSON.stringify(answer));
}

const digestOf = (workspace: Ids) => {
  const uuid = parseId(workspace.wsp[0] as string)?.uuid;
  return digestRows(database, (table) => `${table === 'workspaces' ? 'id' : 'workspace_id'} = '${uuid}'`);
};

/** What acme is answered to every walk, asked with these ids of somebody else's. */
async function answersTo(ids: Ids): Promise<Map<string, string>> {
  const answers = new Map<string, string>();
  for (const { where, document, variables } of walks(HOPS, mine)) {
    const asked = variablesOf(ids, variables);
    answers.set(where, textOf(await service.send(document, asked, acme), asked));
  }
  return answers;
}

/** What a walk found at its end, by alias. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
function deepest(data: Answer['data'], where: string): Record<string, any> {
  const steps = where
    .split('.')
    .slice(1, -1)
    .map((step) => step.replace(/<.*/, ''));
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
  const found = steps.reduce<any>((at, step) => (Array.isArray(at) ? at[0] : at)?.[step], data);
  return (Array.isArray(found) ? found[0] : found) ?? { plain: null };
}

let alone: Map<string, string>;

/** What an answer to acme must not hold. */
const tracesOfTheirs = () => ['marker-of-globex', ...Object.values(theirs).flat()];

/** Acme is answered as before globex was there, and to ids of globex's as to ids that nothing has. */
async function expectNothingOfTheirs() {
  for (const [where, text] of await answersTo(theirs)) {
    expect(text, where).toBe(alone.get(where));
    for (const trace of tracesOfTheirs()) expect(text, where).not.toContain(trace);
  }
}

beforeAll(async () => {
  database = (await service.tenant()).database;
  mine = await fill(service, 'acme', 'marker-of-acme', 0);
  await new Promise((resolve) => setTimeout(resolve, 5));
  then = new Date().toISOString();
  alone = await answersTo(nobody);
  theirs = await fill(service, 'globex', 'marker-of-globex', 3);
  then = new Date().toISOString();
});

describe('a walk from Query to everything it leads to, with ids in every argument that takes one', () => {
  test('leads to memories by every way there is, and fills every place for an id', () => {
    const documents = walks(HOPS, mine);
    const ways = documents.map(({ where }) => where);
    for (const way of [
      '.memories.nodes.relations',
      '.node<Memory>.entities',
      '.nodes<Companion>.memories',
      '.recall.edges.node.relations',
      '.recall.edges.explanation.spreadFrom',
      '.recall.edges.node.similar',
      '.viewer.embedding',
    ]) {
      expect(ways).toContain(way);
    }
    const slots = documents.flatMap(
      ({ document }) => document.match(/^\w+_(cmp|usr|mem|memThen|ent|rel|wsp|con|evt)(?=:)/gm) ?? [],
    );
    expect(slots).toEqual(
      expect.arrayContaining([
        ...['wsp', 'cmp', 'usr', 'mem', 'memThen', 'rel', 'ent', 'con', 'evt'].flatMap((kind) => [
          `id_${kind}`,
          `ids_${kind}`,
        ]),
        ...['by_id_cmp', 'by_id_usr', 'companion_id_cmp', 'user_id_usr'],
        ...['filter_entity_id_ent', 'filter_companion_id_cmp', 'input_companion_id_cmp'],
        ...['input_user_id_usr', 'input_filter_entity_id_ent'],
      ]),
    );
  });

  test('shows their owner what is theirs: it does get there', async () => {
    const blind: string[] = [];
    for (const { where, document, variables } of walks(HOPS, theirs)) {
      const answer = await service.send(document, variablesOf(theirs, variables), globex);
      // A path between ids of two points in time is refused.
      const errors = answer.errors?.filter(
        ({ path }) => !/^path_?/.test(where.slice(1)) || !/_memThen$/.test(`${path?.at(-1)}`),
      );
      expect(errors ?? [], where).toEqual([]);
      const [, type] = /<(\w+)>$/.exec(where) ?? [];
      for (const [alias, found] of Object.entries(deepest(answer.data, where))) {
        const isOfAnotherType = type && alias !== 'plain' && !alias.includes(`_${prefixes[type as NodeType]}`);
        if (!isOfAnotherType && !/marker-of-globex|"wsp_/.test(JSON.stringify(found))) blind.push(`${where} ${alias}`);
      }
    }
    expect(blind.filter((place) => !saysNothing.test(place))).toEqual([]);
  });

  test('answers the same whether or not there is another workspace, and whether or not an id is one of theirs', async () => {
    await expectNothingOfTheirs();
  });

  test('a cursor of theirs is a place in my list, and leads to nothing of theirs', async () => {
    const documents = lists(HOPS, theirs);
    expect(documents.length).toBeGreaterThan(15);
    const pairs = new Map(lists(HOPS, mine).map((list) => [list.where, list]));
    for (const { where, document, variables } of documents) {
      const answer = await service.send(document, {}, globex);
      const { startCursor, endCursor } = deepest(answer.data, where).list.pageInfo;
      expect([where, typeof startCursor, typeof endCursor]).toEqual([where, 'string', 'string']);
      for (const variable of variables) {
        for (const cursor of [startCursor, endCursor]) {
          const own = await service.send(pairs.get(where)?.document as string, { [variable]: cursor }, acme);
          expect(own.errors, where).toBeUndefined();
          for (const trace of tracesOfTheirs()) expect(JSON.stringify(own), where).not.toContain(trace);
        }
      }
    }
  });
});

describe('mutations', () => {
  /** Calls each mutation with an id of theirs in each place: it answers as to an unknown id, and does nothing. */
  async function expectNothingDone() {
    const before = await digestRows(database);
    const codes: Record<string, string> = {};
    for (const { name, place, document, variables } of calls(mine)) {
      if (place === undefined) continue;
      const [asked, nobodys] = [variablesOf(theirs, variables), variablesOf(nobody, variables)];
      const answer = await service.sendUntyped(document, asked, acme);
      const text = textOf(answer, asked);
      expect(text, `${name} ${place}`).toBe(textOf(await service.sendUntyped(document, nobodys, acme), nobodys));
      for (const trace of tracesOfTheirs()) expect(text, `${name} ${place}`).not.toContain(trace);
      codes[`${name} ${place}`] = answer.data[name].code ?? answer.data[name];
    }
    expect(await digestRows(database)).toEqual(before);
    return codes;
  }

  test('an id of theirs in any place of any input is NOT_FOUND, as one that nothing has, and nothing is done', async () => {
    const {
      'purgeExpiredMemories input.companion.id': ofCompanion,
      'purgeExpiredMemories input.user.id': ofUser,
      // What is not among the newest is a conflict, whether there is such a message or not.
      'replaceMessages input.expectedIds': unexpected,
      'purgeExpiredSessions input.companion.id': sessionsOfCompanion,
      'decayImportance input.companion.id': fadedOfCompanion,
      'decayImportance input.user.id': fadedOfUser,
      'detectFindings input.companion.id': comparedOfCompanion,
      'detectFindings input.user.id': comparedOfUser,
      'consolidate input.companion.id': consolidatedOfCompanion,
      'consolidate input.user.id': consolidatedOfUser,
      ...others
    } = await expectNothingDone();
    expect(unexpected).toBe('CONFLICT');
    const nothing = { __typename: 'PurgeExpiredMemoriesPayload', purgedCount: 0 };
    expect([ofCompanion, ofUser]).toEqual([nothing, nothing]);
    expect(sessionsOfCompanion).toEqual({ ...nothing, __typename: 'PurgeExpiredSessionsPayload' });
    for (const faded of [fadedOfCompanion, fadedOfUser]) expect(faded).toMatchObject({ report: { examined: 0 } });
    const none = { __typename: 'DetectFindingsPayload', examined: 0, findingCount: 0 };
    expect([comparedOfCompanion, comparedOfUser]).toEqual([none, none]);
    const nothingMade = { __typename: 'ConsolidatePayload', examined: 0, clusterCount: 0, created: [], profiles: [] };
    expect([consolidatedOfCompanion, consolidatedOfUser]).toEqual([nothingMade, nothingMade]);
    expect(Object.keys(others).length).toBeGreaterThan(15);
    for (const [call, code] of Object.entries(others)) expect(`${call}: ${code}`).toBe(`${call}: NOT_FOUND`);
  });

  test.each([...new Set(calls(nobody).map(({ name }) => name))])(
    '%s on my own things leaves theirs as they were',
    async (name) => {
      const workspace = `initech ${name}`;
      const own = await fill(service, workspace, 'marker-of-initech', 0);
      if (before[name]) await service.run(`mutation { ${before[name](own)} { __typename } }`, {}, { workspace });
      const untouched = await digestOf(theirs);
      const { document } = calls(own).find((call) => call.name === name) as ReturnType<typeof calls>[0];
      const { data } = await service.sendUntyped(document, {}, { workspace });
      expect(data[name].__typename).toMatch(/Payload$/);
      expect(await digestOf(theirs)).toEqual(untouched);
    },
  );

  test('what is theirs is no duplicate of mine', async () => {
    const content = 'shared marker-of-globex 0';
    const { createMemory } = await service.run(
      `mutation ($content: String!) {
        createMemory(input: { companion: { key: "iris" }, user: { externalId: "maya" }, content: $content, type: INSTRUCTION }) {
          ... on CreateMemoryPayload { duplicate }
        }
      }`,
      { content },
      { workspace: 'hooli' },
    );
    expect(createMemory).toEqual({ duplicate: false });
  });

  describe('and without row-level security, by the conditions of the statements alone', () => {
    const alterAll = async (how: string) =>
      runAsSuperuser(
        database,
        (await tableNames(database)).map((table) => `alter table ${table} ${how} row level security`).join('; '),
      );
    beforeAll(async () => {
      await alterAll('disable');
      return () => alterAll('enable');
    });

    test('the walk finds nothing of theirs', async () => {
      await expectNothingOfTheirs();
    });

    test('no mutation finds anything of theirs', async () => {
      expect(new Set(Object.values(await expectNothingDone()).filter((code) => typeof code === 'string'))).toEqual(
        new Set(['NOT_FOUND', 'CONFLICT']),
      );
    });
  });
});

describe('row-level security alone', () => {
  /** Runs something as requests do: as the application's role, in a transaction, with this for a workspace. */
  async function asApplication<T>(workspace: string | undefined, run: (connection: Session) => Promise<T>): Promise<T> {
    return asSuperuser(database, async (connection) => {
      await connection.script(`begin; set local role ${appRole.name}; set local palimpsest.stamp = '2999-01-01'`);
      if (workspace !== undefined) await connection.script(`set local ${WORKSPACE_SETTING} = '${workspace}'`);
      try {
        return await run(connection);
      } finally {
        await connection.script('rollback');
      }
    });
  }
  const uuidOf = (ids: Ids) => parseId(ids.wsp[0] as string)?.uuid as string;
  const keyOf = (table: string) => (table === 'workspaces' ? 'id' : 'workspace_id');
  /** What a statement is refused with, or what it answers. */
  const attempt = (connection: Session, statement: string) =>
    connection.script(statement).then(
      (rows) => [...(rows ?? [])],
      (error: { code?: string }) => error.code,
    );

  let tables: string[];
  beforeAll(async () => {
    tables = await tableNames(database);
  });

  test('every table has rows of both workspaces, or what follows would prove nothing', async () => {
    for (const table of tables) {
      const rows = await asSuperuser(database, (connection) =>
        connection.script(`select distinct ${keyOf(table)}::text as id from ${table}`),
      );
      expect(
        (rows as { id: string }[]).map(({ id }) => id),
        table,
      ).toEqual(expect.arrayContaining([uuidOf(mine), uuidOf(theirs)]));
    }
  });

  test('select * shows the rows of one workspace and no others', async () => {
    for (const table of tables) {
      const rows = await asApplication(uuidOf(mine), (connection) => connection.script(`select * from ${table}`));
      const workspaces = (rows as Record<string, string>[]).map((row) => row[keyOf(table)]);
      expect([table, ...new Set(workspaces)]).toEqual([table, uuidOf(mine)]);
    }
  });

  test.each([
    ['without a workspace', undefined],
    ['with an empty one', ''],
    ['with one that there is not', '00000000-0000-0000-0000-000000000000'],
  ])('%s nothing is shown', async (_name, workspace) => {
    for (const table of tables) {
      expect([
        table,
        ...(await asApplication(workspace, (connection) => connection.script(`select * from ${table}`))),
      ]).toEqual([table]);
    }
  });

  test('rows of another workspace cannot be changed or deleted', async () => {
    for (const table of tables) {
      const key = keyOf(table);
      await asApplication(uuidOf(mine), async (connection) => {
        expect(
          await attempt(
            connection,
            `update ${table} set ${key} = ${key} where ${key} = '${uuidOf(theirs)}' returning 1`,
          ),
          table,
        ).toEqual([]);
        expect(
          await attempt(connection, `delete from ${table} where ${key} = '${uuidOf(theirs)}' returning 1`),
          table,
        ).toEqual([]);
      });
    }
  });

  test('rows cannot be put into another workspace, neither new ones nor my own', async () => {
    const FORBIDDEN = '42501';
    for (const table of tables) {
      const key = keyOf(table);
      const [row, columns] = await asSuperuser(database, async (connection) => [
        (
          (await connection.script(
            `select to_jsonb(t) as row from ${table} t where ${key} = '${uuidOf(theirs)}' limit 1`,
          )) as { row: object }[]
        )[0]?.row,
        (
          (await connection.script(`select string_agg(column_name, ', ') as names from information_schema.columns
          where table_schema = current_schema() and table_name = '${table}' and is_generated = 'NEVER'`)) as {
            names: string;
          }[]
        )[0]?.names,
      ]);
      const literal = JSON.stringify(row).replaceAll("'", "''");
      const insert = `insert into ${table} (${columns}) select ${columns} from jsonb_populate_record(null::${table}, '${literal}')`;
      expect([table, await asApplication(uuidOf(mine), (connection) => attempt(connection, insert))]).toEqual([
        table,
        FORBIDDEN,
      ]);
      const move = `update ${table} set ${key} = '${uuidOf(theirs)}'`;
      expect([table, await asApplication(uuidOf(mine), (connection) => attempt(connection, move))]).toEqual([
        table,
        FORBIDDEN,
      ]);
    }
  });

  test('the role cannot get around it', async () => {
    for (const statement of [
      'alter table memories disable row level security',
      'drop policy tenant on memories',
      'truncate memories cascade',
      'create table escape (id int)',
      'create table public.escape (id int)',
      'select from __drizzle_migrations',
      'set session_replication_role = replica',
    ]) {
      expect([statement, await asApplication(uuidOf(mine), (connection) => attempt(connection, statement))]).toEqual([
        statement,
        '42501',
      ]);
    }
  });

  test('every table has it enabled and forced, for the owner too', async () => {
    const rows = await asSuperuser(database, (connection) =>
      connection.script(`
        select relname as "table", relrowsecurity as enabled, relforcerowsecurity as forced,
          (select array_agg(polname || ' ' || polcmd::text order by polname)::text from pg_policy where polrelid = c.oid
             and not (starts_with(polname, 'restricted_')
               and polroles = array['${restrictedRole.name}'::regrole::oid])) as policies
        from pg_class c where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p')
          and relname <> '__drizzle_migrations'`),
    );
    for (const row of rows as Record<string, unknown>[]) {
      // Outside of requests the database's own user sees which workspaces there are: see operatorPolicy.
      const policies = row.table === 'workspaces' ? '{"operator r","tenant *"}' : '{"tenant *"}';
      expect(row).toMatchObject({ enabled: true, forced: true, policies });
    }
    expect(rows).toHaveLength(tables.length);
  });

  test('every key and index begins with the workspace, and every foreign key stays within it', async () => {
    const indexes = await asSuperuser(database, (connection) =>
      connection.script(`
        select i.indexrelid::regclass::text as index, a.attname as first from pg_index i
        join pg_class c on c.oid = i.indrelid
        join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
        where c.relnamespace = current_schema()::regnamespace and c.relname <> '__drizzle_migrations'`),
    );
    expect(indexes.length).toBeGreaterThan(tables.length);
    for (const { index, first } of indexes as Record<string, string>[]) {
      expect([index, first]).toEqual([index, index === 'workspaces_pkey' ? 'id' : 'workspace_id']);
    }
    const keys = await asSuperuser(database, (connection) =>
      connection.script(`
        select conname as key, a.attname as from, b.attname as to from pg_constraint
        join pg_attribute a on a.attrelid = conrelid and a.attnum = conkey[1]
        join pg_attribute b on b.attrelid = confrelid and b.attnum = confkey[1]
        where contype = 'f' and connamespace = current_schema()::regnamespace`),
    );
    expect(keys.length).toBeGreaterThan(10);
    for (const { key, from, to } of keys as Record<string, string>[]) {
      expect([key, from]).toEqual([key, 'workspace_id']);
      expect([key, to]).toEqual([key, expect.stringMatching(/^(workspace_id|id)$/)]);
    }
  });

  test('the role is nobody special: no superuser, past no policy, owner of nothing, member of nothing', async () => {
    const [role] = await asSuperuser(database, (connection) =>
      connection.script(`
        select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication,
          (select count(*)::int from pg_class where relowner = r.oid) as tables,
          (select count(*)::int from pg_proc where proowner = r.oid) as functions,
          (select count(*)::int from pg_auth_members where member = r.oid) as memberships
        from pg_roles r where rolname = '${appRole.name}'`),
    );
    expect(role).toEqual({
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolcanlogin: false,
      rolreplication: false,
      tables: 0,
      functions: 0,
      memberships: 0,
    });
  });
});

describe('scopes', () => {
  const names = [...new Set(calls(nobody).map(({ name }) => name))];
  const admins = [
    'deleteCompanion',
    'deleteUser',
    'setDecayPolicy',
    'createWebhook',
    'deleteWebhook',
    'retryDeliveries',
  ];

  test('there is a call for every mutation', () => {
    expect(names.toSorted()).toEqual(Object.keys(schema.getMutationType()?.getFields() ?? {}).toSorted());
  });

  test.each(names)('with READ alone, %s is forbidden', async (name) => {
    const before = await countRows(database);
    const { document } = calls(mine).find((call) => call.name === name) as ReturnType<typeof calls>[0];
    const { data, extensions } = await service.sendUntyped(
      document.replace('__typename', '__typename ... on ForbiddenError { requiredScope }'),
      {},
      { ...acme, scopes: ['READ'] },
    );
    const requiredScope = admins.includes(name) ? 'ADMIN' : 'WRITE';
    const message = `This needs the scope ${requiredScope}, which the credential does not have.`;
    expect(data[name]).toEqual({ __typename: 'ForbiddenError', requiredScope, code: 'FORBIDDEN', message });
    expect(extensions?.failures).toEqual([{ path: [name], code: 'FORBIDDEN', message }]);
    expect(await countRows(database)).toEqual(before);
  });

  // What a document may ask for once is in no walk: see answer.test.ts.
  const walked = Object.values(schema.getQueryType()?.getFields() ?? {}).filter((field) => !isOnceByPost(field));
  test.each(walked.map(({ name }) => name))('without READ, %s is forbidden', async (name) => {
    const { document, variables } = walks(1, mine).find(
      ({ where }) => where.replace(/<.*/, '') === `.${name}`,
    ) as ReturnType<typeof walks>[0];
    const others = scopes.filter((scope) => scope !== 'READ');
    const { data, errors } = await service.send(document, variablesOf(mine, variables), { ...acme, scopes: others });
    expect(Object.values(data ?? {}).filter((found) => found !== null)).toEqual([]);
    expect(errors?.length).toBeGreaterThan(0);
    for (const { message, extensions } of errors ?? []) {
      expect(message).toBe('This needs the scope READ, which the credential does not have.');
      expect(extensions).toEqual({ code: 'FORBIDDEN', requiredScope: 'READ' });
    }
  });
});
