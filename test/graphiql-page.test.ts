import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../src/library/config.ts';
import { chromium, openBrowser, openPages } from './support/browser.ts';
import { patience } from './support/calibration.ts';
import { openSocket, useServers } from './support/server.ts';

const start = useServers();
const html = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

/** The page as it comes on the wire. */
async function raw(url: string, more: readonly string[] = [], method = 'GET') {
  const { socket, write, closed } = openSocket(url);
  socket.setEncoding('latin1');
  write(
    [`${method} /graphql HTTP/1.1`, 'Host: test', `Accept: ${html}`, ...more, 'Connection: close', '', ''].join('\r\n'),
  );
  const received = await closed;
  const end = received.indexOf('\r\n\r\n');
  const head = new Map(
    received
      .slice(0, end)
      .split('\r\n')
      .slice(1)
      .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
  return { status: Number(received.slice(9, 12)), head, body: Buffer.from(received.slice(end + 4), 'latin1') };
}

describe('GraphiQL’s page', () => {
  test('comes compressed, and not at all to who has it', async () => {
    const { url } = await start();
    const plain = await raw(url);
    expect(plain.body.length).toBe(Number(plain.head.get('content-length')));
    for (const [accepted, encoding, decode] of [
      ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
      ['gzip', 'gzip', gunzipSync],
    ] as const) {
      const { status, head, body } = await raw(url, [`Accept-Encoding: ${accepted}`]);
      expect([status, head.get('content-encoding'), head.get('content-length')]).toEqual([
        200,
        encoding,
        `${body.length}`,
      ]);
      expect(body.length).toBeLessThan(3_000_000);
      expect(decode(body).equals(plain.body)).toBe(true);
      expect(head.get('vary')).toMatch(/accept-encoding/i);
      expect(head.get('cache-control')).toBe('no-cache');
      const tag = head.get('etag') as string;
      expect(tag).not.toBe(plain.head.get('etag'));
      for (const told of [tag, `"other", W/${tag}`, '*']) {
        const again = await raw(url, [`Accept-Encoding: ${accepted}`, `If-None-Match: ${told}`]);
        expect([again.status, again.body.length, again.head.get('etag')]).toEqual([304, 0, tag]);
      }
      const changed = await raw(url, [`Accept-Encoding: ${accepted}`, 'If-None-Match: "other"']);
      expect(changed.status).toBe(200);
      expect((await raw(url, [`Accept-Encoding: ${accepted}`], 'HEAD')).body).toHaveLength(0);
    }
  });

  test('says what it may do, and can be put into no other page', async () => {
    const { url } = await start();
    const { head } = await raw(url, ['Accept-Encoding: br']);
    const policy = head.get('content-security-policy');
    expect(policy).toMatch(/default-src 'none'; script-src ('sha256-[\w+/]{43}=' ?)+;/);
    expect(policy).toMatch(/frame-ancestors 'none'/);
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    expect(Object.fromEntries(head)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
  });

  test('is shared by all who read it, also by those who never do', async () => {
    const { url, post } = await start();
    await raw(url);
    const before = process.memoryUsage();
    const silent = Array.from({ length: 150 }, () => openSocket(url));
    for (const { socket, write } of silent) {
      socket.pause();
      write(`GET /graphql HTTP/1.1\r\nHost: test\r\nAccept: ${html}\r\n\r\n`);
    }
    await expect.poll(async () => (await raw(url, ['Accept-Encoding: br'])).status).toBe(200);
    for (let time = 0; time < 20; time++) expect((await post('{ __typename }')).status).toBe(200);
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    // The page alone has nine megabytes.
    const more = heapUsed + external + arrayBuffers - before.heapUsed - before.external - before.arrayBuffers;
    expect(more).toBeLessThan(150_000_000);
    for (const { close } of silent) close();
  });

  test('is off where credentials are required, unless it is switched on', () => {
    expect(readConfig({}).graphiql).toBe(true);
    expect(readConfig({ CREDENTIALS: 'required' }).graphiql).toBe(false);
    expect(readConfig({ CREDENTIALS: 'required', GRAPHIQL: 'true' }).graphiql).toBe(true);
    expect(readConfig({ GRAPHIQL: 'false' }).graphiql).toBe(false);
  });

  test.skipIf(!chromium)(
    'works in a browser, which finds nothing that the page may not do',
    async () => {
      const { url } = await start();
      const browser = await openBrowser();
      try {
        await browser.open(url);
        const has = (selector: string) =>
          browser.value(`document.querySelectorAll(${JSON.stringify(selector)}).length`);
        const wait = { timeout: patience(60_000), interval: 500 };
        await expect.poll(() => has('.graphiql-execute-button'), wait).toBe(1);
        // The editor's own workers are at work when it has coloured and checked the document.
        await expect.poll(() => has('.monaco-editor .view-line span[class*="mtk"]'), wait).toBeGreaterThan(10);
        await browser.value(`document.querySelector('.graphiql-execute-button').click()`);
        const answer = () => browser.value(`document.querySelector('.result-window')?.textContent ?? ''`);
        await expect.poll(answer, wait).toMatch(/"?data"?/);
        const response =
          browser.value(`fetch(location, { method: 'POST', headers: { 'content-type': 'application/json' },
          body: '{"query": "{ __typename }"}' }).then((response) => response.text())`);
        expect(await response).toContain('"Query"');
        expect(browser.complaints).toEqual([]);
        // What would come from elsewhere into the page is not run, and the browser says so.
        await browser.value(
          `document.body.append(Object.assign(document.createElement('script'), { text: 'top.ran = 1' }))`,
        );
        expect(await browser.value('top.ran')).toBeUndefined();
        await expect.poll(() => browser.complaints.join(), wait).toMatch(/Content.?Security.?Policy/i);
      } finally {
        await browser.close();
      }
    },
    patience(180_000),
  );

  test.skipIf(!chromium)(
    'takes the first click on a tab, shows comments whole, and has the same tabs when it is loaded again',
    async () => {
      const { url } = await start();
      const pages = await openPages();
      const wait = { timeout: patience(60_000) };
      try {
        const { page } = await pages.open(url);
        const tab = (name: string) => page.getByRole('tab', { name, exact: true });
        const chosen = (name: string) => page.locator('.graphiql-tab-active', { hasText: name }).waitFor(wait);
        const titles = () => page.locator('.graphiql-tab-button').allTextContents();
        await page.locator('.monaco-editor .view-line span[class*="mtk"]').first().waitFor(wait);
        const cutOff = await page.locator('.graphiql-query-editor .view-line').evaluateAll((lines) => {
          const comments = lines.filter(({ textContent }) => /^\s*#/.test(textContent ?? ''));
          const right =
            document.querySelector('.graphiql-query-editor .monaco-scrollable-element')?.getBoundingClientRect()
              .right ?? 0;
          return comments.filter((line) => (line.firstElementChild?.getBoundingClientRect().right ?? 0) > right).length;
        });
        expect(cutOff).toBe(0);
        const before = await titles();
        await tab('Correction').click();
        await chosen('Correction');
        await page.reload();
        await chosen('Correction');
        expect(await titles()).toEqual(before);
        await page.goto(
          `${url}?query=${encodeURIComponent('query Mine { __typename }')}&variables=${encodeURIComponent('{"a": 1}')}`,
        );
        await chosen('Mine');
        await expect.poll(() => page.locator('.graphiql-editor-tool').first().textContent(), wait).toMatch(/"a":/);
        expect(await titles()).toEqual([...before, 'Mine']);
      } finally {
        await pages.close();
      }
    },
    patience(180_000),
  );
});
