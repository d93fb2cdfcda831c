import { beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../src/db/database.ts';
import type { WriteTransaction } from '../src/db/transaction.ts';
import { write } from '../src/db/write.ts';
import { contentHash } from '../src/domain/embedding/vectors.ts';
import { eraseCompanion, eraseUser } from '../src/domain/memory/forget-many.ts';
import { parseId } from '../src/kernel/ids.ts';
import { Counts } from '../src/transfer/counts.ts';
import { exportLines } from '../src/transfer/export.ts';
import { noticePairs } from './support/findings/notice.ts';
import { proposeRows } from './support/proposals/propose.ts';
import { useService } from './support/service.ts';
import { asSuperuser, tablesWith } from './support/tables.ts';

const service = useService();
let database: Database;

beforeAll(async () => {
  database = (await service.tenant()).database;
});

const uuidOf = (id: string) => parseId(id)?.uuid as string;

/** Whose things a scenario makes: a user's, or a companion's about nobody. `marker` is in every text of theirs. */
interface Owner {
  marker: string;
  companion: { key: string };
  user?: { externalId: string };
}

const MEMORY = 'id content versions { nodes { id } }';

let keys = 0;

/** Runs a mutation, which must succeed, under an idempotency key of its own. */
async function mutate(name: string, input: Record<string, unknown>, fields: string) {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const { [name]: answer } = await service.runUntyped(
    `mutation ($input: ${type}Input!) {
      ${name}(input: $input) { __typename ... on Error { message } ... on ${type}Payload { ${fields} } } }`,
    { input: { idempotencyKey: `key ${keys++}`, ...input } },
  );
  expect(answer.__typename, answer.message).toBe(`${type}Payload`);
  return answer;
}

async function remember({ marker, companion, user }: Owner, content: string, more: Record<string, unknown> = {}) {
  const { memory } = await mutate(
    'createMemory',
    {
      companion,
      ...(user && { user }),
      content: `${content} ${marker}`,
      type: 'FACT',
      // What is found is said by rows: see noticePairs.
      detect: 'OFF',
      summary: `In short ${marker}`,
      context: { note: marker },
      entities: [{ name: `Thing of ${marker}`, type: 'thing' }],
      ...more,
    },
    `memory { ${MEMORY} }`,
  );
  return memory.id as string;
}

const entityOf = async (name: string) => {
  const { entities } = await service.run(
    'query ($name: String!) { entities(filter: { name: $name }) { nodes { id } } }',
    {
      name,
    },
  );
  return entities.nodes[0]?.id as string;
};

/** Memories that consolidation makes summaries and profiles of, which are made again: the ids of all. */
async function summarized(owner: Owner): Promise<string[]> {
  const entities = [{ name: `Topic of ${owner.marker}`, type: 'thing' }];
  const said = ['barks at the mailman', 'sleeps on the sofa', 'eats two bowls a day', 'walks in the park'];
  const ids: string[] = [];
  for (const each of said) ids.push(await remember(owner, `The dog ${each}, says`, { entities }));
  const range = { companion: owner.companion, ...(owner.user && { user: owner.user }), minClusterSize: 3 };
  const { created, profiles } = await mutate('consolidate', range, 'created { id } profiles { id }');
  expect(created.length).toBeGreaterThan(1);
  await mutate(
    'correctMemory',
    { id: ids[0], content: `The dog barks no more, says ${owner.marker}` },
    'memory { id }',
  );
  await mutate('consolidate', range, 'created { id }');
  // Nothing is made, and the profiles are named once more.
  expect(await mutate('consolidate', range, 'created { id }')).toMatchObject({ created: [] });
  return [...ids, ...[...created, ...profiles].map(({ id }: { id: string }) => id)];
}

/** What is said in a conversation, and proposals of it: what is decided, and what is about a memory of theirs and of another. */
async function proposed({ marker, companion, user }: Owner, memory: string, other: string): Promise<string[]> {
  const { conversation } = await mutate(
    'upsertConversation',
    { companion, ...(user && { user }), conversation: { externalId: `talk of ${marker}` }, title: marker },
    'conversation { id }',
  );
  const { messages } = await mutate(
    'appendMessages',
    {
      companion,
      conversation: { id: conversation.id },
      messages: [{ role: 'USER', content: `Said by ${marker}`, metadata: { marker } }],
    },
    'messages { id }',
  );
  const of = { message: messages[0].id, text: marker };
  const ids = await proposeRows(database, [
    { ...of, kind: 'MEMORY', status: 'ACCEPTED', memory, other },
    { ...of, kind: 'CORRECTION', memory },
    { ...of, kind: 'RETRACTION', status: 'REJECTED', memory },
    { ...of, kind: 'RELATION', memory, other },
  ]);
  const { skippedIds } = await mutate('rememberMessages', { ids: [of.message] }, 'skippedIds');
  expect(skippedIds).toEqual([of.message]);
  await mutate('decideProposals', { rejectIds: [ids[1]], note: marker }, 'proposals { id }');
  return [conversation.id, of.message, ...ids];
}

/** Everything that can happen to memories of one owner, and between theirs and `other`, a memory of somebody else's. */
async function live(owner: Owner, other: string): Promise<string[]> {
  const { marker } = owner;
  if (owner.user) await mutate('upsertUser', { ...owner.user, metadata: { note: marker } }, 'user { id }');
  else
    await mutate(
      'upsertCompanion',
      { companion: owner.companion, name: marker, description: marker, config: { note: marker } },
      'companion { id }',
    );
  const first = await remember(owner, 'First', { slot: `slot ${marker}`, validFrom: '2024-01-01T00:00:00Z' });
  const next = await remember(owner, 'Next', { slot: `slot ${marker}`, validFrom: '2025-01-01T00:00:00Z' });
  const clash = await remember(owner, 'Clash', { slot: `slot ${marker}`, validFrom: '2025-01-01T00:00:00Z' });
  const { memory: corrected } = await mutate(
    'correctMemory',
    { id: first, content: `Corrected ${marker}`, reason: marker },
    `memory { ${MEMORY} }`,
  );
  await mutate('revertCorrection', { id: corrected.id }, 'memory { id }');
  await mutate(
    'updateMemory',
    {
      id: first,
      summary: `Again ${marker}`,
      context: { other: marker },
      entities: [{ name: `Other thing of ${marker}`, type: 'thing' }],
    },
    'memory { id }',
  );
  await mutate('retractMemory', { id: next, reason: marker }, 'memory { id }');
  await mutate('archiveMemories', { ids: [first] }, 'memories { id }');
  await mutate('reinforceMemories', { ids: [clash] }, 'memories { id }');
  const forgotten = await remember(owner, 'Forgotten');
  await mutate(
    'relateMemories',
    { fromId: forgotten, toId: other, type: 'FOLLOWS', metadata: { note: marker } },
    'relation { id }',
  );
  await mutate('forgetMemories', { ids: [forgotten] }, 'forgottenIds');
  const { relation } = await mutate(
    'relateMemories',
    { fromId: other, toId: clash, type: 'ELABORATES', metadata: { note: marker } },
    'relation { id }',
  );
  await mutate('unrelateMemories', { relationId: relation.id }, 'relation { id }');
  await mutate(
    'relateMemories',
    { fromId: clash, toId: other, type: 'FOLLOWS', metadata: { note: marker } },
    'relation { id }',
  );
  const speaking = await remember(owner, 'Speaking against', { entities: [] });
  const { contradiction } = await mutate(
    'contradictMemory',
    { id: other, by: { memoryId: speaking }, reason: marker },
    'contradiction { id }',
  );
  await mutate(
    'resolveContradiction',
    { id: contradiction.id, resolution: 'DISMISSED', note: marker },
    'contradiction { id }',
  );
  await mutate('reopenContradiction', { id: contradiction.id }, 'contradiction { id }');
  const noticed = await remember(owner, 'Noticed', { entities: [] });
  const found = { kind: 'NEGATION', score: 0.9, text: marker } as const;
  const [judged, open] = await noticePairs(database, [
    { memory: clash, by: speaking, ...found },
    { memory: noticed, by: speaking, ...found },
  ]);
  await mutate('judgeFindings', { ids: [judged], verdict: 'CONTRADICTS', reason: marker }, 'findings { id }');
  const summaries = await summarized(owner);
  const proposals = await proposed(owner, clash, other);
  const made = [judged as string, open as string, ...summaries, ...proposals];
  const ids = [first, next, clash, corrected.id, speaking, noticed, ...made];
  await mutate(
    'decayImportance',
    { companion: owner.companion, ...(owner.user && { user: owner.user }), until: '2124-01-01T00:00:00Z' },
    'report { archived }',
  );
  await mutate(
    'mergeEntities',
    { fromIds: [await entityOf(`Other thing of ${marker}`)], intoId: await entityOf(`Thing of ${marker}`) },
    'entity { id }',
  );
  return [...ids, relation.id, contradiction.id];
}

/** What is said of somebody else's memory, without what happened to it together with what is gone. */
async function told(id: string) {
  const { memory } = await service.runUntyped(
    `query ($id: ID!) { memory(id: $id) {
      id content summary context status confidence importance validFrom validUntil recordedAt updatedAt
      companion { key } user { externalId } entities { nodes { id name aliases } }
      history { nodes { id kind at reason changes } }
      relations { totalCount } contradictions { totalCount } } }`,
    { id },
  );
  const { history, ...rest } = memory;
  return { ...rest, history: history.nodes.filter(({ kind }: { kind: string }) => kind === 'RECORDED') };
}

async function exported(): Promise<string> {
  let text = '';
  for await (const line of exportLines(await service.tenant(), new Counts())) text += line;
  return text;
}

async function expectNoTrace(traces: readonly string[]) {
  for (const trace of traces) {
    expect({ [trace]: await tablesWith(database, trace) }).toEqual({ [trace]: [] });
  }
}

const iris = { key: 'iris' };

describe.each<[string, Owner, Record<string, unknown>]>([
  [
    'deleteUser',
    { marker: 'zebra17', companion: iris, user: { externalId: 'maya-zebra17' } },
    { user: { externalId: 'maya-zebra17' } },
  ],
  [
    'deleteCompanion',
    { marker: 'zebra18', companion: { key: 'otto-zebra18' } },
    { companion: { key: 'otto-zebra18' } },
  ],
])('%s', (name, owner, input) => {
  test('leaves no word and no id of theirs in any table, and what is others’ as it was', async () => {
    const noor: Owner = { marker: `giraffe of ${name}`, companion: iris, user: { externalId: 'noor' } };
    // An INSTRUCTION: its importance never fades.
    const other = await remember(noor, 'Of another', {
      type: 'INSTRUCTION',
      entities: [{ name: `Shared ${name}`, type: 'place' }],
    });
    const before = await told(other);
    const ids = await live(owner, other);
    const { marker, user, companion } = owner;
    const { found } = await service.runUntyped(
      user
        ? 'query ($by: String!) { found: user(by: { externalId: $by }) { id memories(filter: { statuses: [ACTIVE, DISPUTED, ARCHIVED, RETRACTED, CORRECTED, ENDED] }) { nodes { content } } } }'
        : 'query ($by: String!) { found: companion(by: { key: $by }) { id memories(filter: { statuses: [ACTIVE, DISPUTED, ARCHIVED, RETRACTED, CORRECTED, ENDED] }) { nodes { content } } } }',
      { by: user?.externalId ?? companion.key },
    );
    const contents: string[] = found.memories.nodes.map(({ content }: { content: string }) => content);
    const lines = (await asSuperuser(database, (connection) =>
      connection.script(
        `select distinct lineage_id as id from memories where id in (${ids.flatMap((id) => (id.startsWith('mem_') ? [`'${uuidOf(id)}'`] : [])).join()})`,
      ),
    )) as { id: string }[];
    expect(lines.length).toBeGreaterThan(1);
    const where = await tablesWith(database, marker);
    expect(where).toEqual(
      expect.arrayContaining([
        'contradictions',
        'conversations',
        'decisions',
        'entities',
        'entities_history',
        'events',
        'findings',
        'lineages',
        'memories',
        'memories_history',
        'messages',
        'postings',
        'proposal_sources',
        'proposals',
        'relations',
        'relations_history',
      ]),
    );
    expect(await exported()).toContain(marker);

    await mutate(name, input, 'deletedId');

    await expectNoTrace([marker, ...ids.map(uuidOf), ...lines.map(({ id }) => id), ...contents.map(contentHash)]);
    // What is kept of the deletion itself, for a retry, is the id that it answers with; nothing else knows it.
    expect(await tablesWith(database, uuidOf(found.id))).toEqual(['idempotency_keys']);
    expect(await exported()).not.toContain(marker);
    expect(await told(other)).toEqual(before);
  });
});

describe('an entity that only erased memories mentioned, merged into one that others mention', () => {
  const noor: Owner = { marker: 'giraffe19', companion: { key: 'merging' }, user: { externalId: 'noor' } };
  const entity = `query ($name: String!) { entities(filter: { name: $name }) { nodes { id name aliases } } }`;

  test('goes with its name among the aliases, in the past too; nothing else of the other changes', async () => {
    await remember(noor, 'At home', { entities: [{ name: 'Home', type: 'place' }] });
    await remember(noor, 'In town', { entities: [{ name: 'Town', type: 'place' }] });
    await mutate(
      'mergeEntities',
      { fromIds: [await entityOf('Town')], intoId: await entityOf('Home') },
      'entity { id }',
    );
    const { entities: before } = await service.run(entity, { name: 'Home' });
    const columns = `select id, aliases, known_from, merged_into from entities where aliases @> '["Town"]' order by id`;
    const rows = await asSuperuser(database, (connection) => connection.script(columns));

    const owner: Owner = { marker: 'zebra19', companion: noor.companion, user: { externalId: 'maya19' } };
    const their = (name: string, type = 'place') => ({ entities: [{ name: `${name} zebra19`, type }] });
    await remember(owner, 'One', their('Cave'));
    await remember(owner, 'Two', their('Den'));
    await mutate(
      'mergeEntities',
      { fromIds: [await entityOf('Cave zebra19')], intoId: await entityOf('Den zebra19') },
      'entity { id }',
    );
    await mutate(
      'mergeEntities',
      { fromIds: [await entityOf('Den zebra19')], intoId: await entityOf('Home') },
      'entity { id }',
    );
    const { entities: merged } = await service.run(entity, { name: 'Home' });
    expect(merged.nodes[0]?.aliases).toEqual(['Town', 'Den zebra19', 'Cave zebra19']);

    await mutate('deleteUser', { user: owner.user }, 'deletedId');

    expect((await service.run(entity, { name: 'Home' })).entities).toEqual(before);
    await expectNoTrace(['zebra19']);
    const after = await asSuperuser(database, (connection) => connection.script(columns));
    // It was merged with theirs since, and that it was stays known.
    expect(after.map((row) => ({ ...(row as object), known_from: null }))).toEqual(
      rows.map((row) => ({ ...(row as object), known_from: null })),
    );
  });

  test('but stays as long as another memory mentions it by that name', async () => {
    const owner: Owner = { marker: 'zebra20', companion: noor.companion, user: { externalId: 'maya20' } };
    await remember(noor, 'Known as', { entities: [{ name: 'Alias', type: 'place' }] });
    await remember(owner, 'Known to them as', { entities: [{ name: 'Alias', type: 'place' }] });
    await mutate(
      'mergeEntities',
      { fromIds: [await entityOf('Alias')], intoId: await entityOf('Home') },
      'entity { id }',
    );
    await mutate('deleteUser', { user: owner.user }, 'deletedId');
    expect((await service.run(entity, { name: 'Alias' })).entities.nodes).toMatchObject([
      { name: 'Home', aliases: ['Town', 'Alias'] },
    ]);
  });

  test('and a merge that led to what is gone is not answered again', async () => {
    const owner: Owner = { marker: 'zebra21', companion: noor.companion, user: { externalId: 'maya21' } };
    await remember(owner, 'One', {
      entities: [
        { name: 'Lair zebra21', type: 'place' },
        { name: 'Nest zebra21', type: 'place' },
      ],
    });
    const input = { fromIds: [await entityOf('Lair zebra21')], intoId: await entityOf('Nest zebra21') };
    const { entity: into } = await mutate('mergeEntities', input, 'entity { id }');
    expect(await tablesWith(database, uuidOf(into.id))).toContain('idempotency_keys');
    await mutate('deleteUser', { user: owner.user }, 'deletedId');
    await expectNoTrace([uuidOf(into.id)]);
  });
});

test.each<[string, (tx: WriteTransaction, id: string) => Promise<void>, Owner]>([
  ['user', eraseUser, { marker: 'zebra22', companion: iris, user: { externalId: 'maya-zebra22' } }],
  ['companion', eraseCompanion, { marker: 'zebra23', companion: { key: 'otto-zebra23' } }],
])('what comes to be remembered of a %s while the batches go is erased as completely', async (kind, erase, owner) => {
  const noor: Owner = { marker: `giraffe of ${kind}`, companion: iris, user: { externalId: 'noor' } };
  const other = await remember(noor, 'Of yet another', { entities: [] });
  const ids = await live(owner, other);
  const by = kind === 'user' ? { externalId: owner.user?.externalId } : owner.companion;
  const { found } = await service.runUntyped(
    `query ($by: ${kind === 'user' ? 'UserRef' : 'CompanionRef'}!) { found: ${kind}(by: $by) { id } }`,
    { by },
  );
  await write(await service.tenant(), (tx) => erase(tx, uuidOf(found.id)));
  await expectNoTrace([owner.marker, ...ids.map(uuidOf), uuidOf(found.id)]);
});
