import { beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../src/graphql/schema.ts';
import type { AccessScope } from '../src/kernel/principal.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';

// A credential with WRITE and without READ learns nothing of what was there before.

const service = useService();
const blind = { scopes: ['WRITE'] as AccessScope[] };
const iris = { key: 'iris' };
const LONG_AGO = '2020-01-01T00:00:00Z';

const create = mutation(service, 'createMemory', 'memory { id } duplicate');
const createMany = mutation(service, 'createMemories', 'memories { id } duplicateIds');
const read = mutation(service, 'createMemory', 'memory { id } duplicate succeeded { id } contradiction { id }');
const correct = mutation(service, 'correctMemory', 'memory { id } corrected { id }');
const relate = mutation(service, 'relateMemories', 'relation { id }');
const contradict = mutation(service, 'contradictMemory', 'contradiction { id }');
const resolve = mutation(service, 'resolveContradiction', 'contradiction { id }');
const upsertUser = mutation(service, 'upsertUser', '__typename');

const fact = (content: string, more: object = {}) => ({ companion: iris, type: 'FACT', content, ...more });
const remember = async (content: string, more: object = {}): Promise<string> =>
  (await read(fact(content, more))).memory.id;

/** An answer without what is new in each: ids, and the moments in them. */
const shapeOf = (answer: unknown) => JSON.parse(JSON.stringify(answer).replaceAll(/_[0-9a-z]{26}/g, '_…'));

beforeAll(() => read(fact('The first memory of all.')));

describe('what is there already is no duplicate', () => {
  test('a memory with the same content is made again, and answered as if it were the first', async () => {
    const there = await remember('Maya has a cat.');
    const [same, other] = [await create(fact('Maya has a cat.'), blind), await create(fact('Maya has a dog.'), blind)];
    expect(shapeOf(same)).toEqual(shapeOf(other));
    expect(same).toMatchObject({ duplicate: false, memory: { id: expect.not.stringMatching(there) } });
    expect(await create(fact('Maya has a cat.'))).toMatchObject({ duplicate: true });
  });

  test('nor in a batch, but for what the batch itself has twice', async () => {
    const there = await remember('Maya has a bird.');
    const memories = ['Maya has a bird.', 'Maya has a fish.', 'Maya has a fish.'].map((content) => ({
      content,
      type: 'FACT',
    }));
    const made = await createMany({ companion: iris, memories }, blind);
    expect(made.memories.map(({ id }: { id: string }) => id)).not.toContain(there);
    expect(made.duplicateIds).toEqual([made.memories[1].id]);
  });

  test('nor in a slot, at another moment or the same', async () => {
    const slot = { slot: 'maya.city', validFrom: LONG_AGO };
    const there = await remember('Maya lives in Porto.', slot);
    const later = fact('Maya lives in Porto.', { ...slot, validFrom: '2021-01-01T00:00:00Z' });
    const unknown = fact('Maya lives in Porto.', { ...slot, slot: 'maya.town' });
    const answers = [await create(later, blind), await create(unknown, blind)];
    answers.push(await create(fact('Maya lives in Porto.', slot), blind));
    answers.push(await create(fact('Maya lives in Faro.', slot), blind));
    for (const answer of answers) {
      expect(shapeOf(answer)).toEqual(shapeOf(answers[0]));
      expect(answer).toMatchObject({ duplicate: false, memory: { id: expect.not.stringMatching(there) } });
    }
  });

  test('nor as what contradicts another memory, nor as a correction', async () => {
    const there = await remember('Maya has a horse.');
    const id = await remember('Maya has no animals.');
    await contradict({ id, by: { newMemory: { content: 'Maya has a horse.', type: 'FACT' } } }, blind);
    const { memory } = await service.runUntyped(`{ memory(id: "${there}") { contradictions { totalCount } } }`);
    expect(memory.contradictions.totalCount).toBe(0);
    expect(await correct({ id: there, content: 'Maya has a horse.', kind: 'CHANGE' }, blind)).toHaveProperty('memory');
  });

  test('nor by a retry of what another token of the same subject was answered', async () => {
    await remember('Maya has a hen.');
    const input = fact('Maya has a hen.', { idempotencyKey: 'hen' });
    expect(await create(input)).toMatchObject({ duplicate: true });
    expect(await create(input, blind)).toMatchObject({ duplicate: false });
  });

  test('nor by the number of statements, which answers who may read alone is told', async () => {
    const ask = async (externalId: string, scopes: AccessScope[]) => {
      const response = await service.service.fetch('http://test/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-cost': '1', 'x-test-scopes': scopes.join(' ') },
        body: JSON.stringify({
          query: `mutation { upsertUser(input: { externalId: ${JSON.stringify(externalId)} }) { __typename } }`,
        }),
      });
      return ((await response.json()) as { extensions: { cost: object } }).extensions.cost;
    };
    expect(await ask('somebody', ['READ', 'WRITE'])).toHaveProperty('statements');
    expect(await ask('somebody', ['WRITE'])).toEqual(await ask('nobody yet', ['WRITE']));
    expect(await ask('somebody', ['WRITE'])).not.toHaveProperty('statements');
  });
});

const needReading = [
  'AlreadyCorrectedError.current',
  'AlreadyResolvedError.contradiction',
  'AppendMessagesPayload.conversation',
  'AppendMessagesPayload.findings',
  'AppendMessagesPayload.messages',
  'ConflictError.current',
  'ConsolidatePayload.clusterCount',
  'ConsolidatePayload.created',
  'ConsolidatePayload.examined',
  'ConsolidatePayload.profiles',
  'CopyConversationPayload.conversation',
  'CorrectMemoryPayload.findings',
  'CreateMemoriesPayload.contradictions',
  'CreateMemoriesPayload.findings',
  'CreateMemoryPayload.contradiction',
  'CreateMemoryPayload.findings',
  'CreateMemoryPayload.succeeded',
  'CycleError.memories',
  'DecideProposalsPayload.findings',
  'DecideProposalsPayload.memories',
  'DecideProposalsPayload.proposals',
  'DeleteConversationPayload.forgottenCount',
  'DeleteMessagesPayload.forgottenIds',
  'DetectFindingsPayload.examined',
  'DetectFindingsPayload.findingCount',
  'EndSessionPayload.session',
  'ExtractMemoriesPayload.memories',
  'ExtractMemoriesPayload.proposals',
  'ExtractMemoriesPayload.readCount',
  'ForgetMemoriesPayload.forgottenIds',
  'JudgeFindingsPayload.contradictions',
  'JudgeFindingsPayload.findings',
  'JudgeFindingsPayload.memories',
  'MergeEntitiesPayload.entity',
  'PurgeExpiredMemoriesPayload.purgedCount',
  'PurgeExpiredSessionsPayload.purgedCount',
  'ReinforceMemoriesPayload.clampedIds',
  'RelationExistsError.contradiction',
  'RelationExistsError.relation',
  'RememberMessagesPayload.messages',
  'ReplaceMessagesPayload.conversation',
  'ReplaceMessagesPayload.messages',
  'RetryDeliveriesPayload.deliveries',
  'RevertCorrectionPayload.memory',
  'StartSessionPayload.session',
  'UpdateWorkingMemoryPayload.workingMemory',
  'UpsertCompanionPayload.companion',
  'UpsertConversationPayload.conversation',
  'UpsertEntitiesPayload.createdIds',
  'UpsertEntitiesPayload.entities',
  'UpsertUserPayload.user',
];

/** Every field of payloads and failures. */
const said = Object.values(schema.getTypeMap()).flatMap((type) =>
  /(?:Payload|Error)$/.test(type.name) && 'getFields' in type
    ? Object.values(type.getFields()).map((field) => ({ type: type.name, field }))
    : [],
);

describe('fields that tell of what was there', () => {
  test('say that they need READ, and are all that do', () => {
    const closed = said.filter(({ field }) => field.extensions.scope === 'READ');
    expect(closed.map(({ type, field }) => `${type}.${field.name}`).toSorted()).toEqual(needReading);
    for (const { field } of closed) expect(field.description).toContain('Needs the scope READ.');
  });

  test.each(needReading)('%s: a document with it is refused as a whole', async (path) => {
    const [type = '', field = ''] = path.split('.');
    const name = type.endsWith('Payload')
      ? `${type[0]?.toLowerCase()}${type.slice(1, -'Payload'.length)}`
      : ({
          AlreadyCorrectedError: 'correctMemory',
          AlreadyResolvedError: 'resolveContradiction',
          ConflictError: 'updateWorkingMemory',
        }[type] ?? 'createMemories');
    const { data, errors } = await service.sendUntyped(
      `mutation ($input: ${name[0]?.toUpperCase()}${name.slice(1)}Input!) {
        ${name}(input: $input) { ... on ${type} { ${field} ${/Count|Ids|^examined$/.test(field) ? '' : '{ id }'} } } }`,
      { input: inputs[name] },
      blind,
    );
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', requiredScope: 'READ', field: path } }]);
  });

  const id = 'mem_01890a5dac96774bbcceb30209';
  const inputs: Record<string, object> = {
    createMemory: fact('x'),
    createMemories: { companion: iris, memories: [] },
    correctMemory: { id, content: 'x' },
    resolveContradiction: { id, resolution: 'DISMISSED' },
    forgetMemories: { ids: [] },
    judgeFindings: { ids: [], verdict: 'SAME' },
    detectFindings: { companion: iris },
    consolidate: { companion: iris },
    mergeEntities: { fromIds: [], intoId: id },
    purgeExpiredMemories: {},
    reinforceMemories: { ids: [] },
    revertCorrection: { id },
    upsertCompanion: { companion: iris },
    upsertUser: { externalId: 'x' },
  };

  test('what is made or named is answered as before', async () => {
    const { memory } = await create(fact('Told by its maker.'), blind);
    expect(await correct({ id: memory.id, content: 'Told better.' }, blind)).toMatchObject({
      memory: { id: expect.stringMatching(/^mem_/) },
      corrected: { id: memory.id },
    });
    expect(await upsertUser({ externalId: 'maya' }, blind)).toEqual({ __typename: 'UpsertUserPayload' });
  });
});

describe('failures say why, and nothing of what is there', () => {
  const ID = /[a-z]{3}_[0-9a-z]{26}/;
  const failing = async (answer: Promise<{ code: string; message: string }>, code: string, given: string[]) => {
    const failed = await answer;
    expect(failed.code).toBe(code);
    const text = given.reduce((rest, each) => rest.replaceAll(each, ''), JSON.stringify(failed));
    expect(text).not.toMatch(ID);
    expect(text).not.toMatch(/\d{4}-\d\d-\d\dT|\b\d+ memories|KEEP|SUCCEEDED/);
    return failed;
  };

  test('a circle: not how long it is', async () => {
    const ids = await Promise.all(['a', 'b', 'c'].map((name) => remember(`Cause ${name}`)));
    await relate({ fromId: ids[0], toId: ids[1], type: 'CAUSES' });
    await relate({ fromId: ids[1], toId: ids[2], type: 'CAUSES' });
    await failing(relate({ fromId: ids[2], toId: ids[0], type: 'CAUSES' }, blind), 'CYCLE', []);
    await failing(relate({ fromId: ids[0], toId: ids[1], type: 'CAUSES' }, blind), 'RELATION_EXISTS', []);
  });

  test('a version that is over: not which is there, nor since when', async () => {
    const id = await remember('It was red.', { validFrom: LONG_AGO, validUntil: '2022-01-01T00:00:00Z' });
    const early = { id, content: 'It was blue.', kind: 'CHANGE', effectiveAt: '2010-01-01T00:00:00.000Z' };
    await failing(correct(early, blind), 'INVALID_INPUT', [early.effectiveAt]);
    await failing(correct({ ...early, effectiveAt: '2023-01-01T00:00:00Z' }, blind), 'INVALID_INPUT', [
      '2023-01-01T00:00:00.000Z',
    ]);
    await correct({ id, content: 'It was green.' });
    await failing(correct({ id, content: 'It was blue.' }, blind), 'ALREADY_CORRECTED', []);
    const other = await remember('It was never red.');
    await failing(contradict({ id, by: { memoryId: other } }, blind), 'INVALID_INPUT', []);
  });

  test('a contradiction that is resolved: not how', async () => {
    const [id, other] = [await remember('It is open.'), await remember('It is shut.')];
    const { contradiction } = await contradict({ id, by: { memoryId: other } });
    await resolve({ id: contradiction.id, resolution: 'KEEP_BY' });
    const again = { id: contradiction.id, resolution: 'KEEP_MEMORY' };
    await failing(resolve(again, blind), 'ALREADY_RESOLVED', []);
  });
});
