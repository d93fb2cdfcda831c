import { beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';
import { digestRows, tablesWith } from './support/tables.ts';

const service = useService();
let database: Database;

beforeAll(async () => {
  database = (await service.tenant()).database;
});

const TOPICS = 'topics { title size weight memories { id content } summary { id content type status } }';
const PROFILE = `profiles { id user { externalId } entity { name } summary { id content type suspect } slots { id } ${TOPICS}
  coverage drift isStale }`;
const consolidate = mutation(
  service,
  'consolidate',
  `examined clusterCount created { id content type validFrom } ${PROFILE}`,
);
const createMany = mutation(service, 'createMemories', 'results: memories { id }');
const correct = mutation(service, 'correctMemory', 'memory { id content }');
const forget = mutation(service, 'forgetMemories', 'forgottenIds');

const dogs = [
  'The dog Rex barks at the mailman every morning.',
  'Rex the dog loves long walks in the park.',
  'The dog Rex eats two bowls of dog food a day.',
  'Rex the dog sleeps on the old sofa.',
  'The dog Rex is afraid of the vacuum cleaner.',
];
const boats = [
  'The sailing boat needs a new mast before summer.',
  'The sailing boat is moored in the harbour of Cascais.',
  'The sailing boat was painted blue last winter.',
  'The sailing boat won the harbour regatta.',
];

let companions = 0;

/** A companion that remembers what two topics say, about a user of its own. */
async function remembering(contents: readonly string[] = [...dogs, ...boats], more: object = {}) {
  const companion = { key: `c${companions++}` };
  const user = { externalId: companion.key };
  const { results } = await createMany({
    companion,
    memories: contents.map((content, index) => ({
      content,
      type: 'FACT',
      user,
      entities: [{ name: `${index < dogs.length ? 'Rex' : 'boat'} of ${companion.key}`, type: 'thing' }],
      ...more,
    })),
  });
  return { companion, user, ids: results.map(({ id }: { id: string }) => id) as string[] };
}

const reflections = async (companion: { key: string }, statuses = '[ACTIVE, DISPUTED]') => {
  const { companion: found } = await service.runUntyped(
    `query ($by: CompanionRef!) { companion(by: $by) {
      memories(filter: { types: [REFLECTION], statuses: ${statuses} }, first: 100) {
        nodes { id content status suspect versions { nodes { id } }
          references: relations(types: [REFERENCES], direction: OUT) { nodes { to { id } } } } } } }`,
    { by: companion },
  );
  return found.memories.nodes as {
    id: string;
    content: string;
    status: string;
    suspect: boolean;
    versions: { nodes: { id: string }[] };
    references: { nodes: { to: { id: string } }[] };
  }[];
};

const lineOf = (content: string, id: string) => content.split('\n').find((line) => line.includes(id));
const idsIn = (content: string) => [...content.matchAll(/mem_[0-9a-z]{26}/g)].map(([id]) => id);
const whole = ({ profiles }: { profiles: { entity: unknown }[] }) =>
  profiles.find(({ entity }) => entity === null) as never;

describe('a run', () => {
  test('summarises what memories have in common, each line with its day and its source', async () => {
    const { companion, ids } = await remembering();
    const done = await consolidate({ companion });
    expect(done).toMatchObject({ examined: 9, clusterCount: 2 });
    const profile = whole(done) as { topics: { size: number; title: string; weight: number }[] };
    expect(profile.topics.map(({ size }) => size)).toEqual([5, 4]);
    expect(profile.topics[0]?.weight).toBeCloseTo(5 / 9);
    expect(profile.topics[1]?.title).toMatch(/sailing boat/);
    for (const { content, type } of done.created) {
      expect(type).toBe('REFLECTION');
      for (const line of content.split('\n')) {
        expect(line).toMatch(/^- .+ \(\d{4}-\d\d-\d\d\) \[mem_\w{26}\]$/);
        expect(ids).toContain(/mem_\w{26}/.exec(line)?.[0]);
      }
    }
  });

  test('REFERENCES what it quotes, and leaves its sources as they are', async () => {
    const { companion, ids } = await remembering();
    const before = await service.runUntyped(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Memory { content updatedAt status } } }',
      { ids },
    );
    await consolidate({ companion });
    const after = await service.runUntyped(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Memory { content updatedAt status } } }',
      { ids },
    );
    expect(after).toEqual(before);
    for (const { content, references } of await reflections(companion)) {
      expect(references.nodes.map(({ to }) => to.id).sort()).toEqual(idsIn(content).sort());
    }
  });

  test('does nothing where nothing has changed, and makes nothing of reflections', async () => {
    const { companion } = await remembering();
    const first = await consolidate({ companion });
    // When a run has looked at everything is noted.
    const but = (table: string) => (table === 'consolidations' ? 'false' : 'true');
    const rows = await digestRows(database, but);
    const second = await consolidate({ companion });
    expect(second).toMatchObject({ examined: 9, clusterCount: 2, created: [] });
    expect(second.profiles.map(({ id }: { id: string }) => id)).toEqual(
      first.profiles.map(({ id }: { id: string }) => id),
    );
    expect(await digestRows(database, but)).toEqual(rows);
  });

  test('adds what is new to the topic that it belongs to', async () => {
    const { companion, user } = await remembering();
    await consolidate({ companion });
    await createMany({
      companion,
      memories: [{ content: 'The sailing boat leaves the harbour of Cascais at noon.', type: 'FACT', user }],
    });
    const done = await consolidate({ companion });
    expect(done.clusterCount).toBe(2);
    expect((whole(done) as { topics: { size: number }[] }).topics.map(({ size }) => size)).toEqual([5, 5]);
  });

  test('keeps what is about different users apart, and looks at one alone where that is asked', async () => {
    const { companion, user } = await remembering();
    const other = { externalId: `${companion.key} other` };
    await createMany({ companion, memories: dogs.map((content) => ({ content, type: 'FACT', user: other })) });
    expect(await consolidate({ companion, user: other })).toMatchObject({ examined: 5, clusterCount: 1 });
    expect(await consolidate({ companion, user })).toMatchObject({ examined: 9, clusterCount: 2 });
    const { created, examined } = await consolidate({ companion });
    expect({ created, examined }).toEqual({ created: [], examined: 14 });
  });

  test('leaves out of topics what came later than `until`', async () => {
    const { companion } = await remembering();
    const until = new Date(Date.now() - 60_000).toISOString();
    expect(await consolidate({ companion, until })).toMatchObject({ examined: 0, clusterCount: 0, created: [] });
  });

  test('is one for an idempotency key', async () => {
    const { companion } = await remembering();
    const first = await consolidate({ companion, idempotencyKey: companion.key });
    const second = await consolidate({ companion, idempotencyKey: companion.key });
    expect(second.created.map(({ id }: { id: string }) => id)).toEqual(
      first.created.map(({ id }: { id: string }) => id),
    );
  });

  test('refuses a size that no topic has, and finds nothing of an unknown companion', async () => {
    expect(await consolidate({ companion: { key: 'nobody at all' } })).toMatchObject({ examined: 0, created: [] });
    for (const minClusterSize of [1, 61]) {
      const refused = await consolidate({ companion: { key: 'x' }, minClusterSize });
      expect([minClusterSize, refused.__typename]).toEqual([minClusterSize, 'InvalidInputError']);
    }
  });
});

describe('a summary of which something has changed', () => {
  /** A companion whose summaries there are, and one of them, with the sources that it quotes. */
  async function summarised() {
    const made = await remembering();
    await consolidate({ companion: made.companion });
    const all = await reflections(made.companion);
    const boat = all.find(({ content }) => content.split('\n').every((line) => line.includes('boat')));
    if (!boat) throw new Error('no summary of the boat');
    return { ...made, boat, source: idsIn(boat.content)[0] as string };
  }
  const one = async (companion: { key: string }, lineage: string) =>
    (await reflections(companion)).find(
      ({ id, versions }) => id === lineage || versions.nodes.some((v) => v.id === lineage),
    );

  test('is suspect once a source was never true, and is then made again as a change', async () => {
    const { companion, boat, source } = await summarised();
    const { memory } = await correct({ id: source, content: 'The sailing boat has two masts of wood.' });
    expect((await one(companion, boat.id))?.suspect).toBe(true);
    const done = await consolidate({ companion });
    expect(whole(done)).toMatchObject({ isStale: false });
    const now = await one(companion, boat.id);
    expect(now).toMatchObject({ suspect: false });
    expect(now?.id).not.toBe(boat.id);
    expect(now?.content).not.toContain(source);
    expect(lineOf(now?.content ?? '', memory.id) ?? '').toMatch(/two masts/);
    const { nodes } = await service.runUntyped(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Memory { status } } }',
      { ids: [boat.id] },
    );
    expect(nodes).toEqual([{ status: 'ENDED' }]);
  });

  test('is suspect while a source is disputed', async () => {
    const { companion, boat, source } = await summarised();
    const contradict = mutation(service, 'contradictMemory', 'contradiction { id }');
    await contradict({ id: source, by: { newMemory: { content: 'There is no boat.', type: 'FACT' } } });
    expect((await one(companion, boat.id))?.suspect).toBe(true);
  });

  test('ends where too little is left of it', async () => {
    const { companion, boat, ids } = await summarised();
    const retract = mutation(service, 'retractMemory', 'memory { id }');
    for (const id of ids.slice(dogs.length + 1)) await retract({ id });
    const done = await consolidate({ companion });
    expect(done.clusterCount).toBe(1);
    expect(await one(companion, boat.id)).toBeUndefined();
    expect(await consolidate({ companion })).toMatchObject({ created: [], clusterCount: 1 });
  });

  test('is left alone where somebody has corrected it', async () => {
    const { companion, boat, source } = await summarised();
    await correct({ id: boat.id, content: 'It is about a boat.' });
    await correct({ id: source, content: 'The sailing boat has no mast at all.' });
    await consolidate({ companion });
    expect((await one(companion, boat.id))?.content).toBe('It is about a boat.');
  });
});

describe('forgetting', () => {
  test('takes a sentence out of every version of an extractive summary at once', async () => {
    const { companion, ids } = await remembering(dogs.map((dog) => dog.replaceAll('Rex', 'Zorro')));
    await consolidate({ companion });
    await correct({ id: ids[1] as string, content: 'Zorro the dog hates gardens.' });
    await consolidate({ companion });
    const id = ids[0] as string;
    expect((await reflections(companion)).some(({ content }) => content.includes(id))).toBe(true);
    await forget({ ids: [id] });
    expect(await tablesWith(database, 'Zorro barks')).toEqual([]);
    expect(await tablesWith(database, id)).toEqual([]);
    expect((await reflections(companion)).some(({ content }) => content.includes('eats two bowls'))).toBe(true);
    await forget({ ids: [ids[1] as string] });
    expect(await tablesWith(database, 'Zorro the dog loves')).toEqual([]);
    expect(await tablesWith(database, 'Zorro the dog hates')).toEqual([]);
    await consolidate({ companion, minClusterSize: 3 });
    for (const left of ids.slice(2)) await forget({ ids: [left] });
    expect(await tablesWith(database, 'Zorro')).toEqual([]);
    expect(await reflections(companion)).toEqual([]);
  });
});

describe('a profile', () => {
  const profile = async (variables: Record<string, unknown>) => {
    const { profile: found } = await service.runUntyped(
      `query ($companion: CompanionRef!, $user: UserRef, $entity: ID) { profile(companion: $companion, user: $user, entity: $entity) {
        id summary { content } slots { content } topics { title memories { id } } coverage drift isStale refreshedAt
        user { externalId } entity { name } companion { key } } }`,
      variables,
    );
    return found;
  };

  test('is of a user, or of an entity, and is found by its id', async () => {
    const { companion, user, ids } = await remembering();
    expect(await profile({ companion, user })).toBeNull();
    await consolidate({ companion });
    const ofUser = await profile({ companion, user });
    expect(ofUser).toMatchObject({ user, entity: null, companion, coverage: 1, drift: 0, isStale: false });
    expect(idsIn(ofUser.summary.content)).toHaveLength(8);
    const { node } = await service.runUntyped(
      'query ($id: ID!) { node(id: $id) { ... on Memory { entities { nodes { id } } } } }',
      { id: ids[0] },
    );
    const ofRex = await profile({ companion, user, entity: node.entities.nodes[0].id });
    expect(ofRex).toMatchObject({ entity: { name: `Rex of ${companion.key}` } });
    expect(ofRex.topics).toHaveLength(1);
    expect(await profile({ companion })).toBeNull();
    const { node: again } = await service.runUntyped('query ($id: ID!) { node(id: $id) { id __typename } }', {
      id: ofRex.id,
    });
    expect(again).toEqual({ id: ofRex.id, __typename: 'Profile' });
  });

  test('shows slots, and says how much has come later', async () => {
    const { companion, user } = await remembering();
    await createMany({
      companion,
      memories: [{ content: 'Lisbon.', slot: 'home', type: 'FACT', user }],
    });
    await consolidate({ companion });
    expect(await profile({ companion, user })).toMatchObject({ slots: [{ content: 'Lisbon.' }], isStale: false });
    const later = ['Quantum physics is hard.', 'Protons are heavy.', 'Neutrinos are light.'];
    await createMany({ companion, memories: later.map((content) => ({ content, type: 'FACT', user })) });
    const now = await profile({ companion, user });
    expect(now.isStale).toBe(true);
    expect(now.coverage).toBeCloseTo(9 / 13);
    expect(now.drift).toBeGreaterThan(0);
    expect(now.drift).toBeLessThan(1);
  });

  test('is part of a context, and summaries are not said twice', async () => {
    const { companion, user, ids } = await remembering();
    await consolidate({ companion });
    const { context } = await service.runUntyped(
      `query ($input: ContextInput!) { context(input: $input) { text sections { kind memories { id type } } } }`,
      { input: { companion, user, query: 'sailing boat', maxTokens: 4000 } },
    );
    const [said] = context.sections.filter(({ kind }: { kind: string }) => kind === 'PROFILE');
    expect(said.memories.length).toBeGreaterThan(0);
    for (const { id } of said.memories) expect(ids).toContain(id);
    const shown = context.sections.flatMap(({ memories }: { memories: { id: string; type: string }[] }) => memories);
    expect(shown.every(({ type }: { type: string }) => type === 'FACT')).toBe(true);
    expect(new Set(shown.map(({ id }: { id: string }) => id)).size).toBe(shown.length);
  });
});
