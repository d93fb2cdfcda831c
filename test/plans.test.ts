import { type GraphQLObjectType, parse, TypeInfo, visit, visitWithTypeInfo } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../src/graphql/schema.ts';
import { openReciter } from './support/answers.ts';
import { patience } from './support/calibration.ts';
import { openTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { backgroundWork, type Work } from './support/plans/background.ts';
import { boundOf } from './support/plans/bounds.ts';
import { fillWorkspace, leaveUnsettled, settle } from './support/plans/fill.ts';
import { type MeasuredDatabase, measureStatements, type Planning, pagesOfLargest } from './support/plans/measure.ts';
import { mutations } from './support/plans/mutations.ts';
import { type Operation, queries } from './support/plans/queries.ts';
import { Subjects } from './support/plans/subjects.ts';
import { type Answer, serviceOn, type TestService } from './support/service.ts';

const LIMIT_MS = patience(60_000);
const FILL_MS = patience(100_000);

/** PGlite takes several times as long to fill. */
const size = process.env.TEST_DATABASE_URL
  ? { memories: 50_000, entities: 1_000 }
  : { memories: 10_000, entities: 1_000 };
const operations = [...queries, ...mutations];
const subjects = new Subjects(size);

let database: MeasuredDatabase;
let service: TestService;
/** The same with a chat model. */
let asking: TestService;
let reciter: Awaited<ReturnType<typeof openReciter>>;
beforeAll(async () => {
  database = measureStatements(await openTestDatabase({ poolSize: 2 }));
  const recorded = recordStatements(database);
  const embeddings = await localEmbeddings({ EMBEDDING_DIMENSION: '64' });
  reciter = await openReciter();
  service = serviceOn(recorded, embeddings);
  asking = serviceOn(recorded, embeddings, 'acme', undefined, null, { chat: reciter.chat });
  await leaveUnsettled(await service.tenant());
  for (const workspace of ['acme', 'other']) await fillWorkspace(await service.tenant(workspace), size);
}, FILL_MS);
afterAll(async () => {
  await reciter.stop();
  await database.close();
});

test('every field of Query and Mutation has its plans looked at', () => {
  const asked = new Set<string>();
  const types = new TypeInfo(schema);
  for (const { document } of operations) {
    const field = () => void asked.add(`${types.getParentType()?.name}.${types.getFieldDef()?.name}`);
    visit(parse(document), visitWithTypeInfo(types, { Field: field }));
  }
  const fields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
    Object.keys((type as GraphQLObjectType).getFields()).map((name) => `${type?.name}.${name}`),
  );
  expect(fields.filter((field) => !asked.has(field))).toEqual([]);
});

/** Why an answer says nothing of plans; undefined where something was found or done. */
function failureOf({ data, errors }: Answer): string | undefined {
  if (errors) return JSON.stringify(errors);
  const [found] = Object.values(data) as { __typename?: string; nodes?: unknown[]; edges?: unknown[] }[];
  const isFound = found && !found.__typename?.endsWith('Error') && (found.nodes ?? found.edges ?? [found]).length > 0;
  return isFound ? undefined : JSON.stringify(data);
}

/** Sends an operation, and says which of its statements touched more than they may. */
async function excessesOf(
  { name, document, variables, asksModel }: Operation,
  once: number,
  isKnown: boolean,
): Promise<string[]> {
  database.measured.length = 0;
  const answer = await (asksModel ? asking : service).send(document, variables?.(subjects));
  const failure = failureOf(answer);
  return failure ? [`${name}: ${failure}`] : excessesIn(name, once, isKnown);
}

/** Does what no document asks for, and says the same. */
async function excessesOfWork({ name, run }: Work, once: number, isKnown: boolean): Promise<string[]> {
  database.measured.length = 0;
  const rows = await run(await service.tenant());
  return excessesIn(name, once, isKnown, rows);
}

/** Which of the statements that were measured touched more than they may; `more`: rows that they did not answer. */
function excessesIn(name: string, once: number, isKnown: boolean, more = 0): string[] {
  return database.measured.flatMap((measured) => {
    const statement = { ...measured, rows: measured.rows + more };
    const bound = Math.round(boundOf(name, statement, once, isKnown));
    if (statement.pages <= bound) return [];
    const text = statement.text.replaceAll(/\s+/g, ' ').trim();
    return [`${name}: ${statement.pages} pages for ${statement.rows} rows, at most ${bound}: ${text.slice(0, 300)}`];
  });
}

async function excesses(planning: Planning, isKnown: boolean): Promise<string[]> {
  database.planning = planning;
  const once = await pagesOfLargest(database);
  const found: string[] = [];
  for (const operation of operations) found.push(...(await excessesOf(operation, once, isKnown)));
  for (const work of backgroundWork) found.push(...(await excessesOfWork(work, once, isKnown)));
  return found;
}

describe('no statement reads a workspace for each row it is about', () => {
  test(
    'before there are statistics',
    async () => {
      expect(await excesses('custom', false)).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    'planned for its values',
    async () => {
      await settle(await service.tenant());
      expect(await excesses('custom', true)).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    'planned once for all values',
    async () => {
      // What the operations before have changed is to be cleared away as it was before them.
      await settle(await service.tenant());
      expect(await excesses('generic', true)).toEqual([]);
    },
    LIMIT_MS,
  );
});
