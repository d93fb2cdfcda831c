import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../src/client/verbs/client.ts';
import type { Memory } from '../src/client/verbs/memory.ts';
import { useServers } from './support/server.ts';
import { useVerbs } from './support/verbs.ts';

const openServer = useServers();
let url: string;
beforeAll(async () => {
  ({ url } = await openServer());
});

test('verbs reach a server by HTTP', async () => {
  await useVerbs(connect({ url }).memory({ companion: 'verbs', user: 'maya', conversation: 'chat-1' }));
});

/** Stands before the server, and drops the connection of every other request when the server has done what it says. */
class Dropping {
  dropped = 0;
  passed = 0;
  readonly #server = createServer(async (request, response) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body: await text(request) });
    const body = Buffer.from(await answer.arrayBuffer());
    if (this.dropped > this.passed) this.#pass(response, answer.status, body);
    else this.#drop(response);
  });

  #drop(response: ServerResponse): void {
    this.dropped++;
    response.socket?.destroy();
  }

  #pass(response: ServerResponse, status: number, body: Buffer): void {
    this.passed++;
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/graphql`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

describe('where a connection breaks after the server has written', () => {
  const between = new Dropping();
  let way: string;
  let memory: Memory;
  beforeAll(async () => {
    way = await between.listen();
    memory = connect({ url: way }).memory({ companion: 'retries', user: 'maya', conversation: 'chat-1' });
  });
  afterAll(() => between.stop());

  const DONE = `{ companion(by: {key: "retries"}) {
    memories(first: 10, filter: {statuses: [ACTIVE, DISPUTED, CORRECTED, ENDED, RETRACTED]}) { nodes { content status } } } }`;
  interface Done {
    companion: { memories: { nodes: { content: string; status: string }[] } };
  }
  const done = async () =>
    (await connect({ url }).execute<Done>(DONE)).companion.memories.nodes.map(({ content }) => content).toSorted();

  test('each verb that writes is done once, and answers as if nothing had been', async () => {
    const { memories, duplicates } = await memory.remember(['Ann lives in Porto.', 'Ann lives in Ghent.']);
    expect([memories.length, duplicates]).toEqual([2, []]);
    const [porto = '', ghent = ''] = memories.map(({ id }) => id);
    expect(await done()).toEqual(['Ann lives in Ghent.', 'Ann lives in Porto.']);
    const { memory: lisbon } = await memory.correct(porto, 'Ann lives in Lisbon.');
    expect(await done()).toEqual(['Ann lives in Ghent.', 'Ann lives in Lisbon.', 'Ann lives in Porto.']);
    const { id } = await memory.contradict(lisbon.id, ghent);
    expect((await memory.resolve(id, 'DISMISSED')).id).toBe(id);
    const { findings } = await memory.remember('Ann has moved to Madrid.');
    expect(findings).not.toEqual([]);
    expect((await memory.judge(findings[0]?.id as string, 'UNRELATED')).verdict).toBe('UNRELATED');
    expect((await memory.retract(ghent)).status).toBe('RETRACTED');
    const working = await memory.updateWorkingMemory({ content: 'Ann moves.', scope: 'USER' });
    expect(working.version).toBe(1);
    expect((await memory.forget(ghent)).length).toBe(1);
    expect(await done()).toEqual(['Ann has moved to Madrid.', 'Ann lives in Lisbon.', 'Ann lives in Porto.']);
    expect([between.dropped, between.passed]).toEqual([9, 9]);
  });

  test('what has no key is sent once: nobody knows whether it has been done', async () => {
    const CREATE = `mutation { createMemory(input: {companion: {key: "retries"}, type: FACT, content: "Once."}) { __typename } }`;
    await expect(connect({ url: way }).execute(CREATE)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(between.dropped - between.passed).toBe(1);
    expect(await done()).toContain('Once.');
  });
});
