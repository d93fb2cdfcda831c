import { beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';
import { tablesWith } from './support/tables.ts';

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
        nodes { id content status suspect references: relations(types: [REFERENCES], direction: OUT) { nodes { to { id } } } } } } }`,
    { by: companion },
  );
  return found.memories.nodes as { id: string; content: string; status: string; suspect: boolean }[];
};

describe('a run', () => {
  test('summarises what memories have in common, each line with its day and its source', async () => {
    const { companion, ids } = await remembering();
    const done = await consolidate({ companion });
    expect(done).toMatchObject({ examined: 9, clusterCount: 2 });
    const [profile] = done.profiles.filter(({ entity }: { entity: unknown }) => entity === null);
    expect(profile.topics.map(({ size }: { size: number }) => size)).toEqual([5, 4]);
    for (const { content, type } of done.created) {
      expect(type).toBe('REFLECTION');
      for (const line of content.split('\n')) {
        expect(line).toMatch(/^- .+ \(\d{4}-\d\d-\d\d\) \[mem_\w{26}\]$/);
        expect(ids).toContain(/mem_\w{26}/.exec(line)?.[0]);
      }
    }
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
    expect((await reflections(companion)).some(({ content }) => content.includes('eats two bowls'))).toBe(true);
  });
});
