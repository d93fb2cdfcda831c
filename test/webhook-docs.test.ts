import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { keepDelivering } from '../src/domain/webhook/loop.ts';
import { signedHeaders } from '../src/domain/webhook/signature.ts';
import { Tally } from '../src/domain/webhook/tally.ts';
import { patience } from './support/calibration.ts';
import { openTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { freePort } from './support/server-process.ts';
import { serviceOn, type TestService } from './support/service.ts';

vi.setConfig({ testTimeout: patience(60_000) });

const folder = mkdtempSync(join(tmpdir(), 'palimpsest-receiver-'));
let database: ReturnType<typeof recordStatements>;
let service: TestService;
const ends: (() => unknown)[] = [];
beforeAll(async () => {
  database = recordStatements(await openTestDatabase());
  const webhooks = { privateAddresses: true };
  service = serviceOn(database, await localEmbeddings(), 'acme', undefined, null, { webhooks });
});
afterAll(async () => {
  for (const end of ends) await end();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The receiver that docs/webhooks.md shows, as a file. */
function receiver(): string {
  const page = readFileSync(new URL('../docs/webhooks.md', import.meta.url), 'utf8');
  const [, code] = /<!-- receiver -->\n```js\n([\s\S]*?)```/.exec(page) ?? [];
  const file = join(folder, 'receiver.mjs');
  writeFileSync(file, code as string);
  return file;
}

test('the receiver of the page takes what the service sends, once, and nothing that others send', async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/memory`;
  const { createWebhook } = await service.runUntyped(
    'mutation ($url: String!) { createWebhook(input: { url: $url }) { ... on CreateWebhookPayload { secret } } }',
    { url },
  );
  const env = { PATH: process.env.PATH, PORT: String(port), WEBHOOK_SECRET: createWebhook.secret };
  const child = spawn(process.execPath, [receiver()], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  ends.push(() => child.kill());
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  const post = (headers: Record<string, string>, body: string) => fetch(url, { method: 'POST', headers, body });
  await vi.waitFor(async () => expect((await post({}, '{}')).status).toBe(401), { timeout: patience(20_000) });

  const log: string[] = [];
  const settings = { privateAddresses: true };
  const delivering = keepDelivering({ database, settings, tally: new Tally(), log: (text) => log.push(text) });
  ends.unshift(() => delivering.stop());
  const { createMemory } = await service.runUntyped(
    `mutation { createMemory(input: { companion: { key: "iris" }, type: FACT, content: "The harbour is closed." }) {
      ... on CreateMemoryPayload { memory { id } } } }`,
  );
  const line = `memory.recorded ${createMemory.memory.id}\n`;
  await vi.waitFor(() => expect(said).toBe(line), { timeout: patience(20_000) });

  const body = JSON.stringify({ type: 'memory.recorded', data: { event: 'evt_x', memory: 'mem_x' } });
  const sign = (sentAt: Date, secret = createWebhook.secret) => signedHeaders({ id: 'evt_x', sentAt, body }, secret);
  expect((await post(sign(new Date(), `whsec_${Buffer.alloc(32).toString('base64')}`), body)).status).toBe(401);
  expect((await post(sign(new Date(Date.now() - 600_000)), body)).status).toBe(401);
  expect((await post(sign(new Date()), `${body} `)).status).toBe(401);
  for (let n = 0; n < 2; n++) expect((await post(sign(new Date()), body)).status).toBe(204);
  await vi.waitFor(() => expect(said).toBe(`${line}memory.recorded mem_x\n`), { timeout: patience(20_000) });
  expect(log).toEqual([]);
});
