import { beforeAll, expect, test } from 'vitest';
import { migrationFiles } from '../src/db/migrations.ts';
import { contents } from './bench/size-data.ts';
import { createMemories } from './support/memories.ts';
import { eachPosting } from './support/postings.ts';
import { useService } from './support/service.ts';
import { asSuperuser } from './support/tables.ts';

const service = useService();

const rowsOf = async (statements: string) =>
  asSuperuser((await service.tenant()).database, (session) => session.script(statements));
const all = () =>
  rowsOf(`select * from ${eachPosting} order by memory_id, term`) as Promise<{ places: number[] | null }[]>;

beforeAll(async () => {
  const [short, long] = [contents(140), contents(4_000, 2)];
  await createMemories(service, {
    companion: { key: 'iris' },
    memories: Array.from({ length: 40 }, (_, n) => ({
      type: 'FACT',
      content: (n % 4 === 0 ? long : short).next().value,
      ...(n % 3 === 0 && { user: { externalId: 'maya' } }),
    })),
  });
});

test('the migration makes the postings of what is there as they are written; what is not analysed yet has no places', async () => {
  const written = await all();
  expect(written.filter(({ places }) => places !== null).length).toBeGreaterThan(100);
  const { sql = [] } = migrationFiles().find(({ name }) => name.endsWith('_postings_in_rows')) ?? {};
  const [insert] = sql.filter((statement) => /^(--.*\n)?INSERT INTO postings/.test(statement.trim()));
  await rowsOf(`truncate postings; ${insert}`);
  expect(await all()).toEqual(written);
  await rowsOf(`
    alter table memories disable trigger user; update memories set analysis = 1; alter table memories enable trigger user;
    truncate postings; ${insert}`);
  expect(await all()).toEqual(written.map((posting) => ({ ...posting, places: null })));
});
