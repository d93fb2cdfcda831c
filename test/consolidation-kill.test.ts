import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, inject, test, vi } from 'vitest';
import { patience } from './support/calibration.ts';
import { migratedFolder } from './support/data-folder.ts';
import { createTestDatabase } from './support/database.ts';
import { post, useProcesses } from './support/server-process.ts';

vi.setConfig({ testTimeout: patience(120_000) });

const folder = mkdtempSync(join(tmpdir(), 'palimpsest-consolidation-'));
const launch = useProcesses();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Each has memories of one topic. */
const USERS = 30;
const WHERE = ['garden', 'kitchen', 'harbour', 'office', 'attic'];
const memories = Array.from({ length: USERS }, (_, user) =>
  WHERE.map((where) => ({
    user: { externalId: `u${user}` },
    type: 'FACT',
    content: `The lantern ${user} of the museum was seen in the ${where}.`,
    entities: [{ name: `lantern ${user}`, type: 'thing' }],
  })),
).flat();

const CREATE = `mutation ($input: CreateMemoriesInput!) {
  createMemories(input: $input) { ... on CreateMemoriesPayload { duplicateIds } ... on Error { message } } }`;
const CONSOLIDATE = `mutation ($key: String!) { consolidate(input: { companion: { key: $key } }) {
  ... on ConsolidatePayload { clusterCount created { id } } ... on Error { message } } }`;
const SUMMARIES = `query ($key: String!) {
  companion(by: { key: $key }) { memories(filter: { types: [REFLECTION] }, first: 100) {
    totalCount nodes { content relations(types: [REFERENCES], direction: OUT) { totalCount } } } }
  profiles(companion: { key: $key }) { totalCount } }`;

test('a server that is killed during a run leaves whole summaries, and the next run makes the others', async () => {
  const settings: Record<string, string> = {
    ...(inject('dump')
      ? { DATA_DIR: migratedFolder(join(folder, 'data')) }
      : { DATABASE_URL: (await createTestDatabase()).url }),
    EMBEDDING_MODEL: 'hashing-1',
  };
  const killed = launch(settings);
  const first = await killed.ready;
  for (const key of ['killed', 'left alone']) {
    const { body } = await post(first, CREATE, { input: { companion: { key }, memories } });
    expect(body.data.createMemories).toEqual({ duplicateIds: [] });
  }
  const summariesOf = async (url: string, key: string) => {
    const { data, errors } = (await post(url, SUMMARIES, { key })).body;
    expect(errors).toBeUndefined();
    const { profiles, companion } = data;
    const found = companion.memories;
    for (const { content, relations } of found.nodes) {
      expect(relations.totalCount).toBe(content.split('\n').length);
    }
    const texts = found.nodes.map(({ content }: { content: string }) => content.replaceAll(/mem_\w+/g, 'id'));
    return { count: found.totalCount, profiles: profiles.totalCount, texts: texts.sort() };
  };
  expect((await summariesOf(first, 'killed')).count).toBe(0);
  const running = post(first, CONSOLIDATE, { key: 'killed' }).catch(() => null);
  await expect
    .poll(async () => (await summariesOf(first, 'killed')).count, { timeout: patience(30_000), interval: 10 })
    .toBeGreaterThan(0);
  killed.child.kill('SIGKILL');
  await killed.ended;
  expect(await running).toBeNull();

  const next = launch(settings);
  const second = await next.ready;
  const left = await summariesOf(second, 'killed');
  expect(left.count).toBeGreaterThan(0);
  const consolidate = async (key: string) => (await post(second, CONSOLIDATE, { key })).body.data.consolidate;
  expect(await consolidate('left alone')).toMatchObject({ clusterCount: USERS });
  const whole = await summariesOf(second, 'left alone');
  expect(whole.count).toBeGreaterThan(left.count);
  const rest = await consolidate('killed');
  expect(rest).toMatchObject({ clusterCount: USERS });
  expect(rest.created).toHaveLength(whole.count - left.count);
  expect(await summariesOf(second, 'killed')).toEqual(whole);
  expect(await consolidate('killed')).toEqual({ clusterCount: USERS, created: [] });
  next.child.kill('SIGTERM');
  expect((await next.ended).code).toBe(0);
});
