import { TALK } from './fill.ts';
import type { Operation } from './queries.ts';
import type { Subjects } from './subjects.ts';

const MEMORY = 'id content status importance confidence';

/** A mutation with its input, and what is asked of its success. */
function mutation(
  field: string,
  fields: string,
  input: (the: Subjects) => Record<string, unknown>,
  about = '',
): Operation {
  const type = `${field[0]?.toUpperCase()}${field.slice(1)}`;
  return {
    name: about ? `${field}, ${about}` : field,
    document: `mutation ($input: ${type}Input!) { ${field}(input: $input) { __typename ... on Error { message } ... on
      ${type}Payload { ${fields} } } }`,
    variables: (the) => ({ input: input(the) }),
  };
}

const main = { companion: { key: 'main' } };
const entities = (the: Subjects) => [
  { name: `Entity ${1 + (the.turn % 50)}`, type: 'person' },
  { name: `New ${the.turn}`, type: 'place' },
];

const memory = (the: Subjects, more: Record<string, unknown> = {}) => ({
  content: `What is new ${the.turn}`,
  type: 'FACT',
  entities: entities(the),
  user: { externalId: `user ${2 + (the.turn % 90)}` },
  ...more,
});

/** The number of the webhook that was deleted last. */
let deletedHook = 1;

/** How many users' memories have been consolidated. */
let consolidated = 0;

/** How often the same has been said again. */
let said = 0;

export const mutations: readonly Operation[] = [
  mutation('upsertCompanion', 'companion { key }', () => ({ ...main, description: 'The first' })),
  mutation('upsertUser', 'user { externalId }', () => ({ externalId: 'user 9', metadata: { seen: true } })),
  mutation('createMemory', `memory { ${MEMORY} } duplicate`, (the) => ({
    ...main,
    ...memory(the),
    idempotencyKey: `create ${the.turn}`,
  })),
  mutation(
    'createMemory',
    `memory { ${MEMORY} } succeeded { id }`,
    (the) => ({
      ...main,
      content: `New in it ${the.turn}`,
      type: 'FACT',
      slot: the.slot().slot,
      validFrom: '2026-06-01T00:00:00Z',
    }),
    'in a slot',
  ),
  mutation('createMemories', 'memories { id } relations { type } duplicateIds', (the) => ({
    ...main,
    memories: Array.from({ length: 100 }, (_, n) =>
      memory(the, { ref: `m${n}`, ...(n % 10 === 0 && { slot: `fresh ${the.turn}` }) }),
    ),
    relations: Array.from({ length: 99 }, (_, n) => [
      { from: { ref: `m${n + 1}` }, to: { ref: `m${n}` }, type: 'FOLLOWS' },
      { from: { ref: `m${n}` }, to: { id: the.fresh() }, type: (['ELABORATES', 'CAUSES', 'FOLLOWS'] as const)[n % 3] },
    ]).flat(),
  })),
  mutation('updateMemory', `memory { ${MEMORY} }`, (the) => ({
    id: the.fresh(),
    summary: 'In short',
    importance: 7,
    confidence: 0.9,
    context: { speaker: 'Ann' },
    entities: entities(the),
  })),
  mutation('correctMemory', `memory { ${MEMORY} } corrected { id status }`, (the) => ({
    id: the.fresh(),
    content: `Rather ${the.turn}`,
    entities: entities(the),
  })),
  mutation(
    'correctMemory',
    `memory { ${MEMORY} }`,
    (the) => ({
      id: the.fresh(),
      content: `From now on ${the.turn}`,
      kind: 'CHANGE',
      effectiveAt: '2026-10-01T00:00:00Z',
    }),
    'a change',
  ),
  mutation(
    'correctMemory',
    `memory { ${MEMORY} }`,
    (the) => ({ id: the.slot().last, content: `In the slot ${the.turn}` }),
    'in a slot',
  ),
  mutation('retractMemory', `memory { ${MEMORY} }`, (the) => ({ id: the.fresh(), reason: 'untrue' })),
  mutation('revertCorrection', `memory { ${MEMORY} }`, (the) => ({ id: the.corrected() })),
  mutation('contradictMemory', 'contradiction { status memory { confidence } by { id } }', (the) => ({
    id: the.fresh(),
    strength: 0.5,
    by: { memoryId: the.fresh() },
  })),
  mutation(
    'contradictMemory',
    'contradiction { status memory { confidence } by { id } }',
    (the) => ({ id: the.fresh(), by: { newMemory: { content: `Against it ${the.turn}`, type: 'FACT' } } }),
    'by a new memory',
  ),
  mutation('resolveContradiction', 'contradiction { status resolution }', (the) => ({
    id: the.open(),
    resolution: 'KEEP_MEMORY',
  })),
  mutation('reopenContradiction', 'contradiction { status }', (the) => ({ id: the.closed() })),
  ...(['SUCCEEDS', 'SAME', 'UNRELATED'] as const).map((verdict) =>
    mutation(
      'judgeFindings',
      'findings { verdict memory { content } } memories { status } contradictions { status }',
      (the) => ({ ids: the.findings(verdict === 'SUCCEEDS' ? 2 : 5), verdict, reason: 'It is so' }),
      verdict,
    ),
  ),
  mutation('detectFindings', 'examined findingCount', (the) => ({ ...main, since: the.since(150) })),
  mutation('consolidate', 'examined clusterCount created { content } profiles { coverage }', () => ({
    ...main,
    user: { externalId: `user ${10 + consolidated++}` },
  })),
  ...(['acceptIds', 'rejectIds'] as const).map((which) =>
    mutation(
      'decideProposals',
      'proposals { status memory { content } } memories { content } findings { kind }',
      (the) => ({ [which]: the.proposals(), note: 'It is so' }),
      which,
    ),
  ),
  // All of it has been read: no chat model is needed.
  mutation('extractMemories', 'readCount proposals { id } memories { id }', () => ({
    ...main,
    conversation: { externalId: 'talk 170' },
  })),
  mutation('relateMemories', 'relation { type }', (the) => ({ fromId: the.fresh(), toId: the.hub, type: 'CAUSES' })),
  mutation(
    'relateMemories',
    'relation { type }',
    (the) => ({ fromId: the.fresh(), toId: the.fresh(), type: 'FOLLOWS' }),
    'one after the other',
  ),
  mutation('unrelateMemories', 'relation { retractedAt }', (the) => ({
    relationId: the.id('relation', 1_000 + the.turn),
  })),
  mutation('archiveMemories', 'memories { status }', (the) => ({ ids: the.many(50) })),
  mutation('restoreMemories', 'memories { status }', (the) => ({
    ids: [21, 41, 61, 81].map((n) => the.id('memory', n + 100 * (1 + (the.turn % 50)))),
  })),
  mutation('reinforceMemories', 'memories { importance } clampedIds', (the) => ({ ids: the.many(50), delta: 1 })),
  mutation('setDecayPolicy', 'policy { halfLifeDays }', (the) => ({
    type: 'REFLECTION',
    archiveBelow: 3,
    halfLifeDays: 20 + (the.turn % 7),
  })),
  mutation(
    'decayImportance',
    'report { examined archived archivedMemories { id } importanceAfter { mean } }',
    (the) => ({ user: { externalId: `user ${100 + (the.turn % 90)}` }, until: '2027-01-01T00:00:00Z' }),
  ),
  mutation('mergeEntities', 'entity { name aliases }', (the) => ({
    intoId: the.id('entity', 21),
    fromIds: [the.id('entity', 15 * (20 + (the.turn % 9)) + 1)],
  })),
  mutation('upsertConversation', 'conversation { id }', (the) => ({
    ...main,
    conversation: { externalId: `talk ${the.turn}` },
    title: `Another ${the.turn}`,
    metadataChanges: { isRenamed: true },
  })),
  mutation('appendMessages', 'conversation { messageCount } messages { text } memories { content }', (the) => ({
    ...main,
    conversation: { externalId: 'talk 62' },
    messages: Array.from({ length: 20 }, (_, n) => ({
      role: n % 2 ? 'ASSISTANT' : 'USER',
      content: `Said now ${n} ${the.turn}`,
      externalId: n < 10 ? `message ${3_201 + n}` : `new ${the.turn}`,
    })),
  })),
  mutation('replaceMessages', 'messages { id }', (the) => {
    const last = 2_001 + TALK * (110 + (the.turn % 30));
    return {
      conversation: { id: the.id('conversation', 2 + (last - 2_001) / TALK) },
      expectedIds: [TALK - 2, TALK - 1].map((n) => the.id('message', last + n)),
      messages: [{ role: 'USER', content: `Instead ${the.turn}` }],
    };
  }),
  mutation('rememberMessages', 'memories { id }', (the) => {
    const first = 3_401 + TALK * (the.turn % 9);
    return { ids: [8, 10, 12, 14].map((n) => the.id('message', first + n)) };
  }),
  mutation('copyConversation', 'conversation { messageCount }', (the) => ({
    ...main,
    conversation: { externalId: 'talk 150' },
    externalId: `fork ${the.turn}`,
  })),
  mutation('deleteMessages', 'deletedIds forgottenIds', (the) => ({
    ids: Array.from({ length: 4 }, () => the.id('message', the.plainNumber(the.turn))),
  })),
  mutation('deleteConversation', 'forgottenCount', (the) => ({
    ...main,
    conversation: { externalId: `talk ${200 + (the.turn % 50)}` },
    memories: 'KEEP',
  })),
  mutation('updateWorkingMemory', 'workingMemory { version versions(first: 5) { nodes { version } } }', (the) => ({
    ...main,
    user: { externalId: `user ${5 + (the.turn % 300)}` },
    data: { turn: the.turn },
  })),
  mutation(
    'updateWorkingMemory',
    'workingMemory { version }',
    (the) => ({ ...main, conversation: { externalId: `talk ${110 + (the.turn % 90)}` }, content: 'Noted' }),
    'of a conversation',
  ),
  mutation('deleteWorkingMemory', 'deletedId', (the) => ({
    ...main,
    user: { externalId: `user ${310 + (the.turn % 80)}` },
  })),
  mutation('startSession', 'session { externalId }', (the) => ({ ...main, externalId: `new session ${the.turn}` })),
  mutation('endSession', 'session { endedAt }', (the) => ({
    session: { externalId: `session ${10 * (1 + (the.turn % 400))}` },
  })),
  mutation('purgeExpiredSessions', 'purgedCount', (the) => ({ companion: { key: `other ${1 + (the.turn % 45)}` } })),
  mutation('createWebhook', 'webhook { url } secret', ({ turn }) => ({ url: `https://example.com/${turn}`, ...main })),
  mutation('retryDeliveries', 'deliveries { kind status }', (the) => ({ webhookId: the.id('webhook', 1) })),
  mutation('deleteWebhook', 'deletedId', (the) => ({ id: the.id('webhook', ++deletedHook) })),
  mutation('upsertEntities', 'entities { name aliases } createdIds', ({ turn }) => ({
    ...main,
    entities: Array.from({ length: 50 }, (_, n) => ({
      type: 'thing',
      name: `Named ${turn} ${n}`,
      aliases: [`Alias ${turn} ${n}`],
    })),
  })),
  mutation('deleteEntities', 'deletedIds', (the) => ({ ids: [the.id('entity', 900 + (the.turn % 90))] })),
  mutation('forgetMemories', 'forgottenIds', (the) => ({ ids: the.many(20) })),
  mutation('purgeExpiredMemories', 'purgedCount', (the) => ({
    user: { externalId: `user ${338 + 3 * (the.turn % 6)}` },
  })),
  mutation('deleteUser', 'deletedId', (the) => ({ user: { externalId: the.leaving('user') } })),
  mutation('deleteCompanion', 'deletedId', (the) => ({ companion: { key: the.leaving('companion') } })),
  mutation(
    'createMemories',
    'duplicates { memoryId merged ignored }',
    () => {
      // Another one each time, and none that others are about.
      const more = {
        validUntil: `${2090 + said++}-01-01T00:00:00Z`,
        entities: [{ type: 'thing', name: `again ${said}` }],
      };
      return {
        ...main,
        memories: Array.from({ length: 100 }, (_, n) => ({
          content: `Said again ${n % 50}`,
          type: 'FACT',
          validFrom: n < 50 ? '2026-02-01T00:00:00Z' : '2026-01-01T00:00:00Z',
          ...(n >= 50 && more),
        })),
      };
    },
    'said again in it',
  ),
];
