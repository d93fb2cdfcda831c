import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import { type BrowserContextOptions, type Page, chromium as playwright } from 'playwright-core';
import { patience } from './calibration.ts';

/** Where a Chromium may be; none: what needs a browser cannot be tested here. */
export const chromium = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path && existsSync(path),
);

export interface Browser {
  /** Opens a page. */
  open(url: string): Promise<void>;
  /** What an expression comes to in the page. */
  value(expression: string): Promise<unknown>;
  /** Errors, warnings and violations that the browser has reported. */
  complaints: string[];
  close(): Promise<void>;
}

/** A real browser, driven by its own protocol. */
export async function openBrowser(): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'browser-'));
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0'];
  const process = spawn(chromium as string, [...flags, `--user-data-dir=${profile}`, 'about:blank']);
  const ended = new Promise((resolve) => process.once('exit', resolve));
  const address = await new Promise<string>((resolve, reject) => {
    let said = '';
    process.stderr.on('data', (data) => {
      said += data;
      const [, url] = /DevTools listening on (ws:\S+)/.exec(said) ?? [];
      if (url) resolve(url);
    });
    process.once('exit', () => reject(new Error(said)));
  });
  const socket = new WebSocket(address);
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
  const complaints: string[] = [];
  const waiting = new Map<number, (answer: { result?: unknown; error?: { message: string } }) => void>();
  socket.addEventListener('message', ({ data }) => {
    const { id, method, params, ...answer } = JSON.parse(String(data));
    if (id !== undefined) waiting.get(id)?.(answer);
    if (method === 'Log.entryAdded' && /error|warning/.test(params.entry.level)) complaints.push(params.entry.text);
    if (method === 'Runtime.exceptionThrown') complaints.push(JSON.stringify(params.exceptionDetails));
    // Generic issues are advice on forms.
    if (method === 'Audits.issueAdded' && params.issue.code !== 'GenericIssue')
      complaints.push(JSON.stringify(params.issue));
    if (method === 'Runtime.consoleAPICalled' && params.type === 'error') complaints.push(JSON.stringify(params.args));
  });
  let count = 0;
  let sessionId: string | undefined;
  const send = (method: string, params: object = {}) =>
    // biome-ignore lint/suspicious/noExplicitAny: as the protocol has it
    new Promise<any>((resolve, reject) => {
      const id = ++count;
      waiting.set(id, ({ result, error }) => (error ? reject(new Error(error.message)) : resolve(result)));
      socket.send(JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) }));
    });
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  ({ sessionId } = await send('Target.attachToTarget', { targetId, flatten: true }));
  for (const domain of ['Page', 'Runtime', 'Log', 'Audits']) await send(`${domain}.enable`);
  return {
    complaints,
    open: (url) => send('Page.navigate', { url }),
    value: async (expression) =>
      (await send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })).result.value,
    async close() {
      socket.close();
      process.kill('SIGKILL');
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // WebGL without a graphics card.
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
];

/** A page of its own, and what its browser has reported of it: errors, and requests to other hosts. */
export interface TestPage {
  page: Page;
  complaints: string[];
}

/** One browser for the tests of a file: opens pages that know nothing of each other. */
export async function openPages() {
  const browser = await playwright.launch({ executablePath: chromium as string, args: FLAGS });
  return {
    /** With `now` the clock of the page stands still there; its timers keep running. */
    async open(url: string, { now, ...options }: BrowserContextOptions & { now?: Date } = {}): Promise<TestPage> {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
      context.setDefaultTimeout(patience(30_000));
      const page = await context.newPage();
      if (now) await page.clock.setFixedTime(now);
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      page.on('request', (request) => {
        const { protocol, host } = new URL(request.url());
        if (protocol.startsWith('http') && host !== new URL(url).host) complaints.push(`asks ${request.url()}`);
      });
      await page.goto(url);
      return { page, complaints };
    },
    close: () => browser.close(),
  };
}

/** What axe finds wrong with a page as it is now: a rule and the elements that break it. */
export async function violationsOf(page: Page): Promise<string[]> {
  // The page's policy lets no script in but by the browser's own protocol.
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
    return violations.map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join('; ')}`,
    );
  });
}
