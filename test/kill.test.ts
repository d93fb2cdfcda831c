import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, inject, test, vi } from 'vitest';
import { patience } from './support/calibration.ts';
import { migratedFolder } from './support/data-folder.ts';
import { createTestDatabase } from './support/database.ts';
import { killAgainAndAgain } from './trials/kill.ts';

vi.setConfig({ testTimeout: patience(120_000) });

const folder = mkdtempSync(join(tmpdir(), 'palimpsest-kill-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `npm run trial -- kill` does it 200 times. */
test('a server that is killed under load, time after time: nothing lost, nothing half, nothing doubled', async () => {
  const dump = inject('dump');
  const dataDir = join(folder, 'data');
  const settings: Record<string, string> = dump
    ? { DATA_DIR: migratedFolder(dataDir) }
    : { DATABASE_URL: (await createTestDatabase()).url };
  const report = await killAgainAndAgain({
    settings: { PORT: '0', DEMO: 'false', ...settings },
    rounds: 2,
    seed: 3,
    writers: 2,
    loadMs: 600,
    checkEvery: 2,
  });
  expect(report.broken).toEqual([]);
  expect(report.checks).toBeGreaterThan(0);
  expect(report.acknowledged).toBeGreaterThan(3);
  expect(report.retried).toBeGreaterThan(0);
});
