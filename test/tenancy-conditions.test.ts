import { sql } from 'drizzle-orm';
import { describe, expect } from 'vitest';
import { write } from '../src/db/write.ts';
import { testApart } from './support/apart.ts';
import { withoutRowSecurity } from './support/wrapped.ts';

describe('by the conditions of statements alone: a superuser runs them, whom no policy holds back', () =>
  testApart(withoutRowSecurity, async ({ changes: { count, missed } }, service) => {
    expect([...missed]).toEqual([]);
    expect(count).toBeGreaterThan(300);
    const names = await write(await service.tenant(), (tx) => tx.rows(sql`select name from workspaces`));
    expect(names.length).toBeGreaterThan(4);
  }));
