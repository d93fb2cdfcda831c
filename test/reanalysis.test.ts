import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { migrate } from '../src/db/migrate.ts';
import { readOnce } from '../src/db/read-transaction.ts';
import { countUnanalysed, Reanalysis } from '../src/domain/recall/reanalysis.ts';
import { keepAnalysed } from '../src/domain/recall/reanalysis-loop.ts';
import { workspaceOf } from '../src/domain/workspace/workspaces.ts';
import { ANALYSIS } from '../src/model/text/analysis.ts';
import { patience } from './support/calibration.ts';
import { openEmptyDatabase, recordStatements } from './support/database.ts';
import { migrateAsBefore } from './support/earlier.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { createMemories } from './support/memories.ts';
import { inSession } from './support/migrations.ts';
import { mutation } from './support/mutations.ts';
import { columnsOf, eachPosting } from './support/postings.ts';
import { serviceOn, type TestService } from './support/service.ts';

vi.setConfig({ testTimeout: patience(60_000), hookTimeout: patience(120_000) });

const MANY = 60;
/** Memories as the version before wrote them; the last words are those that it did not find. */
const contents = [
  'The check lives in src/plugins/use_auth.ts',
  'Tomás signed the lease',
  '今天玩成语接龙游戏',
  'Nothing that is analysed otherwise',
  ...Array.from({ length: MANY }, (_, n) => `Ticket ABC-${2000 + n} is done`),
  'A long one '.repeat(9_000),
];

let database: Database;
let service: TestService;

beforeAll(async () => {
  database = await openEmptyDatabase();
  await inSession(database, async (session) => {
    await migrateAsBefore(session, '_schema');
    await session.script(`begin; set local search_path = public;
      do $$ declare t text; begin foreach t in array array['companions', 'lineages', 'memories', 'postings', 'entities', 'mentions'] loop
        execute format('alter table %I no force row level security', t); end loop; end $$;
      insert into workspaces (id, name) values ('${workspaceOf(database, 'acme', 'operator').workspaceId}', 'acme');
      insert into companions (workspace_id, id, key, name, created_at, updated_at)
        select id, id, 'iris', 'iris', now(), now() from workspaces`);
    for (const [index, content] of contents.entries()) {
      const id = `00000000-0000-7000-8000-${String(index + 1).padStart(12, '0')}`;
      await session.query(
        `insert into lineages (workspace_id, id, companion_id) select id, $1::uuid, id from workspaces`,
        [id],
      );
      await session.query(
        `insert into memories (workspace_id, id, lineage_id, companion_id, type, content, content_fold, context, confidence,
           importance, importance_as_of, valid_from, recorded_at, updated_at, known_from, search)
         select id, $1::uuid, $1::uuid, id, 'FACT', $2::text, md5($2::text), '{"speaker": "Ann Reed"}', 1, 5, now(),
           '2026-03-01T12:00:00Z', '2026-03-02T12:00:00Z', '2026-03-02T12:00:00Z', '2026-03-02T12:00:00Z',
           setweight(to_tsvector('english', $2::text), 'A') || setweight(to_tsvector('english', '1 March 2026'), 'C')
             || array_to_tsvector(array['@ann reed', '@ann'])
         from workspaces`,
        [id, content],
      );
    }
    await session.script(`
      insert into entities (workspace_id, id, companion_id, type, name, folded_name, recorded_at, known_from)
        select id, '00000000-0000-7000-8000-00000000000e', id, 'person', 'Cid_Möss', 'cid_möss', '2026-03-02T12:00:00Z',
          '2026-03-02T12:00:00Z' from workspaces;
      insert into mentions (workspace_id, memory_id, entity_id, known_from)
        select id, '00000000-0000-7000-8000-000000000004', '00000000-0000-7000-8000-00000000000e', '2026-03-02T12:00:00Z'
        from workspaces;
      do $$ declare t text; begin foreach t in array array['companions', 'lineages', 'memories', 'postings', 'entities', 'mentions'] loop
        execute format('alter table %I force row level security', t); end loop; end $$;
      commit`);
  });
  await migrate(database);
  service = serviceOn(recordStatements(database), await localEmbeddings());
});
afterAll(() => database.close());

/** Rows of all workspaces, past row-level security. */
const rowsOf = async (select: string): Promise<Record<string, unknown>[]> => {
  const { workspaceId } = await service.tenant();
  return inSession(database, async (session) => {
    await session.script(`begin; select set_config('palimpsest.workspace_id', '${workspaceId}', true)`);
    try {
      return (await session.query(select, [])) as Record<string, unknown>[];
    } finally {
      await session.script('commit');
    }
  });
};
const told = () =>
  rowsOf('select id, content, updated_at, known_from, recorded_at, valid_from from memories order by id');
const count = async (text: string) => {
  const { memories } = await service.run('query ($text: String!) { memories(filter: {text: $text}) { totalCount } }', {
    text,
  });
  return memories.totalCount;
};
const left = async () => readOnce(await service.tenant(), countUnanalysed);

test('what the version before has written is analysed again, where it was interrupted from there on', async () => {
  const before = await told();
  expect(await left()).toBe(contents.length);
  expect(await count('1234 or use_auth.ts')).toBe(0);
  expect(await count('cid moss')).toBe(0);
  // By the words there are it is found meanwhile.
  expect(await count('lease')).toBe(1);
  const interrupted = new Reanalysis(await service.tenant());
  const first = await interrupted.step();
  expect(first).toBeGreaterThan(0);
  expect(await left()).toBe(contents.length - first);
  // What has been changed meanwhile is analysed all the same.
  const listed = await service.run('{ memories(first: 100) { nodes { id content } } }');
  const changed = listed.memories.nodes.find(({ content }) => content === 'Ticket ABC-2059 is done');
  await mutation(service, 'updateMemory', 'memory { id }')({ id: changed?.id as string, summary: 'Closed by Zoë' });

  const said: string[] = [];
  const complaints: string[] = [];
  const tenant = await service.tenant();
  const loop = keepAnalysed(
    async () => [tenant],
    (text) => said.push(text),
    (text) => complaints.push(text),
  );
  await expect.poll(left, { timeout: patience(30_000) }).toBe(0);
  await loop.stop();
  expect(complaints).toEqual([]);
  expect(said[0]).toBe(
    `Memories of workspace ${tenant.workspaceId} are being analysed again: 0 done, ${contents.length - first} to do`,
  );

  // Nothing that is told of a memory has changed, and nothing else has a past now.
  const after = await told();
  const own = (rows: Record<string, unknown>[]) => rows.filter(({ content }) => content !== changed?.content);
  expect(own(after)).toEqual(own(before));
  expect(await rowsOf('select content from memories_history')).toEqual([{ content: changed?.content }]);

  expect(await count('use_auth.ts')).toBe(1);
  expect(await count('tomas')).toBe(1);
  expect(await count('成语接龙')).toBe(1);
  expect(await count('2003')).toBe(1);
  expect(await count('zoe')).toBe(1);
});

test('so are the names of entities: nothing that is told of them changes', async () => {
  expect(await rowsOf('select name, known_from, recorded_at, analysis from entities')).toEqual([
    {
      name: 'Cid_Möss',
      known_from: new Date('2026-03-02T12:00:00Z'),
      recorded_at: new Date('2026-03-02T12:00:00Z'),
      analysis: ANALYSIS,
    },
  ]);
  expect(await rowsOf('select name from entities_history')).toEqual([]);
  expect(await count('cid moss')).toBe(1);
  const { recall } = await service.run(
    '{ recall(input: {companion: {key: "iris"}, query: "What of Cid?", mode: LEXICAL}) { nodes { content } } }',
  );
  expect(recall.nodes.map(({ content }) => content)).toEqual(['Nothing that is analysed otherwise']);
});

test('and then stands as if it had been written today, with its postings', async () => {
  await createMemories(service, {
    companion: { key: 'today' },
    memories: contents.map((content) => ({
      type: 'FACT',
      content,
      validFrom: '2026-03-01T12:00:00Z',
      context: { speaker: 'Ann Reed' },
    })),
  });
  const pairs = await rowsOf(`
    select a.content, a.search = b.search as same, a.analysis, b.analysis as today from memories a join memories b using (content)
    where a.id < b.id and a.summary is null`);
  expect(pairs.length).toBe(contents.length - 1);
  for (const pair of pairs) expect.soft(pair).toMatchObject({ same: true, analysis: ANALYSIS, today: ANALYSIS });
  const wrong = await rowsOf(`
    select coalesce(p.memory_id, t.id) as id, coalesce(p.term, t.lexeme) as term
    from ${eachPosting}
    full join (select lexeme, id, coalesce(cardinality(positions), 1) as frequency from memories, unnest(search)) t
      on t.lexeme = p.term and t.id = p.memory_id and t.frequency = p.frequency
    where p.memory_id is null or t.id is null`);
  expect(wrong).toEqual([]);
});

test('postings are written again even where the terms stay the same', async () => {
  const rewritten = await rowsOf(`
    update memories set analysis = 0 where content = 'Nothing that is analysed otherwise' returning id`);
  expect(rewritten.length).toBe(2);
  const places = () =>
    rowsOf(`select ctid::text, memory_id from postings where 'noth' in (${columnsOf('term')}) order by memory_id`);
  const before = await places();
  const work = new Reanalysis(await service.tenant());
  while ((await work.step()) > 0);
  const after = await places();
  expect(after.length).toBe(before.length);
  for (const [index, { ctid }] of after.entries()) expect(ctid).not.toBe(before[index]?.ctid);
});

test('the index of what is to be analysed again is of this version', async () => {
  const [row] = await rowsOf(`select indexdef from pg_indexes where indexname = 'memories_unanalysed'`);
  expect(row?.indexdef).toMatch(new RegExp(`WHERE \\(analysis < ${ANALYSIS}\\)$`));
});
