import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { write } from '../src/db/write.ts';
import { countUnanalysed, Reanalysis } from '../src/domain/recall/reanalysis.ts';
import { hiddenTerms, hiddenTermsOf } from '../src/model/finding/candidates.ts';
import { readStatement } from '../src/model/finding/read.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';

const service = useService();
const create = mutation(service, 'createMemory', 'memory { id } findings { kind reason memory { content } }');
const many = mutation(service, 'createMemories', 'memories { id } findings { kind memory { content } by { content } }');

const sentences = [
  'Maya lives in Berlin',
  'I moved to Lisbon last year',
  'Our office is in Munich',
  'Tom works for Acme',
  "I'm an engineer at Acme",
  'I was promoted to manager',
  'Sarah is the project lead',
  'My favourite colour is green',
  'We are on the pro plan',
  'plan: pro',
  'Tom drives a Volvo',
  'I am vegan',
  'Tom turned 40',
  'My name is Ana',
  'Ana is married to Tom',
  'My timezone is CET',
  'Ana uses Neovim as the editor',
];

describe('older memories are found that share no word', () => {
  test('by what they give a value to', async () => {
    const companion = { key: 'frames' };
    await create({ companion, type: 'FACT', content: 'I am an engineer at Acme' });
    for (let n = 0; n < 30; n++) {
      await create({ companion, type: 'FACT', content: `The box number ${n} holds apples`, detect: 'OFF' });
    }
    const { findings } = await create({ companion, type: 'FACT', content: 'I was promoted to manager' });
    expect(findings).toMatchObject([{ memory: { content: 'I am an engineer at Acme' } }]);
  });

  test('also those that were stored before there were such terms, once they have been analysed again', async () => {
    const companion = { key: 'before' };
    const { memory } = await create({ companion, type: 'FACT', content: 'I live in Berlin' });
    await write(await service.tenant(), (tx) =>
      tx.rows(sql`update memories set analysis = 2, search = to_tsvector(content) where content = 'I live in Berlin'`),
    );
    const before = await create({ companion, type: 'FACT', content: 'I have moved to Lisbon' });
    expect(before.findings).toEqual([]);
    const reanalysis = new Reanalysis(await service.tenant());
    while ((await reanalysis.step()) > 0);
    expect(await write(await service.tenant(), countUnanalysed)).toBe(0);
    const after = await create({ companion, type: 'FACT', content: 'I relocated to Porto' });
    expect(after.findings.map((each: { memory: { content: string } }) => each.memory.content)).toContain(
      'I live in Berlin',
    );
    expect(memory.id).toBeTruthy();
  });

  test('by a word whose forms the database stems otherwise than the service', async () => {
    const companion = { key: 'forms' };
    await create({ companion, type: 'FACT', content: 'I added saffron' });
    // As many as are compared share the other word, and came later.
    const others = Array.from({ length: 40 }, (_, n) => ({
      type: 'FACT',
      content: `Saffron box ${n} is in drawer ${n}`,
    }));
    await many({ companion, memories: others, detect: 'OFF' });
    const { findings } = await create({ companion, type: 'FACT', content: 'I did not add saffron' });
    expect(findings).toMatchObject([{ kind: 'NEGATION', memory: { content: 'I added saffron' } }]);
  });

  test('of a short text every word is asked, of any the rare ones, and the newest that have them', async () => {
    const companion = { key: 'crowd' };
    const crowd = Array.from({ length: 900 }, (_, n) => ({
      type: 'EXPERIENCE',
      content: `Meeting ${n} about the budget, the offer and the plan of week ${n % 50}`,
    }));
    await many({ companion, memories: crowd });
    await create({ companion, type: 'FACT', content: 'The budget for the regatta is 4,000 euros' });
    const { findings } = await create({
      companion,
      type: 'FACT',
      content: 'The budget for the regatta was raised to 5,000 euros',
    });
    expect(findings).toMatchObject([
      { kind: 'UPDATE', memory: { content: 'The budget for the regatta is 4,000 euros' } },
    ]);
  });

  test('within one batch, each those before it', async () => {
    const companion = { key: 'batch' };
    const { findings } = await many({
      companion,
      memories: [
        { type: 'FACT', content: 'The rent of the flat is 900 euros' },
        { type: 'FACT', content: 'The rent of the flat was raised to 950 euros' },
      ],
    });
    expect(findings).toMatchObject([
      { kind: 'UPDATE', by: { content: 'The rent of the flat was raised to 950 euros' } },
    ]);
  });
});

describe('hidden terms', () => {
  test('are those of every frame, though few texts are read for them', () => {
    for (const sentence of sentences) {
      const terms = hiddenTerms(readStatement(sentence, 'english'));
      expect.soft(terms, sentence).not.toEqual([]);
      expect.soft(hiddenTermsOf(sentence, 'english'), sentence).toEqual(terms);
    }
    expect(hiddenTermsOf('Ich wohne in Berlin', 'german')).toEqual([]);
    expect(hiddenTermsOf('Apples and pears', 'english')).toEqual([]);
  });

  test('are found by no question and no filter, and are shown nowhere', async () => {
    const companion = { key: 'hidden' };
    await create({ companion, type: 'FACT', content: 'Maya lives in Berlin' });
    const answers = async (query: string) => {
      const { recall, memories } = await service.runUntyped(
        `query ($input: RecallInput!, $companion: CompanionRef, $filter: MemoryFilter) {
          recall(input: $input, first: 5) { nodes { content } edges { explanation { matchedTerms terms { term } } } }
          memories(companion: $companion, filter: $filter, first: 5) { nodes { content } } }`,
        { input: { companion, query, mode: 'LEXICAL' }, companion, filter: { text: query } },
      );
      return { recall, memories };
    };
    for (const query of ['home', '=home', '"=home"', 'home*', '=home:']) {
      const { recall, memories } = await answers(query);
      expect.soft(recall.nodes, query).toEqual([]);
      expect.soft(memories.nodes, query).toEqual([]);
    }
    const { recall } = await answers('=home:maya, where does Maya live?');
    expect(recall.nodes).toHaveLength(1);
    expect(JSON.stringify(recall.edges)).not.toContain('=');
    const [row] = await write(await service.tenant(), (tx) =>
      tx.rows<{ count: number }>(sql`select count(*)::int as count from postings
        where '=home:maya' in (term1, term2, term3, term4, term5, term6)`),
    );
    expect(row?.count).toBeGreaterThan(0);
  });
});

describe('languages other than English', () => {
  test('are compared by equal words, found by their own stems', async () => {
    const companion = { key: 'deutsch' };
    await create({ companion, type: 'FACT', content: 'Maya wohnt seit Jahren in einer großen Wohnung am Hafen' });
    const { findings } = await create({
      companion,
      type: 'PREFERENCE',
      content: 'maya wohnt seit Jahren in einer großen Wohnung am Hafen!',
    });
    expect(findings).toMatchObject([{ kind: 'SAME' }]);
    const denied = await create({
      companion,
      type: 'FACT',
      content: 'Maya wohnt nicht seit Jahren in einer großen Wohnung am Hafen',
    });
    expect(denied.findings).toEqual([]);
  });
});
