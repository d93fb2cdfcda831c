import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { knownMigrations } from '../src/db/migrations.ts';
import { patience } from './support/calibration.ts';
import { directUrl, withDatabase } from './support/database.ts';
import { type OpenAiServer, startOpenAiServer } from './support/openai-server.ts';
import { ON_TABLES } from './support/search-path.ts';
import { post, type ServerProcess, useProcesses } from './support/server-process.ts';

vi.setConfig({ testTimeout: patience(60_000) });

const CLIENTS = 20;
const ROUNDS = 8;
const launch = useProcesses();

describe.skipIf(!directUrl)('two servers on one database', () => {
  const name = () => `${inject('template')}_two_servers`;
  let provider: OpenAiServer;
  let servers: ServerProcess[];
  let urls: string[];
  let sql: postgres.Sql;

  beforeAll(async () => {
    const admin = postgres(directUrl as string, { max: 1, onnotice: () => {} });
    await admin.unsafe(`create database ${name()} template template0`);
    await admin.end();
    sql = postgres(withDatabase(directUrl as string, name()), { max: 2, onnotice: () => {}, connection: ON_TABLES });
    provider = await startOpenAiServer({ dimension: 64 });
    const settings = {
      DATABASE_URL: withDatabase(process.env.TEST_DATABASE_URL as string, name()),
      DIRECT_DATABASE_URL: withDatabase(directUrl as string, name()),
      EMBEDDING_PROVIDER: 'openai',
      OPENAI_BASE_URL: provider.url,
      EMBEDDING_DIMENSION: '64',
    };
    servers = [launch(settings), launch(settings)];
    urls = await Promise.all(servers.map(({ ready }) => ready));
  });
  afterAll(async () => {
    for (const { child } of servers) child.kill('SIGTERM');
    for (const { ended } of servers) expect(await ended).toMatchObject({ code: 0 });
    await provider.stop();
    await sql.end();
  });

  /** Asks one of the servers, by turns; it must not fail. */
  async function ask(turn: number, document: string, variables: object = {}) {
    const { body } = await post(urls[turn % 2] as string, document, variables);
    expect(body.errors, JSON.stringify(body.errors)).toBeUndefined();
    return body.data;
  }

  /** A mutation as a function of the turn and its input. */
  const mutation = (mutationName: string, fields: string, failures = '') => {
    const type = `${mutationName[0]?.toUpperCase()}${mutationName.slice(1)}`;
    const document = `mutation ($input: ${type}Input!) { ${mutationName}(input: $input) {
      __typename ... on ${type}Payload { ${fields} } ... on Error { code } ${failures} } }`;
    return async (turn: number, input: object) => (await ask(turn, document, { input }))[mutationName];
  };
  const create = mutation('createMemory', 'memory { id content } duplicate');
  const correct = mutation('correctMemory', 'memory { id }', '... on AlreadyCorrectedError { current { id } }');
  const contradict = mutation(
    'contradictMemory',
    'contradiction { id }',
    '... on RelationExistsError { there: contradiction { id } }',
  );
  const resolve = mutation(
    'resolveContradiction',
    'contradiction { id resolution }',
    '... on AlreadyResolvedError { there: contradiction { resolution } }',
  );
  const deleteCompanion = mutation('deleteCompanion', 'deletedId');

  const fact = (content: string, more: object = {}) => ({ companion: { key: 'iris' }, type: 'FACT', content, ...more });
  const remember = async (content: string): Promise<string> => (await create(0, fact(content))).memory.id;
  const atOnce = <T>(client: (turn: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: CLIENTS }, (_, turn) => client(turn)));
  /** The one answer that is a payload, and all others. */
  function oneWinner<T extends { __typename: string }>(answers: T[]): [T, T[]] {
    const won = answers.filter(({ __typename }) => __typename.endsWith('Payload'));
    expect(won).toHaveLength(1);
    return [won[0] as T, answers.filter((answer) => answer !== won[0])];
  }

  test('which start at once: each migration runs once, and both serve one workspace', async () => {
    const rows = await sql<{ name: string }[]>`select name from palimpsest.__drizzle_migrations order by name`;
    expect(rows.map((row) => row.name)).toEqual([...knownMigrations()].sort());
    const seen = await Promise.all([0, 1].map((turn) => ask(turn, '{ viewer { workspace { id } } }')));
    expect(seen[0]).toEqual(seen[1]);
    expect(await sql`select from workspaces`).toHaveLength(1);
  });

  test('retries with one idempotency key have one effect and one answer', async () => {
    const answers = await atOnce((turn) => create(turn, fact('Said once', { idempotencyKey: 'create' })));
    expect(answers).toEqual(Array(CLIENTS).fill(answers[0]));
    const input = { id: answers[0].memory.id, content: 'Said better', idempotencyKey: 'correct' };
    const corrected = await atOnce((turn) => correct(turn, input));
    expect(corrected).toEqual(Array(CLIENTS).fill(corrected[0]));
    expect(corrected[0].__typename).toBe('CorrectMemoryPayload');
    expect(await sql`select from memories where content in ('Said once', 'Said better')`).toHaveLength(2);
    expect(await sql`select from decisions`).toHaveLength(1);
    expect(await correct(1, { ...input, content: 'Other' })).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  });

  test('the same content said of a slot to both becomes one memory', async () => {
    const answers = await atOnce((turn) => create(turn, fact('Maya lives in Lisbon', { slot: 'home' })));
    expect(new Set(answers.map(({ memory }) => memory.id)).size).toBe(1);
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
  });

  test('of corrections of one memory one wins, and the others are told who', async () => {
    const id = await remember('The rate is 80');
    const [won, lost] = oneWinner(await atOnce((turn) => correct(turn, { id, content: `The rate is ${turn}` })));
    for (const each of lost) expect(each).toMatchObject({ code: 'ALREADY_CORRECTED', current: won.memory });
  });

  test('of contradictions of one pair, from either side, there is one; of its resolutions one wins', async () => {
    const pair = [await remember('It rained'), await remember('It was dry')];
    const [won, lost] = oneWinner(
      await atOnce((turn) => contradict(turn, { id: pair[turn % 2], by: { memoryId: pair[(turn + 1) % 2] } })),
    );
    const { id } = won.contradiction;
    for (const each of lost) expect(each).toMatchObject({ code: 'RELATION_EXISTS', there: { id } });
    const ways = ['KEEP_MEMORY', 'KEEP_BY', 'DISMISSED'];
    const [resolved, refused] = oneWinner(await atOnce((turn) => resolve(turn, { id, resolution: ways[turn % 3] })));
    const { resolution } = resolved.contradiction;
    for (const each of refused) expect(each).toMatchObject({ code: 'ALREADY_RESOLVED', there: { resolution } });
  });

  test('a companion deleted through both with one key is deleted once, and each is told so', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const companion = { key: `gone ${round}` };
      await create(round, { companion, type: 'FACT', content: 'It will go' });
      const answers = await Promise.all(
        Array.from({ length: 6 }, (_, turn) => deleteCompanion(turn, { companion, idempotencyKey: companion.key })),
      );
      expect(answers).toEqual(Array(6).fill({ __typename: 'DeleteCompanionPayload', deletedId: answers[0].deletedId }));
    }
  });

  test('pending vectors are made by both, each content once', async () => {
    provider.misbehave('error');
    const contents = Array.from({ length: 40 }, (_, n) => `Maya told story ${n}`);
    await Promise.all(contents.map((content, turn) => create(turn, fact(content))));
    // The same contents for another companion: one vector serves both.
    await Promise.all(contents.map((content, turn) => create(turn + 1, fact(content, { companion: { key: 'otto' } }))));
    provider.misbehave(null);
    const pending = async () => (await sql<{ n: number }[]>`select count(*)::int as n from pending_embeddings`)[0]?.n;
    await expect.poll(pending, { timeout: patience(30_000) }).toBe(0);
    expect(contents.map((content) => provider.embedded.get(content))).toEqual(contents.map(() => 1));
    expect(
      await sql`select from memory_embeddings e join memories m on m.id = e.memory_id where m.content like 'Maya told%'`,
    ).toHaveLength(80);
  });

  test('of versions of a working memory written through both none is lost, and one wins each round', async () => {
    const note = mutation(
      'updateWorkingMemory',
      'workingMemory { id }',
      '... on ConflictError { current { ... on WorkingMemory { version } } }',
    );
    const companion = { key: 'noted' };
    const written = await atOnce((turn) => note(turn, { companion, content: `Written ${turn}` }));
    expect(new Set(written.map(({ workingMemory }) => workingMemory.id)).size).toBe(1);
    const READ = `{ workingMemory(companion: {key: "noted"}) {
      version content versions(first: 100) { nodes { version content } } } }`;
    const { workingMemory } = await ask(1, READ);
    expect(workingMemory.version).toBe(CLIENTS);
    expect(workingMemory.versions.nodes.map(({ version }: { version: number }) => version)).toEqual(
      Array.from({ length: CLIENTS }, (_, index) => CLIENTS - index),
    );
    const contents = workingMemory.versions.nodes.map(({ content }: { content: string }) => content);
    expect(contents[0]).toBe(workingMemory.content);
    expect(new Set(contents)).toEqual(new Set(Array.from({ length: CLIENTS }, (_, turn) => `Written ${turn}`)));
    for (let round = 0; round < ROUNDS; round++) {
      const expectedVersion = CLIENTS + round;
      const [, lost] = oneWinner(
        await atOnce((turn) => note(turn, { companion, content: `Round ${round} of ${turn}`, expectedVersion })),
      );
      for (const each of lost)
        expect(each).toMatchObject({ code: 'CONFLICT', current: { version: expectedVersion + 1 } });
    }
  });

  test('positions of a conversation have no gaps and no doubles', async () => {
    const append = (turn: number, client: number) =>
      ask(
        turn,
        `mutation ($messages: [NewMessage!]!) { appendMessages(input: { companion: { key: "talker" }, user: { externalId: "ann" },
          conversation: { externalId: "busy" }, messages: $messages }) { __typename } }`,
        {
          messages: ['a', 'b', 'c'].map((part) => ({
            role: 'USER',
            content: `${part} of ${client} in ${turn}`,
            externalId: `${client} ${turn} ${part}`,
          })),
        },
      );
    for (let round = 0; round < ROUNDS; round++) {
      const sent = Array.from({ length: CLIENTS }, (_, client) => append(2 * round + (client % 2), client));
      // One of them is sent twice at once, to the other server.
      await Promise.all([...sent, append(2 * round, 0), append(2 * round, 0)]);
    }
    const rows = await sql<{ position: number; external: string }[]>`
      select position, external_id as external from messages order by position`;
    expect(rows.map(({ position }) => position)).toEqual(rows.map((_, index) => index));
    expect(new Set(rows.map(({ external }) => external)).size).toBe(rows.length);
    expect(rows).toHaveLength(3 * CLIENTS * ROUNDS);
    // What one mutation sent stands together, in its order.
    for (const [index, { external }] of rows.entries()) expect(external).toMatch(new RegExp(`${'abc'[index % 3]}$`));
  });
});
