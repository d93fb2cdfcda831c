import { describe, expect, test } from 'vitest';
import { readConfig } from '../src/library/config.ts';
import { chromium, violationsOf } from './support/browser.ts';
import { KEY, READER_KEY, useExplorer } from './support/explorer.ts';

const phone = { width: 390, height: 844 };

test('the explorer is off where credentials are required, unless it is switched on', () => {
  expect(readConfig({}).explorer).toBe(true);
  expect(readConfig({ CREDENTIALS: 'required' }).explorer).toBe(false);
  expect(readConfig({ CREDENTIALS: 'required', EXPLORER: 'true' }).explorer).toBe(true);
  expect(readConfig({ EXPLORER: 'false' }).explorer).toBe(false);
});

describe.skipIf(!chromium)('the explorer', () => {
  const explorer = useExplorer();

  test('comes from addresses that are relative, with a policy that allows nothing inline, and files to keep', async () => {
    const page = await fetch(explorer.url('/explore'), { headers: { 'accept-encoding': 'identity' } });
    expect(page.headers.get('content-security-policy')).toMatch(/script-src 'self'; style-src 'self'/);
    expect(page.headers.get('content-security-policy')).not.toMatch(/unsafe/);
    const html = await page.text();
    const addresses = [...html.matchAll(/(?:src|href)="(?!data:)([^"]*)"/g)].map(([, address]) => address as string);
    expect(addresses).toEqual([
      expect.stringMatching(/^explore\/style-.*\.css$/),
      expect.stringMatching(/^explore\/main-.*\.js$/),
    ]);
    for (const address of addresses) {
      const file = await fetch(new URL(address, page.url));
      expect([file.status, file.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
    }
    const etag = page.headers.get('etag') as string;
    const again = await fetch(page.url, { headers: { 'if-none-match': etag, 'accept-encoding': 'identity' } });
    expect(again.status).toBe(304);
    const slash = await fetch(`${page.url}/`, { redirect: 'manual' });
    expect([slash.status, slash.headers.get('location')]).toEqual([308, '../explore']);
    expect((await fetch(`${page.url}/none.js`)).status).toBe(404);
  });

  for (const colorScheme of ['dark', 'light'] as const) {
    for (const viewport of [{ width: 1280, height: 800 }, phone]) {
      test(`and the start page have no violations, ${colorScheme}, ${viewport.width} pixels wide`, async () => {
        const start = await explorer.open('/', { colorScheme, viewport });
        await start.page.getByRole('button', { name: 'Copy' }).waitFor();
        expect(await violationsOf(start.page)).toEqual([]);
        const { page, complaints } = await explorer.open('/explore#/workspace', { colorScheme, viewport });
        await page.getByText('Memories believed now', { exact: true }).waitFor();
        expect(await violationsOf(page)).toEqual([]);
        await page.keyboard.press('?');
        await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
        expect(await violationsOf(page)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
        expect([...start.complaints, ...complaints]).toEqual([]);
        await page.context().close();
        await start.page.context().close();
      });
    }
  }

  test('opens panels by link, key and search, and keeps whose memory is looked at in the address', async () => {
    const { page, complaints } = await explorer.open('/explore');
    await page.getByRole('heading', { level: 1, name: 'Graph' }).waitFor();
    await page.getByLabel('Companion').selectOption('iris');
    await page.getByRole('link', { name: 'Disputes' }).click();
    await page.getByRole('heading', { level: 1, name: 'Disputes' }).waitFor();
    expect(new URL(page.url()).hash).toBe('#/disputes?companion=iris');
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('panel-title');
    await page.keyboard.press('/');
    await page.keyboard.type('Where does Maya live?');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Recall' }).waitFor();
    expect(new URL(page.url()).hash).toBe('#/recall?companion=iris&q=Where+does+Maya+live%3F');
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Disputes' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('offers nothing that the credential may not do', async () => {
    const { page } = await explorer.openGuarded('/explore#/disputes');
    await page.getByLabel('API key or JWT').fill(READER_KEY);
    await page.keyboard.press('Enter');
    await page.getByText('To decide it takes a credential with the scope WRITE.').waitFor();
    expect(await page.getByRole('button', { name: /Keep|Dismiss|Merge/ }).count()).toBe(0);
    await page
      .getByRole('article', { name: /^Dispute/ })
      .getByRole('link')
      .first()
      .click();
    const relations = page.getByRole('region', { name: 'Relations' });
    await relations.getByText(/of \d+ relations/).waitFor();
    expect(await page.getByRole('button', { name: /^End this|^Correct$|^Forget$/ }).count()).toBe(0);
    await page.context().close();
  });

  test('follows changes, also those of while the connection was lost', async () => {
    const { page } = await explorer.open('/explore#/workspace');
    const count = () => page.locator('.tile-value').first().textContent();
    const tile = page.getByRole('list', { name: 'Counts' });
    await tile.getByText('Memories believed now', { exact: true }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    // The next page has no stream at first.
    let isLost = true;
    await page.route('**/graphql', (route) =>
      isLost && /subscription Changes/.test(route.request().postData() ?? '') ? route.abort() : route.continue(),
    );
    await page.reload();
    await tile.getByText('Memories believed now', { exact: true }).waitFor();
    const before = Number(await count());
    expect(await page.getByText('Live', { exact: true }).count()).toBe(0);
    await explorer.post(
      `mutation { createMemory(input: { companion: { key: "iris" }, content: "Said while nobody listened", type: FACT }) { __typename } }`,
    );
    isLost = false;
    await page.getByText('Live', { exact: true }).waitFor();
    await expect.poll(async () => Number(await count())).toBe(before + 1);
    await page.context().close();
  });

  test('stays where a panel cannot be loaded or drawn', async () => {
    const { page } = await explorer.open('/explore#/workspace');
    await page.getByText('Memories believed now', { exact: true }).waitFor();
    await page.route('**/explore/decay-*.js', (route) => route.abort());
    await page.getByRole('link', { name: 'Decay', exact: true }).click();
    await page.getByRole('alert').getByText('Something went wrong').waitFor();
    await page.getByRole('link', { name: 'Disputes' }).click();
    await page.getByRole('heading', { level: 1, name: 'Disputes' }).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await page.unroute('**/explore/decay-*.js');
    await page.getByRole('link', { name: 'Decay', exact: true }).click();
    // A browser may remember that it could not be loaded; the page is loaded again then.
    const title = page.getByRole('heading', { level: 1, name: 'Decay' });
    const again = page.getByRole('button', { name: 'Try again' });
    await title.or(again).waitFor();
    if (await again.isVisible()) await again.click();
    await title.waitFor();
    // An answer that no panel can draw.
    await page.route('**/graphql', (route) =>
      /query Workspace/.test(route.request().postData() ?? '')
        ? route.fulfill({ json: { data: { viewer: null } } })
        : route.fallback(),
    );
    await page.getByRole('link', { name: 'Workspace' }).click();
    await page.getByRole('alert').getByText('Something went wrong').waitFor();
    await page.unroute('**/graphql');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Memories believed now', { exact: true }).waitFor();
    await page.context().close();
  });

  test('opens the query of a panel in GraphiQL, which has it in a tab', async () => {
    const { page } = await explorer.open('/explore#/workspace');
    const opened = page.context().waitForEvent('page');
    await page.getByRole('link', { name: 'Open query in GraphiQL' }).click();
    const graphiql = await opened;
    await graphiql.getByRole('tab', { name: 'Workspace' }).waitFor({ timeout: 60_000 });
    await page.context().close();
  });

  test('asks for a key where the server wants one, and keeps it nowhere', async () => {
    const { page } = await explorer.openGuarded('/explore#/workspace');
    await page.getByRole('dialog', { name: 'A key is needed' }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.getByLabel('API key or JWT').fill('clé “de” 鍵');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('signs of ASCII alone').waitFor();
    await page.getByLabel('API key or JWT').fill(KEY);
    await page.keyboard.press('Enter');
    await page.getByText('Memories believed now', { exact: true }).waitFor();
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href]),
    );
    expect(kept).not.toContain(KEY);
    await page.context().close();
  });
});
