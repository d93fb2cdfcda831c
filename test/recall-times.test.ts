import { beforeAll, describe, expect, test } from 'vitest';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';

const service = useService();
const forget = mutation(service, 'forgetMemories', 'forgottenIds');
const companion = { key: 'iris' };

const RECALL = `query ($input: RecallInput!, $first: Int, $after: String) {
  recall(input: $input, first: $first, after: $after) { pageInfo { endCursor }
    edges { score node { content } explanation { cues { name factor } } } } }`;
// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
type Page = any;
const recall = async (query: string, page: object = {}): Promise<Page> =>
  (await service.runUntyped(RECALL, { input: { companion, query, mode: 'LEXICAL' }, ...page })).recall;
const contentsOf = ({ edges }: Page): string[] => edges.map(({ node }: Page) => node.content);
/** What has the cue `date`, and what has not. */
const dated = async (query: string) => {
  const { edges } = await recall(query);
  const has = (is: boolean) =>
    contentsOf({
      edges: edges.filter(({ explanation }: Page) => explanation.cues.some(({ name }: Page) => name === 'date') === is),
    }).toSorted();
  return { within: has(true), without: has(false) };
};

describe('a time that a question names by an event', () => {
  let moveId: string;
  beforeAll(async () => {
    const said = (content: string, validFrom: string) => ({ content, type: 'EXPERIENCE', validFrom });
    const { memories } = await createMemories(service, {
      companion,
      memories: [
        said('I work at the bakery', '2024-05-01T00:00:00Z'),
        said('We moved to Porto', '2025-06-10T00:00:00Z'),
        said('I work at the mill', '2025-12-01T00:00:00Z'),
        said('A race at work', '2024-01-01T00:00:00Z'),
        said('Another race at work', '2025-01-01T00:00:00Z'),
      ],
    });
    moveId = memories[1]?.id as string;
  });

  test('favours what became true before it, or from it on', async () => {
    const before = await recall('Where did I work before the move?');
    const at = (content: string) => contentsOf(before).indexOf(content);
    expect(at('I work at the bakery')).toBeLessThan(at('I work at the mill'));
    expect(before.edges[at('I work at the bakery')].explanation.cues).toEqual([{ name: 'date', factor: 1.25 }]);
    expect(await dated('Where did I work before the move?')).toEqual({
      within: ['A race at work', 'Another race at work', 'I work at the bakery'],
      without: ['I work at the mill', 'We moved to Porto'],
    });
    expect((await dated('Where did I work after our move?')).within).toEqual([
      'I work at the mill',
      'We moved to Porto',
    ]);
  });

  test('says nothing where it is not known when that was', async () => {
    expect((await dated('Where did I work before the race?')).within).toEqual([]);
    expect((await dated('Where did I work before the flood?')).within).toEqual([]);
    expect((await dated('Where did I work before?')).within).toEqual([]);
  });

  test('is the same on each page, even if what told of it is forgotten meanwhile', async () => {
    const query = 'Where did I work after the move?';
    const shape = ({ edges }: Page) => edges.map(({ score, ...edge }: Page) => ({ ...edge, score: score.toFixed(6) }));
    const whole = shape(await recall(query));
    const page = await recall(query, { first: 1 });
    await forget({ ids: [moveId] });
    const rest = shape(await recall(query, { after: page.pageInfo.endCursor }));
    const isLeft = ({ node }: Page) => node.content !== 'We moved to Porto';
    expect(rest.filter(isLeft)).toEqual(whole.slice(1).filter(isLeft));
  });
});
