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
    ['will', 'Will Will come in May?', true, true],
    ['may', 'Will Will come in May?', false, true],
    ['will', 'will will come in may?', true, true],
    ['may', 'will will come in may?', false, true],
    ['will', 'WILL WILL COME?', true, true],
    ['may', 'May May come in May?', true, true],
    ['may', 'What may Mark mark?', false, true],
    ['mark', 'What may Mark mark?', true, true],
    ['may', 'may 2023', false, true],
    ['may', 'MAY 2023', false, true],
    ['may', 'What did we do in May, 2023?', false, true],
    ['may', 'May, what did you buy?', true, false],
    ['will', 'Will: what did he paint?', true, false],
    ['will', "What is in Will's will?", true, true],
    ['may', '\u201cMay I come?\u201d: who said that?', false, true],
    ['may', 'What happened in May and June?', false, true],
    ['june', 'What happened in May and June?', false, true],
    ['june', 'Where were we from May to June?', false, true],
    ['may', 'Where were we from May to June?', false, true],
    ['may', 'What happened between May and June?', false, true],
    ['may', 'Did May and June call?', true, false],
    ['june', 'Did May and June call?', true, false],
    ['may', 'Is the letter from May?', true, false],
    ['will', 'What Will Noah Do In The Garden?', false, true],
    ['will', 'What Did Will Do In The Garden?', true, false],
    ['mark', 'Wie viele Mark hat Noah bezahlt?', false, true],
    ['mark', 'Hat es 20 Mark gekostet?', false, true],
    ['mark', 'Was war die D-Mark wert?', false, true],
    ['mark', 'Hat Noah eine Mark gefunden?', false, true],
    ['mark', 'Wo ist die Lampe, die Mark gekauft hat?', true, false],
    ['mark', 'Did Noah say that Mark called?', true, false],
    ['grace', 'Is Noah interested in Grace?', true, false],
    ['mark', 'Was hat Mark gemalt?', true, false],
    ['mark', 'Wie viele Mark hat Mark?', true, true],
    ['august', 'Was geschah im August?', false, true],
    ['august', 'Was hat August gekauft?', true, false],
    ['may', 'What did \uff2d\uff41\uff59 buy?', true, false],
    ['will', 'On which day did the firm read the will to Will?', true, true],
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

  test('are found as such however the question turns', async () => {
    await createMemories(service, {
      companion: { key: 'may' },
      memories: [
        { type: 'FACT', content: 'I come by boat', validFrom: '2026-03-10T00:00:00Z', context: { speaker: 'Will' } },
        { type: 'FACT', content: 'Come to the fair', validFrom: '2026-03-11T00:00:00Z', context: { speaker: 'Mark' } },
      ],
    });
    const speakersOf = async (query: string) =>
      (await recall(query)).filter(({ isSpeaker }) => isSpeaker).map(({ content }) => content);
    expect(await speakersOf('Will Will come in May?')).toEqual(['I come by boat']);
    expect(await speakersOf('Will you come to the fair in May and June?')).toEqual([]);
    expect(await speakersOf('What may Mark mark at the fair?')).toEqual(['Come to the fair']);
    expect(await speakersOf('Did 20 Mark come by boat?')).toEqual([]);
  });
});
