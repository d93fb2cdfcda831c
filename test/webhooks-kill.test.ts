import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, inject, test, vi } from 'vitest';
import { patience } from './support/calibration.ts';
import { migratedFolder } from './support/data-folder.ts';
import { createTestDatabase } from './support/database.ts';
import { killWhileSending } from './trials/webhooks.ts';

vi.setConfig({ testTimeout: patience(180_000) });

const folder = mkdtempSync(join(tmpdir(), 'palimpsest-webhooks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `npm run trial -- webhooks` does it 100 times. */
test('servers that are killed while they send: each event comes to each webhook, in order', async () => {
  const dump = inject('dump');
  const dataDir = join(folder, 'data');
  const settings: Record<string, string> = dump
    ? { DATA_DIR: migratedFolder(dataDir) }
    : { DATABASE_URL: (await createTestDatabase()).url };
  const report = await killWhileSending({
    settings: { PORT: '0', DEMO: 'false', ...settings },
    servers: dump ? 1 : 2,
    rounds: 3,
    seed: 5,
    writers: 2,
    loadMs: 600,
    waitMs: patience(30_000),
  });
  expect(report.broken).toEqual([]);
  expect(report.rounds).toBe(3);
  expect(report.events['/all']).toBeGreaterThan(3);
});
