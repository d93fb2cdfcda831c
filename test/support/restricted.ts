import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database, Session } from '../../src/db/database.ts';
import { defaultLimits } from '../../src/graphql/cost/limits.ts';
import { parseId } from '../../src/kernel/ids.ts';
import type { Restriction } from '../../src/kernel/principal.ts';
import { comparable, difference, MARKER, NOBODY, targetOf } from './apart.ts';
import { type Attempt, readAttempts, writeAttempts } from './attempts.ts';
import { patience } from './calibration.ts';
import { openTestDatabase, recordStatements } from './database.ts';
import { localEmbeddings } from './embeddings.ts';
import { noticePairs } from './findings/notice.ts';
import { serviceOn, type TestService } from './service.ts';
import { digestRows } from './tables.ts';
import { fill, type Whose } from './tenants.ts';
import { type Ids, lists, walks } from './walk.ts';

const uuidOf = (id: string | undefined): string => parseId(id ?? '')?.uuid as string;

/** A workspace that has nothing else than what is seen, and one that has more. */
const ALONE = 'acme alone';
const WITH_OTHERS = 'acme with others';

/** What a credential is restricted to, of what `fill` makes, and what then is hidden from it. */
export interface Case {
  by: (ids: Ids) => Restriction;
  hidden: readonly Whose[];
}

export const cases: Record<'companions' | 'users' | 'both', Case> = {
  companions: {
    by: ({ cmp }) => ({ companions: [uuidOf(cmp[0])], users: null }),
    hidden: [{ companion: `companion ${MARKER}`, user: 'maya' }],
  },
  users: {
    by: ({ usr }) => ({ companions: null, users: [uuidOf(usr[0])] }),
    hidden: [{ companion: 'iris', user: `user ${MARKER}` }],
  },
  both: {
    by: ({ cmp, usr }) => ({ companions: [uuidOf(cmp[0])], users: [uuidOf(usr[0])] }),
    hidden: [
      { companion: `companion ${MARKER}`, user: `user ${MARKER}` },
      { companion: 'iris', user: `user ${MARKER}` },
      { companion: `companion ${MARKER}`, user: 'maya' },
    ],
  },
};

/** The statements as they are sent, rewritten. */
function rewritten(database: Database, rewrite: (text: string, params: readonly unknown[]) => string): Database {
  return {
    ...database,
    async connect(holder): Promise<Session> {
      const session = await database.connect(holder);
      return {
        query: (text, params, mode) => session.query(rewrite(text, params), params, mode),
        script: (text) => session.script(rewrite(text, [])),
        release: () => session.release(),
        finish: () => session.finish(),
      };
    },
  };
}

/** How often a defence was taken out of a statement. */
export interface Taken {
  count: number;
}

/** No role is taken on: a superuser runs the statements, whom no policy holds back. */
export function withoutPolicies(database: Database, taken: Taken): Database {
  return rewritten(database, (text) =>
    text.replaceAll(`set_config('role', `, () => {
      taken.count++;
      return `set_config('palimpsest.role', `;
    }),
  );
}

/** What asks whether a column is one of a list of keys, or the only key of one. */
const LISTED =
  /[\w.]+ (?:= any\(\$(\d+)::uuid\[\](?: \|\| '0{8}[^']*'::uuid)?\)|= \$(\d+)::uuid\b(?!\[)|in \('0{8}[^']*'::uuid, \$(\d+)::uuid\))/g;

/** What statements compare with the lists of a restriction is always true: nothing but policies holds them back. */
export function withoutNarrowing(database: Database, taken: Taken, lists: ReadonlySet<string>): Database {
  return rewritten(database, (text, params) => {
    if (!text.startsWith('/* restricted */')) return text;
    const isList = (number: string) => {
      const given = params[Number(number) - 1];
      return lists.has(given as string) || lists.has(`{${given}}`);
    };
    return text.replace(LISTED, (whole, some?: string, one?: string, oneOrNobody?: string) => {
      const number = (some ?? one ?? oneOrNobody) as string;
      if (!isList(number)) return whole;
      taken.count++;
      return `$${number}::uuid${some ? '[]' : ''} is not null`;
    });
  });
}

/** What is seen: the same in each workspace, in the same order. */
async function fillSeen(service: TestService, workspace: string): Promise<Ids> {
  const ids = await fill(service, workspace, 'marker-of-acme', 0);
  await fillOfNobody(service, workspace);
  // Entities come in the order of their mentions, those that are hidden included.
  const { nodes } = await service.runUntyped(
    'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Entity { name } } }',
    { ids: ids.ent },
    { workspace },
  );
  const named = (nodes as { id: string; name: string }[]).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { ...ids, ent: named.map(({ id }) => id) };
}

/** What is about nobody, and read-only to a credential restricted to users. */
async function fillOfNobody(service: TestService, workspace: string): Promise<void> {
  await service.runUntyped(
    `mutation ($memories: [NewMemory!]!) {
      createMemories(input: { companion: { key: "iris" }, memories: $memories }) { __typename }
    }`,
    {
      memories: ['shared without a user', 'shared by all'].map((content) => ({
        content,
        type: 'INSTRUCTION',
        validFrom: '0001-01-01T00:00:00Z',
        entities: [{ name: 'Lisbon', type: 'place' }],
      })),
    },
    { workspace },
  );
}

/** What is seen is joined with what is hidden. */
async function join(service: TestService, workspace: string, mine: Ids, theirs: Ids): Promise<void> {
  await service.runUntyped(
    `mutation ($mine: ID!, $theirs: ID!) {
      one: relateMemories(input: { fromId: $mine, toId: $theirs, type: ELABORATES, strength: 0.9 }) { ... on RelateMemoriesPayload { relation { id } } }
      other: relateMemories(input: { fromId: $theirs, toId: $mine, type: CAUSES }) { ... on RelateMemoriesPayload { relation { id } } }
    }`,
    { mine: mine.mem[0], theirs: theirs.mem[0] },
    { workspace },
  );
  const found = { memory: mine.mem[0] as string, by: theirs.mem[0] as string, kind: 'UPDATE', score: 0.95 } as const;
  const [first, again] = [mine.mem[1] as string, theirs.mem[1] as string];
  await noticePairs((await service.tenant(workspace)).database, [
    { ...found, text: MARKER },
    { ...found, memory: again, by: first, text: MARKER, verdict: 'UNRELATED' },
  ]);
}

/** Thousands of documents are asked, each in three ways: see both-ways.ts. */
const ALL_OF_IT_MS = patience(180_000);

/**
 * Tests that a restricted credential gets the same answers as in a workspace that has nothing else than what it sees,
 * whatever it asks: on a database from which `wrap` may have taken one of the two defences.
 */
export function testRestricted(
  { by, hidden }: Case,
  wrap: (database: Database, taken: Taken, lists: Set<string>) => Database = (database) => database,
  check?: (taken: Taken) => void,
): void {
  const taken: Taken = { count: 0 };
  const restrictions = new Set<string>();
  let real: Database;
  let service: TestService;
  let mine: Ids;
  let alone: Ids;
  let theirs: Ids;
  let ofHidden: string[];
  const before = new Map<string, string>();
  const restrictionIn = (ids: Ids): Restriction => {
    const restriction = by(ids);
    for (const list of [restriction.companions, restriction.users]) if (list) restrictions.add(`{${list.join(',')}}`);
    return restriction;
  };
  const attemptsOf = (ids: Ids, wanted: Ids): Attempt[] => [
    ...readAttempts(ids, targetOf(wanted)),
    ...writeAttempts(ids, targetOf(wanted)),
  ];

  async function ask(document: string, workspace: string, ids: Ids, wanted: Ids): Promise<string> {
    const answer = await service.send(document, {}, { workspace, restriction: restrictionIn(ids) });
    expect(answer.data, `${document.slice(0, 500)}: ${JSON.stringify(answer.errors?.slice(0, 3))}`).toBeDefined();
    const given = Object.values(wanted).map(([id]) => id as string);
    const text = given.reduce((said, id) => said.replaceAll(id, '…'), JSON.stringify(answer));
    return comparable(text.replaceAll(WITH_OTHERS, ALONE));
  }

  beforeAll(async () => {
    real = await openTestDatabase();
    const limits = { ...defaultLimits, breadth: 20_000, complexity: 100_000_000, tokens: 100_000 };
    service = serviceOn(recordStatements(wrap(real, taken, restrictions)), await localEmbeddings(), ALONE, limits);
    alone = await fillSeen(service, ALONE);
    for (const { where, document } of attemptsOf(alone, NOBODY)) {
      before.set(where, await ask(document, ALONE, alone, NOBODY));
    }
    const filled: Ids[] = [];
    for (const [place, whose] of hidden.entries()) {
      filled.push(await fill(service, WITH_OTHERS, place === 0 ? MARKER : `${MARKER}-${place}`, 1, whose));
    }
    // Last, as it says of the companion and the user what the others have said before.
    mine = await fillSeen(service, WITH_OTHERS);
    for (const ids of filled) await join(service, WITH_OTHERS, mine, ids);
    const own = new Set(Object.values(mine).flat());
    // What is hidden can be asked for by ids; what both have is nobody's here.
    theirs = Object.fromEntries(
      Object.entries(filled[0] as Ids).map(([prefix, ids]) => {
        const others = ids.filter((id) => !own.has(id));
        return [prefix, others.length > 0 ? others : NOBODY[prefix as keyof Ids]];
      }),
    ) as unknown as Ids;
    ofHidden = filled.flatMap((ids) => Object.values(ids).flat()).filter((id) => !own.has(id));
  });
  afterAll(() => real.close());

  const digestOfHidden = () => {
    const restriction = by(mine);
    const companions = restriction.companions ? `companion_id::text <> '${restriction.companions[0]}'` : 'false';
    const users = restriction.users ? `user_id::text <> '${restriction.users[0]}'` : 'false';
    const owned = new Set(['lineages', 'memories', 'memories_history', 'memory_embeddings', 'postings']);
    return digestRows(real, (table) =>
      owned.has(table) ? `workspace_id = '${uuidOf(mine.wsp[0])}' and (${companions} or ${users})` : 'false',
    );
  };

  test(
    'walks and lists from what is seen never come to what is hidden',
    async () => {
      const restriction = restrictionIn(mine);
      const given = (name: string) =>
        name === 'memThen' ? `${mine.mem[0]}@2999-01-01T00:00:00.000Z` : mine[name as keyof Ids]?.[0];
      for (const { where, document, variables } of [...walks(2, mine), ...lists(2, mine)]) {
        const values = Object.fromEntries(variables.map((name) => [name, given(name)]));
        const text = JSON.stringify(await service.send(document, values, { workspace: WITH_OTHERS, restriction }));
        for (const trace of [MARKER, ...ofHidden]) expect(text.includes(trace), `${where} ${trace}`).toBe(false);
      }
    },
    ALL_OF_IT_MS,
  );

  test(
    'every argument, given what is hidden, is answered as where there is nothing else',
    async () => {
      const untouched = await digestOfHidden();
      const differences: string[] = [];
      for (const { where, document } of attemptsOf(mine, theirs)) {
        const answer = await ask(document, WITH_OTHERS, mine, theirs);
        const differs = difference(answer, before.get(where) ?? '');
        if (differs) differences.push(`${where}: ${differs}`);
        for (const trace of ofHidden) expect(answer.includes(trace), `${where} ${trace}`).toBe(false);
      }
      expect(differences.join('\n\n')).toBe('');
      expect(await digestOfHidden()).toEqual(untouched);
      check?.(taken);
    },
    ALL_OF_IT_MS,
  );
}
