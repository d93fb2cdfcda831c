import { expect, test } from 'vitest';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';

const service = useService();
const FOUND = 'findings { kind memory { content } by { content } }';
const create = mutation(service, 'createMemory', 'memory { id }');
const correct = mutation(service, 'correctMemory', `memory { id } ${FOUND}`);
const append = mutation(service, 'appendMessages', `memories { id } ${FOUND}`);

test('a correction is compared with other memories, not with its own versions', async () => {
  const companion = { key: 'corrections' };
  await create({ companion, type: 'FACT', content: 'My budget for the regatta is 4,000 euros' });
  const { memory } = await create({ companion, type: 'FACT', content: 'The boat is blue' });
  const content = 'My budget for the regatta was raised to 5,000 euros';
  const { findings } = await correct({ id: memory.id, content });
  expect(findings).toMatchObject([
    { kind: 'UPDATE', memory: { content: 'My budget for the regatta is 4,000 euros' }, by: { content } },
  ]);
  const again = await create({ companion, type: 'FACT', content: 'My budget for the choir is 200 euros' });
  const same = await correct({ id: again.memory.id, content: 'My budget for the choir was raised to 300 euros' });
  expect(
    same.findings.filter(({ memory: { content } }: { memory: { content: string } }) => /choir/.test(content)),
  ).toEqual([]);
  const off = await create({ companion, type: 'FACT', content: 'The sail is white' });
  expect(
    (await correct({ id: off.memory.id, content: 'My budget for the regatta was cut to 1,000 euros', detect: 'OFF' }))
      .findings,
  ).toEqual([]);
});

test('what messages become is compared where that is asked for', async () => {
  const companion = { key: 'messages' };
  const user = { externalId: 'maya' };
  const conversation = { externalId: 'talk' };
  const say = (content: string, more: object = {}) =>
    append({ companion, user, conversation, messages: [{ role: 'USER', content }], ...more });
  expect((await say('I have attended every yoga class in the studio')).findings).toEqual([]);
  expect((await say('I have never attended any yoga class in the studio')).findings).toEqual([]);
  const { findings } = await say('I have never been to a yoga class in the studio and attended none', {
    detect: 'SUGGEST',
  });
  expect(findings).toMatchObject([
    { kind: 'NEGATION', memory: { content: 'I have attended every yoga class in the studio' } },
  ]);
});
