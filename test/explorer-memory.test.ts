import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { chromium, violationsOf } from './support/browser.ts';
import { useExplorer } from './support/explorer.ts';

const phone = { width: 390, height: 844 };

interface Found {
  id: string;
  status: string;
  content: string;
}

describe.skipIf(!chromium)('the panel of a memory', () => {
  const explorer = useExplorer();
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
  const ask = async (query: string, variables: object = {}): Promise<any> => {
    const { data, errors } = (await (await explorer.post(query, {}, { variables })).json()) as {
      data?: unknown;
      errors?: unknown;
    };
    expect(errors).toBeUndefined();
    return data;
  };
  const all = 'ACTIVE, DISPUTED, ENDED, CORRECTED, RETRACTED, ARCHIVED';
  /** The memory that has these words. */
  const find = async (text: string, statuses = all): Promise<Found> => {
    const { memories } = await ask(
      `query($text: String!) { memories(filter: {text: $text, statuses: [${statuses}]}) { nodes { id status content } } }`,
      { text },
    );
    return memories.nodes[0];
  };
  const memoryNow = async (id: string) =>
    (
      await ask(
        `query($id: ID!) { memory(id: $id) {
          id status content summary importance confidence accessCount archivedAt entities { nodes { name } }
          relations(types: [ELABORATES]) { totalCount } contradictions(statuses: [OPEN]) { totalCount }
        } }`,
        { id },
      )
    ).memory;
  const openMemory = async (id: string, more = '', options = {}) => {
    const opened = await explorer.open(`/explore#/memory/${id}${more}`, options);
    await opened.page.getByRole('region', { name: 'Why it is believed' }).waitFor();
    return opened;
  };
  const dialogOf = (page: Page, name: string) => page.getByRole('dialog', { name });
  const undo = async (page: Page, said: string) => {
    await page.getByRole('button', { name: 'Undo', exact: true }).last().click();
    await page.getByRole('region', { name: 'Messages' }).getByText(said).waitFor();
  };

  test('has its versions on a line, each to be opened, as they are and as they were known', async () => {
    const { id, status } = await find('"1,450 euros a month"');
    expect(status).toBe('CORRECTED');
    const { page, complaints } = await openMemory(id);
    const versions = page.getByRole('region', { name: '2 versions' });
    expect(await versions.getByRole('listitem').count()).toBe(2);
    await versions.getByText('MISTAKE: what was said before was never true').waitFor();
    await versions.getByRole('link', { name: /1,540 euros/ }).click();
    const right = await find('"1,540 euros a month"');
    await expect.poll(() => new URL(page.url()).hash).toBe(`#/memory/${right.id}`);
    await page.getByRole('article', { name: 'What it says' }).getByText('1,540 euros').waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('panel-title');
    const history = page.getByRole('region', { name: 'History' });
    await history.getByText('it was never true (MISTAKE)').waitFor();
    await history.getByText('Tomás read the contract again: two digits had changed places.').waitFor();
    // In May nobody knew better.
    await page.goto(explorer.url(`/explore#/memory/${id}?knownAt=2026-05-01T00:00:00.000Z`));
    await page.getByText('You see this memory as it was known at').waitFor();
    await page.getByRole('article', { name: 'What it says' }).getByText('Active', { exact: true }).waitFor();
    await page.getByRole('region', { name: 'One version' }).waitFor();
    expect(await page.getByRole('button', { name: 'Correct' }).count()).toBe(0);
    // What is no moment counts as left out.
    await page.goto(explorer.url(`/explore#/memory/${id}?knownAt=soon`));
    await page.getByRole('region', { name: '2 versions' }).waitFor();
    // An id may carry the point itself.
    await page.goto(explorer.url(`/explore#/memory/${encodeURIComponent(`${id}@2026-05-02T00:00:00.000Z`)}`));
    await page.getByText('as it was known at May 2, 2026').waitFor();
    await page.getByRole('region', { name: 'One version' }).waitFor();
    await page.getByRole('link', { name: 'See it as it is now' }).click();
    await page.getByRole('region', { name: '2 versions' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('draws the importance that the server computes, and what reinforcing makes of it', async () => {
    const { id } = await find('"filter coffee"');
    const { page } = await openMemory(id);
    const region = page.getByRole('region', { name: 'How much it matters' });
    await region.getByText('The numbers as a table').click();
    const rows = await region.locator('tbody tr').evaluateAll((found) =>
      found.map((row) => ({
        at: row.querySelector('time')?.dateTime as string,
        values: [...row.querySelectorAll('data')].map(({ value }) => Number(value)),
      })),
    );
    expect(rows.length).toBe(25);
    const asked = rows.map(({ at }, index) => `p${index}: importance(on: "${at}")`).join(' ');
    const { memory } = await ask(`query($id: ID!) { memory(id: $id) { ${asked} } }`, { id });
    for (const [index, { values }] of rows.entries()) expect(memory[`p${index}`]).toBeCloseTo(values[0] as number, 9);
    expect(new Set(rows.map(({ values }) => values[0])).size).toBe(25);
    await page.getByRole('button', { name: 'Reinforce' }).click();
    const dialog = dialogOf(page, 'Reinforce this memory');
    await dialog.getByText('An access is counted: 0 → 1').waitFor();
    await dialog.getByRole('button', { name: 'Reinforce it' }).click();
    await page.getByRole('region', { name: 'Messages' }).getByText('Reinforced.').waitFor();
    const after = (await ask(`query($id: ID!) { memory(id: $id) { ${asked} } }`, { id })).memory;
    // It was reinforced some seconds after the curve was drawn.
    for (const [index, { values }] of rows.entries())
      if (values.length === 2) expect(after[`p${index}`]).toBeCloseTo(values[1] as number, 3);
    await page.context().close();
  });

  test('says why it is believed, by a formula that gives the number, and what is suspect', async () => {
    const { id } = await find('prototype due "30 October"');
    const { confidence } = await memoryNow(id);
    const { page } = await openMemory(id);
    const believed = page.getByRole('region', { name: 'Why it is believed' });
    const shown = await believed.locator('.formula-result').evaluate((element) => (element as HTMLDataElement).value);
    expect(Number(shown)).toBeCloseTo(confidence, 12);
    await believed.getByText('P = (1 − 0.9 · 0.7) = 0.37').waitFor();
    const suspect = await find('fifty-eight guests');
    await page.goto(explorer.url(`/explore#/memory/${suspect.id}`));
    const why = page.getByRole('region', { name: 'Why it is suspect' });
    await why.getByRole('link', { name: /1,450 euros a month/ }).waitFor();
    await why.getByText('It is no longer believed since Jun 9, 2026').waitFor();
    await page.context().close();
  });

  test('corrects and takes that back, and says what is wrong where it was put in', async () => {
    const { id, content } = await find('meetings "between 14:00 and 16:00"');
    const { page } = await openMemory(id);
    await page.getByRole('button', { name: 'Correct', exact: true }).click();
    const dialog = dialogOf(page, 'Correct this memory');
    await dialog.getByText('The present text is no longer believed: it was never true.').waitFor();
    await dialog.getByLabel('What is right').fill('  ');
    await dialog.getByLabel('Confidence').fill('7');
    await dialog.getByRole('button', { name: 'Correct it' }).click();
    await expect.poll(() => dialog.getByRole('alert').allTextContents()).toHaveLength(2);
    const text = dialog.getByLabel('What is right');
    expect(await text.getAttribute('aria-invalid')).toBe('true');
    const wrong = (await text.getAttribute('aria-describedby')) as string;
    const said = wrong.split(' ').find((each) => each.endsWith('wrong')) as string;
    expect(await page.locator(`[id="${said}"]`).textContent()).toMatch(/content must not be empty/);
    expect(await dialog.getByLabel('Confidence').getAttribute('aria-invalid')).toBe('true');
    expect(await violationsOf(page)).toEqual([]);
    await text.fill('Maya likes meetings after 15:00.');
    await dialog.getByLabel('Confidence').fill('0.8');
    await dialog.getByLabel('Reason').fill('She said so.');
    await dialog.getByRole('button', { name: 'Correct it' }).click();
    await page.getByRole('article', { name: 'What it says' }).getByText('Maya likes meetings after 15:00.').waitFor();
    expect(await memoryNow(id)).toMatchObject({ status: 'CORRECTED' });
    expect(await find('meetings "after 15:00"')).toMatchObject({ status: 'ACTIVE' });
    await undo(page, 'The correction is taken back.');
    expect(await memoryNow(id)).toMatchObject({ status: 'ACTIVE', content });
    await page.getByRole('article', { name: 'What it says' }).getByText(content).waitFor();
    // Something that has changed, since a date.
    await page.getByRole('button', { name: 'Retract' }).click();
    const retract = dialogOf(page, 'Retract this memory');
    await retract.getByLabel('What is wrong').selectOption('CHANGE');
    await retract.getByLabel('When it stopped being true').fill('2026-09-01T10:00');
    await retract.getByText('it was true until then, and nothing takes its place').waitFor();
    await retract.getByRole('button', { name: 'Retract it' }).click();
    await page.getByRole('article', { name: 'What it says' }).getByText('Ended').waitFor();
    await undo(page, 'The memory is believed again.');
    expect(await memoryNow(id)).toMatchObject({ status: 'ACTIVE' });
    await page.context().close();
  });

  test('keeps what is put in while others change it or the server fails, and takes back nothing of theirs', async () => {
    const { createMemory } = await ask(`mutation { createMemory(input: {
      companion: {key: "iris"}, type: FACT, content: "The kiln is fired on Mondays.", summary: "Kiln."
    }) { ... on CreateMemoryPayload { memory { id } } } }`);
    const { id } = createMemory.memory;
    const { page } = await openMemory(id);
    const shown = page.getByRole('article', { name: 'What it says', includeHidden: true });
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Change', exact: true }).click();
    const dialog = dialogOf(page, 'Change this memory');
    await dialog.getByLabel('Confidence').fill('0.9');
    const say = (summary: string) =>
      ask(`mutation { updateMemory(input: {id: "${id}", summary: "${summary}"}) { __typename } }`);
    await say('The kiln of the studio.');
    await shown.getByText('The kiln of the studio.').waitFor();
    // The summary is no change of the one who looks at this.
    await dialog.getByText('Changed: confidence.').waitFor();
    await page.route('**/graphql', (route) =>
      /query Memory\(/.test(route.request().postData() ?? '')
        ? route.fulfill({ json: { data: null, errors: [{ message: 'Not now.', extensions: { code: 'BUSY' } }] } })
        : route.fallback(),
    );
    await say('Of the studio.');
    await page.getByRole('alert', { includeHidden: true }).getByText('Not now.').waitFor();
    expect(await dialog.getByLabel('Confidence').inputValue()).toBe('0.9');
    await page.unroute('**/graphql');
    await dialog.getByRole('button', { name: 'Change it' }).click();
    await page.getByText('Changed.', { exact: true }).first().waitFor();
    expect(await memoryNow(id)).toMatchObject({ confidence: 0.9, summary: 'Of the studio.' });
    await expect.poll(() => page.getByRole('alert').count()).toBe(0);
    // Somebody else changes it too, before this is undone.
    await ask(`mutation { updateMemory(input: {id: "${id}", confidence: 0.4}) { __typename } }`);
    await undo(page, 'It has changed since: nothing was taken back.');
    expect(await memoryNow(id)).toMatchObject({ confidence: 0.4 });

    await page.getByRole('button', { name: 'Correct', exact: true }).click();
    const correct = dialogOf(page, 'Correct this memory');
    await correct.getByLabel('What is right').fill('The kiln is fired on Tuesdays.');
    await correct.getByRole('button', { name: 'Correct it' }).click();
    await shown.getByText('The kiln is fired on Tuesdays.').waitFor();
    const { id: second } = await find('kiln Tuesdays');
    await ask(`mutation { correctMemory(input: {
      id: "${second}", kind: MISTAKE, content: "The kiln is fired on Fridays."
    }) { __typename } }`);
    await page.getByRole('button', { name: 'Undo', exact: true }).last().click();
    await page.getByRole('region', { name: 'Messages' }).getByText('It has changed since').nth(1).waitFor();
    expect(await find('kiln Fridays')).toMatchObject({ status: 'ACTIVE' });
    await page.context().close();
  });

  test('answers though changes come faster than it can be read', async () => {
    const { id } = await find('"filter coffee"');
    const { page } = await explorer.open('/explore#/workspace');
    await page.getByText('Live', { exact: true }).waitFor();
    const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
    let reads = 0;
    let choices = 0;
    await page.route('**/graphql', async (route) => {
      const body = route.request().postData() ?? '';
      if (/query Choices/.test(body)) choices++;
      if (/query Memory\(/.test(body) && ++reads === 1) await mayAnswer;
      await route.continue();
    });
    const given: string[] = [];
    page.on('requestfailed', (request) => given.push(request.postData() ?? ''));
    await page.goto(explorer.url(`/explore#/memory/${id}`));
    await expect.poll(() => reads).toBe(1);
    for (const content of ['A first new one.', 'A second new one.']) {
      const before = choices;
      await ask(`mutation { createMemory(input: {
        companion: {key: "iris"}, type: FACT, content: "${content}"
      }) { __typename } }`);
      await expect.poll(() => choices).toBeGreaterThan(before);
    }
    expect([reads, given.filter((body) => /query Memory\(/.test(body)).length]).toEqual([1, 0]);
    answer();
    await page.getByRole('region', { name: 'Why it is believed' }).waitFor();
    await expect.poll(() => reads).toBe(2);
    await page.context().close();
  });

  test('changes, archives, relates and contradicts, and takes each back', async () => {
    const { id } = await find('"cargo-bike prototypes" Ingrid contact');
    const before = await memoryNow(id);
    const { page, complaints } = await openMemory(id);
    await page.getByRole('button', { name: 'Change', exact: true }).click();
    const update = dialogOf(page, 'Change this memory');
    await update.getByLabel('Summary').fill('A first client.');
    await update.getByLabel('Mentions').fill('organization: Northwind Cycles');
    await update.getByText('Changed: summary, entities.').waitFor();
    await update.getByRole('button', { name: 'Change it' }).click();
    await page.getByText('A first client.').first().waitFor();
    expect((await memoryNow(id)).entities.nodes).toEqual([{ name: 'Northwind Cycles' }]);
    await undo(page, 'It is set back.');
    expect(await memoryNow(id)).toMatchObject({ summary: before.summary, entities: before.entities });

    await page.getByRole('button', { name: 'Archive', exact: true }).click();
    await dialogOf(page, 'Archive this memory?').getByRole('button', { name: 'Archive it' }).click();
    await page.getByRole('button', { name: 'Restore', exact: true }).waitFor();
    await undo(page, 'It is out of the archive again.');
    expect(await memoryNow(id)).toMatchObject({ archivedAt: null });

    await page.getByRole('button', { name: 'Relate', exact: true }).click();
    const relate = dialogOf(page, 'Relate this memory');
    await relate.getByRole('button', { name: 'Relate them' }).click();
    await relate.getByText('Choose the other memory.').waitFor();
    await relate.getByLabel('The other memory').fill('filter coffee');
    await relate.getByRole('button', { name: /filter coffee/ }).click();
    await relate.getByLabel('Type').selectOption('ELABORATES');
    await relate.getByLabel('How strong').fill('0.5');
    await relate.getByRole('button', { name: 'Relate them' }).click();
    await page.getByText('The two are related.').first().waitFor();
    expect((await memoryNow(id)).relations.totalCount).toBe(before.relations.totalCount + 1);
    await undo(page, 'The relation is ended.');
    expect((await memoryNow(id)).relations.totalCount).toBe(before.relations.totalCount);

    await page.getByRole('button', { name: 'Contradict', exact: true }).click();
    const contradict = dialogOf(page, 'Contradict this memory');
    await contradict.getByLabel('What contradicts it').fill('filter coffee');
    await contradict.getByRole('button', { name: /filter coffee/ }).click();
    await contradict.getByLabel('How strongly').fill('0.5');
    const promised = await contradict.getByText(/this memory: confidence/).textContent();
    await contradict.getByRole('button', { name: 'Open a dispute' }).click();
    await page.getByText('The dispute is open.').first().waitFor();
    const disputed = await memoryNow(id);
    expect(disputed).toMatchObject({ status: 'DISPUTED' });
    expect(promised).toContain(`→ ${Math.round(disputed.confidence * 100)} %`);
    await undo(page, 'The dispute is dismissed.');
    expect(await memoryNow(id)).toMatchObject({ status: 'ACTIVE', confidence: before.confidence });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('filters relations, ends one and makes it again', async () => {
    const { id } = await find('"flat above the tile warehouse"');
    const { page } = await openMemory(id);
    const relations = page.getByRole('region', { name: 'Relations' });
    await relations.getByText('3 of 3 relations').waitFor();
    await relations.getByLabel('Type of relation').selectOption('REFERENCES');
    await relations.getByText('1 of 1 relations').waitFor();
    await relations.getByLabel('Direction').selectOption('OUT');
    await relations.getByText('0 of 0 relations').waitFor();
    await relations.getByLabel('Direction').selectOption('IN');
    await relations.getByRole('button', { name: 'End this relation' }).click();
    await dialogOf(page, 'End this relation?').getByRole('button', { name: 'End it' }).click();
    await relations.getByText('0 of 0 relations').waitFor();
    await undo(page, 'The two are related again.');
    await relations.getByText('1 of 1 relations').waitFor();
    await page.context().close();
  });

  test('shows the message that it was made from, and forgets for good, once it is said what goes', async () => {
    const { appendMessages, createMemory } = await ask(`mutation {
      appendMessages(input: {
        companion: {key: "iris"}, conversation: {externalId: "umbrellas"}
        messages: [{role: USER, name: "Zebedee", content: "My red umbrella is at the studio."}]
      }) { ... on AppendMessagesPayload { memories { id } } }
      createMemory(input: {
      companion: {key: "iris"}, type: FACT, content: "Zebedee keeps a green umbrella by the door.",
      entities: [{type: "person", name: "Zebedee"}]
    }) { ... on CreateMemoryPayload { memory { id } } } }`);
    const said = await openMemory(appendMessages.memories[0].id);
    const source = said.page.getByRole('region', { name: 'Where it comes from' });
    await source.getByRole('blockquote').getByText('My red umbrella is at the studio.').waitFor();
    await source.getByText(/^Zebedee, .*, message 1 of 1$/).waitFor();
    await source.getByRole('link', { name: 'umbrellas' }).waitFor();
    await said.page.context().close();
    const { id } = createMemory.memory;
    const { page } = await openMemory(id);
    await page.getByRole('button', { name: 'Forget' }).click();
    const dialog = dialogOf(page, 'Forget this memory for good?');
    await dialog.getByText('This cannot be undone.').waitFor();
    expect(await dialog.textContent()).toMatch(/1 version.*green umbrella.*0 relations.*1 event.*Zebedee/);
    await page.keyboard.press('Escape');
    expect(await memoryNow(id)).toMatchObject({ id });
    await page.getByRole('button', { name: 'Forget' }).click();
    await dialog.getByRole('button', { name: 'Forget it for good' }).click();
    await page.getByText('Forgotten for good: 1 version.').first().waitFor();
    expect(await memoryNow(id)).toBeNull();
    await page.goto(explorer.url(`/explore#/memory/${id}`));
    await page.getByText('There is no such memory').waitFor();
    await page.goto(explorer.url('/explore#/memory/mem_wrong'));
    await page.getByText('INVALID_INPUT').waitFor();
    await page.context().close();
  });

  test.each(['dark', 'light'] as const)('has no violations, %s, on a desk and on a phone', async (colorScheme) => {
    const { id } = await find('prototype due "30 October"');
    const { page, complaints } = await openMemory(id, '', { colorScheme });
    await page.getByText('The numbers as a table').click();
    await page.getByText('See it at a point in time').click();
    await page
      .getByRole('region', { name: 'History' })
      .getByText(/events, the oldest first/)
      .waitFor();
    await page
      .getByRole('region', { name: 'Relations' })
      .getByText(/of 2 relations/)
      .waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.setViewportSize(phone);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    await page.getByRole('button', { name: 'Contradict', exact: true }).click();
    await dialogOf(page, 'Contradict this memory').getByLabel('What contradicts it').fill('filter coffee');
    await page.getByRole('list', { name: 'Memories found' }).getByRole('button').first().waitFor();
    expect(await violationsOf(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
