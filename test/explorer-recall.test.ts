import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { markedPieces } from '../src/explorer/panels/recall/marks.ts';
import { type Found, partsOf } from '../src/explorer/panels/recall/score.ts';
import { chromium, violationsOf } from './support/browser.ts';
import { useExplorer } from './support/explorer.ts';
import { asking } from './support/explorer-data.ts';

const QUESTION = 'When does the lease start?';
const phone = { width: 390, height: 844 };

const address = (query: string, params: Record<string, string> = {}) =>
  `/explore#/recall?${new URLSearchParams({ q: query, ...params })}`;

const results = (page: Page) => page.getByRole('list', { name: 'Results' }).getByRole('article');

/** Of each result: its score, and the parts of it, as they are shown and with all their digits. */
const sums = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('.results > li')].map((result) => {
      const cells = [...result.querySelectorAll<HTMLElement>('[data-part]')];
      const total = result.querySelector<HTMLElement>('[data-score]');
      return {
        parts: cells.map((cell) => Number(cell.dataset.part)),
        shown: cells.map((cell) => Number(cell.textContent?.replace('−', '-'))),
        score: Number(total?.dataset.score),
        shownScore: Number(total?.textContent),
        bar: result.querySelector('.score-bar')?.getAttribute('aria-label') ?? '',
      };
    }),
  );

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

test('the parts of the example of docs/recall.md add up to its score', () => {
  const weights = { vector: 0.4, lexical: 0.6, relevance: 1, recency: 0.05, importance: 0.05, confidence: 0.05 };
  const explanation = {
    similarityAround: 0.3764424663806849,
    lexical: 0.5,
    spread: null,
    cues: [{ name: 'time', factor: 1.5 }],
    recency: 0.00046670400966116404,
    importance: 0.1809913027896108,
    confidence: 1,
  };
  const parts = partsOf({ explanation: explanation as unknown as Found['explanation'] }, weights);
  expect(sum(parts.map(({ value }) => value))).toBeCloseTo(0.7349383801683745, 12);
  const byName = Object.fromEntries(parts.map(({ name, value }) => [name, Number(value.toFixed(4))]));
  expect(byName).toMatchObject({ words: 0.3, spread: 0, vector: 0.1506, cues: 0.2253, confidence: 0.05 });
});

test('words are marked by their stems, in any case, with any accents and endings', () => {
  const marked = (text: string, stems: string[]) =>
    markedPieces(text, stems).flatMap(({ text: piece, isMarked }) => (isMarked ? [piece] : []));
  expect(marked('Leases of TOMÁS are starting; a startled bee.', ['leas', 'start', 'tomas'])).toEqual([
    'Leases',
    'TOMÁS',
    'starting',
  ]);
  expect(marked('Happy, happily, running to the party', ['happi', 'run', 'parti'])).toEqual([
    'Happy',
    'happily',
    'running',
    'party',
  ]);
  const text = 'One two.';
  expect(
    markedPieces(text, ['two'])
      .map((piece) => piece.text)
      .join(''),
  ).toBe(text);
});

describe.skipIf(!chromium)('the panel Recall', () => {
  const explorer = useExplorer();
  const ask = asking(explorer);

  /** Opens "why not this one?" which is closed for another question. */
  async function openWhyNot(page: Page): Promise<void> {
    await page.locator('.why-not:not([open])').waitFor();
    await page.getByText('Why not this one?').click();
  }

  /** Its answer for the memory that has these words. */
  async function whyNot(page: Page, words: string, content: string): Promise<string | null> {
    const box = page.getByRole('searchbox', { name: 'Words of the memory that is missed, or its id' });
    await box.fill(words);
    await box.press('Enter');
    await page.locator('.candidate').filter({ hasText: content }).click();
    const answer = page.getByRole('status', { name: 'Why not this one' });
    await answer.locator('.memory-card').waitFor();
    return answer.textContent();
  }

  test('has parts that add up to each score, which is the score of the API', async () => {
    const { page, complaints } = await explorer.open('/explore#/recall');
    await page.getByText('Ask something').waitFor();
    await page.getByRole('searchbox', { name: 'Ask or search the memory' }).fill(QUESTION);
    await page.keyboard.press('Enter');
    await results(page).first().waitFor();
    const shown = await sums(page);
    const { recall } = await ask(
      `query ($q: String!) { recall(input: { companion: { key: "iris" }, query: $q }) { edges { score node { content } } } }`,
      { q: QUESTION },
    );
    expect(shown.length).toBe(recall.edges.length);
    expect(shown.length).toBeGreaterThan(3);
    for (const [index, { parts, score, shown: numbers, shownScore, bar }] of shown.entries()) {
      expect(sum(parts)).toBeCloseTo(score, 9);
      expect(sum(numbers)).toBeCloseTo(shownScore, 2);
      // Importance and recency have decayed a little between the two requests.
      expect(score).toBeCloseTo(recall.edges[index].score, 4);
      expect(bar).toContain(`Score ${shownScore.toFixed(3)}: `);
    }
    expect(await page.locator('.results > li').first().locator('mark').allInnerTexts()).toEqual(['lease', 'starting']);
    const decided = results(page).filter({ hasText: 'decided to move to Lisbon' });
    await decided.getByText('Spread from').waitFor();
    await decided.getByRole('link', { name: /her workshop lease in Gothenburg ends/ }).waitFor();
    await results(page).first().getByText('time ×1.5').waitFor();
    await results(page).first().getByRole('link', { name: 'Marvila warehouse', exact: true }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('weighs by sliders and filters, all of which are in the address', async () => {
    const { page } = await explorer.open(address(QUESTION));
    await results(page).first().waitFor();
    const before = await sums(page);
    await page.getByRole('slider', { name: 'Confidence' }).press('ArrowRight');
    await expect.poll(() => new URL(page.url()).hash).toContain('w.confidence=0.1');
    await expect.poll(async () => (await sums(page))[0]?.score ?? 0).toBeGreaterThan((before[0]?.score ?? 1) + 0.04);
    const [first] = await sums(page);
    expect(sum(first?.parts ?? [])).toBeCloseTo(first?.score ?? 0, 9);
    await page.getByLabel('Fact', { exact: true }).check();
    await expect.poll(() => results(page).locator('.type-experience').count()).toBe(0);
    expect(new URL(page.url()).hash).toContain('types=FACT');
    await page.reload();
    await results(page).first().waitFor();
    expect(await page.getByLabel('Fact', { exact: true }).isChecked()).toBe(true);
    expect(await results(page).locator('.type-experience').count()).toBe(0);
    await page.getByRole('button', { name: 'Reset all of these' }).click();
    await results(page).locator('.type-experience').first().waitFor();
    await page.getByLabel('Order', { exact: true }).selectOption('TIME');
    await page.getByText(/by time, in tens/).waitFor();
    await page.context().close();
  });

  test('says why a memory was not found', async () => {
    const { memories } = await ask(`{ memories(filter: { text: "espresso machine guaranteed" }) { nodes { id } } }`);
    const [{ id }] = memories.nodes;
    const input = { id, reason: 'It was returned to the shop.' };
    await ask(`mutation ($input: RetractMemoryInput!) { retractMemory(input: $input) { __typename } }`, { input });
    const { page, complaints } = await explorer.open(address('How long is the espresso machine guaranteed?'));
    await results(page).first().waitFor();
    await openWhyNot(page);
    const retracted = await whyNot(page, 'espresso machine guaranteed', 'second-hand');
    expect(retracted).toMatch(/It was retracted on .*\(“It was returned to the shop\.”\)\. Only active or disputed/);
    expect(retracted).toMatch(/Let through, it would score \d\.\d{3}: place 1 by score\./);
    expect(await violationsOf(page)).toEqual([]);

    await page.goto(explorer.url(address('What does Maya cook?', { types: 'FACT' })));
    await results(page).first().waitFor();
    await openWhyNot(page);
    expect(await whyNot(page, 'chickpea stew eats fish', 'cooks vegetarian')).toContain(
      'Its type is preference, and only fact is let through.',
    );

    await page.goto(explorer.url(address('When did the lease begin?', { min: '5' })));
    await openWhyNot(page);
    expect(await whyNot(page, 'five-year lease', '1,540 euros')).toMatch(
      /Its importance is \d\.\d\d by now, and at least 5 is asked for/,
    );

    await page.goto(explorer.url(address(QUESTION)));
    await results(page).first().waitFor();
    await openWhyNot(page);
    expect(await whyNot(page, 'second prototype reached', 'eleven days')).toMatch(
      /It has no word of the question|the last that is shown/,
    );
    expect(await whyNot(page, 'five-year lease', '1,540 euros')).toContain('It was found: it is result 1.');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  for (const colorScheme of ['dark', 'light'] as const) {
    test(`has no violations, ${colorScheme}, and fits a phone`, async () => {
      const { page, complaints } = await explorer.open(address(QUESTION), { colorScheme });
      await results(page).first().waitFor();
      await page.getByText('How it adds up').first().click();
      expect(await violationsOf(page)).toEqual([]);
      await page.setViewportSize(phone);
      expect(await violationsOf(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      expect(complaints).toEqual([]);
      await page.context().close();
    });
  }
});
