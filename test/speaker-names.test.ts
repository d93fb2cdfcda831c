import { describe, expect, test } from 'vitest';
import { meaningOf } from '../src/model/recall/names.ts';
import { createMemories } from './support/memories.ts';
import { useService } from './support/service.ts';

const service = useService();

describe('names that are words', () => {
  test.each([
    ['may', 'What did May buy?', true, false],
    ['may', 'What happened in May?', false, true],
    ['may', 'What did May do in May?', true, true],
    ['may', 'Where were we on May 5?', false, true],
    ['may', 'Where were we on 5 May 2026?', false, true],
    ['may', 'What may Noah eat?', false, true],
    ['may', 'May I ask Noah?', false, true],
    ['may', "What is May's job?", true, false],
    ['may', 'what did may buy?', true, false],
    ['may', 'what happened in may?', false, true],
    ['mark', 'What did Mark paint?', true, false],
    ['mark', 'Which mark did Noah get?', false, true],
    ['mark', 'Mark: what did he paint?', true, false],
    ['will', 'What will Noah do?', false, true],
    ['will', 'Will Noah come?', false, true],
    ['will', 'What does Will like?', true, false],
    ['will', 'what will noah do?', false, true],
    ['will', 'What will Will do?', true, true],
    ['april', 'Who was born last April?', false, true],
    ['april', 'Who taught April?', true, false],
    ['rose', 'Who planted the rose for Noah?', false, true],
    ['melanie', 'what did melanie say to Noah?', true, false],
  ])('%s in %j', (name, question, isName, isWord) => {
    expect(meaningOf(name, question)).toEqual({ isName, isWord });
  });

  const recall = async (query: string) => {
    const { recall: found } = await service.run(
      `query ($query: String!) { recall(input: {companion: {key: "may"}, query: $query, mode: LEXICAL}) {
        edges { node { content } explanation { matchedTerms cues { name } } } } }`,
      { query },
    );
    return found.edges.map(({ node, explanation }) => ({
      content: node.content,
      terms: explanation.matchedTerms,
      isSpeaker: explanation.cues.some(({ name }) => name === 'speaker'),
    }));
  };

  test('are speakers where the question means them, and stay words where it does not', async () => {
    await createMemories(service, {
      companion: { key: 'may' },
      memories: [
        { type: 'FACT', content: 'I bought a kettle', validFrom: '2026-01-10T00:00:00Z', context: { speaker: 'May' } },
        { type: 'FACT', content: 'The fair opened', validFrom: '2026-05-10T00:00:00Z', context: { speaker: 'Noah' } },
        { type: 'FACT', content: 'I bought a lamp', validFrom: '2026-02-10T00:00:00Z', context: { speaker: 'Noah' } },
      ],
    });
    expect((await recall('What did May buy?'))[0]).toMatchObject({ content: 'I bought a kettle', isSpeaker: true });
    const [fair, ...rest] = await recall('What happened in May 2026?');
    expect(fair).toMatchObject({
      content: 'The fair opened',
      terms: expect.arrayContaining(['may']),
      isSpeaker: false,
    });
    expect(rest.some(({ isSpeaker }) => isSpeaker)).toBe(false);
    const both = await recall('What did May buy in May?');
    expect(both.find(({ content }) => content === 'The fair opened')?.terms).toContain('may');
    expect(both.find(({ content }) => content === 'I bought a kettle')?.isSpeaker).toBe(true);
  });
});
