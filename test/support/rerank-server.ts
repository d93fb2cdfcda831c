import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** What the server does instead of answering as it should. */
export type RerankMisbehaviour =
  | { status: number }
  | 'hang'
  | 'drop'
  | 'drop-midway'
  | 'nonsense'
  | 'wrong-index'
  | 'same-index'
  | 'no-number'
  | 'too-much'
  | 'elsewhere';

export interface RerankRequest {
  model: string | undefined;
  query: string;
  documents: string[];
  top_n: number;
  authorization: string | undefined;
}

/**
 * A server of the protocol that rerankers share, on a free port. A document's score is the number after `worth` in it;
 * one without is left out of the results, as servers do with those beyond `top_n`. `meanwhile` runs before it answers.
 */
export async function startRerankServer() {
  const requests: RerankRequest[] = [];
  const server = createServer(async (request, response) => {
    const asked = (await json(request)) as RerankRequest;
    requests.push({ ...asked, authorization: request.headers.authorization });
    await state.meanwhile();
    const results = asked.documents
      .flatMap((document, index) => {
        const worth = /worth (-?[\d.]+)/.exec(document);
        return worth ? [{ index, relevance_score: Number(worth[1]) as unknown, document: { text: document } }] : [];
      })
      .sort((a, b) => Number(b.relevance_score) - Number(a.relevance_score));
    const how = state.misbehaviour;
    const quoted = JSON.stringify([request.headers.authorization, asked]);
    if (how === 'hang') return;
    if (how === 'drop') return void response.destroy();
    if (how === 'wrong-index') for (const result of results) result.index = 1_000;
    if (how === 'same-index') for (const result of results) result.index = 0;
    if (how === 'no-number') for (const result of results) result.relevance_score = 'high';
    if (how === 'elsewhere') return void response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end();
    response.writeHead(typeof how === 'object' && how !== null ? how.status : 200, {
      'content-type': 'application/json',
    });
    if (how === 'drop-midway') {
      response.write('{"results": [');
      return void setTimeout(() => response.destroy(), 10);
    }
    if (how === 'too-much') return void response.end(JSON.stringify({ results, padding: 'x'.repeat(5_000_000) }));
    response.end(
      how === null
        ? JSON.stringify({ id: 'x', results, meta: {} })
        : how === 'nonsense'
          ? quoted
          : JSON.stringify({ results, quoted }),
    );
  });
  const state = {
    url: '',
    requests,
    misbehaviour: null as RerankMisbehaviour | null,
    meanwhile: async () => {},
    stop() {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/rerank`;
  return state;
}
