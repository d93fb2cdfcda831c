import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { chromium, violationsOf } from './support/browser.ts';
import { useExplorer } from './support/explorer.ts';
import { asking } from './support/explorer-data.ts';

const phone = { width: 390, height: 844 };
const MESSAGES = 24;

const happenings = (page: Page) => page.getByRole('list', { name: 'What happened, the newest first' });
const times = (page: Page) =>
  happenings(page)
    .locator('time')
    .evaluateAll((all) => all.map((each) => Date.parse(each.getAttribute('datetime') ?? '')));

describe.skipIf(!chromium)('the panel Time line', () => {
  const explorer = useExplorer();
  const ask = asking(explorer);

  /** A conversation of this month whose messages became memories, and a session about it. */
  async function addConversation(externalId: string): Promise<string> {
    const of = { companion: { key: 'iris' }, user: { externalId: 'maya' }, conversation: { externalId } };
    const messages = Array.from({ length: MESSAGES }, (_, index) => ({
      role: index % 2 === 0 ? 'USER' : 'ASSISTANT',
      content: `Fitting ${index} of ${externalId} is on ${index + 1} November.`,
      createdAt: new Date(Date.UTC(2026, 10, 1, 10, index)).toISOString(),
    }));
    const { appendMessages } = await ask(
      `mutation ($input: AppendMessagesInput!) {
        appendMessages(input: $input) { ... on AppendMessagesPayload { conversation { id } } }
      }`,
      { input: { ...of, messages } },
    );
    await ask(`mutation ($input: StartSessionInput!) { startSession(input: $input) { __typename } }`, {
      input: { ...of, client: { name: 'studio desk', version: '2.1' } },
    });
    return appendMessages.conversation.id;
  }

  test('lists what happened, the newest first, and leads to memories', async () => {
    const { page, complaints } = await explorer.open('/explore#/timeline');
    await happenings(page).getByRole('listitem').first().waitFor();
    await page.getByRole('button', { name: 'Later' }).waitFor();
    await happenings(page).getByText('Corrected', { exact: true }).waitFor();
    const shown = await times(page);
    expect(shown).toEqual(shown.toSorted((a, b) => b - a));
    const { events } = await ask(`{ events(kinds: [CORRECTED]) { nodes { memory { id content } } } }`);
    const corrected = happenings(page)
      .getByRole('listitem')
      .filter({ has: page.getByText('Corrected', { exact: true }) });
    await corrected.getByText('by system:demo').waitFor();
    expect(await corrected.count()).toBe(events.nodes.length);
    expect(await page.locator('.time-chart .lane-corrections .time-mark').count()).toBe(events.nodes.length);
    await corrected.first().getByRole('link').click();
    await page.getByRole('heading', { level: 1, name: 'Memory' }).waitFor();
    expect(new URL(page.url()).hash).toBe(`#/memory/${events.nodes[0].memory.id}`);
    await page.goBack();
    // A mark leads there too.
    await page.locator('.time-chart .lane-disputes .time-mark').first().click();
    await expect.poll(() => new URL(page.url()).hash).toMatch(/^#\/memory\/mem_/);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('zooms by buttons and by dragging, shows the chosen lanes, and pages', async () => {
    const { page } = await explorer.open('/explore#/timeline');
    await happenings(page).getByRole('listitem').nth(30).waitFor();
    await happenings(page).getByText('Contradicted', { exact: true }).waitFor();
    const all = await times(page);
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await expect.poll(async () => (await times(page)).length).toBeLessThan(all.length);
    const params = new URLSearchParams(new URL(page.url()).hash.split('?')[1]);
    const [from, until] = [params.get('from'), params.get('until')].map((moment) => Date.parse(moment ?? ''));
    await expect.poll(async () => (await times(page)).every((at) => at >= (from ?? 0) && at < (until ?? 0))).toBe(true);
    expect(await times(page)).not.toEqual([]);
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await expect.poll(async () => (await times(page)).length).toBe(all.length);
    const chart = await page.locator('.time-chart').boundingBox();
    const y = (chart?.y ?? 0) + 10;
    await page.mouse.move((chart?.x ?? 0) + 40, y);
    await page.mouse.down();
    await page.mouse.move((chart?.x ?? 0) + 300, y, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => new URL(page.url()).hash).toContain('from=');
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await page.getByLabel('Memories recorded').uncheck();
    await expect.poll(() => happenings(page).getByText('recorded').count()).toBe(0);
    await page.getByLabel('Relations').check();
    await happenings(page).getByText('Related').first().waitFor();
    expect(new URL(page.url()).hash).toContain('relations');
    expect(await times(page)).toHaveLength(50);
    await page.getByRole('button', { name: 'More' }).click();
    await expect.poll(async () => (await times(page)).length).toBeGreaterThan(50);
    await page.context().close();
  });

  test('shows a conversation and its session, and what its messages became', async () => {
    const id = await addConversation('fittings');
    const { page, complaints } = await explorer.open('/explore#/timeline');
    await happenings(page).getByText('studio desk · 2.1').waitFor();
    await happenings(page).getByText('open · Iris · of maya · about “fittings”').waitFor();
    await happenings(page).getByText(`${MESSAGES} messages · Iris · with maya`).waitFor();
    await happenings(page).getByRole('link', { name: 'fittings', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'fittings' }).waitFor();
    expect(new URL(page.url()).hash).toBe(`#/timeline/${id}`);
    const messages = page.getByRole('list', { name: 'Messages' }).locator('> li');
    await messages.nth(19).waitFor();
    await page.getByText(`20 of ${MESSAGES} messages`).waitFor();
    await page.getByRole('button', { name: 'More' }).click();
    await expect.poll(() => messages.count()).toBe(MESSAGES);
    // What comes later is added; the pages before stay.
    await ask(`mutation ($input: AppendMessagesInput!) { appendMessages(input: $input) { __typename } }`, {
      input: {
        companion: { key: 'iris' },
        user: { externalId: 'maya' },
        conversation: { externalId: 'fittings' },
        messages: [{ role: 'USER', content: 'The last fitting is in December.' }],
      },
    });
    await page.getByText(`${MESSAGES + 1} of ${MESSAGES + 1} messages`).waitFor();
    expect(await messages.count()).toBe(MESSAGES + 1);
    await messages.first().getByText('Became a memory').click();
    expect(await violationsOf(page)).toEqual([]);
    await messages.first().getByRole('link').click();
    await page.getByRole('heading', { level: 1, name: 'Memory' }).waitFor();
    // Another user's is not seen by who looks at one user.
    await page.goto(explorer.url('/explore#/timeline?user=tomas&lanes=conversations'));
    await page.getByText('Nothing happened then').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  for (const colorScheme of ['dark', 'light'] as const) {
    test(`has no violations, ${colorScheme}, and fits a phone`, async () => {
      const { page, complaints } = await explorer.open('/explore#/timeline', { colorScheme });
      await happenings(page).getByText('Corrected', { exact: true }).waitFor();
      expect(await violationsOf(page)).toEqual([]);
      await page.setViewportSize(phone);
      expect(await violationsOf(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      expect(complaints).toEqual([]);
      await page.context().close();
    });
  }
});
