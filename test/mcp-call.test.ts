import { beforeAll, describe, expect, test } from 'vitest';
import type { Execute } from '../src/client/execute.ts';
import { decodeId } from '../src/kernel/ids.ts';
import { type Bound, callTool } from '../src/mcp/call.ts';
import { toolDescriptors } from '../src/mcp/descriptor.ts';
import { executeAs } from './support/execute.ts';
import { type Caller, useService } from './support/service.ts';

const service = useService();
const iris: Bound = { companion: { key: 'iris' }, user: { externalId: 'maya' } };

/** Calls a tool by its name, as a model does. */
async function call(name: string, given: Record<string, unknown> = {}, caller: Caller = {}, bound = iris) {
  const descriptor = toolDescriptors.find((each) => each.name === name);
  if (!descriptor) throw new Error(`There is no tool ${name}.`);
  const result = await callTool(descriptor, given, bound, executeAs(service, caller));
  return {
    text: result.content[0]?.text ?? '',
    // biome-ignore lint/suspicious/noExplicitAny: each tool answers something else
    data: result.structuredContent as any,
    isError: result.isError ?? false,
  };
}

const fact = (content: string, more: object = {}) => ({
  type: 'FACT',
  content,
  validFrom: '2026-05-03T12:00:00Z',
  ...more,
});

/** Remembers facts, and answers their ids. */
async function remember(...memories: object[]): Promise<string[]> {
  const { data, text, isError } = await call('remember', { memories });
  expect(isError, text).toBe(false);
  return data.memories.map(({ id }: { id: string }) => id);
}

let lisbon: string;
let rent: string;
beforeAll(async () => {
  const { data } = await call('remember', {
    memories: [
      fact('Maya lives in Lisbon.', { ref: 'home', slot: 'user.home', entities: [{ type: 'place', name: 'Lisbon' }] }),
      fact('The rent in Lisbon is 900 euros.', { ref: 'rent', entities: [{ type: 'place', name: 'Lisbon' }] }),
      fact('The bicycle workshop opens in June.', { context: { speaker: 'Maya' } }),
    ],
    relations: [{ from: { ref: 'rent' }, to: { ref: 'home' }, type: 'ELABORATES' }],
  });
  [lisbon, rent] = data.memories.map(({ id }: { id: string }) => id);
});

describe('each tool answers what its document answers, and a text of it', () => {
  test('remember', async () => {
    const { data, text } = await call('remember', { memories: [fact('Maya plays the cello.')] });
    const id = data.memories[0].id;
    expect(text).toBe(`Remembered:\n- Maya plays the cello. (since 3 May 2026) [${id}]`);
    const again = await call('remember', {
      memories: [fact('maya plays the CELLO.', { importance: 9 })],
    });
    expect(again.text).toBe(
      `Remembered:\n- Maya plays the cello. (since 3 May 2026) (known before; not changed: importance) [${id}]`,
    );
    expect(again.data.duplicates).toEqual([{ index: 0, memoryId: id, merged: [], ignored: ['importance'] }]);
  });

  test('recall', async () => {
    const given = { query: 'Who lives in Lisbon?', first: 1 };
    const { data, text } = await call('recall', given);
    expect(text).toBe(
      `1 memory, the best first:\n- user.home: Maya lives in Lisbon. (since 3 May 2026) [${lisbon}]\n` +
        `There is more: after ${data.pageInfo.endCursor}`,
    );
    const next = await call('recall', { ...given, after: data.pageInfo.endCursor });
    expect(next.data.edges[0].node.id).not.toBe(lisbon);
    expect((await call('recall', { query: 'x', entity: { name: 'Nowhere' } })).text).toBe('Nothing was found.');
  });

  test('context', async () => {
    const { data, text } = await call('context', { query: 'Where does Maya live?' });
    expect(text).toBe(data.text);
    expect(text).toContain(`- user.home: Maya lives in Lisbon. (since 3 May 2026) [${lisbon}]`);
    expect((await call('context', { maxTokens: 100, query: 'Maya' })).data.tokens).toBeLessThanOrEqual(100);
    expect((await call('context', {}, { workspace: 'globex' })).text).toBe('Nothing is known yet.');
  });

  test('open', async () => {
    const { data, text } = await call('open', { ids: [rent, lisbon.replace(/.{4}$/, '0000')] });
    expect(data.nodes[1]).toBeNull();
    const place = data.nodes[0].entities.nodes[0].id;
    expect(text).toBe(
      [
        `- The rent in Lisbon is 900 euros. (since 3 May 2026) [${rent}]`,
        '  FACT, confidence 1, importance 5, recorded on TODAY',
        '  Mentions:',
        `  - Lisbon (place) [${place}]`,
        '  Relations:',
        `  - ELABORATES → Maya lives in Lisbon. [${lisbon}]`,
        `- ${lisbon.replace(/.{4}$/, '0000')}: not found`,
      ]
        .join('\n')
        .replace('TODAY', /recorded on (.*)/.exec(text)?.[1] ?? ''),
    );
    const entity = await call('open', { ids: [place] });
    expect(entity.text).toContain(`- Lisbon [${place}]\n  Mentioned by:\n`);
    expect(entity.text).toContain(`  - The rent in Lisbon is 900 euros. (since 3 May 2026) [${rent}]`);
  });

  test('explore', async () => {
    const { data, text } = await call('explore', { from: [rent], throughEntities: false });
    expect(text).toBe(
      [
        `- The rent in Lisbon is 900 euros. (since 3 May 2026) [${rent}]`,
        `- user.home: Maya lives in Lisbon. (since 3 May 2026) (1 hop) [${lisbon}]`,
        'Relations:',
        `- ${rent} ELABORATES ${lisbon} [${data.relations[0].id}]`,
      ].join('\n'),
    );
  });

  test('connect', async () => {
    const { text } = await call('connect', { from: lisbon, to: rent });
    expect(text).toBe(
      [
        '1 relation, strength 1:',
        `- user.home: Maya lives in Lisbon. (since 3 May 2026) [${lisbon}]`,
        '  ELABORATES ↑',
        `- The rent in Lisbon is 900 euros. (since 3 May 2026) [${rent}]`,
      ].join('\n'),
    );
    const [lonely] = await remember(fact('Nobody knows what this is about.'));
    const none = await call('connect', { from: lonely, to: rent });
    expect(none).toMatchObject({ data: { path: null }, text: 'They are not connected within maxDepth relations.' });
  });

  test('timeline', async () => {
    const [before, after] = await remember(
      { ...fact('Maya eats meat.', { slot: 'user.diet' }), validFrom: '2020-01-01T00:00:00Z' },
      fact('Maya is a vegetarian.', { slot: 'user.diet' }),
    );
    const { text } = await call('timeline', { slots: ['user.diet'], order: 'ASC' });
    expect(text).toBe(
      [
        `- user.diet: Maya eats meat. (since 1 January 2020, superseded on 3 May 2026, now ${after}) [${before}]`,
        `- user.diet: Maya is a vegetarian. (since 3 May 2026) [${after}]`,
      ].join('\n'),
    );
  });

  test('correct and retract', async () => {
    const [wrong] = await remember(fact('Tomás is a baker.'));
    const corrected = await call('correct', { id: wrong, content: 'Tomás is a barista.', reason: 'He said so.' });
    const id = corrected.data.memory.id;
    expect(corrected.text).toBe(
      `Now:\n- Tomás is a barista. (since 3 May 2026) [${id}]\nBefore: ${wrong}, which is CORRECTED now.`,
    );
    const retracted = await call('retract', { id });
    expect(retracted.text).toMatch(/^No longer believed, RETRACTED now:\n- Tomás is a barista\./);
  });

  test('dispute, both ways', async () => {
    const [one, other] = await remember(fact('The frame is due in October.'), fact('The frame is due in November.'));
    const opened = await call('dispute', { memory: one, by: other, reason: 'Two dates' });
    const { id } = opened.data.contradiction;
    const sides = `  - The frame is due in November. [${other}]\n  - The frame is due in October. [${one}]`;
    expect(opened.text).toBe(`- ${other} contradicts ${one}: Two dates (open) [${id}]\n${sides}`);
    expect((await call('recall', { query: 'frame October', first: 1 })).text).toContain('(since 3 May 2026, disputed)');
    const decided = await call('dispute', { contradiction: id, resolution: 'KEEP_BY' });
    expect(decided.text).toBe(`- ${other} contradicts ${one}: Two dates (KEEP_BY) [${id}]\n${sides}`);
  });

  test('what is noticed, in words, and judged by dispute', async () => {
    const [older] = await remember(fact('The studio costs 700 euros.'));
    const june = { validFrom: '2026-06-01T12:00:00Z' };
    const { data, text } = await call('remember', { memories: [fact('The studio now costs 800 euros.', june)] });
    const [{ id: newer }] = data.memories;
    const [{ id, reason, score }] = data.findings;
    expect(data.findings).toEqual([
      expect.objectContaining({
        kind: 'UPDATE',
        verdict: null,
        memory: expect.objectContaining({ id: older }),
        by: expect.objectContaining({ id: newer }),
      }),
    ]);
    expect(reason).toMatch(/700.*800/);
    const sides = [
      `  - The studio now costs 800 euros. (since 1 June 2026) [${newer}]`,
      `  - The studio costs 700 euros. (since 3 May 2026) [${older}]`,
    ];
    const seen = `- ${newer} seems to update ${older}: ${reason} (${Math.round(score * 100) / 100}`;
    expect(text).toBe(
      [
        'Remembered:',
        `- The studio now costs 800 euros. (since 1 June 2026) [${newer}]`,
        'Noticed, and nothing is changed yet:',
        `${seen}, not judged) [${id}]`,
        ...sides,
        'Judge each by dispute, with finding and verdict: SUCCEEDS (the older was true until the newer), CORRECTS (the older ' +
          'was never true), CONTRADICTS (both cannot be true, and it is not known which is), SAME, or UNRELATED.',
      ].join('\n'),
    );
    const judged = await call('dispute', { finding: id, verdict: 'SUCCEEDS', reason: 'The new contract' });
    expect(judged.text).toBe(
      [
        `${seen}, SUCCEEDS) [${id}]`,
        sides[0],
        `  - The studio costs 700 euros. (since 3 May 2026, until 1 June 2026) [${older}]`,
      ].join('\n'),
    );
    expect(judged.data.findings).toMatchObject([{ id, verdict: 'SUCCEEDS', memory: { status: 'ENDED' } }]);
    const half = await call('dispute', { finding: id });
    expect([half.isError, half.text]).toEqual([
      true,
      'INVALID_INPUT: dispute takes either memory and by, or contradiction and resolution, or finding and verdict.',
    ]);
  });

  test('forget', async () => {
    const [id] = await remember(fact('Something that must go.'));
    expect((await call('forget', { ids: [id] })).text).toBe(`Erased for good: 1 version.\n- ${id}`);
    expect((await call('open', { ids: [id] })).text).toBe(`- ${id}: not found`);
  });

  test('update_working_memory', async () => {
    const written = await call('update_working_memory', { data: { name: 'Maya' }, expectedVersion: 0 });
    expect(written.data.workingMemory).toMatchObject({ scope: 'USER', version: 1, data: { name: 'Maya' } });
    expect(written.text).toMatch(/^Version 1 of the working memory of the user is written \[wrk_/);
    const late = await call('update_working_memory', { content: 'Mine', expectedVersion: 0 });
    expect(late).toMatchObject({ isError: true, data: { code: 'CONFLICT', current: { version: 1 } } });
    expect(late.text).toMatch(/^CONFLICT: .*\nNow version 1:\n\{"name":"Maya"\}$/);
  });
});

describe('what is wrong with arguments is told in one answer, before anything is done', () => {
  test.each<[name: string, given: Record<string, unknown>, issues: string[]]>([
    ['recall', {}, ['query: It is required.']],
    ['recall', { query: 5, first: 1000 }, ['query: It must be string.', 'first: It must be <= 100.']],
    ['recall', { query: 'x', companion: { key: 'other' } }, ['companion: It is not known: there are query, types']],
    [
      'remember',
      { memories: [{ content: 'x', type: 'THOUGHT', user: { externalId: 'tomás' }, embedding: [1] }] },
      [
        'memories.0.user: It is not known',
        'memories.0.embedding',
        'memories.0.type: It must be one of EXPERIENCE, FACT',
      ],
    ],
    [
      'dispute',
      { memory: 'mem_x' },
      ['dispute takes either memory and by, or contradiction and resolution, or finding and verdict.'],
    ],
    ['dispute', { memory: 'a', by: 'b', contradiction: 'c', resolution: 'KEEP_BY' }, ['dispute takes either']],
    ['dispute', { reason: 'None' }, ['dispute takes either']],
  ])('%s %j', async (name, given, issues) => {
    const { text, isError, data } = await call(name, given);
    expect(isError).toBe(true);
    expect(data.code).toBe('INVALID_INPUT');
    for (const issue of issues) expect(text).toContain(issue);
  });

  test('null is the same as left out, but where it says something', async () => {
    expect((await call('recall', { query: 'cello', types: null, first: null })).isError).toBe(false);
    const [id] = await remember(fact('The sale lasts.', { validUntil: '2999-01-01T00:00:00Z' }));
    const { data } = await call('correct', { id, validUntil: null, reason: null });
    expect(data.memory.validUntil).toBeNull();
  });

  test('a connection without a companion is told so', async () => {
    const { text, isError } = await call('recall', { query: 'x' }, {}, {});
    expect(isError).toBe(true);
    expect(text).toBe(
      'INVALID_INPUT: recall needs to know whose memory it is about: this connection names no companion.',
    );
  });
});

describe('failures are results with a code and what to act on', () => {
  test('an unknown id', async () => {
    const unknown = lisbon.replace(/.{4}$/, '0000');
    const { text, isError } = await call('retract', { id: unknown });
    expect(isError).toBe(true);
    expect(text).toMatch(new RegExp(`^NOT_FOUND: .*\nIds: ${unknown}$`));
    expect((await call('explore', { from: [unknown] })).text).toMatch(/^NOT_FOUND: /);
  });

  test('input that the service refuses, with its place', async () => {
    const { text, data } = await call('remember', { memories: [fact(' ')] });
    expect(text).toMatch(/^INVALID_INPUT: .*\n- memories\.0\.content: /);
    expect(data.issues).toHaveLength(1);
  });

  test('what has been corrected already, with what holds now', async () => {
    const [id] = await remember(fact('The café opens at eight.'));
    const now = await call('correct', { id, content: 'The café opens at nine.' });
    const late = await call('retract', { id });
    expect(late.data).toMatchObject({ code: 'ALREADY_CORRECTED', current: { id: now.data.memory.id } });
    expect(late.text).toMatch(/\nNow:\n- The café opens at nine\. \(since 3 May 2026\) \[mem_/);
  });

  test('a contradiction that is decided already', async () => {
    const [one, other] = await remember(fact('It is red.'), fact('It is blue.'));
    const { data } = await call('dispute', { memory: one, by: other });
    const { id } = data.contradiction;
    await call('dispute', { contradiction: id, resolution: 'DISMISSED' });
    const late = await call('dispute', { contradiction: id, resolution: 'KEEP_BY' });
    expect(late.text).toMatch(
      new RegExp(`^ALREADY_RESOLVED: .*\nThere is:\n- ${other} contradicts ${one} \\(DISMISSED\\)`),
    );
  });

  test('a circle of causes', async () => {
    const [one, other] = await remember(fact('It rained.'), fact('The street was wet.'));
    const causes = (from?: string, to?: string) => ({
      relations: [{ from: { id: from }, to: { id: to }, type: 'CAUSES' }],
    });
    expect((await call('remember', causes(one, other))).text).toMatch(/^Related: rel_/);
    const { text } = await call('remember', causes(other, one));
    expect(text).toMatch(/^CYCLE: .*\nThe circle:\n- /);
    expect((await call('remember', causes(one, other))).text).toMatch(
      /^RELATION_EXISTS: .*\nThe relation there is:\n- mem_/,
    );
  });

  test('a key that was used for something else; the same again changes nothing', async () => {
    const given = { memories: [{ type: 'EXPERIENCE', content: 'It rang.' }], idempotencyKey: 'ring-1' };
    const first = await call('remember', given);
    expect((await call('remember', given)).data).toEqual(first.data);
    const other = await call('remember', { ...given, memories: [fact('Other')] });
    expect(other.text).toMatch(/^IDEMPOTENCY_CONFLICT: /);
  });

  test('what is thrown by anything else is thrown', async () => {
    const [descriptor] = toolDescriptors;
    const broken: Execute = () => Promise.reject(new TypeError('No network'));
    await expect(callTool(descriptor as never, {}, iris, broken)).rejects.toThrow('No network');
  });
});

describe('who may not, may not', () => {
  test('another workspace has nothing of it', async () => {
    const globex: Caller = { workspace: 'globex' };
    expect((await call('recall', { query: 'Maya Lisbon' }, globex)).text).toBe('Nothing was found.');
    expect((await call('open', { ids: [lisbon] }, globex)).text).toBe(`- ${lisbon}: not found`);
    for (const [name, given] of [
      ['retract', { id: lisbon }],
      ['forget', { ids: [lisbon] }],
      ['explore', { from: [lisbon] }],
      ['connect', { from: lisbon, to: rent }],
      ['dispute', { memory: lisbon, by: rent }],
    ] as const) {
      expect((await call(name, given, globex)).text, name).toMatch(/^NOT_FOUND: /);
    }
  });

  test('a credential restricted to a user sees what is theirs and what is nobody’s', async () => {
    const tomas: Bound = { companion: { key: 'iris' }, user: { externalId: 'tomás' } };
    await call('remember', { memories: [fact('Tomás drinks tea.')] }, {}, tomas);
    await call('remember', { memories: [fact('The tea house opens at ten.')] }, {}, { companion: { key: 'iris' } });
    const { users } = await service.run('{ users { nodes { id externalId } } }');
    const id = users.nodes.find(({ externalId }) => externalId === 'tomás')?.id as string;
    const restriction = { companions: null, users: [decodeId('User', id, []).uuid] };
    const { data } = await call('recall', { query: 'tea Lisbon' }, { restriction }, tomas);
    const found = data.edges.map(({ node }: { node: { content: string } }) => node.content).sort();
    expect(found).toEqual(['The tea house opens at ten.', 'Tomás drinks tea.']);
    expect((await call('open', { ids: [lisbon] }, { restriction })).text).toBe(`- ${lisbon}: not found`);
  });

  test.each(toolDescriptors)('$name needs $scopes', async ({ name, kind, inputSchema }) => {
    const examples: Record<string, unknown> = { query: 'x', ids: [lisbon], id: lisbon, from: lisbon, to: rent };
    const given = Object.fromEntries((inputSchema.required ?? []).map((argument) => [argument, examples[argument]]));
    if (name === 'explore') given.from = [lisbon];
    if (name === 'dispute') Object.assign(given, { memory: lisbon, by: rent });
    for (const scopes of kind === 'query' ? [['WRITE']] : [['READ'], ['WRITE']]) {
      const { text } = await call(name, given, { scopes } as Caller);
      expect(text, scopes.join()).toMatch(/FORBIDDEN: /);
    }
  });
});
