import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { EmbeddingFailed } from '../src/domain/embedding/embedder.ts';
import { patience } from './support/calibration.ts';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import type { Misbehaviour } from './support/openai-server.ts';
import {
  recall,
  remember,
  rowsOf,
  statusOf,
  timed,
  untilEmbedded,
  useProvider,
  type VectorService,
  vectorOf,
} from './support/provider.ts';

const provider = useProvider();
const DEADLINE_MS = patience(250);
/** A service that waits no longer than that. */
const openHasty = (workspace: string) =>
  provider.open(workspace, provider.settings({ EMBEDDING_DEADLINE_MS: `${DEADLINE_MS}` }));
/** What a write takes beside the wait for the provider: machines that tests run on are slow. */
const WORK_MS = patience(2_500);
const byWords = { mode: 'LEXICAL', weights: { vector: 0, lexical: 1 } };
const embedded = () => Object.fromEntries(provider.embedded);
const facts = (contents: readonly string[]) => ({ memories: contents.map((content) => ({ type: 'FACT', content })) });
const numbered = (count: number, what: string) => Array.from({ length: count }, (_, at) => `${what} ${at}`);
const onceEach = (contents: readonly string[]) => Object.fromEntries(contents.map((content) => [content, 1]));
// What is done first takes longer.
beforeAll(async () => {
  const service = await provider.open('first');
  await remember(service, 'Maya');
  await recall(service, { query: 'Maya' });
  provider.embedded.clear();
});

/** Resolves when the provider has been asked once more than `before`. */
const untilAsked = (before: number) =>
  expect.poll(() => provider.requests.length, { timeout: patience(10_000), interval: 5 }).toBeGreaterThan(before);

/** As if a minute had passed: the claims of dead workers have expired. */
const expireLeases = async (service: VectorService) =>
  rowsOf(
    await service.tenant(),
    sql`update pending_embeddings set claimed_until = now() - interval '1 second', due_at = now() where claimed_until is not null`,
  );

const failures: [name: string, how: Misbehaviour][] = [
  ['an error', 'error'],
  ['503', { status: 503 }],
  ['a rate limit', { retryAfter: 1 }],
  ['a rate limit without end', { retryAfter: 3_600 }],
  ['a refused key', { status: 401 }],
  ['an unknown model', { status: 404 }],
  ['a parameter it does not take', { status: 400, param: 'dimensions' }],
  ['no answer', 'hang'],
  ['half an answer', 'hang-midway'],
  ['a dropped connection', 'drop'],
  ['a connection dropped midway', 'drop-midway'],
  ['nonsense', 'nonsense'],
  ['vectors of another dimension', 'wrong-dimension'],
  ['nothing but zeros', 'zeros'],
  ['a vector missing', 'missing-index'],
  ['wrong indices', 'duplicate-index'],
];

describe.each(failures)('while the provider answers with %s,', (name, how) => {
  test('writes are kept and wait once, recall is by words, a given vector is used; later all vectors are made', async () => {
    const service = await openHasty(name);
    provider.misbehave(how);
    const contents = ['Maya sails to Oslo', 'Maya paints Oslo'];
    const first = await timed(() => createMemories(service, facts(contents)));
    expect(first.ms).toBeLessThan(DEADLINE_MS + WORK_MS);
    expect(first.value.memories.map(({ content }) => content)).toEqual(contents);
    // On a busy machine what a write no longer waits for fails a moment later.
    const paused = () => service.embeddings.pausedFor;
    await expect.poll(paused, { timeout: patience(10_000), interval: 1 }).toBeGreaterThan(0);

    const said = service.said.splice(0);
    // A pause that outlasts this test, however busy the machine is.
    service.embeddings.noteSuccess();
    service.embeddings.noteFailure(new EmbeddingFailed('unavailable', 'again', 25_000));
    service.said.splice(0);
    const asked = provider.requests.length;
    for (const content of ['Ada rows', 'Ada swims', 'Ada runs']) await remember(service, content);
    const answer = await recall(service, { query: 'Who goes to Oslo?' });
    expect({ ...answer, contents: answer.contents.toSorted() }).toMatchObject({
      ...byWords,
      contents: contents.toSorted(),
    });
    expect(await recall(service, { query: 'Oslo', mode: 'SEMANTIC' })).toMatchObject(byWords);
    const given = await remember(service, 'Noor knits', { embedding: vectorOf('knitting') });
    const found = await recall(service, { embedding: vectorOf('knitting'), mode: 'SEMANTIC' });
    expect(found).toMatchObject({ mode: 'SEMANTIC', weights: { vector: 1, lexical: 0 }, ids: [given] });
    expect(provider.requests.length, 'it is not asked').toBe(asked);
    expect(await statusOf(service)).toMatchObject({ embedded: 1, pending: 5, owed: 5 });
    expect([said.length, service.said]).toEqual([1, []]);
    expect(said[0]).toMatch(/^Embeddings are pending until the provider answers: EmbeddingFailed: /);
    expect(said[0]).not.toMatch(/hush|Oslo|Maya/);
    expect(service.logged).toEqual([]);

    provider.misbehave(null);
    const upkeep = await provider.open(name);
    await upkeep.keepUp();
    await untilEmbedded(service, 6);
    expect(embedded()).toEqual(onceEach([...contents, 'Ada rows', 'Ada swims', 'Ada runs']));
    const [similar] = (await recall(upkeep, { query: contents[0], mode: 'SEMANTIC' })).similarities;
    expect(similar).toBeCloseTo(1, 3);
  });
});

test('vectors in another order, with their indices, are as good', async () => {
  const service = await provider.open('shuffled');
  provider.misbehave('shuffled');
  await createMemories(service, facts(['Maya sails', 'Ada paints', 'Noor knits']));
  for (const content of ['Maya sails', 'Ada paints', 'Noor knits']) {
    const found = await recall(service, { embedding: vectorOf(content), mode: 'SEMANTIC' });
    expect(found.contents[0]).toBe(content);
  }
});

test('the service itself makes pending vectors, and asks less and less often meanwhile', async () => {
  const service = await provider.open('less often');
  provider.misbehave('drop');
  await remember(service, 'Maya sails');
  await service.keepUp();
  await sleep(2_500);
  // Three tries each, paused for 0.5, 1 and 2 seconds.
  expect(provider.requests.length).toBeLessThanOrEqual(12);
  provider.misbehave(null);
  await untilEmbedded(service, 1);
  expect(service.embeddings.pausedFor).toBe(0);
  expect(service.said).toHaveLength(1);
  await remember(service, 'Ada paints');
  expect(embedded()).toEqual({ 'Maya sails': 1, 'Ada paints': 1 });
});

test('a question that the provider fails on is answered by words, within the deadline', async () => {
  const service = await openHasty('question');
  await remember(service, 'Maya sails', { embedding: vectorOf('sails') });
  provider.misbehave('hang');
  const { ms, value } = await timed(() => recall(service, { query: 'sails' }));
  expect(value).toMatchObject({ ...byWords, contents: ['Maya sails'] });
  expect(ms).toBeLessThan(DEADLINE_MS + WORK_MS);
});

test('after a pause one request alone finds out whether the provider answers again', async () => {
  const service = await provider.open('probe');
  await remember(service, 'Maya sails', { embedding: vectorOf('sails') });
  provider.misbehave({ status: 401 });
  await recall(service, { query: 'a first question' });
  await expect.poll(() => service.embeddings.pausedFor, { timeout: patience(10_000) }).toBe(0);
  const before = provider.requests.length;
  provider.misbehave({ delayMs: patience(2_000) });
  const ask = (at: number) => recall(service, { query: `question number ${at}` });
  const first = ask(0);
  await untilAsked(before);
  const others = await Promise.all([1, 2, 3].map(ask));
  expect(others.map(({ mode }) => mode)).toEqual(['LEXICAL', 'LEXICAL', 'LEXICAL']);
  expect((await first).mode).toBe('HYBRID');
  expect(provider.requests.length).toBe(before + 1);
  // It answers: everybody may ask.
  provider.misbehave(null);
  expect((await Promise.all([4, 5, 6].map(ask))).map(({ mode }) => mode)).toEqual(['HYBRID', 'HYBRID', 'HYBRID']);
  expect(service.said).toHaveLength(1);
});

describe('a content that the provider refuses', () => {
  const poison = 'Mordor is a place';

  test('holds up no others, and is tried again later and later', async () => {
    const service = await provider.open('refused');
    provider.misbehave({ refuse: 'Mordor' });
    const contents = [...numbered(20, 'Before'), poison, ...numbered(20, 'After')];
    await createMemories(service, facts(contents));
    expect(service.embeddings.pausedFor, 'the provider is not at fault').toBe(0);
    await service.keepUp();
    await untilEmbedded(service, 40, 1);
    expect(embedded()).toEqual(onceEach(contents.filter((content) => content !== poison)));
    const pending = async () =>
      (
        await rowsOf(
          await service.tenant(),
          sql`select attempts, round(extract(epoch from due_at - now()) / 60)::int as minutes, claimed_until from pending_embeddings`,
        )
      )[0];
    await expect.poll(pending).toEqual({ attempts: 1, minutes: 1, claimed_until: null });
    for (const [attempts, minutes] of [
      [2, 2],
      [3, 4],
    ]) {
      await rowsOf(await service.tenant(), sql`update pending_embeddings set due_at = now()`);
      await expect.poll(pending, { timeout: patience(5_000) }).toEqual({ attempts, minutes, claimed_until: null });
    }
    provider.misbehave(null);
    await rowsOf(await service.tenant(), sql`update pending_embeddings set due_at = now()`);
    await untilEmbedded(service, 41);
    expect(service.said).toEqual([]);
  });
});

describe('two processes make pending vectors at once,', () => {
  const contents = numbered(300, 'Something that Maya said');
  const withPending = async (workspace: string) => {
    const env = provider.settings({ EMBEDDING_BATCH_SIZE: '50', EMBEDDING_DEADLINE_MS: `${patience(10_000)}` });
    const [one, other] = [await provider.open(workspace, env), await provider.open(workspace, env)];
    provider.misbehave({ status: 401 });
    await createMemories(one, facts(contents));
    // The same contents, for another companion.
    await createMemories(one, { companion: { key: 'noor' }, ...facts(contents) });
    provider.requests.length = 0;
    return { one, other };
  };

  test('and each content is embedded once', async () => {
    const { one, other } = await withPending('two');
    provider.misbehave({ delayMs: 300 });
    const fresh = await provider.open('two');
    await Promise.all([fresh.keepUp(), other.keepUp()]);
    await untilEmbedded(one, 600);
    expect(embedded()).toEqual(onceEach(contents));
    expect(Math.max(...provider.requests.map(({ atOnce }) => atOnce)), 'both took part').toBe(2);
  });

  test('one dies: the other passes over what it has claimed, until the claim has expired', async () => {
    const { one, other } = await withPending('dies');
    // It is asked once, and never heard of again: its failure is not written down.
    provider.misbehave('hang', 1);
    const died = await provider.open('dies', provider.settings({ EMBEDDING_DEADLINE_MS: '3600000' }));
    const dying = new AbortController();
    const { Upkeep } = await import('../src/domain/embedding/upkeep.ts');
    const broken = { ...(await died.tenant()) };
    new Upkeep(broken, died.embeddings).step().catch(() => dying.abort());
    await untilAsked(0);
    const hers = provider.requests[0]?.input as string[];
    expect(hers).toHaveLength(128);
    await other.keepUp();
    // All of the 600 but the contents that the dead worker has claimed, of either companion.
    await untilEmbedded(one, 600 - 2 * hers.length, 2 * hers.length);
    expect(embedded()).toEqual(onceEach(contents.filter((content) => !hers.includes(content))));
    await expireLeases(one);
    await untilEmbedded(one, 600);
    expect(embedded()).toEqual(onceEach(contents));
    expect(dying.signal.aborted).toBe(false);
  });
});

describe('while the provider is waited for, no transaction is open', () => {
  const WAIT_MS = patience(2_000);
  const waiting = { EMBEDDING_DEADLINE_MS: `${WAIT_MS}` };
  const QUICK = '{ memories { totalCount } viewer { embedding { pending } } }';
  const DOCUMENT = `{
    first: memories { totalCount }
    recall(input: {companion: {key: "iris"}, query: "sails"}) { mode nodes { content similar { similarity } } }
    again: recall(input: {companion: {key: "iris"}, query: "boats"}) { mode }
    viewer { workspace { name } embedding { embedded } }
    last: memories { totalCount }
  }`;

  test.each<[string, (service: VectorService) => Promise<unknown>]>([
    ['by a write', (service) => remember(service, 'Ada paints')],
    [
      'by a correction',
      async (service) => {
        const id = await remember(service, 'Noor knits', { embedding: vectorOf('knitting') });
        return mutation(service, 'correctMemory', 'memory { similar { similarity } }')({ id, content: 'Noor sews' });
      },
    ],
    ['by recall, beside other fields', (service) => service.run(DOCUMENT)],
    [
      'by the worker',
      async (service) => {
        const upkeep = await service.keepUp();
        await sleep(patience(5_000));
        await upkeep.stop();
      },
    ],
  ])('%s', async (name, run) => {
    const service = await provider.open(`waiting ${name}`, provider.settings(waiting));
    await remember(service, 'Maya sails');
    if (name === 'by the worker') {
      provider.misbehave({ status: 401 });
      await remember(await provider.open(`waiting ${name}`), 'Ada paints');
    }
    const asked = provider.requests.length;
    provider.misbehave('hang');
    let isDone = false;
    const slow = run(service).finally(() => {
      isDone = true;
    });
    await untilAsked(asked);
    const { ms } = await timed(() => service.run(QUICK));
    expect(ms).toBeLessThan(WAIT_MS);
    if (provider.database.kind === 'postgresql') {
      const connection = await provider.database.connect();
      const idle = () =>
        connection.query(
          `select query from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state like 'idle in transaction%'`,
          [],
        );
      // One that is between two of its statements is over soon; one that waits is there until the wait is over.
      await expect.poll(idle, { interval: 20 }).toEqual([]);
      connection.release();
    }
    expect(isDone, 'it waits still').toBe(false);
    await slow;
  });
});
