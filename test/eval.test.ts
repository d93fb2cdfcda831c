import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { patience } from './support/calibration.ts';
import { migratedFolder } from './support/data-folder.ts';
import { createTestDatabase } from './support/database.ts';
import { programEnv } from './support/program-env.ts';
import { post, useProcesses } from './support/server-process.ts';

vi.setConfig({ testTimeout: patience(60_000), hookTimeout: patience(60_000) });

const root = mkdtempSync(join(tmpdir(), 'palimpsest-eval-'));
const launch = useProcesses();
afterAll(() => rmSync(root, { recursive: true, force: true }));

const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const CREATE = `mutation ($input: CreateMemoriesInput!) {
  createMemories(input: $input) { ... on CreateMemoriesPayload { memories { id } } ... on Error { message } } }`;
const FORGET = `mutation ($ids: [ID!]!) { forgetMemories(input: { ids: $ids }) { ... on ForgetMemoriesPayload { forgottenIds } } }`;

const contents = [
  'Maya plays the cello in a small orchestra.',
  'The harbour of Cascais was rebuilt last winter.',
  'Noor grows tomatoes on the balcony.',
];
let settings: Record<string, string>;
let ids: string[];
let url: string;
let stop: () => Promise<void>;

beforeAll(async () => {
  settings = {
    ...(inject('dump')
      ? { DATA_DIR: migratedFolder(join(root, 'data')) }
      : { DATABASE_URL: (await createTestDatabase()).url }),
    EMBEDDING_MODEL: 'hashing-1',
  };
  const server = launch(settings);
  url = await server.ready;
  const input = { companion: { key: 'iris' }, memories: contents.map((content) => ({ type: 'FACT', content })) };
  const { body } = await post(url, CREATE, { input });
  ids = body.data.createMemories.memories.map(({ id }: { id: string }) => id);
  stop = async () => {
    server.child.kill('SIGTERM');
    expect((await server.ended).code).toBe(0);
  };
});

const file = (name: string, lines: readonly unknown[]): string => {
  const path = join(root, name);
  writeFileSync(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
  return path;
};

/** Runs `palimpsest eval` to its end. */
function evaluate(...args: string[]) {
  const env = programEnv(settings);
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'eval', ...args], { encoding: 'utf8', env });
  return { status, stdout, stderr: stderr.trim() };
}

/** The figures of a group, as the report says them. */
const figuresOf = (stdout: string, group: string): string[] =>
  (stdout.split('\n').find((line) => line.startsWith(`${group} `)) ?? '').trim().split(/\s+/).slice(1, 8);

const known = () => [
  { question: 'Who plays the cello?', companion: 'iris', group: 'music', memories: [ids[0]] },
  { question: 'What happened to the harbour?', group: 'places', contents: ['the HARBOUR  of cascais', 'rebuilt'] },
  '',
  { question: 'Who grows tomatoes?', memories: [ids[2]], contents: ['a text that nothing has'] },
];

describe('at a server and at the database itself', () => {
  test('says the same: how many of what is to be found recall finds, by group', async () => {
    const questions = file('known.jsonl', known());
    const saved = join(root, 'run.json');
    const served = evaluate(questions, '--companion', 'iris', '--url', url, '--save', saved);
    expect({ status: served.status, stderr: served.stderr }).toEqual({ status: 0, stderr: '' });
    expect(served.stdout).toMatch(
      /^3 questions of .*known\.jsonl, 50 memories asked for each: recall p50 [\d.]+ ms, p95/,
    );
    expect(figuresOf(served.stdout, 'music')).toEqual(['1', '1.000', '1.000', '1.000', '1.000', '1.000', '1.000']);
    expect(figuresOf(served.stdout, 'places')).toEqual(['1', '1.000', '1.000', '1.000', '1.000', '1.000', '1.000']);
    expect(figuresOf(served.stdout, 'others')).toEqual(['1', '.500', '.500', '1.000', '1.000', '.000', '1.000']);
    expect(figuresOf(served.stdout, 'all')).toEqual(['3', '.833', '.833', '1.000', '1.000', '.667', '1.000']);
    expect(JSON.parse(readFileSync(saved, 'utf8')).questions).toHaveLength(3);

    await post(url, FORGET, { ids: [ids[0]] });
    await stop();
    const alone = evaluate(questions, '--companion', 'iris', '--against', saved);
    expect({ status: alone.status, stderr: alone.stderr }).toEqual({ status: 0, stderr: '' });
    expect(figuresOf(alone.stdout, 'music')).toEqual(['1', '.000', '.000', '.000', '.000', '.000', '.000']);
    expect(alone.stdout).toContain('of 3 questions that both runs asked: 1 fell, 0 rose, 2 stayed.');
    expect(alone.stdout).toContain('  1 → not found  Who plays the cello?\n');
    expect(alone.stdout).toMatch(/\n +-\.333/);

    const bounded = evaluate(questions, '--companion', 'iris', '--least', 'R@10=0.4', '--least', 'MRR=.9');
    expect({ status: bounded.status, stderr: bounded.stderr }).toEqual({
      status: 1,
      stderr: 'MRR is .667, at least .900 is asked for.',
    });
    expect(evaluate(questions, '--companion', 'iris', '--least', 'R@10=0.4').status).toBe(0);

    const swept = evaluate(questions, '--companion', 'iris', '--sweep', '--weights', 'recency=0.3,importance=0');
    expect(swept.stdout.match(/^(recency|importance|confidence) [\d.]+ +\.\d+ +\.\d+$/gm)).toHaveLength(15);
  });
});

describe('is answered in one sentence', () => {
  const asked = { question: 'Who?', companion: 'iris', contents: ['x'] };
  test.each([
    ['no JSON', ['{'], ', line 1: no JSON.'],
    ['what is not known', [asked, { ...asked, answer: 'y' }], ', line 2: Unrecognized key: "answer".'],
    ['nothing to be found', [{ question: 'Who?', companion: 'iris' }], ', line 1: memories or contents must say'],
    [
      'no companion',
      [{ ...asked, companion: undefined }],
      ', line 1: no companion. Name one there, or by --companion.',
    ],
    [
      'an id of something else',
      [{ ...asked, memories: ['usr_1'] }],
      ', line 1: memories.0: the id of a memory, `mem_…`',
    ],
    ['no questions', [''], ' has no questions.'],
  ])('a file with %s', (name, lines, sentence) => {
    const { status, stdout, stderr } = evaluate(file(`${name}.jsonl`, lines));
    expect({ status, stdout, lines: stderr.split('\n').length }).toEqual({ status: 1, stdout: '', lines: 1 });
    expect(stderr).toContain(`${name}.jsonl${sentence}`);
  });

  test.each([
    [['nowhere.jsonl'], 'nowhere.jsonl cannot be read: ENOENT'],
    [['nowhere.jsonl', '--least', 'R@7=1'], 'One of R@5, R@10, hit@5, hit@10, all@10, MRR with a value from 0 to 1'],
    [
      ['nowhere.jsonl', '--weights', 'speed=1'],
      'relevance, recency, importance, confidence with 0 or more are expected',
    ],
    [[], 'Missing required argument'],
  ])('%j', (args, sentence) => {
    const { status, stdout, stderr } = evaluate(...args);
    expect({ status, stdout, lines: stderr.split('\n').length }).toEqual({ status: 1, stdout: '', lines: 1 });
    expect(stderr).toContain(sentence);
  });

  test('a run that is none', () => {
    const questions = file('one.jsonl', [asked]);
    expect(evaluate(questions, '--against', questions).stderr).toContain('one.jsonl is no run that was saved');
  });
});
