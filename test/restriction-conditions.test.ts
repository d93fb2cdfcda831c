import { describe, expect } from 'vitest';
import { cases, testRestricted, withoutPolicies } from './support/restricted.ts';

describe('by the conditions of statements alone: a superuser runs them, whom no policy holds back', () =>
  testRestricted(cases.both, withoutPolicies, ({ count }) => expect(count).toBeGreaterThan(300)));
