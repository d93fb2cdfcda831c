import { describe, expect } from 'vitest';
import { cases, testRestricted, withoutNarrowing } from './support/restricted.ts';

describe('by row-level security alone: what statements ask of companions and users is always true', () =>
  testRestricted(cases.both, withoutNarrowing, ({ count }) => expect(count).toBeGreaterThan(300)));
