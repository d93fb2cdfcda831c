import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { openReciter } from './support/answers.ts';
import { hearCompiled } from './support/both-ways.ts';
import { openTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { everyRead, readsOf } from './support/query-coverage.ts';
import { serviceOn, type TestService } from './support/service.ts';
import { layOut } from './support/sql-layout.ts';
import { type Story, tellStory } from './support/story.ts';

const folder = new URL('queries/', import.meta.url);
const documents = new Map(
  readdirSync(folder)
    .filter((file) => file.endsWith('.graphql'))
    .map((file) => [file.replace('.graphql', ''), readFileSync(new URL(file, folder), 'utf8')]),
);
const fileOf = (name: string) => new URL(name, folder).pathname;

/**
 * The SQL of a document, which may have a file for each database: `recall.embedded.sql` and `recall.postgresql.sql`.
 */
const sqlFileOf = (name: string) => {
  const own = fileOf(`${name}.${database.kind}.sql`);
  return existsSync(own) ? own : fileOf(`${name}.sql`);
};

let database: Database & { statements: string[] };
let service: TestService;
/** The same where the executor answers every document. */
let plain: TestService;
/** The same with a chat model, which documents are sent to that ask one. */
let asking: TestService;
let reciter: Awaited<ReturnType<typeof openReciter>>;
let story: Story;
/** How many answers were made by one statement a field, and the documents of which they were. */
let compiled = 0;
const compiledNames: string[] = [];

beforeAll(async () => {
  database = recordStatements(await openTestDatabase());
  const embeddings = await localEmbeddings();
  service = serviceOn(database, embeddings);
  plain = serviceOn(database, embeddings, 'acme', undefined, null, { requests: { compiledReads: false } });
  reciter = await openReciter(3);
  asking = serviceOn(database, embeddings, 'acme', undefined, null, { chat: reciter.chat });
  for (const each of [plain, asking]) await each.tenant();
  hearCompiled(async () => void compiled++);
  story = await tellStory(service, database);
});
afterAll(async () => {
  await reciter.stop();
  await database.close();
});

/** Cursors that a document takes, from what it answers without them. */
async function cursorsOf(document: string): Promise<Record<string, string>> {
  const pages = [
    ['after', 'endCursor'],
    ['before', 'startCursor'],
  ].filter(([variable]) => document.includes(`$${variable}: String`));
  const cursors: Record<string, string> = {};
  for (const [variable, key] of pages as [string, string][]) {
    const text = JSON.stringify(await service.run(document, story.variables));
    const [, cursor] = new RegExp(`"${key}":"([^"]+)"`).exec(text) ?? [];
    if (!cursor) throw new Error(`There is no ${key} in ${text}`);
    cursors[variable] = cursor;
  }
  return cursors;
}

/** What begins a transaction, each workspace's alike. */
const begins = (sql: string) => sql.startsWith('begin');

/** Without the look at which model a workspace has, which is made again after a minute. */
const withoutLooks = (sent: readonly string[]): string[] => {
  const isLook = (at: number) => /^\s*select w\.embedding_model/.test(sent[at] ?? '') && sent[at + 1] === 'commit';
  return sent.filter((_, at) => ![at - 1, at, at + 1].some(isLook));
};

/** What the plugin for Drizzle asks: it waits for a timer of 0 ms, so that what comes before it depends on the machine. */
const byDrizzle = (sql: string) => sql.startsWith('select "d0"');

/** The statements of each transaction by their texts: those of a context that a model is asked with come in any order. */
function inAnyOrder(sent: readonly string[]): string[] {
  const views: string[][] = [[]];
  for (const statement of sent) {
    if (begins(statement)) views.push([]);
    views.at(-1)?.push(statement);
  }
  const rank = (sql: string) => (begins(sql) ? 0 : sql === 'commit' ? 2 : 1);
  const inOrder = (one: string, other: string) => rank(one) - rank(other) || (one < other ? -1 : Number(one > other));
  return views.flatMap((view) => view.toSorted(inOrder));
}

/** Compares an answer with the one in git, and gives the SQL that made it. */
async function sqlOf(by: TestService, name: string, variables: Record<string, unknown>): Promise<string> {
  const before = database.statements.length;
  const answer = await by.run(documents.get(name) as string, variables);
  const sent = withoutLooks(database.statements.slice(before));
  const end = sent.at(-1) === 'commit' ? sent.length - 1 : sent.length;
  const inTurn = [
    ...sent.slice(0, end).toSorted((one, other) => Number(byDrizzle(one)) - Number(byDrizzle(other))),
    ...sent.slice(end),
  ];
  const statements = by === asking ? inAnyOrder(inTurn) : inTurn;
  await expect(`${JSON.stringify(story.normalize(answer), undefined, 2)}\n`).toMatchFileSnapshot(
    fileOf(`${name}.json`),
  );
  return `${statements.map((sent) => (begins(sent) ? 'begin' : layOut(sent))).join(';\n\n')};\n`;
}

test.each([...documents])('%s', async (name, document) => {
  const variables = { ...story.variables, ...(await cursorsOf(document)) };
  const asksModel = readsOf(document).has('Query.answer');
  await expect(await sqlOf(asksModel ? asking : plain, name, variables)).toMatchFileSnapshot(sqlFileOf(name));
  if (asksModel) return;
  compiled = 0;
  const sql = await sqlOf(service, name, variables);
  if (compiled === 0) return;
  compiledNames.push(name);
  await expect(sql).toMatchFileSnapshot(sqlFileOf(`${name}.compiled`));
});

test('what a transaction begins with', async () => {
  const sent = await service.statementsOf('{ companions { nodes { id } } }');
  const { workspaceId } = await service.tenant();
  const [begin, ...others] = sent.filter(begins);
  expect(others).toEqual([]);
  await expect(`${layOut(begin as string).replaceAll(workspaceId, '<workspace>')};\n`).toMatchFileSnapshot(
    sqlFileOf('begin'),
  );
});

test('every read and every list of the schema has a document, with each of its arguments', () => {
  const asked = new Set([...documents.values()].flatMap((document) => [...readsOf(document)]));
  expect([...everyRead()].filter((read) => !asked.has(read))).toEqual([]);
});

test('no answer or SQL is kept of what is not asked', () => {
  const kept = readdirSync(folder).filter((file) => !/^begin\./.test(file));
  expect(kept.filter((file) => !documents.has(file.split('.')[0] as string))).toEqual([]);
  const keptCompiled = kept.filter((file) => file.includes('.compiled.')).map((file) => file.split('.')[0] as string);
  expect([...new Set(keptCompiled)]).toEqual(compiledNames);
});
