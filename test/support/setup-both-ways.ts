import { afterAll, expect } from 'vitest';
import { compareBothWays } from './both-ways.ts';

// Modules are loaded once a worker, and this file once for each file of tests.
const known = globalThis as { differences?: string[] };
if (!known.differences) {
  const differences: string[] = [];
  known.differences = differences;
  compareBothWays((difference) => differences.push(difference));
}

// Whatever the tests of a file ask, the executor answers the same.
afterAll(() => {
  expect(known.differences?.splice(0)).toEqual([]);
});
