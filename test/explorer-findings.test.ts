import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { piecesOf } from '../src/explorer/panels/disputes/sides/clause.ts';
import { chromium, violationsOf } from './support/browser.ts';
import { READER_KEY, useExplorer } from './support/explorer.ts';
import { asking } from './support/explorer-data.ts';

const phone = { width: 390, height: 844 };

describe('a clause within a content', () => {
  test('is found as it stands, also where rules read quotes, backticks and blanks as plain ones', () => {
    expect(piecesOf('I am new. I live in Berlin, now.', 'I live in Berlin,')).toEqual({
      before: 'I am new. ',
      clause: 'I live in Berlin,',
      after: ' now.',
    });
    expect(piecesOf('She said “it’s `v2`\n now” there', 'said "it\'s v2 now"')?.clause).toBe('said “it’s `v2`\n now”');
    expect(piecesOf('نص: يعيش أحمد في القاهرة.', 'يعيش أحمد في القاهرة')?.clause).toBe('يعيش أحمد في القاهرة');
  });

  test('may have been cut, and is not marked where it is not there', () => {
    expect(piecesOf('one two three four', 'two thr…')?.clause).toBe('two thr');
    expect(piecesOf('one … two', 'one …')?.clause).toBe('one …');
    expect(piecesOf('one two', 'three')).toBeUndefined();
    expect(piecesOf('one two', '…')).toBeUndefined();
  });

  test('is what is seen of a long content', () => {
    const { before, after } = piecesOf(`${'word 😀 '.repeat(200)}HERE${' 😀 word'.repeat(200)}`, 'HERE') ?? {};
    expect(before).toMatch(/^… \S.*word 😀 $/u);
    expect(after).toMatch(/^ 😀 word.*\S …$/u);
    for (const part of [before, after]) {
      expect(part?.length).toBeLessThan(250);
      expect(part?.isWellFormed()).toBe(true);
    }
  });
});

interface Side {
  id: string;
  status: string;
  validUntil: string | null;
  accessCount: number;
}

interface Finding {
  id: string;
  verdict: string | null;
  judgedAt: string | null;
  contradiction: { status: string; resolution: string | null } | null;
  memory: Side;
  by: Side;
}

describe.skipIf(!chromium)('the inbox of findings', () => {
  const explorer = useExplorer();
  const ask = asking(explorer);
  let companions = 0;
  /** Another companion, so that each test has findings of its own. */
  const newCompanion = () => `companion-${++companions}`;
  const remember = async (companion: string, content: string, more: object = {}) => {
    const { createMemory } = await ask(
      `mutation($input: CreateMemoryInput!) { createMemory(input: $input) {
        ... on CreateMemoryPayload { memory { id } findings { id } } ... on Error { message }
      } }`,
      { input: { companion: { key: companion }, type: 'FACT', content, ...more } },
    );
    expect(createMemory.message).toBeUndefined();
    return createMemory as { memory: { id: string }; findings: { id: string }[] };
  };
  const MAY = '2026-05-01T09:00:00.000Z';
  const OCTOBER = '2026-10-01T09:00:00.000Z';
  /** Two that a rule finds: another value, with words of a change. */
  const remembersBudget = async (companion: string, thing = 'bike') => {
    const from = { validFrom: MAY, context: { speaker: 'Maya', source: 'chat' } };
    await remember(companion, `Hello there. I have a budget of 1,200 euros for the new ${thing}.`, from);
    return remember(companion, `My budget for the new ${thing} was raised to 1,500 euros.`, { validFrom: OCTOBER });
  };
  const side = '{ id status validUntil accessCount }';
  const findingNow = async (companion: string): Promise<Finding> => {
    const fields = `nodes { id verdict judgedAt contradiction { status resolution } memory ${side} by ${side} }`;
    const { open, judged } = await ask(
      `query($of: CompanionRef!) {
        open: findings(companion: $of) { ${fields} } judged: findings(companion: $of, judged: true) { ${fields} }
      }`,
      { of: { key: companion } },
    );
    return [...open.nodes, ...judged.nodes][0];
  };
  const open = async (companion: string, more = '', options = {}) => {
    const address = `/explore#/disputes?in=findings&companion=${companion}${more}`;
    const opened = await explorer.open(address, options);
    await opened.page.getByRole('heading', { level: 1, name: 'Disputes' }).waitFor();
    return opened;
  };
  const toJudge = (page: Page) => page.getByRole('region', { name: 'To judge', exact: true });
  const judged = (page: Page) => page.getByRole('region', { name: 'Judged', exact: true });
  const messages = (page: Page) => page.getByRole('region', { name: 'Messages' });
  const verdict = (page: Page, name: string) => toJudge(page).getByRole('button', { name, exact: true });
  const undo = async (page: Page, said: string) => {
    await messages(page).getByRole('button', { name: 'Undo', exact: true }).last().click();
    await messages(page).getByText(said).last().waitFor();
  };

  test('shows both sides with the clauses marked, why, and what each verdict will do; filters by kind and score', async () => {
    const iris = newCompanion();
    await remembersBudget(iris);
    await remember(iris, 'The office opens at nine in the morning.');
    await remember(iris, 'the office opens at nine in the morning');
    const { page, complaints } = await open(iris);
    const card = toJudge(page).getByRole('article', { name: /1,200 euros/ });
    await card.getByText('The newer one seems to bring a change').waitFor();
    await card.getByText('1,200 euros → 1,500 euros').waitFor();
    expect(await card.locator('mark').allTextContents()).toEqual([
      'I have a budget of 1,200 euros for the new bike.',
      'My budget for the new bike was raised to 1,500 euros.',
    ]);
    await card.getByText('Hello there.').waitFor();
    await card.getByText('since May 1, 2026').waitFor();
    await card.getByText('Maya, chat').waitFor();
    await card.getByText('The older one was true until Oct 1, 2026. From then on the newer one is.').waitFor();
    await card.getByText('It was never true, and is no longer believed.').waitFor();
    await card.getByText(/Until it is decided the older one is believed \d+ %, the newer one \d+ %\./).waitFor();
    await toJudge(page).getByText('2 of 2 findings to judge').waitFor();
    await page.getByRole('link', { name: 'Findings 2 to judge' }).waitFor();
    await page.getByLabel('Same', { exact: true }).check();
    await toJudge(page).getByText('1 of 1 findings to judge').waitFor();
    await toJudge(page).getByText('The newer one seems to say the same').waitFor();
    expect(new URL(page.url()).hash).toContain('kinds=SAME');
    await page.getByLabel('Same', { exact: true }).uncheck();
    await page.getByLabel('How sure').fill('0.95');
    await toJudge(page).getByText('1 of 1 findings to judge').waitFor();
    await page.getByText('at least 95 %').waitFor();
    await page.getByLabel('Change', { exact: true }).check();
    await toJudge(page).getByText('None to judge fits').waitFor();
    await page.getByRole('button', { name: 'Judged', exact: true }).click();
    await judged(page).getByText('None of those judged fits').waitFor();
    expect(await toJudge(page).count()).toBe(0);
    const graphiql = await page.getByRole('link', { name: 'Open query in GraphiQL' }).getAttribute('href');
    const asked = new URL(graphiql as string, page.url()).searchParams;
    expect(asked.get('query')).toContain('query Findings(');
    expect(JSON.parse(asked.get('variables') as string)).toEqual({
      judged: true,
      companion: { key: iris },
      kinds: ['UPDATE'],
      minScore: 0.95,
    });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  const effects = [
    {
      name: 'It has changed',
      verdict: 'SUCCEEDS',
      is: { contradiction: { resolution: 'SUCCEEDED' }, memory: { status: 'ENDED', validUntil: OCTOBER } },
      undone: 'Neither ends where the other one begins any more.',
    },
    {
      name: 'The older is wrong',
      verdict: 'CORRECTS',
      is: { contradiction: { resolution: 'KEEP_BY' }, memory: { status: 'RETRACTED' }, by: { status: 'ACTIVE' } },
      undone: 'The older one is believed again.',
    },
    {
      name: 'One of them is wrong',
      verdict: 'CONTRADICTS',
      is: { contradiction: { status: 'OPEN' }, memory: { status: 'DISPUTED' }, by: { status: 'DISPUTED' } },
      undone: 'Their dispute is dismissed.',
    },
    {
      name: 'They say the same',
      verdict: 'SAME',
      is: { memory: { status: 'ACTIVE', accessCount: 1 }, by: { status: 'ARCHIVED' } },
      undone: 'The newer one is out of the archive again.',
    },
  ] as const;

  test.each(effects)('$name: judges at once, and is undone by one click', async ({ name, verdict: is, ...then }) => {
    const iris = newCompanion();
    await remembersBudget(iris);
    const { page, complaints } = await open(iris);
    await verdict(page, name).click();
    await judged(page).getByRole('button', { name: 'Undo this verdict' }).waitFor();
    expect(await findingNow(iris)).toMatchObject({ verdict: is, ...then.is });
    await toJudge(page).getByText('Nothing waits to be judged').waitFor();
    await undo(page, then.undone);
    const after = await findingNow(iris);
    expect(after).toMatchObject({
      verdict: 'UNRELATED',
      memory: { status: 'ACTIVE', validUntil: null },
      by: { status: 'ACTIVE' },
    });
    expect(after.contradiction?.status ?? 'DISMISSED').toBe('DISMISSED');
    // It is judged again where it is listed, and that is undone there.
    await judged(page).getByText('They are unrelated: both stay', { exact: true }).waitFor();
    expect(await judged(page).getByRole('button', { name: 'Undo this verdict' }).count()).toBe(0);
    await judged(page).getByText('Judge it again').click();
    await judged(page).getByRole('button', { name, exact: true }).click();
    await judged(page).getByRole('button', { name: 'Undo this verdict' }).click();
    await judged(page).getByText('They are unrelated: both stay', { exact: true }).waitFor();
    expect(await findingNow(iris)).toMatchObject({ verdict: 'UNRELATED', memory: { status: 'ACTIVE' } });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('says that two are unrelated, keeps a reason, and undoes a second verdict by the first', async () => {
    const iris = newCompanion();
    await remembersBudget(iris);
    const { page } = await open(iris);
    await toJudge(page).getByText('Give a reason').click();
    await toJudge(page).getByLabel('Reason, kept with the verdict').fill('Two bikes.');
    const sent = page.waitForRequest((request) => /mutation JudgeFindings/.test(request.postData() ?? ''));
    await verdict(page, 'They are unrelated').click();
    expect(JSON.parse((await sent).postData() ?? '').variables.input).toMatchObject({
      verdict: 'UNRELATED',
      reason: 'Two bikes.',
    });
    await messages(page).getByText('It is among the judged ones now.').waitFor();
    await judged(page).getByText('Judge it again').click();
    await judged(page).getByRole('button', { name: 'The older is wrong', exact: true }).click();
    await judged(page).getByText('The older one is wrong, and no longer believed').waitFor();
    await judged(page).getByRole('link', { name: 'See their dispute' }).waitFor();
    await undo(page, 'Judged as before: They are unrelated: both stay.');
    expect(await findingNow(iris)).toMatchObject({ verdict: 'UNRELATED', memory: { status: 'ACTIVE' } });
    await page.context().close();
  });

  test('does not undo what somebody else has judged since, and follows what others do', async () => {
    const iris = newCompanion();
    const { findings } = await remembersBudget(iris);
    const { page } = await open(iris);
    await verdict(page, 'It has changed').click();
    await judged(page).getByRole('button', { name: 'Undo this verdict' }).waitFor();
    await ask(`mutation { judgeFindings(input: { ids: ["${findings[0]?.id}"], verdict: CORRECTS }) { __typename } }`);
    await judged(page).getByText('The older one is wrong, and no longer believed').waitFor();
    await undo(page, 'It has changed since: nothing was taken back.');
    expect(await findingNow(iris)).toMatchObject({ verdict: 'CORRECTS' });
    await remembersBudget(iris, 'kitchen');
    await toJudge(page)
      .getByRole('article', { name: /kitchen/ })
      .waitFor();
    await page.context().close();
  });

  test('judges once though no answer comes, and keeps what is shown while it cannot be read', async () => {
    const iris = newCompanion();
    await remembersBudget(iris);
    const { page } = await open(iris);
    await verdict(page, 'They say the same').waitFor();
    let isLost = true;
    await page.route('**/graphql', async (route) => {
      const asked = route.request().postData() ?? '';
      if (!isLost) return route.continue();
      // What is asked for is done, and the answer is lost.
      if (/mutation JudgeFindings/.test(asked)) await route.fetch();
      return /mutation JudgeFindings|query Findings/.test(asked) ? route.abort() : route.continue();
    });
    await verdict(page, 'They say the same').click();
    await toJudge(page).getByRole('alert').waitFor();
    // What is shown stays, and can be tried again: it is done already, and not done twice.
    await verdict(page, 'They say the same').waitFor();
    await expect.poll(async () => (await findingNow(iris)).verdict).toBe('SAME');
    await verdict(page, 'They say the same').click();
    isLost = false;
    await judged(page).getByRole('button', { name: 'Undo this verdict' }).waitFor();
    expect(await findingNow(iris)).toMatchObject({ verdict: 'SAME', memory: { accessCount: 1 } });
    await page.context().close();
  });

  test('offers no verdict to who may not write', async () => {
    const iris = newCompanion();
    const { findings } = await remembersBudget(iris);
    const { page } = await explorer.openGuarded(`/explore#/disputes?in=findings&companion=${iris}`);
    await page.getByLabel('API key or JWT').fill(READER_KEY);
    await page.keyboard.press('Enter');
    await page.getByText('To judge it takes a credential with the scope WRITE.').waitFor();
    const card = toJudge(page).getByRole('article', { name: /1,200 euros/ });
    await card.waitFor();
    expect(await card.getByRole('button').count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Look for more' }).count()).toBe(0);
    await page.goto(explorer.url(`/explore#/disputes/${findings[0]?.id}`));
    await page.getByRole('region', { name: 'This finding' }).getByText('1,200 euros → 1,500 euros').waitFor();
    await page.getByRole('link', { name: 'Show all findings' }).click();
    await page.getByRole('link', { name: /^Findings \d+ to judge/ }).waitFor();
    await page.context().close();
  });

  test('is worked by keys: the next finding takes the focus of one that was judged', async () => {
    const iris = newCompanion();
    for (const thing of ['bike', 'kitchen', 'garden']) await remembersBudget(iris, thing);
    const { page } = await open(iris);
    await toJudge(page).getByText('3 of 3 findings to judge').waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    const names = await toJudge(page)
      .getByRole('article')
      .evaluateAll((cards) => cards.map((card) => card.getAttribute('aria-label')));
    await verdict(page, 'It has changed').nth(1).focus();
    await page.keyboard.press('Enter');
    await toJudge(page).getByText('2 of 2 findings to judge').waitFor();
    await expect.poll(focused).toBe(names[2]);
    // From there Tab leads to its first link, and then to its verdicts.
    for (const _ of ['older', 'newer', 'first verdict']) await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('It has changed');
    await page.keyboard.press('Space');
    await toJudge(page).getByText('1 of 1 findings to judge').waitFor();
    await expect.poll(focused).toBe(names[0]);
    await verdict(page, 'They are unrelated').focus();
    await page.keyboard.press('Enter');
    await toJudge(page).getByText('Nothing waits to be judged').waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('To judge');
    await page.context().close();
  });

  test('lists 200 by pages, and goes on where one of them is judged', async () => {
    const iris = newCompanion();
    const syllables = ['ba', 'do', 'ki', 'lu', 'me', 'no', 'pa', 'ri', 'su', 'ta'];
    const town = (i: number) =>
      `Z${[i % 10, Math.trunc(i / 10) % 10, Math.trunc(i / 100)].map((n) => syllables[n]).join('')}ville`;
    for (const pallets of [240, 300]) {
      // Of a batch the first hundred are compared.
      for (const from of [0, 100]) {
        const memories = Array.from({ length: 100 }, (_, i) => ({
          type: 'FACT',
          content: `The warehouse in ${town(from + i)} has room for ${pallets} pallets.`,
        }));
        const { createMemories } = await ask(
          'mutation($input: CreateMemoriesInput!) { createMemories(input: $input) { __typename } }',
          { input: { companion: { key: iris }, memories } },
        );
        expect(createMemories.__typename).toBe('CreateMemoriesPayload');
      }
    }
    const { page } = await open(iris, '&show=open');
    await toJudge(page).getByText('20 of 200 findings to judge').waitFor();
    await page.getByRole('link', { name: 'Findings 200 to judge' }).waitFor();
    for (const shown of [40, 60]) {
      await toJudge(page).getByRole('button', { name: 'More', exact: true }).click();
      await toJudge(page).getByText(`${shown} of 200 findings to judge`).waitFor();
    }
    const cards = toJudge(page).getByRole('article');
    const next = await cards.nth(51).getAttribute('aria-label');
    await verdict(page, 'It has changed').nth(50).click();
    await toJudge(page).getByText('60 of 199 findings to judge').waitFor();
    expect(await cards.count()).toBe(60);
    expect(await cards.nth(50).getAttribute('aria-label')).toBe(next);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    await page.context().close();
  });

  test('looks for more once that is confirmed, and says what it compared and found', async () => {
    const iris = newCompanion();
    await remember(iris, 'I have a budget of 1,200 euros for the new boat.', { detect: 'OFF' });
    await remember(iris, 'My budget for the new boat was raised to 1,500 euros.', { detect: 'OFF' });
    const { page, complaints } = await open(iris);
    await toJudge(page).getByText('Nothing waits to be judged').waitFor();
    await page.getByRole('button', { name: 'Look for more' }).click();
    const dialog = page.getByRole('dialog', { name: 'Look for more findings?' });
    await dialog.getByText('No memory is changed.').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect(await findingNow(iris)).toBeUndefined();
    await page.getByRole('button', { name: 'Look for more' }).click();
    await dialog.getByRole('button', { name: 'Look for more' }).click();
    const said = `2 memories of ${iris} compared: 1 new finding.`;
    await page.getByRole('main').getByText(said).waitFor();
    await toJudge(page)
      .getByRole('article', { name: /1,200 euros/ })
      .waitFor();
    await page.getByRole('button', { name: 'Look for more' }).click();
    await dialog.getByRole('button', { name: 'Look for more' }).click();
    await page.getByRole('main').getByText('nothing new was found').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('is beside the confidence of each memory, and in the graph, until it is judged', async () => {
    const iris = newCompanion();
    const { memory, findings } = await remembersBudget(iris);
    const { page, complaints } = await explorer.open(`/explore#/memory/${memory.id}?companion=${iris}`);
    const why = page.getByRole('region', { name: 'Why it is believed' });
    await why.getByText('Beside an older memory it seems to bring a change:').waitFor();
    await why.getByRole('link', { name: 'I have a budget of 1,200 euros' }).click();
    await why.getByText('A newer memory seems to bring a change:').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.goto(explorer.url(`/explore#/graph?companion=${iris}`));
    const row = page.getByRole('option', { name: /1,500 euros/ });
    await row.getByText(/to judge/).waitFor();
    await row.click();
    await page.getByRole('link', { name: 'To judge' }).click();
    await expect.poll(() => new URL(page.url()).hash).toBe(`#/disputes/${findings[0]?.id}?companion=${iris}`);
    const one = page.getByRole('region', { name: 'This finding' });
    await one.getByRole('button', { name: 'They are unrelated', exact: true }).click();
    await one.getByText('They are unrelated: both stay', { exact: true }).waitFor();
    await page.goto(explorer.url(`/explore#/memory/${memory.id}?companion=${iris}`));
    await why.getByText('nothing that is open contradicts it').waitFor();
    expect(await why.getByRole('article').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test.each(['dark', 'light'] as const)('has no violations, %s, on a desk and on a phone', async (colorScheme) => {
    const iris = newCompanion();
    await remembersBudget(iris);
    await remember(iris, 'يعيش أحمد في القاهرة ويعمل مهندسا في شركة كبيرة.');
    await remember(iris, 'يعيش أحمد في القاهرة ويعمل مهندسا في شركة كبيرة');
    const long = 'x'.repeat(300);
    await remember(iris, `The rent of the ${long} is 2,100 euros a month.`);
    await remember(iris, `The rent of the ${long} is now 2,450 euros a month.`);
    const { page, complaints } = await open(iris, '', { colorScheme });
    await toJudge(page).getByText('3 of 3 findings to judge').waitFor();
    const arabic = toJudge(page).getByRole('article', { name: /القاهرة/ });
    expect(
      await arabic
        .locator('.memory-content')
        .first()
        .evaluate((p) => getComputedStyle(p).direction),
    ).toBe('rtl');
    await verdict(page, 'It has changed').first().click();
    await judged(page).getByText('Judge it again').click();
    expect(await violationsOf(page)).toEqual([]);
    await page.setViewportSize(phone);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    expect(await violationsOf(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
