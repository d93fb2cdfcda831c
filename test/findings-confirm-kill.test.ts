import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, expect, inject, test, vi } from 'vitest';
import { patience } from './support/calibration.ts';
import { startChatServer } from './support/chat-server.ts';
import { migratedFolder } from './support/data-folder.ts';
import { createTestDatabase } from './support/database.ts';
import { post, useProcesses } from './support/server-process.ts';

vi.setConfig({ testTimeout: patience(120_000) });

const folder = mkdtempSync(join(tmpdir(), 'palimpsest-chat-'));
const launch = useProcesses();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CREATE = `mutation ($input: CreateMemoryInput!) {
  createMemory(input: $input) { ... on CreateMemoryPayload { findings { confirmedBy } } ... on Error { message } } }`;
const OPEN = '{ findings(first: 5) { nodes { score confirmedBy } } }';

test('a server that is killed while the model is asked: the next one asks again', async () => {
  const model = await startChatServer();
  const url = inject('dump') ? undefined : (await createTestDatabase()).url;
  const settings: Record<string, string> = {
    ...(url ? { DATABASE_URL: url } : { DATA_DIR: migratedFolder(join(folder, 'data')) }),
    CHAT_PROVIDER: 'openai',
    CHAT_MODEL: 'small',
    OPENAI_BASE_URL: model.url,
    EMBEDDING_MODEL: 'hashing-1',
    CHAT_DEADLINE_MS: String(patience(60_000)),
  };
  model.misbehave('hang');
  const killed = launch(settings);
  const first = await killed.ready;
  for (const content of ['Maya lives in Berlin', 'Maya has moved to Lisbon']) {
    const { body } = await post(first, CREATE, { input: { companion: { key: 'iris' }, type: 'FACT', content } });
    expect(body.data.createMemory.message).toBeUndefined();
  }
  await expect.poll(() => model.requests.length, { timeout: patience(30_000), interval: 50 }).toBe(1);
  killed.child.kill('SIGKILL');
  await killed.ended;

  // On PostgreSQL others wait until its time is over: as if it were.
  if (url) {
    const client = postgres(url, { max: 1, onnotice: () => {} });
    await client`update palimpsest.findings set due_at = now() where due_at is not null`;
    await client.end();
  }
  model.misbehave(null);
  model.answering = () => ({ pairs: [{ pair: 1, relation: 'updates', confidence: 0.85, reason: 'she moved' }] });
  const next = launch(settings);
  const second = await next.ready;
  await expect
    .poll(async () => (await post(second, OPEN)).body.data.findings.nodes, { timeout: patience(30_000), interval: 100 })
    .toEqual([{ score: 0.85, confirmedBy: 'model:small' }]);
  expect(model.requests).toHaveLength(2);
  next.child.kill('SIGTERM');
  expect((await next.ended).code).toBe(0);
  await model.stop();
});
