import { setTimeout } from 'node:timers/promises';
import type { Database } from '../../src/db/database.ts';
import { noticePairs } from './findings/notice.ts';
import { createMemories } from './memories.ts';
import { proposeRows } from './proposals/propose.ts';
import type { TestService } from './service.ts';
import { noteProfiles, noteSummaries } from './summaries/rows.ts';
import { asSuperuser } from './tables.ts';

/** A graph that every list of the API finds something in, and what its ids and moments are called. */
export interface Story {
  /** Ids and moments by name, and a vector, for variables of documents. */
  variables: Record<string, unknown>;
  /** A value as it is in every run: ids and moments by their names, numbers to the fourth decimal. */
  normalize(value: unknown): unknown;
}

/** What is remembered; so long ago that recency is 0, and of a type that does not fade, so that answers repeat. */
const memories = [
  { ref: 'lisbon', content: 'Maya lives in Lisbon', slot: 'user.home', validFrom: '2001-03-01T00:00:00Z' },
  { ref: 'porto', content: 'Maya lives in Porto', slot: 'user.home', validFrom: '2003-05-01T00:00:00Z' },
  { ref: 'studio', content: 'Maya opened a pottery studio in Porto', importance: 8, confidence: 0.9 },
  { ref: 'kiln', content: 'The kiln of the studio was bought second-hand', summary: 'A used kiln' },
  { ref: 'blue', content: 'Maya glazes her bowls in blue', context: { conversationId: 'c1', turnNumber: 1 } },
  { ref: 'green', content: 'Maya glazes her bowls in green' },
  { ref: 'cat', content: 'Maya keeps a cat', confidence: 0.6 },
  { ref: 'dog', content: 'Maya keeps a dog' },
  { ref: 'fair', content: 'The pottery fair in Porto was called off', importance: 2 },
].map((memory) => ({ type: 'INSTRUCTION', validFrom: '2002-01-01T00:00:00Z', ...memory }));

const mentioned: Record<string, readonly string[]> = {
  lisbon: ['Lisbon'],
  porto: ['Porto'],
  studio: ['Porto', 'studio'],
  kiln: ['studio', 'kiln'],
  blue: ['bowl'],
  green: ['bowl', 'atelier'],
  fair: ['Porto'],
};

const joined = [
  ['studio', 'CAUSES', 'kiln', 0.8],
  ['blue', 'FOLLOWS', 'kiln', 1],
  ['green', 'FOLLOWS', 'blue', 1],
  ['fair', 'REFERENCES', 'studio', 0.5],
  ['green', 'ELABORATES', 'cat', 0.4],
] as const;

const vector = Array.from({ length: 384 }, (_, index) => (index % 7) / 10);

const capitalized = (name: string) => `${name[0]?.toUpperCase()}${name.slice(1)}`;

const typeOf = (entity: string) => (entity === 'Porto' || entity === 'Lisbon' ? 'place' : 'thing');

/** Makes the graph, in steps with a moment between them. `database` is where the service keeps it. */
export async function tellStory(service: TestService, database: Database): Promise<Story> {
  const named: Record<string, string> = {};
  const steps: { name: string; from: Date; to: Date }[] = [];
  const step = async (name: string, work: () => Promise<void>) => {
    const from = await clock(database);
    await work();
    const to = await clock(database);
    steps.push({ name, from, to });
    // A moment of its own, at which nothing was stamped.
    await setTimeout(3);
    named[`after${name}`] = (await clock(database)).toISOString();
    await setTimeout(3);
  };
  await step('Making', () => makeMain(service, named));
  await step('More', () => makeOthers(service, named));
  await step('Naming', () => nameOthers(service, named));
  await step('Merging', () =>
    change(service, named, 'mergeEntities(input: { fromIds: [$entityAtelier], intoId: $entityStudio }) { __typename }'),
  );
  await step('Correcting', async () => {
    const { correctMemory } = await service.runUntyped(
      `mutation ($id: ID!) { correctMemory(input: { id: $id, content: "Maya opened a pottery studio in Gaia", detect: OFF }) {
        ... on CorrectMemoryPayload { memory { id } } } }`,
      { id: named.studio },
    );
    named.gaia = correctMemory.memory.id;
  });
  await step('Hooking', () => hook(service, named));
  await step('Disputing', () => dispute(service, named));
  await step('Leaving', () =>
    change(
      service,
      named,
      `archiveMemories(input: { ids: [$fair] }) { __typename }
       unrelateMemories(input: { relationId: $greenToCat }) { __typename }
       setDecayPolicy(input: { type: FACT, archiveBelow: 1 }) { __typename }`,
    ),
  );
  named.delivery = await newestDelivery(service, named);
  await step('Talking', () => talk(service, named));
  await step('Noting', () => noteFirst(service, named));
  await step('Renoting', () => noteAgain(service));
  await step('Finding', () => notice(database, named));
  await step('Consolidating', () => summarize(database, named));
  await step('Proposing', () => propose(database, named));
  for (const memory of ['porto', 'studio']) named[`${memory}Then`] = `${named[memory]}@${named.afterMaking}`;
  return { variables: { ...named, vector }, normalize: normalizer(named, steps) };
}

/** A webhook that gets what is disputed and archived, and one that gets nothing. */
async function hook(service: TestService, named: Record<string, string>): Promise<void> {
  const { one } = await service.runUntyped(
    `mutation {
      one: createWebhook(input: { url: "https://example.com/hook", kinds: [CONTRADICTED, RESOLVED, ARCHIVED] }) {
        ... on CreateWebhookPayload { webhook { id } } }
      other: createWebhook(input: { url: "https://example.org/", companion: { key: "otto" } }) { __typename }
    }`,
  );
  named.webhook = one.webhook.id;
}

async function newestDelivery(service: TestService, named: Record<string, string>): Promise<string> {
  const document =
    'query ($webhook: ID!) { node(id: $webhook) { ... on Webhook { deliveries(first: 1) { nodes { id } } } } }';
  return (await service.runUntyped(document, { webhook: named.webhook })).node.deliveries.nodes[0].id;
}

/** What iris knows of maya. */
async function makeMain(service: TestService, named: Record<string, string>): Promise<void> {
  const made = await createMemories(service, {
    companion: { key: 'iris' },
    user: { externalId: 'maya' },
    // What is found is said below, whatever the rules are.
    detect: 'OFF',
    memories: memories.map((memory) => ({
      ...memory,
      entities: (mentioned[memory.ref] ?? []).map((name) => ({ name, type: typeOf(name) })),
    })),
    relations: joined.map(([from, type, to, strength]) => ({ from: { ref: from }, to: { ref: to }, type, strength })),
  });
  for (const [index, { ref }] of memories.entries()) named[ref] = made.memories[index]?.id as string;
  for (const [index, [from, , to]] of joined.entries())
    named[`${from}To${capitalized(to)}`] = made.relations[index]?.id as string;
}

/** Memories about nobody, and of another companion. */
async function makeOthers(service: TestService, named: Record<string, string>): Promise<void> {
  const general = await createMemories(service, {
    memories: [{ content: 'Iris answers in short sentences', type: 'INSTRUCTION', validFrom: '2002-01-01T00:00:00Z' }],
  });
  const others = await createMemories(service, {
    companion: { key: 'otto' },
    user: { externalId: 'lena' },
    memories: [
      { content: 'Lena collects maps of Porto', type: 'FACT', importance: 7 },
      { content: 'Lena met a mapmaker', type: 'EXPERIENCE', importance: 3 },
    ],
  });
  named.general = general.memories[0]?.id as string;
  named.maps = others.memories[0]?.id as string;
  named.mapmaker = others.memories[1]?.id as string;
}

/** What iris and maya say to each other; none of it is remembered. */
async function talk(service: TestService, named: Record<string, string>): Promise<void> {
  const { appendMessages: said } = await service.runUntyped(
    `mutation ($messages: [NewMessage!]!) {
      upsertConversation(input: { companion: { key: "iris" }, user: { externalId: "maya" }, conversation: { externalId: "talk" },
        title: "Glazes", metadata: { topic: "pottery" } }) { __typename }
      other: upsertConversation(input: { companion: { key: "otto" }, conversation: { externalId: "empty" } }) { __typename }
      appendMessages(input: { companion: { key: "iris" }, conversation: { externalId: "talk" }, remember: NONE,
        messages: $messages }) { ... on AppendMessagesPayload { conversation { id } messages { id } } }
    }`,
    {
      messages: [
        { role: 'SYSTEM', content: 'Be brief.', externalId: 'm0' },
        { role: 'USER', content: 'Which glaze did I use?', name: 'Maya', externalId: 'm1', metadata: { lang: 'en' } },
        {
          role: 'ASSISTANT',
          format: 'AI_SDK_UI',
          content: {
            parts: [
              {
                type: 'tool-search',
                toolCallId: 'c1',
                state: 'output-available',
                input: { of: 'glaze' },
                output: ['blue'],
              },
              { type: 'text', text: 'The blue one.' },
            ],
          },
        },
        { role: 'USER', content: 'Thanks', tokens: 7 },
      ].map((message, index) => ({ ...message, createdAt: `2004-01-01T00:0${index}:00Z` })),
    },
  );
  named.talk = said.conversation.id;
  for (const [index, { id }] of said.messages.entries()) named[`message${index}`] = id;
}

async function clock(database: Database): Promise<Date> {
  const [row] = (await asSuperuser(database, (connection) =>
    connection.script(`select date_trunc('milliseconds', clock_timestamp()) as now`),
  )) as { now: Date }[];
  return row?.now as Date;
}

/** Runs mutations whose variables are names of what there is. */
async function change(service: TestService, named: Record<string, string>, mutations: string): Promise<void> {
  const used = [...new Set(mutations.match(/(?<=\$)\w+/g))];
  const declared = used.map((name) => `$${name}: ID!`).join(', ');
  const answer = await service.runUntyped(`mutation (${declared}) { ${mutations} }`, named);
  for (const [field, { __typename }] of Object.entries<{ __typename: string }>(answer)) {
    if (!__typename.endsWith('Payload')) throw new Error(`${field} answers ${__typename}.`);
  }
}

/** Names what came with the memories. */
async function nameOthers(service: TestService, named: Record<string, string>): Promise<void> {
  const { companions, users, entities, viewer } = await service.run(`{
    companions { nodes { id key } } users { nodes { id externalId } } entities(first: 50) { nodes { id name } }
    viewer { workspace { id } } }`);
  for (const { id, key } of companions.nodes) named[key] = id;
  for (const { id, externalId } of users.nodes) named[externalId] = id;
  for (const { id, name } of entities.nodes) named[`entity${capitalized(name)}`] = id;
  named.workspace = viewer.workspace.id;
}

/** Of two contradictions one is resolved. */
async function dispute(service: TestService, named: Record<string, string>): Promise<void> {
  const OPENED = '{ ... on ContradictMemoryPayload { contradiction { id relation { id } } } }';
  const { open, resolved } = await service.runUntyped(
    `mutation ($blue: ID!, $green: ID!, $cat: ID!, $dog: ID!) {
      open: contradictMemory(input: { id: $blue, by: { memoryId: $green }, strength: 0.5, reason: "Two colours" }) ${OPENED}
      resolved: contradictMemory(input: { id: $cat, by: { memoryId: $dog } }) ${OPENED} }`,
    named,
  );
  named.colours = open.contradiction.id;
  named.coloursRelation = open.contradiction.relation.id;
  named.pets = resolved.contradiction.id;
  named.petsRelation = resolved.contradiction.relation.id;
  await change(
    service,
    named,
    'resolveContradiction(input: { id: $pets, resolution: KEEP_MEMORY, note: "She said so" }) { __typename }',
  );
  const { events } = await service.run('{ events(kinds: [CONTRADICTED]) { nodes { id } } }');
  named.event = events.nodes[0]?.id as string;
}

/** What memories seem to say of others: two findings wait for a verdict, and two have one. */
async function notice(database: Database, named: Record<string, string>): Promise<void> {
  const of = (name: string) => named[name] as string;
  const ids = await noticePairs(database, [
    { memory: of('kiln'), by: of('green'), kind: 'NEGATION', score: 0.9, text: 'kiln: said → denied' },
    { memory: of('kiln'), by: of('gaia'), kind: 'UPDATE', score: 0.75, text: 'studio: Porto → Gaia' },
    {
      memory: of('blue'),
      by: of('green'),
      kind: 'CONFLICT',
      score: 0.5,
      text: 'glaze: blue → green',
      verdict: 'CONTRADICTS',
    },
    { memory: of('kiln'), by: of('fair'), kind: 'SAME', score: 0.6, text: 'in the same words', verdict: 'UNRELATED' },
  ]);
  [named.foundDenied, named.foundUpdate, named.foundColours, named.foundUnrelated] = ids as [
    string,
    string,
    string,
    string,
  ];
}

/** What is known of maya, and of the studio: memories that are summaries of others, of which one has ended since. */
async function summarize(database: Database, named: Record<string, string>): Promise<void> {
  const of = (name: string) => named[name] as string;
  await noteSummaries(database, [
    { kind: 'TOPIC', summary: of('green'), sources: [of('kiln'), of('gaia'), of('lisbon')] },
    { kind: 'PROFILE', summary: of('cat'), sources: [of('kiln')] },
    { kind: 'PROFILE', summary: of('blue'), sources: [of('lisbon'), of('kiln')] },
  ]);
  const [ofMaya, ofStudio] = await noteProfiles(database, [
    { summary: of('cat') },
    { summary: of('blue'), entity: of('entityStudio') },
  ]);
  named.knownOfMaya = ofMaya as string;
  named.knownOfStudio = ofStudio as string;
}

/** What a chat model proposes of the talk: three proposals are open, and one was rejected. */
async function propose(database: Database, named: Record<string, string>): Promise<void> {
  const of = { message: named.message1 as string, memory: named.kiln as string };
  const text = 'Which glaze did I use';
  const ids = await proposeRows(database, [
    { ...of, kind: 'RETRACTION', text, status: 'REJECTED' },
    { ...of, kind: 'CORRECTION', text },
    { ...of, kind: 'RELATION', text, other: named.green as string },
    { message: of.message, kind: 'MEMORY', text, other: named.blue as string },
  ]);
  named.proposed = ids.at(-1) as string;
}

/** Working memories of maya, of the talk and of iris, and sessions. */
async function noteFirst(service: TestService, named: Record<string, string>): Promise<void> {
  const { ofMaya, open } = await service.runUntyped(
    `mutation {
      ofIris: updateWorkingMemory(input: { companion: { key: "iris" }, content: "Answer in short sentences." }) { __typename }
      ofMaya: updateWorkingMemory(input: { companion: { key: "iris" }, user: { externalId: "maya" }, data: { home: "Porto" },
        schema: { properties: { home: { type: "string" } } } }) { ... on UpdateWorkingMemoryPayload { workingMemory { id } } }
      ofTalk: updateWorkingMemory(input: { companion: { key: "iris" }, conversation: { externalId: "talk" }, content: "About bowls.",
        template: "# About" }) { __typename }
      over: startSession(input: { companion: { key: "iris" }, externalId: "over" }) { __typename }
      end: endSession(input: { session: { externalId: "over" } }) { __typename }
      open: startSession(input: { companion: { key: "iris" }, user: { externalId: "maya" }, conversation: { externalId: "talk" },
        externalId: "tab", client: { name: "editor", version: "1.2" }, metadata: { window: 1 } }) {
        ... on StartSessionPayload { session { id } } }
    }`,
  );
  named.noted = ofMaya.workingMemory.id;
  named.session = open.session.id;
}

async function noteAgain(service: TestService): Promise<void> {
  await service.run(
    `mutation {
      updateWorkingMemory(input: { companion: { key: "iris" }, user: { externalId: "maya" }, patch: { home: "Gaia" } }) { __typename }
    }`,
  );
}

const ID = /\b([a-z]{3})_[0-9a-hjkmnp-tv-z]{26}\b/g;
const MOMENT = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/g;

function normalizer(named: Record<string, string>, steps: readonly { name: string; from: Date; to: Date }[]) {
  const known = new Map(Object.entries(named).map(([name, value]) => [value, `<${name}>`]));
  const began = steps[0]?.from as Date;
  const momentOf = (text: string) => {
    const at = new Date(text);
    if (at < began) return text;
    return known.get(text) ?? `<${steps.find(({ from, to }) => at >= from && at <= to)?.name ?? 'Reading'}>`;
  };
  return (value: unknown) => {
    const others = new Map<string, string>();
    const called = (value: string, kind: string) => {
      const name = known.get(value) ?? others.get(value) ?? `<${kind} ${others.size + 1}>`;
      if (!known.has(value)) others.set(value, name);
      return name;
    };
    const text = JSON.stringify(value, (key, part) => {
      if (typeof part === 'number') return Math.round(part * 1e4) / 1e4;
      if (typeof part !== 'string') return part;
      if (/cursor$/i.test(key)) return called(part, 'cursor');
      return part.replace(ID, (id, kind) => called(id, kind)).replace(MOMENT, momentOf);
    });
    return JSON.parse(text) as unknown;
  };
}
