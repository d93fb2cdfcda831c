import { beforeAll, describe, expect, test } from 'vitest';
import { decodeId } from '../src/kernel/ids.ts';
import { toolDescriptors } from '../src/mcp/descriptor.ts';
import { callMcp, connectMcp, eras } from './support/mcp.ts';
import { type TestServer, useServers } from './support/server.ts';

// What clients of the Model Context Protocol get at /mcp, by real ones of both eras.

const open = useServers();
let server: TestServer;
const at = (query = '') => server.url.replace('/graphql', `/mcp${query}`);
const fact = (content: string, more: object = {}) => ({ type: 'FACT', content, ...more });

beforeAll(async () => {
  server = await open();
});

/** Remembers facts at an address, and answers their ids. */
async function remember(query: string, contents: string[], headers: Record<string, string> = {}): Promise<string[]> {
  const client = await connectMcp(at(query), { headers });
  const memories = contents.map((content) => fact(content));
  const { data, text, isError } = await callMcp(client, 'remember', { memories });
  expect(isError, text).toBe(false);
  await client.close();
  return data.memories.map(({ id }: { id: string }) => id);
}

const dataOf = async (query: string, variables: object, headers: Record<string, string> = {}) => {
  // biome-ignore lint/suspicious/noExplicitAny: each document answers something else
  const { data, errors } = (await (await server.post(query, headers, { variables })).json()) as any;
  expect(errors).toBeUndefined();
  return data;
};

/** Without what depends on the moment at which it was asked: importance, and cursors, fade within milliseconds. */
const steady = (value: unknown) =>
  JSON.parse(
    JSON.stringify(value, (key, each) =>
      key === 'endCursor' ? undefined : typeof each === 'number' ? Number(each.toFixed(5)) : each,
    ),
  );

describe.each(eras)('by the revision %s', (era) => {
  const query = `?companion=${era}&user=maya`;

  test('a client learns who answers, and which tools, resources and prompts there are', async () => {
    const client = await connectMcp(at(query), { era });
    expect(client.getServerVersion()).toMatchObject({ name: 'palimpsest', title: 'Palimpsest' });
    expect(client.getInstructions()).toMatch(/remembers across conversations/);
    const { tools } = await client.listTools();
    expect(tools.map(({ name, annotations }) => ({ name, annotations }))).toEqual(
      toolDescriptors.map(({ name, annotations }) => ({ name, annotations })),
    );
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual(['palimpsest://timeline', 'palimpsest://graph']);
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual(['palimpsest://memory/{id}']);
    const { prompts } = await client.listPrompts();
    expect(prompts.map(({ name }) => name)).toEqual(['start', 'reflect', 'resolve-disputes']);
    await client.close();
  });

  test('each tool that reads answers what its document answers', async () => {
    const [lisbon, rent] = await remember(query, ['Maya lives in Lisbon.', 'The rent in Lisbon is 900 euros.']);
    const client = await connectMcp(at(query), { era });
    const related = await callMcp(client, 'remember', {
      relations: [{ from: { id: rent }, to: { id: lisbon }, type: 'ELABORATES' }],
    });
    expect(related.isError, related.text).toBe(false);
    const asked: Record<string, Record<string, unknown>> = {
      recall: { query: 'Where does Maya live?' },
      open: { ids: [lisbon] },
      explore: { from: [lisbon] },
      connect: { from: lisbon, to: rent },
      timeline: { order: 'ASC' },
    };
    const headers = { 'palimpsest-companion': era, 'palimpsest-user': 'maya' };
    for (const descriptor of toolDescriptors.filter(({ kind, name }) => kind === 'query' && name !== 'context')) {
      const { name, document, bound, unwraps } = descriptor;
      const { data, text, isError } = await callMcp(client, name, asked[name]);
      expect(isError, `${name}: ${text}`).toBe(false);
      const all = { companion: { key: era }, user: { externalId: 'maya' } };
      const own = Object.fromEntries(Object.entries(all).filter(([variable]) => bound.includes(variable)));
      const answer = await dataOf(document, { ...asked[name], ...own }, headers);
      expect(steady(data)).toEqual(steady(unwraps ? Object.values(answer)[0] : answer));
      expect(text).toContain('Lisbon');
    }
    const context = await callMcp(client, 'context', { query: 'Lisbon' });
    expect(context.text).toContain('Maya lives in Lisbon.');
    await client.close();
  });

  test('each tool that writes does what it says', async () => {
    const [home, other] = await remember(query, ['Maya lives in Porto.', 'Maya lives in Faro.']);
    const client = await connectMcp(at(query), { era });
    const call = async (name: string, given: Record<string, unknown>) => {
      const { data, text, isError } = await callMcp(client, name, given);
      expect(isError, `${name}: ${text}`).toBe(false);
      return data;
    };
    const disputed = await call('dispute', { memory: home, by: other, reason: 'one home' });
    const contradiction = disputed.contradicted?.contradiction.id ?? disputed.contradiction?.id;
    await call('dispute', { contradiction, resolution: 'KEEP_BY' });
    await call('correct', { id: other, content: 'Maya lives in Tavira.' });
    const [gone] = await remember(query, ['Maya has a dog.']);
    await call('retract', { id: gone, reason: 'a mistake' });
    expect(await call('forget', { ids: [gone] })).toEqual({ forgottenIds: [gone] });
    await call('update_working_memory', { content: '# Maya', scope: 'USER' });
    expect((await callMcp(client, 'context')).text).toContain('# Maya');
    expect((await callMcp(client, 'recall', { query: 'Where does Maya live?' })).text).toContain('Tavira');
    await client.close();
  });

  test('a failure says its code, and what to act on', async () => {
    const client = await connectMcp(at(query), { era });
    const { data, isError } = await callMcp(client, 'retract', { id: 'mem_00000000000000000000000000' });
    expect([isError, data.code]).toEqual([true, 'NOT_FOUND']);
    const bad = await callMcp(client, 'recall', { query: 'x', limit: 3 });
    expect([bad.isError, bad.data.code, bad.data.issues[0].path]).toEqual([true, 'INVALID_INPUT', ['limit']]);
    await expect(client.callTool({ name: 'destroy', arguments: {} })).rejects.toThrow(
      /There is no tool "destroy": there are context, recall, /,
    );
    await client.close();
  });

  test('a write without a key of its own has one, and with one is done once', async () => {
    const client = await connectMcp(at(query), { era });
    const visit = (more = {}) =>
      callMcp(client, 'remember', {
        memories: [{ type: 'EXPERIENCE', content: 'Maya went to the dentist.' }],
        ...more,
      });
    const ids = [
      await visit(),
      await visit(),
      await visit({ idempotencyKey: era }),
      await visit({ idempotencyKey: era }),
    ].map(({ data }) => data.memories[0].id);
    expect(new Set(ids).size).toBe(3);
    expect(ids[2]).toBe(ids[3]);
    await client.close();
  });

  test('resources are read, and what there is not is not found', async () => {
    const [id] = await remember(query, ['Maya sings in a choir.']);
    const client = await connectMcp(at(query), { era });
    for (const uri of ['palimpsest://timeline', 'palimpsest://graph', `palimpsest://memory/${id}`]) {
      const { contents } = await client.readResource({ uri });
      expect(contents).toEqual([
        { uri, mimeType: 'text/plain', text: expect.stringContaining('Maya sings in a choir.') },
      ]);
    }
    const unknown = ['mem_00000000000000000000000000', 'ent_00000000000000000000000000', 'nonsense', ''];
    for (const uri of [
      'palimpsest://nothing',
      'file:///etc/passwd',
      ...unknown.map((each) => `palimpsest://memory/${each}`),
    ]) {
      await expect(client.readResource({ uri }), uri).rejects.toMatchObject({ code: -32602, data: { uri } });
    }
    await client.close();
  });

  test('prompts bring along what they are about', async () => {
    const [one, other] = await remember(query, ['The shop opens at 8.', 'Nobody is in before 9.']);
    const client = await connectMcp(at(query), { era });
    const prompt = async (name: string, given: Record<string, string> = {}) => {
      const { messages } = await client.getPrompt({ name, arguments: given });
      const [first] = messages as { content: { text: string } }[];
      return first?.content.text;
    };
    expect(await prompt('resolve-disputes')).toMatch(/nothing to decide/);
    await callMcp(client, 'dispute', { memory: one, by: other });
    expect(await prompt('resolve-disputes')).toMatch(/con_\w+\n- The shop opens at 8\. .*\n- Nobody is in before 9\./);
    await remember(query, ['The shop now opens at 7.']);
    expect(await prompt('resolve-disputes')).toMatch(
      /con_[\s\S]*fnd_\w+: .*8 → 7.*\n- The shop opens at 8\. .*\n- The shop now opens at 7\. [\s\S]*finding and verdict/,
    );
    expect(await prompt('start', { topic: 'the shop' })).toContain('The shop opens at');
    expect(await prompt('reflect')).toContain('Call timeline');
    expect(await prompt('reflect', { topic: 'shops"\n' })).toContain(String.raw`"shops\"\n"`);
    await expect(client.getPrompt({ name: 'nothing' })).rejects.toMatchObject({ code: -32602 });
    await client.close();
  });
});

describe('forget', () => {
  const asking = { elicitation: { form: {} } };

  /** Forgets a new memory by a client whose user answers so; what the user was shown, and what came of it. */
  async function forget(answer: { action: 'accept' | 'decline' | 'cancel'; content?: Record<string, boolean> }) {
    const [id] = await remember('?companion=confirm', [`To be forgotten or not: ${JSON.stringify(answer)}`]);
    const client = await connectMcp(at('?companion=confirm'), { capabilities: asking });
    const shown: string[] = [];
    client.setRequestHandler('elicitation/create', ({ params }) => {
      shown.push(params.message);
      return answer;
    });
    const result = await callMcp(client, 'forget', { ids: [id] });
    const left = await callMcp(client, 'open', { ids: [id] });
    await client.close();
    return { id, shown, result, isLeft: left.data.nodes[0] !== null };
  }

  test('is done once the user has agreed to it', async () => {
    const { id, shown, result, isLeft } = await forget({ action: 'accept', content: { confirm: true } });
    expect(shown).toEqual([expect.stringMatching(/cannot be undone\.\n- To be forgotten or not: /)]);
    expect([result.isError, result.data, isLeft]).toEqual([false, { forgottenIds: [id] }, false]);
  });

  test.each([
    { action: 'decline' as const },
    { action: 'cancel' as const },
    { action: 'accept' as const, content: { confirm: false } },
  ])('is not done when the answer is %j', async (answer) => {
    const { result, isLeft } = await forget(answer);
    expect([result.isError, result.data.code, isLeft]).toEqual([true, 'DECLINED', true]);
  });

  test('is done at once where the client cannot ask', async () => {
    const [id] = await remember('?companion=confirm', ['Nobody is asked']);
    const client = await connectMcp(at('?companion=confirm'));
    expect((await callMcp(client, 'forget', { ids: [id] })).data).toEqual({ forgottenIds: [id] });
    await client.close();
  });
});

describe('what is seen', () => {
  test('is what the address names, and other ids do not exist', async () => {
    const [mayas] = await remember('?companion=seen&user=maya', ['Of Maya']);
    const [noors] = await remember('?companion=seen&user=noor', ['Of Noor']);
    const [others] = await remember('?companion=unseen', ['Of another']);
    const client = await connectMcp(at('?companion=seen&user=maya'));
    const { data } = await callMcp(client, 'open', { ids: [mayas, noors, others] });
    expect(data.nodes.map((node: { id: string } | null) => node?.id ?? null)).toEqual([mayas, null, null]);
    for (const id of [noors, others]) {
      expect((await callMcp(client, 'retract', { id })).data.code).toBe('NOT_FOUND');
      await expect(client.readResource({ uri: `palimpsest://memory/${id}` })).rejects.toMatchObject({ code: -32602 });
    }
    await client.close();
  });

  test('is nothing of another workspace', async () => {
    const [foreign] = await remember('?companion=seen', ['Of Globex'], { 'x-test-credential': 'globex/one' });
    const client = await connectMcp(at('?companion=seen'));
    expect((await callMcp(client, 'open', { ids: [foreign] })).data).toEqual({ nodes: [null] });
    for (const name of ['retract', 'forget', 'correct']) {
      const given =
        name === 'forget' ? { ids: [foreign] } : { id: foreign, ...(name === 'correct' && { content: 'No' }) };
      const { data, isError } = await callMcp(client, name, given);
      expect([isError, data.code], name).toEqual([true, 'NOT_FOUND']);
    }
    await client.close();
  });

  test('is of the default companion where nothing names one, and of the only one that a credential is for', async () => {
    await remember('', ['Of the default']);
    await remember('?companion=only', ['Of the only one']);
    const { companion } = await dataOf('{ companion(by: { key: "only" }) { id } }', {});
    const restriction = { companions: [decodeId('Companion', companion.id, []).uuid], users: null };
    const seen = async (headers: Record<string, string>) => {
      const client = await connectMcp(at(), { headers });
      const { data } = await callMcp(client, 'timeline');
      await client.close();
      return data.nodes.map(({ content }: { content: string }) => content);
    };
    expect(await seen({})).toEqual(['Of the default']);
    const headers = { 'x-test-restriction': JSON.stringify(restriction), 'x-test-credential': 'acme/restricted' };
    expect(await seen(headers)).toEqual(['Of the only one']);
    expect(await seen({ 'palimpsest-companion': 'only' })).toEqual(['Of the only one']);
  });

  test('of tools and resources is what the scopes are enough for', async () => {
    const listed = async (scopes: string) => {
      const client = await connectMcp(at(), { headers: { 'x-test-scopes': scopes } });
      const [{ tools }, { resources }, { prompts }] = [
        await client.listTools(),
        await client.listResources(),
        await client.listPrompts(),
      ];
      const refused = await callMcp(client, 'remember', { memories: [fact('Not with READ alone')] });
      await client.close();
      return [tools.length, resources.length, prompts.length, refused.data.code];
    };
    const reading = toolDescriptors.filter(({ kind }) => kind === 'query').length;
    expect(await listed('READ')).toEqual([reading, 2, 0, 'FORBIDDEN']);
    expect(await listed('ADMIN')).toEqual([0, 0, 0, 'FORBIDDEN']);
  });

  test('of tools is what the address picks', async () => {
    const client = await connectMcp(at('?tools=recall,%20remember'));
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['recall', 'remember']);
    await expect(client.callTool({ name: 'forget', arguments: { ids: [] } })).rejects.toThrow(
      /There is no tool "forget"/,
    );
    await client.close();
  });
});
