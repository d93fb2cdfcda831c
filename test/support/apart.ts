import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { defaultLimits } from '../../src/graphql/cost/limits.ts';
import { parseId, prefixes } from '../../src/kernel/ids.ts';
import { Counts } from '../../src/transfer/counts.ts';
import { exportLines } from '../../src/transfer/export.ts';
import { importLines } from '../../src/transfer/import.ts';
import { type Attempt, readAttempts, type Target, writeAttempts } from './attempts.ts';
import { openTestDatabase, recordStatements } from './database.ts';
import { localEmbeddings } from './embeddings.ts';
import { serviceOn, type TestService } from './service.ts';
import { digestRows } from './tables.ts';
import { fill } from './tenants.ts';
import { type Ids, walks } from './walk.ts';

/** Whose things are asked for, by a word that stands in all of them. */
export const MARKER = 'marker-of-globex';

/** Ids that nothing has. */
export const NOBODY = Object.fromEntries(
  Object.values(prefixes).map((prefix) => [prefix, [`${prefix}_01h455vb4pex5vsknk084sn02q`]]),
) as unknown as Ids;

/** What to ask for that is globex's, by ids of globex's or by unknown ones; the rest is the same. */
export const targetOf = (ids: Ids): Target => ({
  ids,
  texts: {
    key: `companion ${MARKER}`,
    externalId: `user ${MARKER}`,
    externalIds: `message ${MARKER}`,
    name: `Place of ${MARKER}`,
    names: `Place of ${MARKER}`,
    type: `type ${MARKER}`,
    types: `type ${MARKER}`,
    idempotencyKey: `key ${MARKER}`,
    content: `shared ${MARKER} 0`,
    query: `shared ${MARKER} 0`,
    question: `shared ${MARKER} 0`,
    text: `"${MARKER}"`,
    slot: `slot ${MARKER}`,
    slots: `slot ${MARKER}`,
    ref: `ref ${MARKER}`,
    url: `https://${encodeURIComponent(MARKER)}.test/`,
    summary: MARKER,
    description: MARKER,
    reason: MARKER,
    note: MARKER,
    title: MARKER,
    aliases: `Place of ${MARKER}`,
    template: MARKER,
    version: MARKER,
    protocol: MARKER,
    // Cursors of theirs: see tenancy.test.ts.
    after: MARKER,
    before: MARKER,
  },
  json: { marker: MARKER },
  moment: MOMENT,
  vector: Array.from({ length: 384 }, (_, i) => (i % 7) / 10),
});

/** A moment at which neither workspace had been filled. */
const MOMENT = '2024-01-01T00:00:00.000Z';

/** What globex alone has, by names that a request can carry. */
async function own(service: TestService, workspace: string): Promise<void> {
  await service.run(
    `mutation ($memory: CreateMemoryInput!, $message: AppendMessagesInput!) {
      createMemory(input: $memory) { __typename ... on CreateMemoryPayload { memory { id } } }
      appendMessages(input: $message) { __typename }
    }`,
    {
      message: {
        companion: { key: `companion ${MARKER}` },
        conversation: { externalId: `conversation ${MARKER}` },
        messages: [{ role: 'TOOL', content: MARKER, externalId: `message ${MARKER}` }],
      },
      memory: {
        idempotencyKey: `key ${MARKER}`,
        companion: { key: `companion ${MARKER}` },
        user: { externalId: `user ${MARKER}` },
        content: `shared ${MARKER} 0`,
        type: 'INSTRUCTION',
        slot: `slot ${MARKER}`,
        summary: MARKER,
        context: { marker: MARKER },
        entities: [{ name: `Place of ${MARKER}`, type: `type ${MARKER}` }],
      },
    },
    { workspace },
  );
}

/** An answer as it would be in any other workspace filled alike: ids by their order, without moments and digits. */
export function comparable(text: string): string {
  const names = new Map<string, string>();
  const nameOf = (kind: string, given: string) => {
    const name = names.get(given) ?? `${kind}#${names.size}`;
    names.set(given, name);
    return name;
  };
  return (
    text
      .replaceAll('acme again', 'acme')
      .replace(/\b([a-z]{3})_[0-9a-hjkmnp-tv-z]{26}/g, (id, prefix) => nameOf(prefix, id))
      .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, (id) => nameOf('uuid', id))
      // Secrets are random.
      .replace(/whsec_[A-Za-z0-9+/=]+/g, 'whsec')
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/g, 'T')
      .replace(/(\d+\.\d{4})\d+/g, '$1')
  );
}

/** Where two texts part, with what is around; empty where they do not. */
export function difference(one: string, other: string): string {
  if (one === other) return '';
  let at = 0;
  while (one[at] === other[at]) at++;
  return [one, other].map((text) => text.slice(Math.max(0, at - 200), at + 200)).join('\n— and not —\n');
}

interface Asked {
  answer: string;
  statements: string[];
}

/**
 * Tests that a workspace gets the same answers and the same work on its requests as if there were no other, for every
 * request it can make: on a database from which `wrap` may have taken one of the two defences. `check` sees at the end
 * whether it has; without it, only what tenancy.test.ts leaves out is tested.
 */
export function testApart<W extends Database>(
  wrap: (database: Database, workspaces: Set<string>) => W,
  check?: (wrapped: W, service: TestService) => void | Promise<void>,
): void {
  let real: Database;
  let wrapped: W;
  let service: TestService;
  let statements: string[];
  const workspaces = new Set<string>();
  let mine: Ids;
  let walking: Ids;
  let theirs: Ids;
  const before = new Map<string, Asked>();

  beforeAll(async () => {
    real = await openTestDatabase();
    wrapped = wrap(real, workspaces);
    const recorded = recordStatements(wrapped);
    statements = recorded.statements;
    const limits = { ...defaultLimits, breadth: 20_000, complexity: 100_000_000, tokens: 100_000 };
    service = serviceOn(recorded, await localEmbeddings(), 'acme', limits);
    for (const name of ['acme', 'acme again', 'acme walking', 'acme importing', 'globex'])
      workspaces.add((await service.tenant(name)).workspaceId);
    const first = await fill(service, 'acme', 'marker-of-acme', 0);
    for (const attempt of attemptsOf(first, NOBODY)) before.set(attempt.where, await ask(attempt, 'acme', NOBODY));
    mine = await fill(service, 'acme again', 'marker-of-acme', 0);
    walking = await fill(service, 'acme walking', 'marker-of-acme', 0);
    theirs = await fill(service, 'globex', MARKER, 3);
    await own(service, 'globex');
  });
  afterAll(() => real.close());

  const attemptsOf = (ids: Ids, wanted: Ids): Attempt[] => [
    ...readAttempts(ids, targetOf(wanted)),
    ...writeAttempts(ids, targetOf(wanted)),
  ];

  async function ask({ where, document, endsTogether }: Attempt, workspace: string, wanted: Ids): Promise<Asked> {
    const start = statements.length;
    const answer = await service.send(document, {}, { workspace });
    if (endsTogether) expect(answer.errors, `${where}: see REFUSED`).toBeUndefined();
    const given = Object.values(wanted).map(([id]) => id as string);
    const text = given.reduce((said, id) => said.replaceAll(id, '…'), JSON.stringify(answer));
    expect(answer.data, `${where}: ${JSON.stringify(answer.errors?.slice(0, 3))}`).toBeDefined();
    return {
      answer: comparable(text),
      // What is asked at once is sent in any order. Whether a stamp has to be waited for is a matter of milliseconds.
      statements: statements
        .slice(start)
        .filter((sent) => !sent.includes('pg_sleep'))
        .map(comparable)
        .toSorted(),
    };
  }

  const digestOf = (ids: Ids) => {
    const uuid = parseId(ids.wsp[0] as string)?.uuid;
    return digestRows(real, (table) => `${table === 'workspaces' ? 'id' : 'workspace_id'} = '${uuid}'`);
  };
  const traces = () => Object.values(theirs).flat();

  // First of all: nothing may have been asked before of the one that is compared.
  test('every argument, given what is theirs, is answered and worked on as before they were there', async () => {
    const untouched = await digestOf(theirs);
    for (const attempt of attemptsOf(mine, theirs)) {
      const { where } = attempt;
      const { answer, statements: sent } = await ask(attempt, 'acme again', theirs);
      expect(difference(answer, before.get(where)?.answer ?? ''), where).toBe('');
      expect(difference(sent.join('\n'), before.get(where)?.statements.join('\n') ?? ''), where).toBe('');
      for (const trace of traces()) expect(answer.includes(trace), `${where} ${trace}`).toBe(false);
    }
    expect(await digestOf(theirs)).toEqual(untouched);
  });

  test('the way out tells nothing of theirs, and what is theirs can be brought in without touching it', async () => {
    const untouched = await digestOf(theirs);
    const text = async (workspace: string) => {
      let lines = '';
      for await (const line of exportLines(await service.tenant(workspace), new Counts())) lines += line;
      return lines;
    };
    const ours = await text('acme walking');
    expect(ours).toContain('marker-of-acme');
    for (const trace of [MARKER, ...traces().map((id) => parseId(id)?.uuid as string)]) {
      expect(ours.includes(trace), trace).toBe(false);
    }
    await importLines(
      await service.tenant('acme importing'),
      (async function* () {
        yield Buffer.from(await text('globex'));
      })(),
    );
    expect((await text('acme importing')).length).toBeGreaterThan(1000);
    expect(await digestOf(theirs)).toEqual(untouched);
  });

  if (!check) return;

  test('walking from Query to everything, with ids of theirs in every place that takes one, finds nothing of theirs', async () => {
    const untouched = await digestOf(theirs);
    for (const { where, document, variables } of walks(2, walking)) {
      const asked = Object.fromEntries(
        variables.map((name) => [
          name,
          name === 'memThen' ? `${theirs.mem[0]}@${new Date().toISOString()}` : theirs[name as keyof Ids][0],
        ]),
      );
      const answer = await service.send(document, asked, { workspace: 'acme walking' });
      let text = JSON.stringify(answer);
      for (const id of Object.values(asked)) text = text.replaceAll(id as string, '…');
      for (const trace of [MARKER, ...traces()]) expect(text.includes(trace), `${where} ${trace}`).toBe(false);
    }
    expect(await digestOf(theirs)).toEqual(untouched);
  });

  test('it was the database that it was said to be', () => check(wrapped, service));
}
