import { hashedVector } from '../../../src/domain/embedding/hashing.ts';
import { DELIVERY_ORDER } from '../../../src/domain/webhook/deliveries.ts';
import { encodeCursor } from '../../../src/model/paging/cursor.ts';
import { keyOf } from './keys.ts';
import type { Subjects } from './subjects.ts';

/** A document, and what it is about: asked again each time it is sent. */
export interface Operation {
  name: string;
  document: string;
  variables?: (the: Subjects) => Record<string, unknown>;
  /** It needs a service with a chat model. */
  asksModel?: boolean;
}

const MEMORY = 'id content status importance confidence';
const PROFILE =
  'user { externalId } entity { name } summary { content suspect } slots { content } coverage drift isStale refreshedAt';
const PROPOSAL = 'kind status draft evidence { quote message { text } memory { content } } memory { content }';
const page = (fields: string) => `{ totalCount nodes { ${fields} } pageInfo { hasNextPage endCursor } }`;

/** What is looked up of a kind, where not the seventh. */
const numbers: Partial<Record<string, number>> = { memory: 322, proposal: 21 };

/** `memories` with each filter and order there is. */
const narrowed: [string, string][] = [
  ['companion', 'companion: {key: "main"}'],
  ['user', 'user: {externalId: "user 7"}'],
  ['companion and user', 'companion: {key: "main"}, user: {externalId: "user 7"}'],
  ['types', 'companion: {key: "main"}, filter: {types: [FACT, PREFERENCE]}'],
  ['statuses', 'companion: {key: "main"}, filter: {statuses: [ARCHIVED, EXPIRED, CORRECTED]}'],
  ['disputed', 'filter: {statuses: [DISPUTED]}'],
  ['hasUser', 'filter: {hasUser: false}'],
  ['minImportance', 'companion: {key: "second"}, filter: {minImportance: 4}'],
  ['minConfidence', 'companion: {key: "second"}, filter: {minConfidence: 0.7}'],
  ['entity by name', 'filter: {entity: {name: "Entity 700"}}'],
  ['text', 'companion: {key: "main"}, filter: {text: "number222 OR number322"}'],
  ['text in names', 'companion: {key: "main"}, filter: {text: "number222 OR \\"entity 700\\" OR 69* -thing"}'],
  ['slots', 'companion: {key: "main"}, filter: {slots: ["slot 250", "slot 500"]}'],
  ['suspect', 'companion: {key: "main"}, filter: {suspect: true}'],
  ['not suspect', 'companion: {key: "main"}, filter: {suspect: false}'],
  ['context', 'companion: {key: "main"}, filter: {context: {turnNumber: 322}}'],
  [
    'ranges',
    `filter: {recordedAt: {from: "2026-01-02T00:00:00Z", until: "2026-01-02T00:30:00Z"}, validFrom: {from:
      "2026-01-02T00:10:00Z"}}`,
  ],
  ['oldest first', 'orderBy: {field: RECORDED_AT, direction: ASC}'],
  ['by validFrom', 'companion: {key: "main"}, orderBy: {field: VALID_FROM}'],
  ['by importance', 'companion: {key: "second"}, orderBy: {field: IMPORTANCE}'],
  ['by confidence', 'companion: {key: "second"}, orderBy: {field: CONFIDENCE, direction: ASC}'],
  ['as it was', 'companion: {key: "main"}, at: {knownAt: "2026-01-02T12:00:00Z"}'],
  ['as the world was', 'companion: {key: "main"}, at: {validAt: "2026-01-02T12:00:00Z"}'],
];

const lists: Operation[] = [
  { name: 'memories', document: `{ memories { nodes { ${MEMORY} } } }` },
  { name: 'memories, counted', document: '{ memories(first: 1) { totalCount nodes { id } } }' },
  { name: 'memories, last', document: `{ memories(last: 20) { nodes { ${MEMORY} } } }` },
  ...narrowed.map(([by, given]) => ({
    name: `memories by ${by.replace(/^by /, '')}`,
    document: `{ memories(${given}) { nodes { ${MEMORY} } } }`,
  })),
  {
    name: 'memories by entity',
    document: `query ($id: ID!) { memories(filter: {entity: {id: $id}}) { nodes { ${MEMORY} } } }`,
    variables: (the) => ({ id: the.id('entity', 401) }),
  },
  ...(['', 'at: {knownAt: "2026-01-02T12:00:00Z"}, ', 'at: {validAt: "2026-01-02T12:00:00Z"}, '] as const).map(
    (at) => ({
      name: `memories with their neighbours${at && `, at ${at.slice(5, 10)}`}`,
      document: `{ memories(${at}first: 10, companion: {key: "main"}) { edges { node { ${MEMORY} companion { key } user { externalId }
      versions(first: 3) { totalCount nodes { ${MEMORY} } }
      relations(first: 4) { totalCount edges { direction node { type from { content } to { content } } neighbor { ${MEMORY}
        relations(first: 3, direction: OUT, types: [REFERENCES, FOLLOWS]) { nodes { strength } } } } } } } } }`,
    }),
  ),
  { name: 'companions', document: `{ companions ${page('key name memories(first: 5) { nodes { content } }')} }` },
  {
    name: 'companions, counted memories',
    document: '{ companions(first: 3) { nodes { memories(first: 1) { totalCount } } } }',
  },
  {
    name: 'users',
    document: `{ users ${page(
      'externalId memories(first: 5) { totalCount nodes { content user { externalId } companion { key } } }',
    )} }`,
  },
  { name: 'entities', document: `{ entities ${page('name type aliases companion { key }')} }` },
  {
    name: 'entities by name',
    document: '{ entities(filter: {name: "ity 70", types: ["place"], companion: {key: "main"}}) { nodes { name } } }',
  },
  {
    name: 'entities, as they were',
    document: '{ entities(at: {knownAt: "2026-01-05T00:00:00Z"}) { nodes { name } } }',
  },
  {
    name: 'memories of entities',
    document: `{ entities(first: 10) { nodes { memories(first: 5) { nodes { ${MEMORY} } } } } }`,
  },
  {
    name: 'memories of entities, counted',
    document: '{ entities(first: 3) { nodes { memories(first: 1) { totalCount } } } }',
  },
  {
    name: 'related entities',
    document: '{ entities(first: 3) { nodes { related(first: 5) { edges { sharedCount node { name } } } } } }',
  },
  {
    name: 'contradictions',
    document: `{ contradictions ${page('status strength memory { content } by { content } relation { type }')} }`,
  },
  {
    name: 'contradictions by companion and user',
    document: `{ contradictions(filter: {companion: {key: "main"}, user: {externalId: "user 8"}, statuses: [OPEN,
        DISMISSED]}) { nodes { id } } }`,
  },
  { name: 'findings', document: `{ findings ${page('kind reason memory { content } by { content } suggestedSlot')} }` },
  ...[
    ['companion', 'companion: {key: "second"}'],
    ['companion and user', 'companion: {key: "main"}, user: {externalId: "user 7"}'],
    ['user, judged', 'user: {externalId: "user 8"}, judged: true'],
    ['kinds', 'kinds: [UPDATE, NEGATION]'],
    ['score', 'minScore: 0.9'],
    ['verdict', 'judged: true'],
  ].map(([by, given]) => ({
    name: `findings by ${by}`,
    document: `{ findings(${given}) { nodes { kind score verdict contradiction { status } } } }`,
  })),
  ...['companion: {key: "main"}', 'judged: true'].map((given) => ({
    name: `findings, counted: ${given}`,
    document: `{ findings(first: 1, ${given}) { totalCount nodes { id } } }`,
  })),
  { name: 'profiles', document: `{ profiles(companion: {key: "main"}, first: 50) ${page(PROFILE)} }` },
  ...[
    ['the companion', 'companion: {key: "main"}'],
    ['a user', 'companion: {key: "main"}, user: {externalId: "user 7"}'],
  ].map(([of, given]) => ({
    name: `profile of ${of}`,
    document: `{ profile(${given}) { ${PROFILE} topics { title weight memories { content } summary { content } } } }`,
  })),
  {
    name: 'profile of an entity',
    document: `query ($id: ID!) { profile(companion: {key: "main"}, entity: $id) { ${PROFILE} topics { title memories { content } } } }`,
    variables: (the) => ({ id: the.id('entity', 1) }),
  },
  {
    name: 'proposals',
    document: `{ proposals(first: 50) ${page(PROPOSAL)} }`,
  },
  ...[
    ['companion', 'companion: {key: "main"}'],
    ['user and statuses', 'user: {externalId: "user 8"}, statuses: [ACCEPTED, REJECTED]'],
    ['companion and user', 'companion: {key: "main"}, user: {externalId: "user 8"}'],
  ].map(([by, given]) => ({
    name: `proposals by ${by}`,
    document: `{ proposals(${given}) { nodes { ${PROPOSAL} } } }`,
  })),
  ...['companion: {key: "main"}', 'statuses: [OPEN, ACCEPTED, REJECTED]', 'user: {externalId: "user 8"}'].map(
    (given) => ({
      name: `proposals, counted: ${given}`,
      document: `{ proposals(first: 1, ${given}) { totalCount nodes { id } } }`,
    }),
  ),
  {
    name: 'events',
    document: '{ events { nodes { kind at memory { content } relation { type } contradiction { status } } } }',
  },
  { name: 'events by kind', document: '{ events(kinds: [RELATED]) { nodes { kind } } }' },
  {
    name: 'events by companion',
    document: '{ events(companion: {key: "second"}, kinds: [RECORDED, RELATED]) { nodes { kind } } }',
  },
  { name: 'events by user', document: '{ events(user: {externalId: "user 7"}) { nodes { kind } } }' },
  {
    name: 'conversations',
    document: `{ conversations ${page('externalId title messageCount companion { key } user { externalId }')} }`,
  },
  {
    name: 'conversations of a companion and user',
    document: '{ conversations(companion: {key: "main"}, user: {externalId: "user 8"}) { nodes { externalId } } }',
  },
  {
    name: 'conversations by title',
    document: '{ conversations(filter: {title: "Title 7", metadata: {n: 7}}) { nodes { externalId } } }',
  },
  {
    name: 'newest messages',
    document: `{ conversations(first: 20) { nodes { messages(last: 5) { totalCount nodes { text role memory { content }
      conversation { externalId } } } } } }`,
  },
  {
    name: 'newest messages of a long conversation',
    document: `{ conversation(by: {externalId: "talk 1"}, companion: {key: "main"}) { messages(last: 30) { totalCount
      nodes { content toolCalls { name } tokens } } } }`,
  },
  {
    name: 'a long conversation and its messages',
    document: `{ conversation(by: {externalId: "talk 1"}, companion: {key: "main"}) { title companion { key } user { externalId }
      messages(last: 30) { totalCount nodes { role content text } } } }`,
  },
  {
    name: 'a companion by its key, with memories and their neighbours',
    document: `{ companion(by: {key: "second"}) { memories(first: 10) { nodes { ${MEMORY} relations(first: 3) { edges { neighbor { content } } } } } } }`,
  },
  {
    name: 'messages of a role',
    document: `{ conversation(by: {externalId: "talk 1"}, companion: {key: "main"}) { messages(first: 30, roles: [USER]) {
      totalCount nodes { text } } } }`,
  },
  {
    name: 'messages of a long conversation by when they were said',
    document: `{ conversation(by: {externalId: "talk 1"}, companion: {key: "main"}) {
      messages(last: 30, orderBy: {field: CREATED_AT}) { nodes { text } } } }`,
  },
  {
    name: 'messages with notes',
    document: `{ conversation(by: {externalId: "talk 1"}, companion: {key: "main"}) {
      messages(first: 30, filter: {metadata: {}, createdAt: {from: "2000-01-01T00:00:00Z"}}) { totalCount nodes { text } } } }`,
  },
  {
    name: 'messages by externalId',
    document: `query ($ids: [String!]!) { messages(companion: {key: "main"}, externalIds: $ids) { text memory { content }
      conversation { externalId } } }`,
    variables: () => ({ ids: Array.from({ length: 100 }, (_, n) => `message ${7 * n + 1}`) }),
  },
  {
    name: 'memories of a conversation',
    document: `{ conversation(by: {externalId: "talk 9"}, companion: {key: "main"}) { memories { nodes { content } } } }`,
  },
  {
    name: 'memories by conversation',
    document: `query ($id: ID!) { memories(filter: {conversation: $id}) { nodes { content } } }`,
    variables: (the) => ({ id: the.id('conversation', 9) }),
  },
  {
    name: 'message',
    document: 'query ($id: ID!) { message(id: $id) { text memory { content } conversation { title } } }',
    variables: (the) => ({ id: the.id('message', 22) }),
  },
  {
    name: 'working memory of a companion',
    document: `{ workingMemory(companion: {key: "main"}) { content versions(first: 20) { totalCount nodes { version content
      } } } }`,
  },
  {
    name: 'working memory of a user, as it was',
    document: `{ workingMemory(companion: {key: "main"}, user: {externalId: "user 7"}, at: {knownAt:
      "2026-01-01T08:19:30Z"}) { content versions { totalCount nodes { version } } } }`,
  },
  {
    name: 'working memory of a conversation',
    document: '{ workingMemory(companion: {key: "main"}, conversation: {externalId: "talk 107"}) { content } }',
  },
  {
    name: 'working memories of conversations',
    document: '{ conversations(first: 100) { nodes { workingMemory { content } } } }',
  },
  { name: 'session', document: '{ session(by: {externalId: "session 8"}) { externalId client { name } } }' },
  { name: 'webhooks', document: `{ webhooks ${page('url companion { key } deliveries { nodes { kind status } }')} }` },
  {
    name: 'deliveries that failed',
    document: '{ webhooks { nodes { deliveries(status: FAILED) { nodes { kind lastError } } } } }',
  },
  {
    name: 'deliveries, counted',
    document: '{ webhooks(first: 1) { nodes { deliveries(first: 5) { totalCount nodes { kind } } } } }',
  },
  {
    name: 'deliveries that failed, counted',
    document: '{ webhooks(first: 1) { nodes { deliveries(first: 5, status: FAILED) { totalCount nodes { kind } } } } }',
  },
  ...['', 'status: PENDING, '].map((status) => ({
    name: `deliveries, ${status && 'of those that wait '}a page from the middle on`,
    document: `query ($id: ID!, $after: String) { nodes(ids: [$id]) { ... on Webhook {
      deliveries(${status}first: 20, after: $after) { nodes { kind status } pageInfo { hasNextPage } } } } }`,
    variables: (the: Subjects) => ({
      id: the.id('webhook', 1),
      after: encodeCursor(DELIVERY_ORDER, { value: 5_000, id: keyOf('webhook', 1) }, new Date(), {}),
    }),
  })),
  { name: 'sessions', document: `{ sessions ${page('externalId user { externalId }')} }` },
  {
    name: 'sessions of a user that are not over',
    document:
      '{ sessions(companion: {key: "main"}, user: {externalId: "user 34"}, isActive: true) { nodes { externalId } } }',
  },
  {
    name: 'decayPreview',
    document: `{ decayPreview(companion: {key: "second"}) { examined decayed archived archivedMemories { id }
        importanceBefore { bands mean } importanceAfter { mean } } }`,
  },
  {
    name: 'decayPreview by user and type',
    document: '{ decayPreview(user: {externalId: "user 7"}, types: [FACT]) { examined archived } }',
  },
  {
    name: 'viewer',
    document:
      '{ viewer { scopes workspace { id name decayPolicies { type floor } } embedding { model embedded owed } } }',
  },
];

/** What hangs on a memory. */
const ofMany: [string, string][] = [
  [
    'relations',
    `relations(first: 5) { edges { direction node { type strength from { content } to { content } }
      neighbor { content } } }`,
  ],
  [
    'relations, filtered',
    `relations(first: 5, direction: OUT, types: [CAUSES, ELABORATES, REFERENCES, FOLLOWS], minStrength: 0.1) {
      nodes { metadata recordedAt } }`,
  ],
  ['relations, counted', 'relations(first: 1) { totalCount }'],
  ['entities', 'entities(first: 5) { totalCount nodes { name } }'],
  ['contradictions', 'contradictions(first: 5) { totalCount nodes { status } }'],
  ['findings', 'findings(first: 5) { nodes { kind memory { content } by { content } } }'],
  ['findings, counted', 'findings(first: 1) { totalCount }'],
  ['history', 'history(first: 5) { totalCount nodes { kind actor } }'],
  ['versions', 'versions(first: 5) { totalCount nodes { content } }'],
  ['message', 'message { text } conversation { externalId }'],
  ['suspect', 'suspect'],
  ['current', 'current { id }'],
  ['companion and user', 'companion { key } user { externalId }'],
  ['similar', 'similar(first: 3) { similarity memory { content } }'],
];

/** Objects by their ids or keys, and all that hangs on a memory: on a hundred of them, and on the one with the most. */
const objects: Operation[] = [
  {
    name: 'companion',
    document: `query ($id: ID!) { companion(by: {id: $id}) { name memories(filter: {types: [FACT]}) { nodes { ${MEMORY} }
      } } }`,
    variables: (the) => ({ id: the.id('companion', 1) }),
  },
  { name: 'companion by key', document: '{ companion(by: {key: "main"}) { name } }' },
  { name: 'user', document: '{ user(by: {externalId: "user 7"}) { metadata memories { nodes { content } } } }' },
  {
    name: 'user by id',
    document: 'query ($id: ID!) { user(by: {id: $id}) { externalId } }',
    variables: (the) => ({ id: the.id('user', 7) }),
  },
  {
    name: 'memory',
    document: `query ($id: ID!) { memory(id: $id) { content status suspect current { id } companion { key } user {
        externalId } similar(first: 5) { similarity memory { content } } } }`,
    variables: (the) => ({ id: the.plain(3) }),
  },
  {
    name: 'memory, as it was',
    document: `query ($id: ID!) { memory(id: $id, at: {knownAt: "2026-02-01T00:00:00Z"}) { content status suspect
        relations { totalCount } entities { totalCount } contradictions { totalCount } history { totalCount }
        versions { totalCount } } }`,
    variables: (the) => ({ id: the.plain(3) }),
  },
  ...(
    [
      'companion',
      'user',
      'memory',
      'relation',
      'entity',
      'contradiction',
      'finding',
      'profile',
      'proposal',
      'event',
      'conversation',
      'message',
    ] as const
  ).map((kind) => ({
    name: `node: ${kind}`,
    document: 'query ($id: ID!) { node(id: $id) { id __typename } }',
    variables: (the: Subjects) => ({ id: the.id(kind, numbers[kind] ?? 7) }),
  })),
  {
    name: 'memory with its entities',
    document: `query ($id: ID!) { memory(id: $id) { entities(first: 5) { totalCount nodes { name companion { key }
      memories(first: 3) { nodes { ${MEMORY} } } } } } }`,
    variables: (the) => ({ id: the.plain(3) }),
  },
  {
    name: 'entity with its memories',
    document: `query ($id: ID!) { node(id: $id) { ... on Entity { name aliases companion { key }
      memories(first: 5) { totalCount nodes { ${MEMORY} relations(first: 3) { edges { neighbor { content } } } } } } } }`,
    variables: (the) => ({ id: the.id('entity', 401) }),
  },
  {
    name: 'node: message with its memory',
    document: `query ($id: ID!) { node(id: $id) { ... on Message { text memory { ${MEMORY} } conversation { title } } } }`,
    variables: (the) => ({ id: the.id('message', 22) }),
  },
  {
    name: 'nodes',
    document: `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Memory { ${MEMORY} } } }`,
    variables: (the) => ({ ids: Array.from({ length: 100 }, (_, n) => the.plain(n)) }),
  },
  ...ofMany.map(([name, field]) => ({
    name: `of 100 memories: ${name}`,
    document: `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Memory { ${field} } } }`,
    variables: (the: Subjects) => ({ ids: Array.from({ length: 100 }, (_, n) => the.plain(n)) }),
  })),
  {
    name: 'relations of a hub',
    document: `query ($id: ID!) { memory(id: $id) { relations(first: 100) { edges { direction node { type } neighbor {
        content } } } } }`,
    variables: (the) => ({ id: the.hub }),
  },
  {
    name: 'relations of a hub by type',
    document: 'query ($id: ID!) { memory(id: $id) { relations(types: [FOLLOWS]) { nodes { type } } } }',
    variables: (the) => ({ id: the.hub }),
  },
  {
    name: 'relations of a hub, counted',
    document: 'query ($id: ID!) { memory(id: $id) { relations(first: 1) { totalCount } } }',
    variables: (the) => ({ id: the.hub }),
  },
  {
    name: 'findings of a hub',
    document:
      'query ($id: ID!) { memory(id: $id) { findings(first: 50) { totalCount nodes { kind by { content } } } } }',
    variables: (the) => ({ id: the.hub }),
  },
  {
    name: 'disputed and corrected memories',
    document: `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Memory { status confidence suspect current { content }
        contradictions { nodes { status by { content confidence } memory { content } } } history { nodes { kind
        } } versions { nodes { content } } } } }`,
    variables: (the) => ({
      ids: Array.from({ length: 25 }, (_, n) =>
        [7, 8, 13, 14].map((each) => the.id('memory', 100 * (n + 1) + each)),
      ).flat(),
    }),
  },
];

const searches: Operation[] = [
  ...['LEXICAL', 'SEMANTIC', 'HYBRID'].map((mode) => ({
    name: `recall ${mode}`,
    document: `{ recall(input: {query: "number322 number422 wgknj wltgi", companion: {key: "main"}, mode: ${mode}}) {
      mode edges { score node { content } explanation { matchedTerms spreadFrom { content } cues { name }
      excerpt { text } } } }
      }`,
  })),
  {
    name: 'recall by a vector and what is around',
    document: `query ($embedding: [Float!]) {
      recall(input: {embedding: $embedding, query: "number322", companion: {key: "main"}}) {
        nodes { content } } }`,
    variables: () => ({ embedding: hashedVector('number322 number422', 64) }),
  },
  {
    name: 'recall, filtered',
    document: `{ recall(input: {query: "number322 number422 Ann", companion: {key: "main"}, filter: {types: [FACT,
        EXPERIENCE, PREFERENCE, INSTRUCTION], minImportance: 0.1, statuses: [ACTIVE, ARCHIVED]}}) { nodes {
        content } } }`,
  },
  {
    name: 'recall by names of entities',
    document: `{ recall(input: {query: "number322 Entity 1", companion: {key: "main"}}) {
      edges { explanation { terms { term isOfName } } } } }`,
  },
  {
    name: 'recall by names of entities and by user',
    document: `{ recall(input: {query: "number10 Entity 1", companion: {key: "main"}, user: {externalId: "user 7"}}) {
      nodes { id } } }`,
  },
  {
    name: 'recall by names of entities, as they were',
    document: `{ recall(input: {query: "number322 Entity 98 Entity 1", companion: {key: "main"}}, at: {knownAt:
      "2026-01-02T12:00:00Z"}) { nodes { id } } }`,
  },
  {
    name: 'recall by user',
    document: `{ recall(input: {query: "number10 Ben", companion: {key: "main"}, user: {externalId: "user 7"}}) { nodes
        { content } } }`,
  },
  {
    name: 'context',
    document: `{ context(input: {companion: {key: "main"}, query: "number322 number422",
      conversation: {externalId: "talk 1"}}) { text sections { memories { content } messages { text } } } }`,
  },
  {
    name: 'context without a user, as it was',
    document: `{ context(input: {companion: {key: "main"}, query: "number322", maxTokens: 50000}, at: {knownAt:
      "2026-01-02T12:00:00Z"}) { text } }`,
  },
  {
    name: 'context of the newest question',
    document: '{ context(input: {companion: {key: "main"}, conversation: {externalId: "talk 9"}}) { text } }',
  },
  {
    name: 'answer',
    document: `{ answer(input: {companion: {key: "main"}, question: "number322 number422", conversation: {externalId: "talk 1"},
      maxContextTokens: 20000}) { text citations { quote memory { content } } context { sections { messages { text } } } } }`,
    asksModel: true,
  },
  {
    name: 'recall, as it was',
    document: `{ recall(input: {query: "number322 number422", companion: {key: "main"}}, at: {knownAt:
        "2026-03-01T00:00:00Z"}) { nodes { content } } }`,
  },
  {
    name: 'graph',
    document: `query ($from: [ID!]!) { graph(input: {from: $from, depth: 3}) { truncated relations { type } memories {
        depth memory { content entities { nodes { name } } } via { type } } } }`,
    variables: (the) => ({ from: [the.plain(5), the.plain(50)] }),
  },
  {
    name: 'graph, filtered',
    document: `query ($from: [ID!]!) { graph(input: {from: $from, depth: 3, types: [CAUSES, FOLLOWS], direction: OUT,
        minStrength: 0.2}) { memories { depth memory { content } } relations { type } } }`,
    variables: (the) => ({ from: [the.plain(5), the.plain(50)] }),
  },
  {
    name: 'graph through entities',
    document: `query ($from: [ID!]!) { graph(input: {from: $from, depth: 2, throughEntities: true}) { memories { depth
        memory { content } viaEntity { name } } } }`,
    variables: (the) => ({ from: [the.plain(5)] }),
  },
  {
    name: 'graph, as it was',
    document: `query ($from: [ID!]!) { graph(input: {from: $from, depth: 2}, at: {knownAt: "2026-02-01T00:00:00Z"}) {
        memories { depth memory { content } } relations { type } } }`,
    variables: (the) => ({ from: [the.plain(5)] }),
  },
  {
    name: 'path',
    document: `query ($from: ID!, $to: ID!) { path(input: {from: $from, to: $to}) { length strength memories { content
        } relations { type } } }`,
    variables: (the) => ({ from: the.plain(5), to: the.hub }),
  },
  {
    name: 'path by type',
    document: `query ($from: ID!, $to: ID!) { path(input: {from: $from, to: $to, types: [FOLLOWS]}) { length relations
        { type } } }`,
    variables: (the) => ({ from: the.id('memory', 322), to: the.id('memory', 325) }),
  },
  {
    name: 'path, as it was',
    document: `query ($from: ID!, $to: ID!) { path(input: {from: $from, to: $to}, at: {knownAt:
        "2026-02-05T00:00:00Z"}) { length } }`,
    variables: (the) => ({ from: the.id('memory', 322), to: the.id('memory', 325) }),
  },
];

export const queries: readonly Operation[] = [...lists, ...objects, ...searches];
