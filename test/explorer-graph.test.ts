import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { plainId } from '../src/explorer/core/point.ts';
import { momentAt, positionOf, rangeOf } from '../src/explorer/panels/graph/model/clock.ts';
import { differencesOf } from '../src/explorer/panels/graph/model/differences.ts';
import type { GraphMemory } from '../src/explorer/panels/graph/model/moment.ts';
import { chromium, violationsOf } from './support/browser.ts';
import { useExplorer } from './support/explorer.ts';

const phone = { width: 390, height: 844 };
const FLAT = 'Maya lives in Lisbon, in the flat above the tile warehouse in Marvila.';
const GOTHENBURG = 'Maya lives in Gothenburg, two streets from her workshop.';

describe('a clock', () => {
  const day = 86_400_000;
  const now = Date.parse('2026-11-29T12:00:00.000Z');

  test('goes from the first moment to now, in steps that a key can take', () => {
    const range = rangeOf(now - 100.5 * day, now);
    expect(range).toMatchObject({ stepMs: 6 * 3_600_000, last: 402 });
    expect(momentAt(range, 0)).toBe(new Date(now - 100.5 * day).toISOString());
    expect(momentAt(range, range.last)).toBeUndefined();
    expect(rangeOf(now, now)).toMatchObject({ last: 1 });
    expect(rangeOf(now - 40_000 * day, now).stepMs).toBe(30 * day);
  });

  test('finds its place again', () => {
    const range = rangeOf(now - 3_000 * day, now);
    for (const position of [0, 1, 17, range.last]) expect(positionOf(range, momentAt(range, position))).toBe(position);
    expect(positionOf(range, '1999-01-01T00:00:00.000Z')).toBe(0);
  });
});

describe('then and now', () => {
  const memory = (id: string, more: Partial<GraphMemory> = {}) =>
    ({ id, status: 'ACTIVE', confidence: 1, suspect: false, relations: [], ...more }) as GraphMemory;
  const moment = (...memories: GraphMemory[]) => new Map(memories.map((each) => [each.id, each]));
  const relation = { id: 'rel_1', type: 'CAUSES' as const, strength: 1, from: 'a', to: 'b' };

  test('are compared by what counts at each', () => {
    const { added, ended, changed, relationsAdded, relationsEnded } = differencesOf(
      moment(memory('a'), memory('b', { status: 'UPCOMING' }), memory('c', { relations: [relation] }), memory('d')),
      moment(
        memory('a', { status: 'ENDED' }),
        memory('b', { relations: [{ ...relation, id: 'rel_2' }] }),
        memory('c', { status: 'DISPUTED', confidence: 0.4 }),
        memory('d'),
        memory('e', { status: 'CORRECTED' }),
        memory('f'),
      ),
    );
    expect(added.map(({ memory: { id }, how }) => [id, how])).toEqual([
      ['b', 'not true yet then'],
      ['f', 'not known then'],
    ]);
    expect(ended.map(({ memory: { id }, how }) => [id, how])).toEqual([['a', 'no longer true']]);
    expect(changed.map(({ memory: { id }, how }) => [id, how])).toEqual([
      ['c', 'in dispute now; confidence 100 % then, 40 % now'],
    ]);
    expect(relationsAdded.map(({ relation: { id } }) => id)).toEqual(['rel_2']);
    expect(relationsEnded.map(({ relation: { id } }) => id)).toEqual(['rel_1']);
  });

  test('an id is the same at all moments', () => {
    expect(plainId('mem_1@2026-01-01T00:00:00.000Z~')).toBe('mem_1');
  });
});

describe.skipIf(!chromium)('the panel Graph', () => {
  const explorer = useExplorer();

  const open = async (address: string, options?: Parameters<typeof explorer.open>[1]) => {
    const opened = await explorer.open(`/explore#${address}`, options);
    opened.page.setDefaultTimeout(60_000);
    await rest(opened.page);
    return opened;
  };

  /** Nothing moves, and nothing is on its way. */
  const rest = async (page: Page) => {
    await page.locator('[data-resting=true]').first().waitFor();
    await page.getByText('Loading…', { exact: true }).waitFor({ state: 'detached' });
  };
  const rowsOf = (page: Page) => page.getByRole('listbox', { name: /nodes?, / }).getByRole('option');
  const row = (page: Page, content: string | RegExp) => rowsOf(page).filter({ hasText: content });
  const counts = async (page: Page) => {
    const text = await page.getByRole('heading', { name: /nodes?, / }).textContent();
    const [nodes, relations] = [...(text ?? '').matchAll(/\d+/g)].map(Number);
    return { nodes: nodes as number, relations: relations as number };
  };
  const idOf = async (content: string): Promise<string> => {
    const answer = await explorer.post(
      `{ memories(first: 1, filter: {text: ${JSON.stringify(`"${content}"`)}, statuses: [ACTIVE, DISPUTED, ENDED]}) { nodes { id } } }`,
    );
    return ((await answer.json()) as { data: { memories: { nodes: { id: string }[] } } }).data.memories.nodes[0]
      ?.id as string;
  };

  test('draws the most important memories, and names them in a list that keys go through', async () => {
    const { page, complaints } = await open('/graph');
    const { nodes, relations } = await counts(page);
    expect(nodes).toBeGreaterThan(45);
    expect(relations).toBeGreaterThan(50);
    // A picture with nothing in it is a few hundred bytes.
    const picture = page.locator('.graph-canvas');
    expect((await picture.screenshot()).length).toBeGreaterThan(10_000);
    const rows = rowsOf(page);
    await rows.first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => rows.nth(1).getAttribute('aria-selected')).toBe('true');
    expect(await rows.nth(1).evaluate((element) => element === document.activeElement)).toBe(true);
    // To a neighbour, and back.
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => rows.nth(1).getAttribute('aria-selected')).toBe('false');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => rows.nth(1).getAttribute('aria-selected')).toBe('true');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Memory' }).waitFor();
    expect(page.url()).toContain(`#/memory/${await idOfRow(page)}`);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('is moved by a finger, and the page is not', async () => {
    const { page } = await open('/graph', { viewport: phone, hasTouch: true });
    const picture = page.locator('.graph-canvas');
    await picture.scrollIntoViewIfNeeded();
    const box = await picture.boundingBox();
    const [x, y] = [(box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2];
    const scrolled = await page.evaluate(() => scrollY);
    const before = await picture.screenshot();
    const devtools = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', at: number) =>
      devtools.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y: at }] });
    await touch('touchStart', y);
    for (let step = 1; step <= 10; step++) await touch('touchMove', y - step * 12);
    await touch('touchEnd', y - 120);
    await expect.poll(async () => (await picture.screenshot()).equals(before)).toBe(false);
    expect(await page.evaluate(() => scrollY)).toBe(scrolled);
    await page.context().close();
  });

  /** What the address names, after the panel of a memory was opened. */
  const idOfRow = (page: Page) => page.evaluate(() => /mem_\w+/.exec(location.hash)?.[0]);

  test('expands what is clicked, says what is pointed at, and shows only what passes the filters', async () => {
    const { page, complaints } = await open('/graph?most=3');
    const before = await counts(page);
    expect(before.nodes).toBe(3);
    await rowsOf(page).first().click();
    await page.getByRole('button', { name: 'Centre' }).click();
    const box = await page.locator('.graph-canvas').boundingBox();
    const [x, y] = [(box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2];
    const name = (await page.locator('.graph-details .memory-content').textContent()) as string;
    // The picture has come to the middle once pointing there says what is there.
    await expect
      .poll(
        async () => {
          await page.mouse.move(x + 60, y + 60);
          await page.mouse.move(x, y, { steps: 3 });
          return (await page.locator('.graph-tip').allTextContents()).join();
        },
        { timeout: 60_000 },
      )
      .toContain(name.slice(0, 60));
    await page.mouse.click(x, y);
    await page.getByRole('button', { name: 'Expanded' }).waitFor();
    await rest(page);
    const after = await counts(page);
    expect(after.nodes).toBeGreaterThan(before.nodes);
    expect(after.relations).toBeGreaterThan(before.relations);

    await page.getByRole('checkbox', { name: 'Instruction' }).uncheck();
    await expect.poll(async () => (await counts(page)).nodes).toBeLessThan(after.nodes);
    expect(await row(page, /instruction,/).count()).toBe(0);
    expect(page.url()).toContain('types=EXPERIENCE%2CFACT%2CPREFERENCE%2CREFLECTION');
    await page.getByRole('checkbox', { name: 'Instruction' }).check();
    await expect.poll(() => counts(page)).toEqual(after);
    await page.getByText('More filters').click();
    await page.getByRole('checkbox', { name: 'Causes' }).uncheck();
    await expect.poll(async () => (await counts(page)).relations).toBeLessThan(after.relations);
    await page.getByRole('checkbox', { name: /^Through entities/ }).check();
    await row(page, /^Maya Lindqvist\s*entity,/).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('moves with each clock: what has ended, is not true yet or was not known is faint', async () => {
    const { page, complaints } = await open('/graph');
    const { nodes } = await counts(page);
    expect(await row(page, GOTHENBURG).textContent()).toContain('no longer true');
    expect(await row(page, FLAT).textContent()).toMatch(/fact, \d+ neighbour/);
    // When it was true.
    await page.getByRole('slider', { name: 'True at' }).focus();
    await page.keyboard.press('Home');
    await expect.poll(() => row(page, FLAT).textContent()).toContain('not true yet');
    await expect.poll(() => row(page, GOTHENBURG).textContent()).not.toContain('no longer true');
    await page.getByRole('button', { name: 'Now', exact: true }).click();
    await expect.poll(() => row(page, FLAT).textContent()).not.toContain('not true yet');
    expect(page.url()).not.toMatch(/(?:valid|known)At/);
    // When it was known.
    const known = page.getByRole('slider', { name: 'Known at' });
    await known.focus();
    await page.keyboard.press('Home');
    await expect.poll(() => row(page, FLAT).textContent()).toContain('not known yet');
    await expect.poll(() => known.getAttribute('aria-valuetext')).toMatch(/2025.* \S+/);
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => page.url()).toMatch(/knownAt=2025-10/);
    // Nothing is gone.
    expect((await counts(page)).nodes).toBe(nodes);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('shows then and now side by side, with what differs, and has no violations', async () => {
    const { page, complaints } = await open('/graph?knownAt=2026-05-04T09:00:00.000Z&compare=1');
    await page.getByRole('heading', { name: /^Then: known at May 4, 2026/ }).waitFor();
    await expect.poll(() => page.locator('.graph-canvas canvas').count()).toBeGreaterThan(1);
    expect(await page.locator('.graph-picture').count()).toBe(2);
    const differences = page.getByRole('region', { name: /^What differs/ });
    await differences.getByRole('button', { name: FLAT }).first().waitFor();
    const text = (await differences.textContent()) as string;
    expect(text).toMatch(/Memories since then: \d+/);
    expect(text).toMatch(/Memories that counted then, and no longer do: [1-9]/);
    expect(text).toMatch(/Relations since then: \d+/);
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Then and now' }).click();
    await differences.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('begins around a memory, an entity, and what words find', async () => {
    const { page, complaints } = await open(`/graph/${await idOf(FLAT)}`);
    // A version that is no longer true is near, too.
    await row(page, 'in a room she sublets in Graça').waitFor();
    const around = (await counts(page)).nodes;
    expect(around).toBeLessThan(45);
    await row(page, FLAT).click();
    await page.locator('.graph-mentions').getByRole('link', { name: 'Marvila warehouse' }).click();
    await expect.poll(() => page.url()).toContain('#/graph/ent_');
    await rest(page);
    await row(page, 'Tomás found the empty tile warehouse').waitFor();
    await page.getByLabel('Begin with what is found for').fill('hazelnuts');
    await page.keyboard.press('Enter');
    await row(page, 'Maya is allergic to hazelnuts').waitFor();
    expect(page.url()).toContain('q=hazelnuts');
    // With a companion it is recalled.
    await page.getByLabel('Companion').selectOption('iris');
    await rest(page);
    await row(page, 'Maya is allergic to hazelnuts').waitFor();
    await page.getByLabel('Begin with what is found for').fill('"no such words at all" zzz');
    await page.getByLabel('Companion').selectOption('');
    await page.getByLabel('Begin with what is found for').press('Enter');
    await page.getByText('Nothing is found for these words').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('shows what is changed elsewhere', async () => {
    const { page, complaints } = await open('/graph');
    const content = 'Maya keeps a spare key of the studio under the second flower pot.';
    const answer = await explorer.post(
      `mutation ($input: CreateMemoryInput!) { createMemory(input: $input) { __typename } }`,
      {},
      {
        variables: {
          input: { companion: { key: 'iris' }, user: { externalId: 'maya' }, type: 'FACT', content, importance: 10 },
        },
      },
    );
    expect(await answer.json()).toMatchObject({ data: { createMemory: { __typename: 'CreateMemoryPayload' } } });
    const isLive = await page.locator('meta[name="palimpsest:subscriptions"]').count();
    // Without subscriptions changes do not arrive by themselves.
    if (isLive === 0) {
      await page.reload();
      await rest(page);
    }
    await row(page, content).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  for (const colorScheme of ['dark', 'light'] as const) {
    for (const viewport of [{ width: 1280, height: 800 }, phone]) {
      test(`has no violations, ${colorScheme}, ${viewport.width} pixels wide`, async () => {
        const { page, complaints } = await open(`/graph?entities=1&validAt=2026-03-01T00:00:00.000Z`, {
          colorScheme,
          viewport,
        });
        await row(page, FLAT).click();
        await page.getByRole('link', { name: 'Start here' }).waitFor();
        await page.getByText('More filters').click();
        expect(await violationsOf(page)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
        expect(complaints).toEqual([]);
        await page.context().close();
      });
    }
  }
});
