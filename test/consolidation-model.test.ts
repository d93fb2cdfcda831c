import { expect, test } from 'vitest';
import { useChatProvider } from './support/chat.ts';
import type { ChatRequest } from './support/chat-server.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';
import { tablesWith } from './support/tables.ts';

const provider = useChatProvider();
const plain = useService();
const FIELDS = 'examined clusterCount created { id content } profiles { id }';
const boats = ['needs a mast', 'is in the harbour', 'was painted', 'won the harbour regatta'];

async function remembering(workspace: string) {
  const service = await provider.open(workspace);
  const companion = { key: 'iris' };
  const createMany = mutation(service, 'createMemories', 'results: memories { id }');
  const { results } = await createMany({
    companion,
    memories: boats.map((said) => ({ content: `The sailing boat ${said} in ${workspace}.`, type: 'FACT' })),
  });
  const consolidate = mutation(service, 'consolidate', FIELDS);
  const run = () => consolidate({ companion, method: 'MODEL' });
  return { service, companion, run, consolidate, ids: results.map(({ id }: { id: string }) => id) as string[] };
}

test('a chat model phrases what is quoted, once; forgetting a source erases all of it, and the next run makes it again', async () => {
  const { service, run, consolidate, companion, ids } = await remembering('lagos');
  let asked = 0;
  provider.server.answering = ({ data }: ChatRequest) => {
    asked++;
    return {
      summary: `Phrased: ${(data as { sentences: { text: string }[] }).sentences.map(({ text }) => text).join(' ')}`,
    };
  };
  const done = await run();
  expect(done.clusterCount).toBe(1);
  expect(done.created).toHaveLength(2);
  for (const { content } of done.created) expect(content).toMatch(/^Phrased: /);
  const before = asked;
  expect((await run()).created).toEqual([]);
  expect((await consolidate({ companion })).created).toEqual([]);
  expect(asked).toBe(before);
  await mutation(service, 'forgetMemories', 'forgottenIds')({ ids: [ids[0] as string] });
  expect(await tablesWith(provider.database, 'needs a mast')).toEqual([]);
  const again = await consolidate({ companion, method: 'MODEL', minClusterSize: 3 });
  expect(again.created).toHaveLength(2);
  expect(again.created[0].content).toMatch(/^Phrased: .*harbour regatta/);
});

test('where the model fails, nothing is half made, and the next run makes it', async () => {
  const { run } = await remembering('porto');
  provider.server.answering = () => ({ summary: 'A boat of Porto.' });
  provider.server.misbehave('refusal');
  expect((await run()).__typename).toBe('ChatProviderUnavailableError');
  expect(await tablesWith(provider.database, 'A boat of Porto')).toEqual([]);
  provider.server.misbehave(null);
  expect((await run()).created[0].content).toBe('A boat of Porto.');
});

test('what was forgotten while the model was asked is not summarised', async () => {
  const { service, run, ids } = await remembering('faro');
  provider.server.answering = () => ({ summary: 'Of Faro.' });
  provider.server.meanwhile = async () => {
    provider.server.meanwhile = async () => {};
    await mutation(service, 'forgetMemories', 'forgottenIds')({ ids: [ids[0] as string] });
  };
  expect((await run()).created).toEqual([]);
  expect(await tablesWith(provider.database, 'Of Faro.')).toEqual([]);
});

test('without a model it is refused, and says what to do', async () => {
  const consolidate = mutation(plain, 'consolidate', FIELDS);
  const refused = await consolidate({ companion: { key: 'iris' }, method: 'MODEL' });
  expect(refused).toMatchObject({
    __typename: 'ChatProviderUnavailableError',
    message: expect.stringMatching(/EXTRACTIVE/),
  });
});
