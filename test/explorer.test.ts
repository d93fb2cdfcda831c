import { describe, expect, test } from 'vitest';
import { readConfig } from '../src/library/config.ts';
import { chromium, violationsOf } from './support/browser.ts';
import { KEY, useExplorer } from './support/explorer.ts';

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
        await page.getByText('Memories believed now').waitFor();
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
    await page.getByLabel('API key or JWT').fill(KEY);
    await page.keyboard.press('Enter');
    await page.getByText('Memories believed now').waitFor();
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href]),
    );
    expect(kept).not.toContain(KEY);
    await page.context().close();
  });
});
