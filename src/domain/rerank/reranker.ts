import { z } from 'zod';
import { Breaker } from '../../kernel/breaker.ts';
import type { RerankSettings } from './settings.ts';

/** An answer is larger where it is none: of 50 results it has a few KB, unless it repeats the documents. */
const MAX_ANSWER_BYTES = 4_000_000;

const answerForm = z.object({
  results: z.array(z.object({ index: z.int().min(0), relevance_score: z.number() })),
});

/** Asks a model how well texts answer a question. Its failures fail nothing: then nothing is reranked for a while. */
export class Reranker {
  readonly #settings: RerankSettings;
  readonly #log: (text: string) => void;
  readonly #breaker: Breaker;

  /** The clock is what pauses after failures are measured by. */
  constructor(settings: RerankSettings, log: (text: string) => void, now?: () => number) {
    this.#breaker = new Breaker(now);
    this.#settings = settings;
    this.#log = log;
  }

  /**
   * The score of each document, in their order, higher where it answers the question better; undefined for one that the
   * model has left out. Null where the model does not answer in time, or fails. Call it outside of transactions.
   */
  async rank(query: string, documents: readonly string[]): Promise<(number | undefined)[] | null> {
    if (documents.length === 0 || !this.#breaker.enter()) return null;
    try {
      const results = await this.#ask(query, documents);
      const scores = new Array<number | undefined>(documents.length).fill(undefined);
      for (const { index, relevance_score } of results) {
        if (index >= documents.length || scores[index] !== undefined) throw new Failed('with wrong indices');
        scores[index] = relevance_score;
      }
      this.#breaker.close();
      return scores;
    } catch (error) {
      if (this.#breaker.open())
        this.#log(`Recalls are not reranked until the reranker answers: ${this.#describe(error)}`);
      return null;
    }
  }

  async #ask(query: string, documents: readonly string[]) {
    const { url, model, apiKey, deadlineMs } = this.#settings;
    const response = await fetch(withoutUser(url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...authorization(url, apiKey) },
      body: JSON.stringify({ ...(model && { model }), query, documents, top_n: documents.length }),
      redirect: 'error',
      signal: AbortSignal.timeout(deadlineMs),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Failed(`${response.status}: check RERANK_URL, RERANK_MODEL and RERANK_API_KEY`);
    }
    const answer = answerForm.safeParse(parse(await textOf(response)));
    if (!answer.success) throw new Failed('with something other than scores: is RERANK_URL the whole address?');
    return answer.data.results;
  }

  /** Of what the server says nothing is passed on, for it may quote texts, or the key. */
  #describe(error: unknown): string {
    const where = new URL(this.#settings.url).host;
    if (error instanceof Failed) return `${where} answered ${error.message}.`;
    if (error instanceof DOMException && error.name === 'TimeoutError') {
      return `${where} did not answer within ${this.#settings.deadlineMs} ms: see RERANK_DEADLINE_MS.`;
    }
    return `${where} could not be reached, or the connection broke.`;
  }
}

/** The server has answered, but not with scores. */
class Failed extends Error {}

const withoutUser = (url: string) => Object.assign(new URL(url), { username: '', password: '' });

/** The key, or else the user that the URL names. */
function authorization(url: string, apiKey: string | undefined): Record<string, string> {
  if (apiKey) return { authorization: `Bearer ${apiKey}` };
  const { username, password } = new URL(url);
  if (!username && !password) return {};
  const user = [username, password].map(decodeURIComponent).join(':');
  return { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
}

async function textOf(response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Failed('with too much');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
