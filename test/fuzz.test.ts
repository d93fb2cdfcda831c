import { expect, inject, test, vi } from 'vitest';
import { patience } from './support/calibration.ts';
import { createTestDatabase } from './support/database.ts';
import { fuzz } from './trials/fuzz.ts';

vi.setConfig({ testTimeout: patience(60_000) });

/** `npm run trial -- fuzz` sends 100,000. */
test('for every request, right or wrong: no failure of the server, nothing of the inside, no row of another, no rule broken', async () => {
  const dump = inject('dump');
  const settings: Record<string, string> = dump
    ? { TRIAL_DUMP: dump }
    : { DATABASE_URL: (await createTestDatabase()).url };
  const report = await fuzz({ settings, requests: 400, seed: 7, patienceMs: patience(20_000) });
  const { failures, violations, crashed, done } = report;
  expect({ failures, violations, crashed }).toEqual({ failures: [], violations: [], crashed: [] });
  expect(report.statuses[200]).toBeGreaterThan(300);
  expect(Object.keys(done).length).toBeGreaterThan(10);
});
