import { sql } from 'drizzle-orm';
import { describe, expect } from 'vitest';
import { write } from '../src/db/write.ts';
import { testApart } from './support/apart.ts';
import { withoutConditions } from './support/wrapped.ts';

describe('by row-level security alone: no statement says whose rows it means', () =>
  testApart(withoutConditions, async ({ changes: { count, missed } }, service) => {
    expect([...missed]).toEqual([]);
    expect(count).toBeGreaterThan(3_000);
    const theirs = (await service.tenant('globex')).workspaceId;
    const names = await write(await service.tenant(), (tx) =>
      tx.rows(sql`select name from workspaces where id = ${theirs}`),
    );
    expect(names).toEqual([{ name: 'acme' }]);
  }));
