import { describe, expect, test } from 'vitest';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';

const service = useService();
const FINDING = `id kind score reason memoryText byText suggestedSlot verdict judgedBy memory { content status } by { content status }
  contradiction { status resolution }`;
const create = mutation(service, 'createMemory', `memory { id status } findings { ${FINDING} }`);
const judge = mutation(
  service,
  'judgeFindings',
  `findings { ${FINDING} } memories { id status } contradictions { id status }`,
);
const companion = { key: 'iris' };
const fact = (content: string, more: object = {}) => create({ companion, type: 'FACT', content, ...more });

describe('what is written is compared with what is there', () => {
  test('a changed value, a denial and the same in other words are found, with their reason', async () => {
    await fact('Maya lives in Berlin', { user: { externalId: 'maya' } });
    const moved = await fact('Maya has moved to Lisbon', { user: { externalId: 'maya' } });
    expect(moved.findings).toMatchObject([{ kind: 'UPDATE', memory: { content: 'Maya lives in Berlin' } }]);
    await fact('I have a budget of 1,200 euros for the new bike');
    const raised = await fact('My budget for the new bike was raised to 1,500 euros');
    expect(raised.findings).toMatchObject([{ kind: 'UPDATE' }]);
    await fact('I have attended every yoga class in the studio');
    const denied = await fact('I have never attended a yoga class');
    expect(denied.findings).toMatchObject([{ kind: 'NEGATION' }]);
  });

  test('a verdict is given, and given again', async () => {
    const { findings } = await service.runUntyped(`{ findings(first: 10) { totalCount nodes { ${FINDING} } } }`);
    expect(findings.totalCount).toBe(3);
    const [first] = findings.nodes;
    const judged = await judge({ ids: [first.id], verdict: 'SUCCEEDS', reason: 'it is so' });
    expect(judged.findings).toMatchObject([{ verdict: 'SUCCEEDS', contradiction: { resolution: 'SUCCEEDED' } }]);
    const again = await judge({ ids: [first.id], verdict: 'UNRELATED' });
    expect(again.findings).toMatchObject([{ verdict: 'UNRELATED', contradiction: { resolution: 'DISMISSED' } }]);
    const same = await judge({ ids: [first.id], verdict: 'SAME' });
    expect(same.memories).toMatchObject([{ status: 'ACTIVE' }, { status: 'ARCHIVED' }]);
  });
});
