import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { chromium, violationsOf } from './support/browser.ts';
import { useExplorer } from './support/explorer.ts';

const phone = { width: 390, height: 844 };

interface Side {
  id: string;
  status: string;
  content: string;
  confidence: number;
  validUntil: string | null;
}

interface Dispute {
  id: string;
  status: string;
  resolution: string | null;
  note: string | null;
  memory: Side;
  by: Side;
}

describe.skipIf(!chromium)('the inbox of disputes', () => {
  const explorer = useExplorer();
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
  const ask = async (query: string): Promise<any> => {
    const { data, errors } = (await (await explorer.post(query)).json()) as { data?: unknown; errors?: unknown };
    expect(errors).toBeUndefined();
    return data;
  };
  const side = '{ id status content confidence validUntil }';
  /** The dispute of the demo graph, as the server has it. */
  const disputeNow = async (): Promise<Dispute> =>
    (
      await ask(`{ contradictions { nodes { id status resolution note memory ${side} by ${side} } } }`)
    ).contradictions.nodes.at(-1);
  const open = async (address = '/explore#/disputes', options = {}) => {
    const opened = await explorer.open(address, options);
    await opened.page.getByRole('heading', { level: 1, name: 'Disputes' }).waitFor();
    return opened;
  };
  const openOnes = (page: Page) => page.getByRole('region', { name: 'Open', exact: true });
  const decidedOnes = (page: Page) => page.getByRole('region', { name: 'Decided', exact: true });
  const messages = (page: Page) => page.getByRole('region', { name: 'Messages' });
  /** Takes the last decision back, after which all is as it was. */
  const undo = async (page: Page, said: string, before: Dispute) => {
    await messages(page).getByRole('button', { name: 'Undo', exact: true }).last().click();
    await messages(page).getByText(said).last().waitFor();
    // The same may have been said before, of another decision.
    await expect.poll(disputeNow).toEqual(before);
    await page.getByRole('button', { name: 'Dismiss', exact: true }).waitFor();
  };
  /** Decides by a button, and answers what was said before. */
  const decide = async (page: Page, name: string, reason = ''): Promise<string> => {
    await openOnes(page).getByRole('button', { name, exact: true }).click();
    const dialog = page.getByRole('dialog', { name: `${name}?` });
    const said = (await dialog.textContent()) as string;
    await dialog.getByLabel('Reason, if you want to say it').fill(reason);
    await dialog.getByRole('button', { name, exact: true }).click();
    await decidedOnes(page).getByRole('button', { name: 'Undo this decision' }).waitFor();
    return said;
  };
  /** What was said of a confidence is what it is. */
  const expectConfidence = (said: string, { content, confidence }: Side) =>
    expect(said).toMatch(new RegExp(`${content.slice(0, 60)}[^%]*% → ${Math.round(confidence * 100)} %`));

  test('shows both sides, and keeps either one; undo opens it again', async () => {
    const before = await disputeNow();
    const { page, complaints } = await open();
    await openOnes(page).getByText('Northwind, document, purchase-order').waitFor();
    await openOnes(page).getByText('Maya, chat, call-with-ingrid').waitFor();
    await openOnes(page).getByText('60 %, stated 80 %').waitFor();
    await decidedOnes(page).getByText('Nothing has been decided yet').waitFor();
    const kept = await decide(page, 'Keep the first', 'The order is signed.');
    expect(kept).toContain('is retracted: it was never true');
    const first = await disputeNow();
    expect(first).toMatchObject({
      ...{ status: 'RESOLVED', resolution: 'KEEP_MEMORY', note: 'The order is signed.' },
      memory: { status: 'ACTIVE' },
      by: { status: 'RETRACTED' },
    });
    expectConfidence(kept, first.memory);
    await openOnes(page).getByText('Nothing is disputed').waitFor();
    await undo(page, 'It is open again.', before);
    const second = await decide(page, 'Keep the second');
    const after = await disputeNow();
    expect(after).toMatchObject({ resolution: 'KEEP_BY', memory: { status: 'RETRACTED' }, by: { status: 'ACTIVE' } });
    expectConfidence(second, after.by);
    await undo(page, 'It is open again.', before);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('lets one succeed the other, and dismisses; a decided one is undone where it is listed', async () => {
    const before = await disputeNow();
    const { page } = await open();
    const succeeded = await decide(page, 'Each in its time');
    expect(succeeded).toContain('ends at Sep 24, 2026');
    const after = await disputeNow();
    expect(after).toMatchObject({ resolution: 'SUCCEEDED', memory: { status: 'ENDED' }, by: { status: 'ACTIVE' } });
    expect(after.memory.validUntil).toBe('2026-09-24T15:40:00.000Z');
    expectConfidence(succeeded, after.by);
    await decidedOnes(page).getByRole('button', { name: 'Undo this decision' }).click();
    const reopen = page.getByRole('dialog', { name: 'Undo this decision?' });
    await reopen.getByText('The earlier one no longer ends where the later one begins.').waitFor();
    await reopen.getByRole('button', { name: 'Open it again' }).click();
    await openOnes(page).getByRole('button', { name: 'Dismiss', exact: true }).waitFor();
    expect(await disputeNow()).toEqual(before);
    const dismissed = await decide(page, 'Dismiss');
    const both = await disputeNow();
    expect(both).toMatchObject({ status: 'DISMISSED', memory: { status: 'ACTIVE' }, by: { status: 'ACTIVE' } });
    expectConfidence(dismissed, both.memory);
    expectConfidence(dismissed, both.by);
    await undo(page, 'It is open again.', before);
    await page.context().close();
  });

  test('does not undo what somebody else has decided since', async () => {
    const before = await disputeNow();
    const { page } = await open();
    await decide(page, 'Keep the first');
    await ask(`mutation {
      reopenContradiction(input: {id: "${before.id}"}) { __typename }
      resolveContradiction(input: {id: "${before.id}", resolution: KEEP_BY}) { __typename }
    }`);
    await messages(page).getByRole('button', { name: 'Undo', exact: true }).last().click();
    await messages(page).getByText('It has changed since: nothing was taken back.').waitFor();
    expect(await disputeNow()).toMatchObject({ resolution: 'KEEP_BY' });
    await ask(`mutation { reopenContradiction(input: {id: "${before.id}"}) { __typename } }`);
    expect(await disputeNow()).toEqual(before);
    await page.context().close();
  });

  test('merges both into one, and makes two of it again', async () => {
    const before = await disputeNow();
    const { page } = await open(`/explore#/disputes/${before.id}`);
    const card = page.getByRole('article', { name: /^Dispute/ });
    await card.getByRole('button', { name: 'Merge', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Merge both into one?' });
    await dialog.getByLabel('What is right').fill('');
    await dialog.getByRole('button', { name: 'Merge them' }).click();
    await dialog.getByText('content must not be empty').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    const content = 'The third prototype is due on 30 October, or on 13 November at the latest.';
    await dialog.getByLabel('What is right').fill(content);
    await dialog.getByRole('button', { name: 'Merge them' }).click();
    await card.getByText('The first was kept, the second retracted').waitFor();
    expect(await disputeNow()).toMatchObject({
      resolution: 'KEEP_MEMORY',
      memory: { status: 'ACTIVE', content },
      by: { status: 'RETRACTED' },
    });
    await undo(page, 'They are two again, and disputed.', before);
    await page.getByRole('link', { name: 'Show all disputes' }).click();
    await openOnes(page).getByText('1 of 1 open disputes').waitFor();
    await page.context().close();
  });

  test('says why something is not possible, filters by state, and shows what somebody else did meanwhile', async () => {
    const answer = (content: string) => `createMemory(input: {
      companion: {key: "iris"}, type: FACT, slot: "cafe.closing", content: "${content}", validFrom: "2026-10-01T00:00:00Z"
    }) { ... on CreateMemoryPayload { contradiction { id } } ... on Error { message } }`;
    const { b } = await ask(`mutation {
      a: ${answer('The café closes at five.')} b: ${answer('The café closes at six.')}
    }`);
    const { page } = await open('/explore#/disputes?show=open');
    const card = openOnes(page).getByRole('article', { name: /café closes/ });
    await card.getByText('Both begin at the same moment.').waitFor();
    expect(await card.getByRole('button', { name: 'Each in its time' }).isDisabled()).toBe(true);
    await card.getByText('both are the value of').waitFor();
    expect(await decidedOnes(page).count()).toBe(0);
    await card.getByRole('button', { name: 'Dismiss', exact: true }).click();
    // Somebody else decides while this one still thinks about it.
    await ask(
      `mutation { resolveContradiction(input: {id: "${b.contradiction.id}", resolution: KEEP_BY}) { __typename } }`,
    );
    const dialog = page.getByRole('dialog', { name: 'Dismiss?' });
    await dialog.getByRole('button', { name: 'Dismiss', exact: true }).click();
    await messages(page)
      .getByText(/not open|already/)
      .first()
      .waitFor();
    await card.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Decided', exact: true }).click();
    await expect.poll(() => new URL(page.url()).hash).toBe('#/disputes?show=decided');
    await decidedOnes(page).getByText('The second was kept, the first retracted').waitFor();
    await page.context().close();
  });

  test.each(['dark', 'light'] as const)('has no violations, %s, on a desk and on a phone', async (colorScheme) => {
    const { page, complaints } = await open('/explore#/disputes', { colorScheme });
    await openOnes(page).getByText('1 of 1 open disputes').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.setViewportSize(phone);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    await openOnes(page).getByRole('button', { name: 'Keep the first' }).click();
    await page.getByRole('dialog', { name: 'Keep the first?' }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.goto(explorer.url('/explore#/disputes/con_wrong'));
    await page.getByText('INVALID_INPUT').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
