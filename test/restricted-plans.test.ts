import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { restrictedRole } from '../src/db/columns.ts';
import { parseId } from '../src/kernel/ids.ts';
import type { Restriction } from '../src/kernel/principal.ts';
import { openReciter } from './support/answers.ts';
import { patience } from './support/calibration.ts';
import { openTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { boundOf } from './support/plans/bounds.ts';
import { fillWorkspace, leaveUnsettled, settle } from './support/plans/fill.ts';
import { type MeasuredDatabase, measureStatements, pagesOfLargest } from './support/plans/measure.ts';
import { queries } from './support/plans/queries.ts';
import { Subjects } from './support/plans/subjects.ts';
import { serviceOn, type TestService } from './support/service.ts';

const FILL_MS = patience(100_000);

/** So many times what a statement may touch that nothing restricts: whose each row is, is looked up. */
const TIMES = 12;
/** Every mention is looked up, to be counted; the bound of an unrestricted count has no look-ups at all. */
const MENTIONS = /entit(?:y|ies)|in names|suspect|^disputed and corrected memories$/;
const TIMES_OF_MENTIONS = 60;

const size = { memories: 10_000, entities: 1_000 };
const subjects = new Subjects(size);
let database: MeasuredDatabase;
let statements: string[];
let service: TestService;
let reciter: Awaited<ReturnType<typeof openReciter>>;
const restrictions: Record<string, Restriction> = {};

beforeAll(async () => {
  database = measureStatements(await openTestDatabase({ poolSize: 2 }));
  const recorded = recordStatements(database);
  statements = recorded.statements;
  reciter = await openReciter();
  const embeddings = await localEmbeddings({ EMBEDDING_DIMENSION: '64' });
  service = serviceOn(recorded, embeddings, 'acme', undefined, null, { chat: reciter.chat });
  await leaveUnsettled(await service.tenant());
  for (const workspace of ['acme', 'other']) await fillWorkspace(await service.tenant(workspace), size);
  await settle(await service.tenant());
  const { user, companion } = await service.runUntyped(
    '{ user(by: { externalId: "user 7" }) { id } companion(by: { key: "main" }) { id } }',
  );
  const keys = ({ id }: { id: string }) => [parseId(id)?.uuid as string];
  restrictions.users = { companions: null, users: keys(user) };
  restrictions.companions = { companions: keys(companion), users: null };
  restrictions.both = { companions: keys(companion), users: keys(user) };
}, FILL_MS);
afterAll(async () => {
  await reciter.stop();
  await database.close();
});

describe.each(['custom', 'generic'] as const)('with plans that are %s', (planning) => {
  test.each(['users', 'companions', 'both'])(
    'no read restricted to %s reads a workspace for each row',
    async (what) => {
      database.planning = planning;
      const once = await pagesOfLargest(database);
      const found: string[] = [];
      for (const { name, document, variables } of queries) {
        database.measured.length = 0;
        const { errors } = await service.send(document, variables?.(subjects), {
          restriction: restrictions[what] as Restriction,
        });
        // What is of the whole workspace is refused before any of it is read.
        const refused = ['NOT_FOUND', ...(/^webhooks$|^deliveries/.test(name) ? ['FORBIDDEN'] : [])];
        if (errors?.some(({ extensions }) => !refused.includes(extensions.code as string)))
          found.push(`${name}: ${JSON.stringify(errors)}`);
        const times = MENTIONS.test(name) ? TIMES_OF_MENTIONS : TIMES;
        for (const statement of database.measured) {
          // What the unrestricted statement would be named by.
          const text = statement.text.replace(/^\/\* restricted \*\/ /, '');
          const bound =
            times * Math.max(boundOf(name, { ...statement, text }, once, true), MENTIONS.test(name) ? once : 0);
          if (statement.pages > bound)
            found.push(`${name}: ${statement.pages} pages, at most ${bound}: ${text.slice(0, 200)}`);
        }
      }
      expect(found).toEqual([]);
    },
    FILL_MS,
  );
});

test('requests that nothing restricts send nothing that has to do with it', async () => {
  const from = statements.length;
  for (const { document, variables } of queries.slice(0, 20)) await service.send(document, variables?.(subjects));
  const sent = statements.slice(from);
  expect(sent.length).toBeGreaterThan(20);
  expect(sent.filter((text) => text.includes('restricted') || text.includes(restrictedRole.name))).toEqual([]);
});
