import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { chromium, violationsOf } from './support/browser.ts';
import { useExplorer } from './support/explorer.ts';
import { asking } from './support/explorer-data.ts';

const phone = { width: 390, height: 844 };
const DAY_MS = 86_400_000;
/** Noon of the day on which the tests began: pages that stay there see no midnight. */
const now = new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS + DAY_MS / 2);
const ahead = (days: number) => new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS + days * DAY_MS).toISOString();

/** The numbers of the table behind the histogram: before and after, a count for each band, and the mean. */
const histogram = (page: Page) =>
  page
    .locator('.histogram tbody tr')
    .evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('td')].map((cell) => Number(cell.textContent))));

const counts = (page: Page) =>
  page
    .getByRole('list', { name: 'Counts' })
    .locator('.tile-value')
    .evaluateAll((all) => all.map((each) => Number(each.textContent)));

describe.skipIf(!chromium)('the panels Decay and Workspace', () => {
  const explorer = useExplorer();
  const ask = asking(explorer);

  const preview = async (args: string) =>
    (
      await ask(`{
        decayPreview(${args}) {
          examined decayed archived importanceBefore { bands mean } importanceAfter { bands mean }
        }
      }`)
    ).decayPreview;

  /** Waits until a page shows what the API previews. */
  async function expectPreview(page: Page, args: string): Promise<void> {
    const { examined, decayed, archived, importanceBefore, importanceAfter } = await preview(args);
    const row = ({ bands, mean }: { bands: number[]; mean: number }) => [...bands, Number(mean.toFixed(2))];
    await expect.poll(() => histogram(page)).toEqual([row(importanceBefore), row(importanceAfter)]);
    await expect.poll(() => counts(page)).toEqual([examined, decayed, archived]);
  }

  test('have the counts of the API, at the moment and for the types that are chosen', async () => {
    const { page, complaints } = await explorer.open('/explore#/decay', { now });
    await expectPreview(page, `until: "${ahead(365)}"`);
    await page.getByRole('button', { name: '30 days', exact: true }).click();
    await expectPreview(page, `until: "${ahead(30)}"`);
    await page.getByRole('slider', { name: 'Moment' }).press('End');
    await expectPreview(page, `until: "${ahead(730)}"`);
    await page.getByLabel('Fact', { exact: true }).check();
    await expectPreview(page, `until: "${ahead(730)}", types: [FACT]`);
    await page.getByLabel('User').selectOption('maya');
    await expectPreview(page, `until: "${ahead(730)}", types: [FACT], user: { externalId: "maya" }`);
    expect(new URL(page.url()).hash).toMatch(/user=maya.*days=730.*types=FACT/);
    // The bars say the same as the table.
    const bars = await page.locator('.histogram-bar').evaluateAll((all) => all.map((each) => Number(each.textContent)));
    const [before = [], after = []] = await histogram(page);
    expect(bars).toEqual(before.slice(0, 10).flatMap((count, band) => [count, after[band]]));
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('change a policy, run decay, and take both back', async () => {
    const archived = async () =>
      (await ask(`{ memories(filter: { statuses: [ARCHIVED] }) { totalCount } }`)).memories.totalCount;
    const policy = async () =>
      (
        await ask(`{ viewer { workspace { decayPolicies { type archiveBelow halfLifeDays } } } }`)
      ).viewer.workspace.decayPolicies.find(({ type }: { type: string }) => type === 'EXPERIENCE');
    const { page, complaints } = await explorer.open('/explore#/decay?days=90', { now });
    await page.getByText('no policy archives anything').waitFor();
    await page.getByRole('button', { name: 'Change how experience memories decay' }).click();
    const form = page.getByRole('dialog', { name: 'How experience memories decay' });
    await form.getByText('Nothing: this is the policy as it is.').waitFor();
    await form.getByLabel('Archived below').fill('0.5');
    await form.getByText('Archived below: none → 0.5').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await form.getByRole('button', { name: 'Change the policy' }).click();
    await page.getByText('Experience memories decay in another way now.').first().waitFor();
    expect(await policy()).toEqual({ type: 'EXPERIENCE', archiveBelow: 0.5, halfLifeDays: 30 });
    const changed = page.locator('.toast').filter({ hasText: 'decay in another way' });
    await changed.getByRole('button', { name: 'Undo' }).click();
    await page.locator('.toast').filter({ hasText: 'decay as before' }).waitFor();
    expect(await policy()).toEqual({ type: 'EXPERIENCE', archiveBelow: null, halfLifeDays: 30 });

    await ask(`mutation { setDecayPolicy(input: { type: EXPERIENCE, archiveBelow: 0.5 }) { __typename } }`);
    await page.reload();
    await expectPreview(page, `until: "${ahead(90)}"`);
    const [, , expected = 0] = await counts(page);
    expect(expected).toBeGreaterThan(5);
    expect(await page.locator('.archived-list li').count()).toBe(expected);

    await page.getByRole('button', { name: 'Run decay…' }).click();
    const question = page.getByRole('dialog', { name: `Archive ${expected} memories?` });
    await question.getByText('Undo takes them out of the archive.').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.keyboard.press('Escape');
    expect(await archived()).toBe(0);
    await page.getByRole('button', { name: 'Run decay…' }).click();
    await question.getByRole('button', { name: 'Run decay' }).click();
    const done = page.locator('.toast').filter({ hasText: `${expected} memories of` });
    await done.waitFor();
    expect(await archived()).toBe(expected);
    await expect.poll(() => page.locator('.archived-list li').count()).toBe(0);
    await done.getByRole('button', { name: 'Undo' }).click();
    await page
      .locator('.toast')
      .filter({ hasText: `${expected} memories restored.` })
      .waitFor();
    expect(await archived()).toBe(0);

    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('run decay only by what is shown', async () => {
    const { page } = await explorer.open('/explore#/decay?days=90', { now });
    const run = page.getByRole('button', { name: 'Run decay…' });
    await expectPreview(page, `until: "${ahead(90)}"`);
    await expect.poll(() => run.isEnabled()).toBe(true);
    const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
    await page.route('**/graphql', async (route) => {
      if (/query DecayPreview/.test(route.request().postData() ?? '')) await mayAnswer;
      await route.continue();
    });
    await page.getByRole('button', { name: '30 days', exact: true }).click();
    await expect.poll(() => run.isEnabled()).toBe(false);
    // What is shown is still of 90 days.
    await page.getByText('Memories examined').waitFor();
    answer();
    await expect.poll(() => run.isEnabled()).toBe(true);
    await expectPreview(page, `until: "${ahead(30)}"`);
    await page.context().close();
  });

  test('count what there is, and say how keys are made', async () => {
    const { page, complaints } = await explorer.open('/explore#/workspace');
    await page.getByText('All memories by status').waitFor();
    const { active, corrected, facts, viewer } = await ask(`{
      active: memories(filter: { statuses: [ACTIVE] }) { totalCount }
      corrected: memories(filter: { statuses: [CORRECTED] }) { totalCount }
      facts: memories(filter: { types: [FACT] }) { totalCount }
      viewer { embedding { pending } workspace { name } }
    }`);
    const count = (name: string) => page.locator('.kind-table tr').filter({ hasText: name }).locator('.kind-count');
    expect(await count('Active').textContent()).toBe(String(active.totalCount));
    expect(await count('Corrected').textContent()).toBe(String(corrected.totalCount));
    expect(await count('Fact').textContent()).toBe(String(facts.totalCount));
    const pending = page.locator('dt', { hasText: 'Vectors pending' }).locator('+ dd');
    expect(await pending.textContent()).toBe(viewer.embedding.pending.toLocaleString('en-US'));
    await page.getByText(`npm run admin -- key list ${viewer.workspace.name}`).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('list webhooks, and how much waits to be sent', async () => {
    const { page, complaints } = await explorer.open('/explore#/workspace');
    await page.getByText('There are none.').waitFor();
    const url = 'https://receiver.example.com/events';
    await ask(`mutation { createWebhook(input: { url: "${url}", kinds: [RECORDED] }) { __typename } }`);
    await ask(
      `mutation { createMemory(input: { companion: { key: "hooked" }, content: "Sent on", type: FACT }) { __typename } }`,
    );
    // The change arrives by itself.
    const row = page.getByRole('row').filter({ hasText: url });
    await row.filter({ hasText: 'recorded' }).getByText('1', { exact: true }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  for (const colorScheme of ['dark', 'light'] as const) {
    test(`have no violations, ${colorScheme}, and fit a phone`, async () => {
      const { page, complaints } = await explorer.open('/explore#/decay', { colorScheme });
      await page.getByText('As a table').click();
      expect(await violationsOf(page)).toEqual([]);
      await page.setViewportSize(phone);
      expect(await violationsOf(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      await page.goto(explorer.url('/explore#/workspace'));
      await page.getByText('All memories by status').waitFor();
      expect(await violationsOf(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await page.context().close();
    });
  }
});
