import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database, Session } from '../src/db/database.ts';
import { openReciter } from './support/answers.ts';
import { patience } from './support/calibration.ts';
import { openTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { constantCalls } from './support/plans/constant-calls.ts';
import { fillWorkspace, leaveUnsettled, settle } from './support/plans/fill.ts';
import { mutations } from './support/plans/mutations.ts';
import { queries } from './support/plans/queries.ts';
import { Subjects } from './support/plans/subjects.ts';
import { serviceOn, type TestService } from './support/service.ts';

const size = { memories: 2_000, entities: 1_000 };
const subjects = new Subjects(size);
/** By statement, what it computes again for each row. */
const found = new Map<string, string[]>();

/** The same database, with each statement's plan looked at before it runs, as the role it runs as. */
function explained(database: Database): Database {
  const looked = new Set<string>();
  const lookAt = async (session: Session, text: string, params: unknown[]) => {
    if (looked.has(text) || !/^\s*(?:with|select|insert|update|delete)/i.test(text)) return;
    looked.add(text);
    const rows = (await session.query(`explain (verbose, costs off) ${text}`, params)) as { 'QUERY PLAN': string }[];
    const calls = constantCalls(rows.map((row) => row['QUERY PLAN']));
    if (calls.length > 0) found.set(text.replaceAll(/\s+/g, ' ').trim().slice(0, 200), calls);
  };
  return {
    ...database,
    async connect(...who): Promise<Session> {
      const session = await database.connect(...who);
      let last: Promise<unknown> = Promise.resolve();
      const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
        const turn = last.then(run, run);
        last = turn.catch(() => {});
        return turn;
      };
      return {
        query: (text, params, mode) =>
          inTurn(async () => {
            await lookAt(session, text, params);
            return session.query(text, params, mode);
          }),
        script: (text) => inTurn(() => session.script(text)),
        release: () => session.release(),
        finish: () => void inTurn(async () => session.finish()),
      };
    },
  };
}

let database: Database;
let service: TestService;
/** The same with a chat model. */
let asking: TestService;
let reciter: Awaited<ReturnType<typeof openReciter>>;
beforeAll(async () => {
  database = await openTestDatabase({ poolSize: 2 });
  const recorded = recordStatements(explained(database));
  const embeddings = await localEmbeddings({ EMBEDDING_DIMENSION: '64' });
  reciter = await openReciter();
  service = serviceOn(recorded, embeddings);
  asking = serviceOn(recorded, embeddings, 'acme', undefined, null, { chat: reciter.chat });
  await leaveUnsettled(await service.tenant());
  for (const workspace of ['acme', 'other']) await fillWorkspace(await service.tenant(workspace), size);
  await settle(await service.tenant());
}, patience(300_000));
afterAll(async () => {
  await reciter.stop();
  await database.close();
});

describe('what is the same for every row is computed once', () => {
  test('by every statement there is', { timeout: patience(240_000) }, async () => {
    for (const { name, document, variables, asksModel } of [...queries, ...mutations]) {
      const { errors } = await (asksModel ? asking : service).send(document, variables?.(subjects));
      expect(errors, name).toBeUndefined();
    }
    expect(Object.fromEntries(found)).toEqual({});
  });

  test('and where it is not, that is noticed', () => {
    const plan = [
      'Aggregate',
      '  Filter: ((m.workspace_id = $1) AND (ts_filter(m.search, \'{a,b}\'::"char"[]) @@ websearch_to_tsquery($2)))',
      '  Filter: (m.type = ANY (((InitPlan 1).col1)::memory_type[]))',
      "  Output: lower('x'::text)",
      "  Filter: (m.search @@ (InitPlan 2).col1) AND (lower(m.content) ~~ '%a%'::text)",
    ];
    expect(constantCalls(plan)).toEqual(['websearch_to_tsquery($2)', '((InitPlan 1).col1)::memory_type[]']);
  });
});
