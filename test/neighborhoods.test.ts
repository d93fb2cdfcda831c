import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Row } from '../src/db/database.ts';
import { hiddenTermsOf } from '../src/model/finding/candidates.ts';
import { patience } from './support/calibration.ts';
import { mutation } from './support/mutations.ts';
import { eachPosting } from './support/postings.ts';
import { type Caller, useService } from './support/service.ts';
import { asSuperuser } from './support/tables.ts';

const service = useService();
const write = {
  create: mutation(service, 'createMemory', 'memory { id }'),
  createMany: mutation(service, 'createMemories', 'memories { id } relations { id }'),
  correct: mutation(service, 'correctMemory', 'memory { id }'),
  retract: mutation(service, 'retractMemory', 'memory { id }'),
  revert: mutation(service, 'revertCorrection', 'memory { id }'),
  update: mutation(service, 'updateMemory', 'memory { id }'),
  relate: mutation(service, 'relateMemories', 'relation { id }'),
  unrelate: mutation(service, 'unrelateMemories', 'relation { id }'),
  forget: mutation(service, 'forgetMemories', 'forgottenIds'),
  deleteCompanion: mutation(service, 'deleteCompanion', 'deletedId'),
};
const companion = { key: 'iris' };

const query = async <T>(sql: string, params: unknown[]): Promise<T[]> => {
  const { database } = await service.tenant();
  return (await asSuperuser(database, (connection) => connection.query(sql, params))) as (Row & T)[];
};

// ── What the two tables should hold, computed without the service ────────────────────────────────────────────────

interface Follows {
  later: string;
  earlier: string;
}

/**
 * What lies within four relations of a lineage on one side: of each lineage the four that were related last are
 * followed. Each with the fewest relations it can be reached by.
 */
function reachable(follows: readonly Follows[], start: string, side: 'later' | 'earlier'): Map<string, number> {
  const other = side === 'later' ? 'earlier' : 'later';
  const nextTo = (id: string) =>
    follows
      .filter((each) => each[other] === id)
      .slice(0, 4)
      .map((each) => each[side]);
  const distances = new Map<string, number>();
  const walk = (id: string, hops: number): void => {
    if (hops >= (distances.get(id) ?? Number.POSITIVE_INFINITY)) return;
    distances.set(id, hops);
    if (hops < 4) for (const next of nextTo(id)) walk(next, hops + 1);
  };
  walk(start, 0);
  distances.delete(start);
  return distances;
}

/** By lineage: what is near it, and how many relations after (positive) or before it; the later of two as near. */
function neighborhood(follows: readonly Follows[], id: string): Record<string, number> {
  const later = reachable(follows, id, 'later');
  const earlier = reachable(follows, id, 'earlier');
  return Object.fromEntries(
    [...new Set([...later.keys(), ...earlier.keys()])].map((near) => {
      const [after = 9, before = 9] = [later.get(near), earlier.get(near)];
      return [near, after <= before ? after : -before];
    }),
  );
}

const workspaceOf = async (caller: Caller) => (await service.tenant(caller.workspace)).workspaceId;

/** Of every lineage of the workspace what is near it: as the table has it, and as the relations say. */
async function neighborhoods(caller: Caller) {
  const workspace = await workspaceOf(caller);
  const rows = await query<{ id: string; near: string[]; hops: number[] }>(
    'select lineage_id as id, to_jsonb(near) as near, to_jsonb(hops) as hops from neighborhoods where workspace_id = $1',
    [workspace],
  );
  const follows = await query<Follows>(
    `select from_lineage_id as later, to_lineage_id as earlier from relations
     where workspace_id = $1 and type = 'FOLLOWS' and retracted_at is null order by recorded_at desc, id desc`,
    [workspace],
  );
  const kept = rows.map(({ id, near, hops }) => [id, Object.fromEntries(near.map((each, at) => [each, hops[at]]))]);
  const ends = [...new Set(follows.flatMap(({ later, earlier }) => [later, earlier]))];
  const expected = ends.map((id) => [id, neighborhood(follows, id)]);
  return { kept: Object.fromEntries(kept), expected: Object.fromEntries(expected) };
}

/** Each kanji and kana of a text, and each two that stand side by side. */
const unspaced = (text: string): Set<string> =>
  new Set(
    [...text]
      .flatMap((one, at) => [one, one + text[at + 1]])
      .filter((gram) => /^[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}ー]+$/u.test(gram)),
  );

/** The postings of the workspace, one line each: as the table has them, and as the memories say. */
async function postings(caller: Caller) {
  const workspace = await workspaceOf(caller);
  const nobody = '00000000-0000-0000-0000-000000000000';
  const line = (id: string, user: string | null, term: string, frequency: number) =>
    `${id} ${user ?? nobody} ${term} ${frequency}`;
  const rows = await query<{ id: string; user: string; term: string; frequency: number }>(
    `select memory_id as id, user_id as "user", term, frequency from ${eachPosting} where workspace_id = $1`,
    [workspace],
  );
  const memories = await query<{
    id: string;
    user: string | null;
    content: string;
    text: string;
    speaker: string;
    terms: [string, number][];
  }>(
    `select id, user_id as "user", content, content || ' ' || coalesce(summary, '') as text, context ->> 'speaker' as speaker, (
       select coalesce(jsonb_agg(jsonb_build_array(lexeme, n)), '[]') from (
         select lexeme, sum(cardinality(positions))::int as n from (values (content), (summary),
           (to_char(valid_from at time zone 'UTC', 'FMMonth YYYY'))) part (said)
         cross join unnest(to_tsvector('english', part.said)) group by lexeme
         union all select to_char(valid_from at time zone 'UTC', '"--"MM-DD'), 1) lexeme) as terms
     from memories where workspace_id = $1`,
    [workspace],
  );
  const expected = memories.flatMap(({ id, user, content, text, speaker, terms }) => {
    const names = speaker ? new Set([speaker.toLowerCase(), speaker.toLowerCase().split(' ')[0]]) : [];
    const plain = terms.map(([term]) => term);
    const others = [...unspaced(text), ...[...names].map((name) => `@${name}`)].filter((term) => !plain.includes(term));
    // The one word with an accent is found without it, too.
    const accents = text.split('Écoute').length - 1;
    others.push(...hiddenTermsOf(content, 'english'));
    const all: [string, number][] = [...terms, ...others.map((term): [string, number] => [term, 1])];
    if (accents > 0) all.push(['ecout', accents]);
    return all.map(([term, n]) => line(id, user, term, n));
  });
  return {
    kept: rows.map(({ id, user, term, frequency }) => line(id, user, term, frequency)).toSorted(),
    expected: expected.toSorted(),
  };
}

async function expectKept(caller: Caller): Promise<void> {
  const near = await neighborhoods(caller);
  expect(near.kept).toEqual(near.expected);
  const terms = await postings(caller);
  expect(terms.kept).toEqual(terms.expected);
}

// ── Examples ─────────────────────────────────────────────────────────────────────────────────────────────────────

let made = 0;
const remember = async (caller: Caller, more: object = {}): Promise<string> =>
  (await write.create({ companion, type: 'EXPERIENCE', content: `Turn ${made++} of the talk`, ...more }, caller)).memory
    .id;
const turns = async (caller: Caller, count: number) => {
  const ids: string[] = [];
  for (let n = 0; n < count; n++) ids.push(await remember(caller));
  return ids;
};
const follow = async (caller: Caller, later: string | undefined, earlier: string | undefined): Promise<string> =>
  (await write.relate({ fromId: later, toId: earlier, type: 'FOLLOWS' }, caller)).relation.id;

describe('neighbourhoods are those of the relations', () => {
  test('of a conversation told at once, of one told turn by turn, and of one told by many at the same time', async () => {
    const caller = { workspace: 'told' };
    const memories = Array.from({ length: 40 }, (_, n) => ({ ref: `${n}`, content: `Turn ${n}`, type: 'EXPERIENCE' }));
    const relations = memories.slice(1).map(({ ref }, n) => ({ from: { ref }, to: { ref: `${n}` }, type: 'FOLLOWS' }));
    const told = await write.createMany({ companion, memories, relations }, caller);
    await expectKept(caller);
    let last = told.memories.at(-1).id;
    for (const id of await turns(caller, 6)) {
      await follow(caller, id, last);
      last = id;
    }
    await expectKept(caller);
    const others = await turns(caller, 8);
    await Promise.all(others.slice(1).map((id, n) => follow(caller, id, others[n])));
    await expectKept(caller);
    expect(Object.keys((await neighborhoods(caller)).kept)).toHaveLength(54);
  });

  test('where two conversations are joined, and parted again', async () => {
    const caller = { workspace: 'joined' };
    const ids = await turns(caller, 12);
    for (let n = 1; n < 12; n++) if (n !== 6) await follow(caller, ids[n], ids[n - 1]);
    const relationId = await follow(caller, ids[6], ids[5]);
    await expectKept(caller);
    await write.unrelate({ relationId }, caller);
    await expectKept(caller);
  });

  test.each([
    ['one is followed by many', false],
    ['one follows many', true],
  ])('where %s, of which the last four count', async (name, isReverse) => {
    const caller = { workspace: name };
    const [before, hub, after, ...spokes] = await turns(caller, 10);
    const join = (x?: string, y?: string) => (isReverse ? follow(caller, y, x) : follow(caller, x, y));
    const relationIds = [await join(hub, before)];
    for (const spoke of spokes) relationIds.push(await join(spoke, hub));
    await expectKept(caller);
    await join(after, spokes[0]);
    await expectKept(caller);
    for (const relationId of relationIds) {
      await write.unrelate({ relationId }, caller);
      await expectKept(caller);
    }
  });

  test('where what comes after comes before, too', async () => {
    const caller = { workspace: 'circle' };
    const ids = await turns(caller, 6);
    const earlier = [2, 0, 1, 2, 3, 4];
    for (const later of [1, 2, 0, 3, 4, 5]) {
      await follow(caller, ids[later], ids[earlier[later] as number]);
      await expectKept(caller);
    }
  });

  test('where a slot takes a version in', async () => {
    const caller = { workspace: 'slot' };
    const [first, second, third] = (await turns(caller, 3)) as [string, string, string];
    const from = (day: number) => ({ slot: 'diet', validFrom: `2026-01-0${day}T00:00:00Z` });
    const diet = await remember(caller, from(1));
    await follow(caller, diet, first);
    const beside = await remember(caller, from(1));
    await follow(caller, second, beside);
    await follow(caller, third, second);
    await expectKept(caller);
    const { contradictions } = await service.run('{ contradictions { nodes { id } } }', {}, caller);
    const resolve = mutation(service, 'resolveContradiction', 'contradiction { id }');
    const reopen = mutation(service, 'reopenContradiction', 'contradiction { id }');
    const id = contradictions.nodes[0]?.id;
    for (const resolution of ['KEEP_BY', 'KEEP_MEMORY', 'DISMISSED']) {
      await resolve({ id, resolution }, caller);
      await expectKept(caller);
      await reopen({ id }, caller);
      await expectKept(caller);
    }
  });

  test.each(['hub', 'spoke', 'oldest'])('and nothing is left of what was forgotten: a %s', async (which) => {
    const caller = { workspace: `forgotten ${which}` };
    const [hub, ...spokes] = (await turns(caller, 7)) as [string, ...string[]];
    for (const spoke of spokes) await follow(caller, spoke, hub);
    const id = { hub, spoke: spokes.at(-1), oldest: spokes[0] }[which];
    await write.forget({ ids: [id] }, caller);
    await expectKept(caller);
    await write.deleteCompanion({ companion }, caller);
    expect(await neighborhoods(caller)).toEqual({ kept: {}, expected: {} });
    expect(await postings(caller)).toEqual({ kept: [], expected: [] });
  });
});

// ── After any writes ─────────────────────────────────────────────────────────────────────────────────────────────

const texts = fc.constantFrom('A heron, a heron', '東京タワーは高い', 'Écoute: the mill’s wheel', "it's 2024", 'a');
const kinds = 'create slot correct change revert retract update relate relate relate unrelate forget'.split(' ');
const step = fc.record({
  what: fc.constantFrom(...kinds),
  which: fc.nat(11),
  other: fc.nat(11),
  text: texts,
  day: fc.integer({ min: 1, max: 9 }),
  speaker: fc.constantFrom(null, 'Maya Grey', 'noah'),
});

test(
  'after any writes both tables are what memories and relations make of them',
  async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 20 }), async (steps) => {
        const caller = { workspace: `whatever ${run++}` };
        const ids = await turns(caller, 5);
        const relationIds: string[] = [];
        for (const { what, which, other, text, day, speaker } of steps) {
          const id = ids[which % ids.length] as string;
          const at = { validFrom: `2026-03-0${day}T00:00:00Z` };
          const more = { summary: text, context: speaker ? { speaker } : {} };
          // What is refused changes nothing, which is looked at below as well.
          const answers = {
            create: () =>
              write.create(
                { companion, type: 'FACT', content: `${text} ${made++}`, user: { externalId: 'u' }, ...more, ...at },
                caller,
              ),
            slot: () => write.create({ companion, type: 'FACT', content: text, slot: `s${which % 2}`, ...at }, caller),
            correct: () => write.correct({ id, content: `${text} again`, ...(other % 2 ? more : at) }, caller),
            change: () => write.correct({ id, content: `${text} since`, kind: 'CHANGE' }, caller),
            revert: () => write.revert({ id }, caller),
            retract: () => write.retract({ id }, caller),
            update: () => write.update({ id, ...more }, caller),
            relate: () => write.relate({ fromId: id, toId: ids[other % ids.length], type: 'FOLLOWS' }, caller),
            unrelate: () =>
              write.unrelate(
                {
                  relationId: relationIds[which % Math.max(1, relationIds.length)] ?? 'rel_00000000000000000000000000',
                },
                caller,
              ),
            forget: () => write.forget({ ids: [id] }, caller),
          };
          const answer = await answers[what as keyof typeof answers]();
          if (answer.memory) ids.push(answer.memory.id);
          if (answer.relation && what === 'relate') relationIds.push(answer.relation.id);
          await expectKept(caller);
        }
      }),
      { numRuns: 8, endOnFailure: true },
    );
  },
  patience(60_000),
);
