import { type GraphQLField, getNamedType, isInterfaceType, isListType, isNonNullType, isObjectType } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { MOST_FINDINGS } from '../src/domain/finding/detect.ts';
import { schema } from '../src/graphql/schema.ts';
import { noticePairs } from './support/findings/notice.ts';
import { createMemories } from './support/memories.ts';
import { proposeRows } from './support/proposals/propose.ts';
import { useService } from './support/service.ts';
import { noteProfiles, noteSummaries } from './support/summaries/rows.ts';
import { asSuperuser } from './support/tables.ts';

const service = useService();
const widths = [1, 10, 100];

/** Two messages frame what a request reads: begin and commit. */
const FRAME = 2;

/** Ids of what there is many of, for documents that name them. */
let ids: { memories: string[]; entities: string[]; v: string };

/**
 * The graph: the companion `a` and the user `u000` have the most memories. One of these, the hub, is the most
 * important, mentions 100 entities and has 110 relations; every memory has a few and mentions the river.
 */
beforeAll(async () => {
  const number = (index: number) => String(index).padStart(3, '0');
  const { memories } = await createMemories(service, {
    companion: { key: 'a' },
    memories: Array.from({ length: 220 }, (_, index) => ({
      ref: number(index),
      content: `Maya walked along the river, day ${index}`,
      type: 'INSTRUCTION',
      importance: index === 0 ? 10 : 5,
      user: { externalId: `u${index < 110 ? '000' : number(index)}` },
      entities: [
        { name: 'river', type: 'place' },
        ...(index === 0 ? Array.from({ length: 99 }, (_, stone) => ({ name: `stone ${stone}`, type: 'thing' })) : []),
        ...(index > 0 ? [{ name: `stone ${index % 99}`, type: 'thing' }] : []),
      ],
    })),
    relations: Array.from({ length: 220 }, (_, index) => [
      { from: { ref: number(index) }, to: { ref: number((index + 1) % 220) }, type: 'FOLLOWS' },
      ...(index > 0 && index < 110 ? [{ from: { ref: '000' }, to: { ref: number(index) }, type: 'REFERENCES' }] : []),
      { from: { ref: number(index) }, to: { ref: number((index + 7) % 220) }, type: 'ELABORATES', strength: 0.5 },
    ]).flat(),
  });
  await service.run(
    `mutation {${Array.from({ length: 110 }, (_, index) => `c${index}: upsertCompanion(input: {companion: {key: "b${number(index)}"}}) { __typename }`).join(' ')}}`,
  );
  const times = Array.from({ length: 101 }, (_, index) => index);
  const line = await createMemories(service, {
    companion: { key: 'v' },
    memories: times.map((day) => ({
      content: `Version ${day}`,
      type: 'INSTRUCTION',
      importance: 1,
      slot: 'version',
      validFrom: new Date(Date.UTC(2026, 0, 1 + day)).toISOString(),
    })),
  });
  await hook();
  await service.run(
    `mutation ($id: ID!) { ${times.map((n) => `c${n}: contradictMemory(input: {id: $id, strength: 0, by: {newMemory: {content: "Other ${n}", type: INSTRUCTION, importance: 0}}}) { __typename }`).join(' ')}
      setDecayPolicy(input: {type: REFLECTION, archiveBelow: 5}) { __typename } }`,
    { id: line.memories.at(-1)?.id },
  );
  await notice(line.memories.at(-1)?.id as string);
  await knowAll(memories[1]?.id as string);
  await service.run(
    `mutation {${times.map((n) => `s${n}: startSession(input: {companion: {key: "v"}}) { __typename } w${n}: updateWorkingMemory(input: {companion: {key: "v"}, content: "${n}"}) { __typename }`).join(' ')}}`,
  );
  await service.runUntyped(
    `mutation ($messages: [NewMessage!]!) {
      appendMessages(input: {companion: {key: "talker"}, conversation: {externalId: "long"}, messages: $messages}) { __typename }
      ${Array.from({ length: 110 }, (_, n) => `c${n}: upsertConversation(input: {companion: {key: "talker"}, user: {externalId: "u${number(n)}"}, conversation: {externalId: "${n}"}, title: "t"}) { __typename }`).join(' ')}
    }`,
    {
      messages: Array.from({ length: 110 }, (_, index) => ({
        role: 'USER',
        content: `Said ${index}`,
        externalId: `said ${index}`,
      })),
    },
  );
  const { entities, companion } = await service.runUntyped(
    '{ entities(first: 100) { nodes { id } } companion(by: {key: "v"}) { id } }',
  );
  ids = {
    memories: memories.map(({ id }) => id),
    entities: entities.nodes.map(({ id }: { id: string }) => id),
    v: companion.id,
  };
});

/** A webhook that gets what happens from now on, and more of them than a workspace may have, that get nothing. */
async function hook(): Promise<void> {
  const { createWebhook } = await service.runUntyped(
    'mutation { createWebhook(input: {url: "https://example.com", companion: {key: "v"}}) { ... on CreateWebhookPayload { webhook { id } } } }',
  );
  webhook = createWebhook.webhook.id;
  await asSuperuser(await database(), (connection) =>
    connection.script(`insert into webhooks (workspace_id, id, url, companion_id, secret, is_active, created_at, due_at)
      select c.workspace_id, gen_random_uuid(), 'https://example.com/' || n, c.id, 'none', false, now(), now()
      from (select * from companions where key = 'a') c, generate_series(1, 110) n`),
  );
}
/** Findings of one memory and the 101 that contradict it. */
async function notice(id: string): Promise<void> {
  const { memory } = await service.runUntyped(
    'query ($id: ID!) { memory(id: $id) { contradictions(first: 100) { nodes { by { id } } } } }',
    { id },
  );
  const nodes: { by: { id: string } }[] = memory.contradictions.nodes;
  await noticePairs(
    await database(),
    nodes.map(({ by }, n) => ({ memory: id, by: by.id, kind: 'CONFLICT', score: 1 - n / 1000, text: `Other ${n}` })),
  );
}

/** Profiles of a hundred entities, of which this memory says all. */
async function knowAll(summary: string): Promise<void> {
  const { entities } = await service.runUntyped(
    '{ entities(first: 100, filter: {companion: {key: "a"}}) { nodes { id } } }',
  );
  await noteSummaries(await database(), [{ kind: 'PROFILE', summary, sources: [] }]);
  await noteProfiles(
    await database(),
    entities.nodes.map(({ id }: { id: string }) => ({ summary, entity: id })),
  );
}

let webhook: string;
const database = async () => (await service.tenant()).database;

/** The statements of a document where the executor answers it, and where it is compiled if that is possible. */
const bothCounts = async (document: string, variables: Record<string, unknown> = {}): Promise<[number, number]> => [
  await service.plain.countStatements(document, variables),
  await service.countStatements(document, variables),
];

/** A field that returns a list, how a document asks for `n` of it, and what that costs between begin and commit. */
interface ListField {
  document(n: number): string;
  variables?(n: number): Promise<Record<string, unknown>> | Record<string, unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
  items(data: any): unknown[];
  /** Statements of the list itself, and of the lists it hangs on: where the executor answers. */
  reads: number;
  /** The same where the document is compiled; left out where it is not, or there are as many. */
  compiled?: number;
}

const hub = 'orderBy: {field: IMPORTANCE}';
const everyFourthDay = Array.from({ length: 55 }, (_, index) => 4 * index).join(' ');

interface Explained {
  explanation: { spreadFrom: unknown[]; findings: unknown[] };
}

const listFields: Record<string, ListField> = {
  'Query.conversations': {
    document: (n) =>
      `{ conversations(first: ${n}, filter: {title: "t"}) { nodes { title companion { key } user { externalId } } } }`,
    items: (data) => data.conversations.nodes,
    reads: 3,
    compiled: 1,
  },
  'Query.messages': {
    document: (n) =>
      `{ messages(companion: {key: "talker"}, externalIds: ${JSON.stringify(
        Array.from({ length: n }, (_, index) => `said ${index}`),
      )}) { text memory { content } conversation { title } } }`,
    items: (data) => data.messages,
    reads: 3,
  },
  'Conversation.messages': {
    document: (
      n,
    ) => `{ conversation(by: {externalId: "long"}, companion: {key: "talker"}) { messages(last: ${n}) { nodes {
      content text tokens toolCalls { name } memory { content } conversation { title } } } } }`,
    items: (data) => data.conversation.messages.nodes,
    reads: 5,
  },
  'Conversation.memories': {
    document: (
      n,
    ) => `{ conversation(by: {externalId: "long"}, companion: {key: "talker"}) { memories(first: ${n}) { nodes {
      content message { text } conversation { title } } } } }`,
    items: (data) => data.conversation.memories.nodes,
    reads: 6,
  },
  'Query.companions': {
    document: (n) => `{ companions(first: ${n}) { nodes { id } } }`,
    items: (data) => data.companions.nodes,
    reads: 1,
  },
  'Query.users': {
    document: (n) => `{ users(first: ${n}) { nodes { id } } }`,
    items: (data) => data.users.nodes,
    reads: 1,
  },
  'Query.memories': {
    document: (n) => `{ memories(first: ${n}) { nodes { content status importance } } }`,
    items: (data) => data.memories.nodes,
    reads: 1,
  },
  'Query.entities': {
    document: (n) => `{ entities(first: ${n}) { nodes { name aliases } } }`,
    items: (data) => data.entities.nodes,
    reads: 1,
  },
  'Query.recall': {
    document: (n) =>
      `{ recall(input: {query: "river", companion: {key: "a"}}, first: ${n}) { edges { score node { content } } } }`,
    items: (data) => data.recall.edges,
    // The question, how common its terms are, and the memories that have them, with those around these; and, as something
    // in the workspace waits for a verdict, which of them update others.
    reads: 4,
  },
  'RecallExplanation.findings': {
    document: (n) => `query ($key: String!) { recall(input: {query: "lamp", companion: {key: $key}}, first: ${n}) {
      edges { explanation { findings { kind } } } } }`,
    variables: (n) => somethingDoubted(n),
    items: ({ recall }) => recall.edges.filter(({ explanation }: Explained) => explanation.findings.length > 0),
    reads: 5,
  },
  'ContextSection.memories': {
    document: () => `query ($key: String!) {
      context(input: {companion: {key: $key}, query: "lamp", maxTokens: 100000, sections: [MEMORIES]}) {
        text sections { memories { content } } } }`,
    variables: (n) => somethingToKnow(n),
    items: (data) => data.context.sections[0].memories,
    // For whom, the three of recall, what of it is suspect or possibly out of date, and the memories themselves.
    reads: 7,
  },
  'ContextSection.messages': {
    document: () => `query ($key: String!) {
      context(input: {companion: {key: $key}, conversation: {externalId: "talk"}, maxTokens: 100000, sections: [MESSAGES]}) {
        text sections { messages { text } } } }`,
    variables: (n) => somethingToKnow(n),
    items: (data) => data.context.sections[0].messages,
    // For whom, the newest messages, what their memories are by now, and the messages themselves.
    reads: 4,
  },
  'Query.nodes': {
    document: () => 'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Memory { content } } }',
    variables: (n) => ({ ids: ids.memories.slice(0, n) }),
    items: (data) => data.nodes.filter((node: unknown) => node !== null),
    reads: 1,
  },
  'Companion.memories': {
    document: (n) => `{ companions(first: ${n}) { nodes { memories(first: ${n}) { nodes { content } } } } }`,
    items: (data) => data.companions.nodes[0].memories.nodes,
    reads: 2,
  },
  'User.memories': {
    document: (n) => `{ users(first: ${n}) { nodes { memories(first: ${n}) { nodes { content } } } } }`,
    items: (data) => data.users.nodes[0].memories.nodes,
    reads: 2,
  },
  'Entity.memories': {
    document: (n) => `{ entities(first: ${n}) { nodes { memories(first: ${n}) { nodes { content } } } } }`,
    items: (data) => data.entities.nodes[0].memories.nodes,
    reads: 2,
    compiled: 1,
  },
  'Memory.relations': {
    document: (n) =>
      `{ memories(first: ${n}, ${hub}) { nodes { relations(first: ${n}) { edges { direction node { type } neighbor { content } } } } } }`,
    items: (data) => data.memories.nodes[0].relations.edges,
    reads: 2,
    compiled: 1,
  },
  'Memory.entities': {
    document: (n) => `{ memories(first: ${n}, ${hub}) { nodes { entities(first: ${n}) { nodes { name } } } } }`,
    items: (data) => data.memories.nodes[0].entities.nodes,
    reads: 2,
  },
  'Memory.similar': {
    document: (n) =>
      `{ memories(first: ${n}, ${hub}) { nodes { similar(first: ${n}) { similarity memory { content } } } } }`,
    items: (data) => data.memories.nodes[0].similar,
    reads: 2,
  },
  // Every fourth day is asked for, and four relations is as far as words spread: each memory is near two of these.
  'RecallExplanation.spreadFrom': {
    document: (n) =>
      `{ recall(input: {query: "${everyFourthDay}", companion: {key: "a"}}, first: ${n}) {
        edges { explanation { spreadFrom { content } } } } }`,
    items: ({ recall }) => recall.edges.filter(({ explanation }: Explained) => explanation.spreadFrom.length > 0),
    reads: 5,
  },
  'Query.webhooks': {
    document: (n) => `{ webhooks(first: ${n}) { nodes { url companion { key } } } }`,
    items: (data) => data.webhooks.nodes,
    // The webhooks, and their companions.
    reads: 2,
  },
  'Webhook.deliveries': {
    document: (n) =>
      `{ webhooks(first: ${n}) { nodes { deliveries(first: ${n}) { nodes { kind status lastError } } } } }`,
    items: (data) => data.webhooks.nodes[0].deliveries.nodes,
    reads: 2,
  },
  'Query.sessions': {
    document: (n) => `{ sessions(first: ${n}) { nodes { externalId client { name } } } }`,
    items: (data) => data.sessions.nodes,
    reads: 1,
  },
  'WorkingMemory.versions': {
    document: (n) => `{ workingMemory(companion: {key: "v"}) { versions(first: ${n}) { nodes { content } } } }`,
    items: (data) => data.workingMemory.versions.nodes,
    // The companion, the working memory, and its versions.
    reads: 3,
  },
};

const inV = () => `companion: {id: "${ids.v}"}, orderBy: {field: IMPORTANCE}`;

/** Lists of what happened and is believed: the most important memory of the companion `v` has 101 of each. */
const beliefFields: typeof listFields = {
  'Query.events': {
    document: (n) => `{ events(first: ${n}) { nodes { kind at memory { content } } } }`,
    items: (data) => data.events.nodes,
    reads: 2,
  },
  'Query.contradictions': {
    document: (n) => `{ contradictions(first: ${n}) { nodes { status memory { content } by { content } } } }`,
    items: (data) => data.contradictions.nodes,
    reads: 2,
  },
  'Memory.contradictions': {
    document: (n) =>
      `{ memories(first: ${n}, ${inV()}) { nodes { contradictions(first: ${n}) { nodes { status by { content confidence } } } } } }`,
    items: (data) => data.memories.nodes[0].contradictions.nodes,
    reads: 3,
  },
  'Query.findings': {
    document: (n) =>
      `{ findings(first: ${n}) { nodes { kind reason memory { content } by { content } contradiction { id } } } }`,
    items: (data) => data.findings.nodes,
    reads: 2,
  },
  'Query.profiles': {
    document: (n) =>
      `{ profiles(companion: {key: "a"}, first: ${n}) { nodes { entity { name } coverage drift isStale } } }`,
    items: (data) => data.profiles.nodes,
    reads: 5,
  },
  'Query.proposals': {
    document: (n) => `{ proposals(first: ${n}) { nodes { kind draft evidence { quote message { text } } } } }`,
    variables: async (n) => {
      await proposed(n);
      return {};
    },
    items: (data) => data.proposals.nodes,
    reads: 3,
  },
  'Memory.findings': {
    document: (n) =>
      `{ memories(first: ${n}, ${inV()}) { nodes { findings(first: ${n}) { nodes { kind by { content } } } } } }`,
    items: (data) => data.memories.nodes[0].findings.nodes,
    reads: 3,
  },
  'Memory.history': {
    document: (n) =>
      `{ memories(first: ${n}, ${inV()}) { nodes { history(first: ${n}) { nodes { kind memory { content } } } } } }`,
    items: (data) => data.memories.nodes[0].history.nodes,
    reads: 3,
  },
  'Memory.versions': {
    document: (n) =>
      `{ memories(first: ${n}, ${inV()}) { nodes { suspect versions(first: ${n}) { nodes { content } } } } }`,
    items: (data) => data.memories.nodes[0].versions.nodes,
    reads: 3,
  },
};

/** Lists of traversals: 100 stones lie around the hub, and each memory of the river is as near to all others. */
const graphFields: typeof listFields = {
  // The starts, a level, the memories, the relations among them, and their entities.
  'Subgraph.memories': {
    document: (n) =>
      `query ($id: ID!) { graph(input: {from: [$id], depth: 1, maxNodes: ${n}}) { memories { depth via { type } memory { content entities { nodes { name } } } } relations { type } } }`,
    variables: () => ({ id: ids.memories[0] }),
    items: (data) => data.graph.memories,
    reads: 5,
  },
  // The start, a level, the memories and the relations: their ends are among the memories.
  'Subgraph.relations': {
    document: (n) =>
      `query ($id: ID!) { graph(input: {from: [$id], depth: 1, types: [REFERENCES], maxNodes: ${n + 1}}) { relations { from { content } to { content } } } }`,
    variables: () => ({ id: ids.memories[0] }),
    items: (data) => data.graph.relations,
    reads: 4,
  },
  // The river itself, and the 99 stones.
  'Entity.related': {
    document: (n) =>
      `{ entities(filter: {name: "river"}) { nodes { name related(first: ${n - 1}) { edges { sharedCount node { name } } } } } }`,
    items: ({ entities: { nodes } }) => [nodes[0].name, ...nodes[0].related.edges],
    reads: 2,
  },
};

const newEntities = (count: number) =>
  Array.from({ length: count }, () => ({ type: 'thing', name: `made ${batches++}`, aliases: [`alias ${batches}`] }));

/** Lists of payloads and failures: what is read after the mutation is one statement a list, as for queries. */
const payloadFields: Record<string, Omit<ListField, 'reads'> & { most?: number }> = {
  'CreateMemoriesPayload.memories': {
    document: () =>
      'mutation ($input: CreateMemoriesInput!) { createMemories(input: $input) { ... on CreateMemoriesPayload { memories { content } } } }',
    variables: (n) => ({ input: newMemories(n) }),
    items: (data) => data.createMemories.memories,
  },
  'CreateMemoryPayload.findings': {
    document: () =>
      `mutation ($input: CreateMemoryInput!) { createMemory(input: $input) { ... on CreateMemoryPayload {
        findings { reason memory { content } by { content } } } } }`,
    variables: async (n) => {
      const { companion, rents } = await raisedRents(Math.min(n, MOST_FINDINGS));
      const content = rents.map(({ name }) => `My rent of ${name} was raised to 950 euros.`).join(' ');
      return { input: { companion, content, type: 'FACT' } };
    },
    items: (data) => data.createMemory.findings,
    most: MOST_FINDINGS,
  },
  'CorrectMemoryPayload.findings': {
    document: () =>
      `mutation ($input: CorrectMemoryInput!) { correctMemory(input: $input) { ... on CorrectMemoryPayload {
        findings { reason memory { content } by { content } } } } }`,
    variables: async (n) => {
      const { companion, rents } = await raisedRents(Math.min(n, MOST_FINDINGS));
      const content = rents.map(({ name }) => `My rent of ${name} was raised to 950 euros.`).join(' ');
      const { memories } = await createMemories(service, {
        companion,
        memories: [{ content: 'The boat is blue', type: 'FACT' }],
      });
      return { input: { id: memories[0]?.id, content } };
    },
    items: (data) => data.correctMemory.findings,
    most: MOST_FINDINGS,
  },
  'AppendMessagesPayload.findings': {
    document: () =>
      `mutation ($input: AppendMessagesInput!) { appendMessages(input: $input) { ... on AppendMessagesPayload {
        findings { reason memory { content } by { content } } } } }`,
    variables: async (n) => {
      const { companion, rents } = await raisedRents(Math.min(n, 10));
      const conversation = { externalId: 'rents' };
      const before = { companion, conversation, messages: [{ role: 'USER', content: 'Hello' }] };
      await service.runUntyped(APPEND, { input: before });
      const messages = rents.map(({ raised }) => ({ role: 'USER', content: raised }));
      return { input: { companion, conversation, messages, detect: 'SUGGEST' } };
    },
    items: ({ appendMessages: { findings } }) => [
      ...new Set(findings.map(({ by }: { by: { content: string } }) => by.content)),
    ],
    // The vectors of more are made later, for which a statement notes them.
    most: 10,
  },
  'CreateMemoriesPayload.findings': {
    document: () =>
      `mutation ($input: CreateMemoriesInput!) { createMemories(input: $input) { ... on CreateMemoriesPayload {
        findings { reason memory { content } by { content } } } } }`,
    variables: async (n) => {
      const { companion, rents } = await raisedRents(n);
      return { input: { companion, memories: rents.map(({ raised }) => ({ content: raised, type: 'FACT' })) } };
    },
    // Each has one at least.
    items: ({ createMemories: { findings } }) => [
      ...new Set(findings.map(({ by }: { by: { content: string } }) => by.content)),
    ],
  },
  ...Object.fromEntries(
    (['findings', 'memories'] as const).map((list) => [
      `JudgeFindingsPayload.${list}`,
      {
        document: () =>
          `mutation ($input: JudgeFindingsInput!) { judgeFindings(input: $input) { ... on JudgeFindingsPayload {
            findings { verdict memory { content } } memories { status } } } }`,
        variables: async (n: number) => ({ input: { ids: await somethingFound(n), verdict: 'SAME' } }),
        // Each has a memory of its own, and the newer one.
        items: ({ judgeFindings }) =>
          judgeFindings[list].slice(list === 'memories' ? judgeFindings.findings.length : 0),
      } satisfies Omit<ListField, 'reads'>,
    ]),
  ),
  ...Object.fromEntries(
    (['proposals', 'memories'] as const).map((list) => [
      `DecideProposalsPayload.${list}`,
      {
        document: () =>
          `mutation ($input: DecideProposalsInput!) { decideProposals(input: $input) { ... on DecideProposalsPayload {
            proposals { status evidence { quote } } memories { content } } } }`,
        variables: async (n: number) => ({ input: { acceptIds: await proposed(n) } }),
        items: ({ decideProposals }) => decideProposals[list],
      } satisfies Omit<ListField, 'reads'>,
    ]),
  ),
  'UpsertEntitiesPayload.entities': {
    document: () =>
      'mutation ($input: UpsertEntitiesInput!) { upsertEntities(input: $input) { ... on UpsertEntitiesPayload { entities { name } } } }',
    variables: (n) => ({ input: { companion: { key: 'v' }, entities: newEntities(n) } }),
    items: (data) => data.upsertEntities.entities,
  },
  'UpsertEntitiesPayload.createdIds': {
    document: () =>
      'mutation ($input: UpsertEntitiesInput!) { upsertEntities(input: $input) { ... on UpsertEntitiesPayload { createdIds } } }',
    variables: (n) => ({ input: { companion: { key: 'v' }, entities: newEntities(n) } }),
    items: (data) => data.upsertEntities.createdIds,
  },
  'DeleteEntitiesPayload.deletedIds': {
    document: () =>
      'mutation ($ids: [ID!]!) { deleteEntities(input: {ids: $ids}) { ... on DeleteEntitiesPayload { deletedIds } } }',
    variables: async (n) => {
      const { upsertEntities } = await service.runUntyped(
        'mutation ($entities: [NewEntity!]!) { upsertEntities(input: {companion: {key: "v"}, entities: $entities}) { ... on UpsertEntitiesPayload { createdIds } } }',
        { entities: newEntities(n) },
      );
      return { ids: upsertEntities.createdIds };
    },
    items: (data) => data.deleteEntities.deletedIds,
  },
  'CreateMemoriesPayload.duplicateIds': {
    document: () =>
      'mutation ($input: CreateMemoriesInput!) { createMemories(input: $input) { ... on CreateMemoriesPayload { duplicateIds } } }',
    variables: async (n) => {
      const input = newMemories(n);
      await createMemories(service, input);
      return { input };
    },
    items: (data) => data.createMemories.duplicateIds,
  },
  'CreateMemoriesPayload.duplicates': {
    document: () =>
      'mutation ($input: CreateMemoriesInput!) { createMemories(input: $input) { ... on CreateMemoriesPayload { duplicates { memoryId merged } } } }',
    variables: async (n) => {
      const input = newMemories(n);
      await createMemories(service, input);
      const entities = [{ name: `entity ${batches}`, type: 'thing' }];
      const brings = { summary: 'short', validUntil: '2090-01-01T00:00:00Z', entities };
      return { input: { ...input, memories: input.memories.map((memory) => ({ ...memory, ...brings })) } };
    },
    items: (data) => data.createMemories.duplicates,
  },
  'CreateMemoriesPayload.relations': {
    document: () =>
      'mutation ($input: CreateMemoriesInput!) { createMemories(input: $input) { ... on CreateMemoriesPayload { relations { type from { content } to { content } } } } }',
    variables: (n) => {
      const input = newMemories(n + 1);
      const relations = input.memories
        .slice(1)
        .map(({ ref }, index) => ({ from: { ref }, to: { ref: `${index}` }, type: 'CAUSES' }));
      return { input: { ...input, relations } };
    },
    items: (data) => data.createMemories.relations,
  },
  'CreateMemoriesPayload.contradictions': {
    document: () =>
      'mutation ($input: CreateMemoriesInput!) { createMemories(input: $input) { ... on CreateMemoriesPayload { contradictions { memory { content } by { content } } } } }',
    variables: (n) => {
      const input = newMemories(2 * n);
      const memories = input.memories.map((memory, index) => ({
        ...memory,
        slot: `slot ${batches} ${index % n}`,
        validFrom: '2026-01-01T00:00:00Z',
      }));
      return { input: { ...input, memories } };
    },
    items: (data) => data.createMemories.contradictions,
  },
  'CycleError.memories': {
    document: () =>
      'mutation ($input: RelateMemoriesInput!) { relateMemories(input: $input) { ... on CycleError { memories { content } } } }',
    variables: async (n) => {
      const input = newMemories(n + 1);
      const relations = Array.from({ length: n }, (_, index) => ({
        from: { ref: `${index}` },
        to: { ref: `${index + 1}` },
        type: 'CAUSES',
      }));
      const { memories } = await createMemories(service, { ...input, relations });
      return { input: { fromId: memories.at(-1)?.id, toId: memories[0]?.id, type: 'CAUSES' } };
    },
    items: (data) => data.relateMemories.memories.slice(1),
  },
  'ArchiveMemoriesPayload.memories': {
    document: () =>
      'mutation ($ids: [ID!]!) { archiveMemories(input: {ids: $ids}) { ... on ArchiveMemoriesPayload { memories { content } } } }',
    variables: someMemories,
    items: (data) => data.archiveMemories.memories,
  },
  'RestoreMemoriesPayload.memories': {
    document: () =>
      'mutation ($ids: [ID!]!) { restoreMemories(input: {ids: $ids}) { ... on RestoreMemoriesPayload { memories { content } } } }',
    variables: async (n) => {
      const variables = await someMemories(n);
      await service.run('mutation ($ids: [ID!]!) { archiveMemories(input: {ids: $ids}) { __typename } }', variables);
      return variables;
    },
    items: (data) => data.restoreMemories.memories,
  },
  'ReinforceMemoriesPayload.memories': {
    document: () =>
      'mutation ($ids: [ID!]!) { reinforceMemories(input: {ids: $ids}) { ... on ReinforceMemoriesPayload { memories { importance } } } }',
    variables: someMemories,
    items: (data) => data.reinforceMemories.memories,
  },
  'ReinforceMemoriesPayload.clampedIds': {
    document: () =>
      'mutation ($ids: [ID!]!) { reinforceMemories(input: {ids: $ids, delta: -9}) { ... on ReinforceMemoriesPayload { clampedIds } } }',
    variables: someMemories,
    items: (data) => data.reinforceMemories.clampedIds,
  },
  'DecayReport.archivedMemories': {
    document: () =>
      'mutation ($types: [MemoryType!]) { decayImportance(input: {companion: {key: "z"}, types: $types}) { ... on DecayImportancePayload { report { archivedMemories { content } } } } }',
    variables: async (n) => {
      const input = newMemories(n);
      await createMemories(service, {
        ...input,
        memories: input.memories.map((memory) => ({ ...memory, type: 'REFLECTION', importance: 1 })),
      });
      return { types: ['REFLECTION'] };
    },
    items: (data) => data.decayImportance.report.archivedMemories,
  },
  'RetryDeliveriesPayload.deliveries': {
    document: () =>
      `mutation ($webhook: ID!, $ids: [ID!]!) { retryDeliveries(input: {webhookId: $webhook, ids: $ids}) {
        ... on RetryDeliveriesPayload { deliveries { kind status } } } }`,
    variables: async (n) => {
      await asSuperuser(await database(), (connection) =>
        connection.script('update webhook_deliveries set state = 2, settled_at = now() where settled_at is null'),
      );
      const { node } = await service.runUntyped(
        'query ($id: ID!, $n: Int) { node(id: $id) { ... on Webhook { deliveries(first: $n) { nodes { id } } } } }',
        { id: webhook, n },
      );
      return { webhook, ids: node.deliveries.nodes.map(({ id }: { id: string }) => id) };
    },
    items: (data) => data.retryDeliveries.deliveries,
  },
  'AppendMessagesPayload.messages': {
    document: () => APPEND,
    variables: moreMessages,
    items: (data) => data.appendMessages.messages.filter(isOfUser),
  },
  'AppendMessagesPayload.memories': {
    document: () => APPEND,
    variables: moreMessages,
    items: (data) => data.appendMessages.memories,
  },
  'AppendMessagesPayload.skippedIds': {
    document: () => APPEND,
    variables: (n) => moreMessages(n, 'no memory holds U+0000: \0'),
    items: (data) => data.appendMessages.skippedIds,
  },
  'ReplaceMessagesPayload.messages': {
    document: () =>
      `mutation ($input: ReplaceMessagesInput!) { replaceMessages(input: $input) { ... on ReplaceMessagesPayload {
        messages { role text } } } }`,
    variables: async (n) => {
      const { ids, conversation } = await said(1, 'NONE');
      const { messages } = newMessages(n);
      return { input: { conversation, expectedIds: ids, messages } };
    },
    items: (data) => data.replaceMessages.messages.filter(isOfUser),
  },
  'RememberMessagesPayload.messages': {
    document: () => REMEMBER,
    variables: unremembered,
    items: (data) => data.rememberMessages.messages,
  },
  'RememberMessagesPayload.memories': {
    document: () => REMEMBER,
    variables: unremembered,
    items: (data) => data.rememberMessages.memories,
  },
  'RememberMessagesPayload.skippedIds': {
    document: () => REMEMBER,
    variables: (n) => unremembered(n, ' '),
    items: (data) => data.rememberMessages.skippedIds,
  },
  'DeleteMessagesPayload.deletedIds': {
    document: () => DELETE,
    variables: unremembered,
    items: (data) => data.deleteMessages.deletedIds,
  },
  'DeleteMessagesPayload.forgottenIds': {
    document: () => DELETE,
    variables: async (n) => ({ ids: (await said(n, 'TURNS')).ids }),
    items: (data) => data.deleteMessages.forgottenIds,
  },
  'ForgetMemoriesPayload.forgottenIds': {
    document: () =>
      'mutation ($ids: [ID!]!) { forgetMemories(input: {ids: $ids}) { ... on ForgetMemoriesPayload { forgottenIds } } }',
    variables: someMemories,
    items: (data) => data.forgetMemories.forgottenIds,
  },
};

/** A profile, and how it is asked for: see `known`. */
const knownFields = Object.fromEntries(
  Object.entries({
    'Profile.slots': { fields: 'slots { content }', items: ({ slots }: Known) => slots, most: 100 },
    'Profile.topics': { fields: 'topics { title }', items: ({ topics }: Known) => topics, most: 12 },
    'ProfileTopic.memories': {
      fields: 'topics { memories { content } }',
      items: ({ topics }: Known) => topics[0]?.memories ?? [],
      most: 6,
    },
  }).map(([name, { fields, items, most }]) => [
    name,
    {
      document: () => `query ($companion: CompanionRef!) { profile(companion: $companion) { ${fields} } }`,
      variables: known,
      // biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
      items: ({ profile }: any) => items(profile),
      most,
    },
  ]),
);

/** Lists that come with the object they belong to, are as long as a path, or are one statement of five rows. */
const withoutStatements = new Set([
  'MemoryPath.memories',
  // They are made in batches: see below.
  'ConsolidatePayload.created',
  'ConsolidatePayload.profiles',
  // Each is opened and settled on its time lines: see below.
  'JudgeFindingsPayload.contradictions',
  // A chat model is asked in between: see answer.test.ts and proposals-extract.test.ts.
  'Answer.citations',
  'ExtractMemoriesPayload.memories',
  'ExtractMemoriesPayload.proposals',
  // As of createMemories.
  'DecideProposalsPayload.findings',
  'Proposal.evidence',
  'Context.sections',
  'MemoryPath.relations',
  'Entity.aliases',
  'Message.toolCalls',
  'ImportanceHistogram.bands',
  'RecallExplanation.cues',
  'RecallExplanation.matchedTerms',
  'RecallExplanation.terms',
  'Workspace.decayPolicies',
  'Viewer.scopes',
  'Webhook.kinds',
  'CreateMemoryPayload.ignored',
  'CreateMemoryPayload.merged',
  'DuplicateMemory.ignored',
  'DuplicateMemory.merged',
  'InvalidInputError.issues',
  'InputIssue.path',
  'NotFoundError.ids',
]);

function isOfUser({ role }: { role: string }): boolean {
  return role === 'USER';
}

const APPEND = `mutation ($input: AppendMessagesInput!) { appendMessages(input: $input) { ... on AppendMessagesPayload {
  conversation { messageCount } messages { role text } memories { content } skippedIds } } }`;
const REMEMBER = `mutation ($ids: [ID!]!) { rememberMessages(input: {ids: $ids}) { ... on RememberMessagesPayload {
  messages { text } memories { content } skippedIds } } }`;
const DELETE = `mutation ($ids: [ID!]!) { deleteMessages(input: {ids: $ids}) { ... on DeleteMessagesPayload {
  deletedIds forgottenIds } } }`;

let batches = 0;

const letters = (n: number) => [...String(n)].map((digit) => 'bcdfghjklm'[Number(digit)]).join('a');

/** A companion that knows so many rents, each of a place of its own, and what says that they were raised. */
async function raisedRents(n: number) {
  batches++;
  const companion = { key: `renting ${batches}` };
  const rents = Array.from({ length: n }, (_, index) => `Vila${letters(batches)}${letters(index)}`).map((name) => ({
    name,
    rent: `My rent of ${name} is 900 euros.`,
    raised: `My rent of ${name} was raised to 950 euros.`,
  }));
  await createMemories(service, { companion, memories: rents.map(({ rent }) => ({ content: rent, type: 'FACT' })) });
  return { companion, rents };
}

interface Known {
  slots: unknown[];
  topics: { memories: unknown[] }[];
}

/** A companion with a profile, so many slots and topics, of which the first quotes as many memories as are shown of one. */
async function known(n: number) {
  batches++;
  const companion = { key: `known ${batches}` };
  const { memories } = await createMemories(service, {
    companion,
    memories: [
      ...Array.from({ length: n }, (_, index) => ({ content: `Kept ${index}`, type: 'FACT', slot: `slot ${index}` })),
      ...Array.from({ length: n + 1 }, (_, index) => ({ content: `In short ${index}`, type: 'FACT' })),
      ...Array.from({ length: n + 6 }, (_, index) => ({ content: `Told ${index}`, type: 'FACT' })),
    ],
  });
  const ids = memories.map(({ id }) => id);
  const [[profile = '', ...topics], sources] = [ids.slice(n, 2 * n + 1), ids.slice(2 * n + 1)];
  await noteSummaries(await database(), [
    { kind: 'PROFILE', summary: profile, sources: [] },
    ...topics.map((summary, at) => ({
      kind: 'TOPIC' as const,
      summary,
      sources: at === 0 ? sources.slice(0, Math.min(n, 6)) : sources.slice(at + 5, at + 6),
    })),
  ]);
  await noteProfiles(await database(), [{ summary: profile }]);
  return { companion };
}

/** So many proposals of new memories. */
async function proposed(n: number): Promise<string[]> {
  const { ids } = await said(n, 'NONE');
  batches++;
  return proposeRows(
    (await service.tenant()).database,
    ids.map((message, index) => ({ message, kind: 'MEMORY', text: `Vila${letters(batches)}${letters(index)}` })),
  );
}

/** So many findings of new memories. */
async function somethingFound(n: number): Promise<string[]> {
  const { memories } = await createMemories(service, newMemories(2 * n));
  const ids = memories.map(({ id }) => id);
  return noticePairs(
    await database(),
    ids
      .slice(0, n)
      .map((memory, at) => ({ memory, by: ids[n + at] as string, kind: 'SAME', score: 0.9, text: 'the same' })),
  );
}

/**
 * Messages of a conversation of their own, each with another text. Behind them come as many others as get their vectors at
 * once, so that none of these does.
 */
function newMessages(n: number, text = '') {
  batches++;
  const told = Array.from({ length: 10 }, (_, index) => ({ role: 'TOOL', content: `Told ${index}` }));
  const said = Array.from({ length: n }, (_, index) => ({
    role: 'USER',
    externalId: `${index}`,
    content: text || `Talk ${batches}, message ${index}`,
  }));
  return { companion: { key: 'z' }, conversation: { externalId: `talk ${batches}` }, messages: [...said, ...told] };
}

/** The same, in a conversation that has a remembered message already: what is remembered follows it. */
async function moreMessages(n: number, text = '') {
  const input = newMessages(n, text);
  const before = { ...input, messages: [{ role: 'USER', content: `Before ${batches}` }] };
  await service.runUntyped('mutation ($input: AppendMessagesInput!) { appendMessages(input: $input) { __typename } }', {
    input: before,
  });
  return { input };
}

/** Such messages, in the conversation. */
async function said(n: number, remember: string, text = '') {
  const { input } = await moreMessages(n, text);
  const { appendMessages } = await service.runUntyped(
    `mutation ($input: AppendMessagesInput!) { appendMessages(input: $input) { ... on AppendMessagesPayload {
      conversation { id } messages { id } } } }`,
    { input: { ...input, messages: input.messages.slice(0, n), remember } },
  );
  const ids: string[] = appendMessages.messages.map(({ id }: { id: string }) => id);
  return { ids, conversation: { id: appendMessages.conversation.id as string } };
}

async function unremembered(n: number, text = ''): Promise<{ ids: string[] }> {
  const { ids } = await said(n, 'NONE', text);
  return { ids };
}

/** A batch of memories that nothing is like, each named by its index. */
function newMemories(n: number) {
  batches++;
  return {
    companion: { key: 'z' },
    memories: Array.from({ length: n }, (_, index) => ({
      ref: `${index}`,
      content: `Batch ${batches}, memory ${index}`,
      type: 'FACT',
      entities: [{ name: `thing ${batches} ${index}`, type: 'thing' }],
    })),
  };
}

/** A companion with twice so many memories, of which the newer half makes the older one doubtful. */
async function somethingDoubted(n: number): Promise<{ key: string }> {
  batches++;
  const companion = { key: `doubting ${batches}` };
  const contents = Array.from({ length: 2 * n }, (_, index) => (index < n ? `Lamp ${index}` : `Answer ${index}`));
  const { memories } = await createMemories(service, {
    companion,
    memories: contents.map((content) => ({ content, type: 'EXPERIENCE' })),
  });
  const ids = memories.map(({ id }) => id);
  const doubt = (memory: string, at: number) =>
    ({ memory, by: ids[n + at] as string, kind: 'UPDATE', score: 0.9, text: 'lamp' }) as const;
  await noticePairs(await database(), ids.slice(0, n).map(doubt));
  return companion;
}

/** A companion with so many memories, answers of slots and remembered messages. */
async function somethingToKnow(n: number): Promise<{ key: string }> {
  batches++;
  const companion = { key: `knowing ${batches}` };
  await createMemories(service, {
    companion,
    memories: Array.from({ length: 2 * n }, (_, index) => ({
      content: index < n ? `Lamp ${index}` : `Answer ${index}`,
      type: 'FACT',
      ...(index >= n && { slot: `slot ${index}` }),
    })),
  });
  await service.runUntyped(
    `mutation ($companion: CompanionRef!, $messages: [NewMessage!]!) {
      appendMessages(input: {companion: $companion, conversation: {externalId: "talk"}, messages: $messages}) { __typename } }`,
    { companion, messages: Array.from({ length: n }, (_, index) => ({ role: 'USER', content: `Said ${index}` })) },
  );
  return companion;
}

test('a context takes as many statements however much there is to say', async () => {
  const document = `query ($key: String!) {
    context(input: {companion: {key: $key}, conversation: {externalId: "talk"}, query: "lamp", maxTokens: 100000}) {
      text sections { memories { content } messages { text } } } }`;
  for (const n of widths) {
    const given = await somethingToKnow(n);
    const { context } = await service.runUntyped(document, given);
    const shown = context.sections.flatMap((section: { memories: []; messages: [] }) => [
      ...section.memories,
      ...section.messages,
    ]);
    expect(shown).toHaveLength(3 * n);
    // For whom; working memory, the profile, slots, messages and the three of recall; what messages became, what is suspect
    // or possibly out of date; and the memories and messages themselves.
    expect(await service.countStatements(document, given), `statements at width ${n}`).toBe(FRAME + 13);
  }
});

async function someMemories(n: number): Promise<{ ids: string[] }> {
  const { memories } = await createMemories(service, newMemories(n));
  return { ids: memories.map(({ id }) => id) };
}

describe('a list costs the same however long it is', () => {
  test.each(Object.entries({ ...listFields, ...beliefFields, ...graphFields }))(
    '%s',
    async (_name, { document, variables, items, reads, compiled = reads }) => {
      for (const n of widths) {
        const given = (await variables?.(n)) ?? {};
        expect(items(await service.run(document(n), given)), `the list at width ${n}`).toHaveLength(n);
        expect(await bothCounts(document(n), given), `statements at width ${n}`).toEqual([
          FRAME + reads,
          FRAME + compiled,
        ]);
      }
    },
  );

  test.each(Object.entries({ ...payloadFields, ...knownFields }))(
    '%s',
    async (_name, { document, variables, items, most = 1_000 }) => {
      const counts: number[] = [];
      for (const n of widths) {
        expect(items(await service.run(document(n), await variables?.(n))), `the list at width ${n}`).toHaveLength(
          Math.min(n, most),
        );
        counts.push(await service.countStatements(document(n), await variables?.(n)));
      }
      expect(new Set(counts).size, `statements at widths ${widths}: ${counts}`).toBe(1);
    },
  );

  test('and no list of the schema has been left out above', () => {
    const returnsList = ({ type }: GraphQLField<unknown, unknown>) =>
      isListType(isNonNullType(type) ? type.ofType : type) || getNamedType(type).name.endsWith('Connection');
    const found = Object.values(schema.getTypeMap())
      .filter((type) => (isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith('__'))
      .filter(({ name }) => !name.endsWith('Connection'))
      .flatMap((type) =>
        Object.values((isObjectType(type) || isInterfaceType(type) ? type : schema.getQueryType())?.getFields() ?? {})
          .filter(returnsList)
          .map((field) => `${type.name}.${field.name}`),
      );
    expect(new Set(found)).toEqual(
      new Set([
        ...Object.keys(listFields),
        ...Object.keys(beliefFields),
        ...Object.keys(graphFields),
        ...Object.keys(payloadFields),
        ...Object.keys(knownFields),
        ...withoutStatements,
      ]),
    );
  });
});

test.each([
  ['RECORDED_AT', 1],
  ['VALID_FROM', 1],
  ['IMPORTANCE', 2],
  ['CONFIDENCE', 2],
])('a companion named by its key is looked up first where no index gives the order: %s', async (field, reads) => {
  for (const n of widths) {
    const document = `{ memories(companion: {key: "a"}, orderBy: {field: ${field}}, first: ${n}) { nodes { content } } }`;
    expect(await service.countStatements(document)).toBe(FRAME + reads);
  }
});

describe('a document costs what its depth says', () => {
  const deep = (n: number, count = '') => `{
    memories(first: ${n}, ${hub}) { ${count} edges { node { id content
      relations(first: 5) { ${count} edges { neighbor { id content
        relations(first: 5) { ${count} edges { neighbor { id content
          entities { ${count} nodes { name } } } } } } } } } } } }`;

  test.each(widths)('four levels of lists are four statements, at any width: %i', async (n) => {
    const { memories } = await service.runUntyped(deep(n));
    expect(memories.edges).toHaveLength(n);
    expect(
      memories.edges.at(-1).node.relations.edges[0].neighbor.relations.edges[0].neighbor.entities.nodes,
    ).not.toEqual([]);
    expect(await service.countStatements(deep(n))).toBe(FRAME + 4);
  });

  test.each(widths)('counting is one more a level: %i', async (n) => {
    expect(await service.countStatements(deep(n, 'totalCount'))).toBe(FRAME + 4 + 4);
  });

  test('page two costs what page one does', async () => {
    const { memories } = await service.run(
      '{ memories { pageInfo { endCursor } nodes { relations(first: 2) { pageInfo { endCursor } } } } }',
    );
    const document = `query ($outer: String, $inner: String) {
      memories(after: $outer) { totalCount nodes { relations(first: 2, after: $inner) { totalCount nodes { id } } } } }`;
    const cursors = {
      outer: memories.pageInfo.endCursor,
      inner: memories.nodes[0]?.relations.pageInfo.endCursor,
    };
    expect(await bothCounts(document)).toEqual([FRAME + 4, FRAME + 2]);
    expect(await bothCounts(document, cursors)).toEqual([FRAME + 4, FRAME + 2]);
  });

  test('but of a recall, which need not count its terms again: one less, at any width', async () => {
    const document = `query ($first: Int!, $after: String) {
      recall(input: {query: "river", companion: {key: "a"}}, first: $first, after: $after) {
        pageInfo { endCursor } nodes { id } } }`;
    const { recall } = await service.run(document, { first: 1 });
    for (const first of widths) {
      const page = { first, after: recall.pageInfo.endCursor };
      expect((await service.run(document, page)).recall.nodes).toHaveLength(Math.min(first, 99));
      expect(await service.countStatements(document, page)).toBe(FRAME + 2);
    }
  });

  test('and of one that lists long contents, which are read for the page: one more, however many there are', async () => {
    const contents = Array.from({ length: 12 }, (_, n) =>
      `The lantern ${n}. ${'Nothing else was said. '.repeat(20)}`.trim(),
    );
    await createMemories(service, {
      companion: { key: 'talker' },
      memories: contents.map((content) => ({ content, type: 'EXPERIENCE' })),
    });
    const document = `query ($first: Int!) {
      recall(input: {query: "lantern", companion: {key: "talker"}}, first: $first) { nodes { content } } }`;
    for (const first of [1, 10]) {
      const { nodes } = (await service.run(document, { first })).recall;
      expect(contents).toEqual(expect.arrayContaining(nodes.map(({ content }) => content)));
      expect(nodes).toHaveLength(first);
      expect(await service.countStatements(document, { first })).toBe(FRAME + 5);
    }
  });

  test('a recall that has followed all postings does not look again, however little it has found', async () => {
    const document =
      '{ recall(input: {query: "version 7", companion: {key: "v"}, mode: LEXICAL}, first: 100) { nodes { id } } }';
    expect((await service.run(document)).recall.nodes.length).toBeLessThan(100);
    expect(await service.countStatements(document)).toBe(FRAME + 4);
  });

  test('so does the past', async () => {
    const at = `at: {knownAt: "${new Date().toISOString()}"}`;
    expect(await service.countStatements(deep(100).replace('memories(', `memories(${at}, `))).toBe(FRAME + 4);
  });

  test.each([
    [
      'the companion and the user of every memory',
      'nodes { companion { name key } user { externalId metadata } }',
      2,
      0,
    ],
    ['a companion on two ways', 'nodes { companion { key } } edges { node { companion { name } } }', 1, 0],
    ['importance at another moment', 'nodes { importance(on: "2024-01-01T00:00:00Z") }', 1, 1],
    [
      'both ends of every relation',
      'nodes { relations(first: 5) { nodes { from { content } to { content } } } }',
      2,
      0,
    ],
    ['the companion of every entity', 'nodes { entities(first: 5) { nodes { companion { key } } } }', 2, 2],
  ])('%s is read at once', async (_what, selection, more, compiled) => {
    for (const n of widths) {
      expect(await bothCounts(`{ memories(first: ${n}, ${hub}) { ${selection} } }`)).toEqual([
        FRAME + 1 + more,
        FRAME + 1 + compiled,
      ]);
    }
  });

  test.each(widths)(
    'compiled, levels of lists are one statement, at any width, and counts within are none: %i',
    async (n) => {
      const nested = (count: string) => `{ memories(first: ${n}, ${hub}) { edges { node { id companion { key }
      relations(first: 5) { ${count} edges { neighbor { id content user { externalId }
        relations(first: 5) { ${count} edges { neighbor { id versions(first: 3) { ${count} nodes { content } } } } } } } } } } } }`;
      for (const count of ['', 'totalCount']) {
        expect(await service.countStatements(nested(count))).toBe(FRAME + 1);
      }
      expect(
        await service.countStatements(
          `{ a: memories(first: ${n}) { totalCount nodes { id } } b: memory(id: "${ids.memories[0]}") { id } }`,
        ),
      ).toBe(FRAME + 3);
    },
  );

  test('what @include and @skip leave out costs nothing, compiled or not', async () => {
    const document = `query ($with: Boolean!) { memories(first: 3, ${hub}) {
      totalCount @include(if: $with) nodes { content relations(first: 2) @skip(if: $with) { nodes { type } } } } }`;
    expect(await bothCounts(document, { with: false })).toEqual([FRAME + 2, FRAME + 1]);
    expect(await bothCounts(document, { with: true })).toEqual([FRAME + 2, FRAME + 2]);
  });

  test('one memory with what it mentions, an entity with its memories, and a message are one statement each', async () => {
    const [memory] = ids.memories;
    const [entity] = ids.entities;
    const entities =
      'entities(first: 5) { totalCount nodes { name companion { key } memories(first: 3) { totalCount nodes { content } } } }';
    expect(await bothCounts(`{ memory(id: "${memory}") { ${entities} } }`)).toEqual([FRAME + 6, FRAME + 1]);
    const memories = 'memories(first: 3) { totalCount nodes { content relations(first: 2) { nodes { type } } } }';
    expect(await bothCounts(`{ node(id: "${entity}") { ... on Entity { name ${memories} } } }`)).toEqual([
      FRAME + 4,
      FRAME + 1,
    ]);
    const { messages } = await service.runUntyped(
      '{ messages(companion: {key: "talker"}, externalIds: ["said 7"]) { id } }',
    );
    expect(
      await bothCounts(`{ message(id: "${messages[0].id}") { text memory { content } conversation { title } } }`),
    ).toEqual([FRAME + 3, FRAME + 1]);
  });

  test('what many share is asked for once', async () => {
    const document = `{ memories(first: 100) { nodes { companion { key } relations(first: 5) { edges { neighbor { companion { key } } } } } } }`;
    const sent = (await service.plain.statementsOf(document)).find((text) => text.includes('from "companions"'));
    // There are two companions.
    expect(sent).toMatch(/in \(\(\$1, \$2\), \(\$3, \$4\)\)$/);
  });

  test('a document that asks no row sends nothing', async () => {
    expect(await service.countStatements('{ __typename viewer { scopes } }')).toBe(0);
  });
});

describe('a batch is written in a number of statements that does not depend on its size', () => {
  const CREATE = `mutation ($input: CreateMemoriesInput!) { createMemories(input: $input) {
    __typename
    ... on CreateMemoriesPayload { memories { content } relations { id } } } }`;

  /** Memories of known and new users that mention known and new entities, joined among themselves and to the hub. */
  const batch = (n: number, doFollow: boolean) => {
    const { memories } = newMemories(n);
    return {
      input: {
        companion: { key: 'a' },
        memories: memories.map((memory, index) => ({
          ...memory,
          user: { externalId: index % 2 ? 'u000' : `new ${memory.content}` },
          entities: [...memory.entities, { name: 'river', type: 'place' }],
        })),
        relations: memories.flatMap(({ ref }, index) => [
          { from: { ref }, to: { id: ids.memories[0] }, type: 'REFERENCES' },
          { from: { ref }, to: { id: ids.memories[1] }, type: 'CAUSES' },
          ...(index > 0
            ? [{ from: { ref }, to: { ref: `${index - 1}` }, type: doFollow ? 'FOLLOWS' : 'ELABORATES' }]
            : []),
        ]),
      },
    };
  };

  /** The statements of a batch of each size. */
  const countsOf = async (sizes: readonly number[], doFollow: boolean): Promise<number[]> => {
    const counts: number[] = [];
    for (const n of sizes) {
      const before = await service.run('{ memories { totalCount } }');
      counts.push(await service.countStatements(CREATE, batch(n, doFollow)));
      const after = await service.run('{ memories { totalCount } }');
      expect(after.memories.totalCount - before.memories.totalCount).toBe(n);
    }
    return counts;
  };

  test('one memory or a thousand: from 250 on their plans are made again, by one more', async () => {
    const [one, two, many] = (await countsOf([1, 2, 1000], false)) as [number, number, number];
    expect([two, many]).toEqual([one, one + 1]);
  });

  test('two memories that follow each other or a thousand: three more, for what lies around them', async () => {
    const [alone] = (await countsOf([2], false)) as [number];
    expect(await countsOf([2, 1000], true)).toEqual([alone + 3, alone + 3 + 1]);
  });
});

describe('summaries are made in batches, each of a number of statements that does not depend on how many it makes', () => {
  const document = `mutation ($companion: CompanionRef!) { consolidate(input: { companion: $companion }) {
    ... on ConsolidatePayload { clusterCount created { content } profiles { coverage isStale summary { content } } } } }`;
  // Each topic has words of its own, so that nothing else is alike, whatever the places are called.
  const themes = ['violin', 'glacier', 'bakery', 'telescope', 'beehive', 'tramway', 'chess', 'orchard', 'submarine'];
  const told = ['needs care', 'costs a lot', 'is looked after by many people', 'pleases everybody who comes'];

  /** A companion that remembers so much of so many places. */
  async function manyTopics(n: number) {
    batches++;
    const companion = { key: `topics ${batches}` };
    const places = Array.from({ length: n }, (_, index) => `Vila${letters(batches)}${letters(index)}`);
    await createMemories(service, {
      companion,
      detect: 'OFF',
      memories: places.flatMap((name, index) =>
        told.map((what) => ({
          content: `The ${themes[index]} of ${name}, the best ${themes[index]} there is, ${what}.`,
          type: 'FACT',
          entities: [{ name, type: 'place' }],
        })),
      ),
    });
    return { companion };
  }

  test('one batch of topics and one of profiles', async () => {
    const counts: number[] = [];
    for (const n of [2, 5, 9]) {
      const { consolidate } = await service.runUntyped(document, await manyTopics(n));
      expect(consolidate).toMatchObject({ clusterCount: n });
      expect(consolidate.created).toHaveLength(2 * n + 1);
      expect(consolidate.profiles).toHaveLength(n + 1);
      counts.push(await service.countStatements(document, await manyTopics(n)));
    }
    expect(new Set(counts).size, `${counts}`).toBe(1);
  });

  test('a run after which nothing has changed', async () => {
    const counts: number[] = [];
    for (const n of [2, 5, 9]) {
      const given = await manyTopics(n);
      await service.run(document, given);
      counts.push(await service.countStatements(document, given));
    }
    expect(new Set(counts).size, `${counts}`).toBe(1);
  });
});

describe('findings are judged in a number of statements that does not depend on how many there are', () => {
  const JUDGE = `mutation ($ids: [ID!]!, $verdict: Verdict!) {
    judgeFindings(input: { ids: $ids, verdict: $verdict }) { __typename } }`;
  const count = async (n: number, verdict: string) =>
    service.countStatements(JUDGE, { ids: await somethingFound(n), verdict });

  test.each(['SAME', 'UNRELATED'])('%s', async (verdict) => {
    const counts = [await count(1, verdict), await count(10, verdict), await count(100, verdict)];
    expect(new Set(counts).size, `statements: ${counts}`).toBe(1);
  });

  test.each(['CONTRADICTS'])('%s: and besides what opening a contradiction takes, for each', async (verdict) => {
    const [one, two, three] = [await count(1, verdict), await count(2, verdict), await count(3, verdict)];
    const before = await somethingFound(1);
    const { findings } = await service.runUntyped(
      'query ($id: ID!) { findings: node(id: $id) { ... on Finding { memory { id } by { id } } } }',
      { id: before[0] },
    );
    const alone = await service.countStatements(
      'mutation ($id: ID!, $by: ID!) { contradictMemory(input: { id: $id, by: { memoryId: $by } }) { __typename } }',
      { id: findings.memory.id, by: findings.by.id },
    );
    expect([two - one, three - two]).toEqual([expect.any(Number), two - one]);
    expect(two - one).toBeLessThanOrEqual(alone - FRAME);
  });
});

describe('columns nobody asked for are not fetched', () => {
  const large = ['content', 'summary', 'context'];

  /**
   * The columns of memories that a document's statements fetch: by the names these give them where the executor answers,
   * and by their own where it is compiled. Both ways fetch the same.
   */
  const fetched = async (document: string) => {
    const plain = (await service.plain.statementsOf(document)).flatMap((text) => [
      ...text.matchAll(/ as "(?:m\.)?([a-z]+)"/gi),
    ]);
    const names = new Set(plain.map(([, name]) => name));
    const compiledNames = new Set(
      (await service.statementsOf(document)).flatMap((text) =>
        [...text.matchAll(text.includes('json_build_array') ? /\bm\.([a-z]+)\b/g : / as "(?:m\.)?([a-z]+)"/gi)].map(
          ([, name]) => name,
        ),
      ),
    );
    for (const column of large) expect(compiledNames.has(column)).toBe(names.has(column));
    return names;
  };
  test('ids and neighbours without content', async () => {
    const names = await fetched(`{ memories(first: 3) { totalCount nodes { id validFrom
      relations(first: 3) { edges { neighbor { id status } } }
      entities(first: 3) { nodes { name memories(first: 3) { nodes { type } } } } } } }`);
    expect(names).toContain('validFrom');
    expect(names).toContain('status');
    for (const column of large) expect(names).not.toContain(column);
  });

  test('not for a single memory either, nor for what recall found', async () => {
    const [id] = ids.memories;
    const names = await fetched(`{ memory(id: "${id}") { id } node(id: "${id}") { ... on Memory { type } }
      recall(input: {query: "river", companion: {key: "a"}}) { nodes { confidence } } }`);
    expect(names).toContain('confidence');
    for (const column of large) expect(names).not.toContain(column);
  });

  test('what is asked is, in fragments and under aliases too', async () => {
    const names =
      await fetched(`{ memories(first: 3) { nodes { ...Text relations(first: 1) { edges { far: neighbor { note: context } } } } } }
      fragment Text on Memory { ... on Node { ... on Memory { said: content summary } } }`);
    for (const column of large) expect(names).toContain(column);
  });

  test('vectors never', async () => {
    const texts = await service.statementsOf(deepest);
    expect(texts.length).toBeGreaterThan(FRAME);
    expect(texts.filter((text) => text.includes('embedding'))).toEqual([]);
  });
  const deepest = '{ memories { nodes { content summary context relations { edges { neighbor { content } } } } } }';
});
