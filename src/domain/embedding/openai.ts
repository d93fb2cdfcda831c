import { setTimeout as sleep } from 'node:timers/promises';
import { OpenAI } from 'openai';
import { checkedVectors, type Embedder, EmbeddingFailed, weightsOf } from './embedder.ts';
import { failureOf, isWorthRetrying, wasGivenUp } from './openai-failure.ts';
import { isShortenable, openAiDimensions } from './openai-models.ts';
import type { OpenAiEndpoint } from './settings.ts';
import { batchesOf, preparedTexts } from './texts.ts';

/** OpenAI takes 300,000 tokens a request, which these are fewer than. */
const MAX_REQUEST_CHARACTERS = 200_000;
const RETRIES = 2;
/** Before the first retry, in milliseconds, where the server names no time; twice as long before the second. */
const PAUSE_MS = 200;

export interface OpenAiOptions {
  endpoint: OpenAiEndpoint;
  model: string;
  dimension: number;
  vectorWeight?: number | undefined;
}

/** Vectors of OpenAI, or of any server of its protocol. */
export function openOpenAiEmbedder({ endpoint, model, dimension, vectorWeight }: OpenAiOptions): Embedder {
  const client = new OpenAI({
    apiKey: endpoint.apiKey,
    baseURL: endpoint.baseUrl,
    // What is left out here the library takes from the environment.
    organization: null,
    project: null,
    adminAPIKey: null,
    // Its log holds texts.
    logLevel: 'off',
    // Deadlines and retries are kept below: it would sleep through the deadline where the server asks for a longer
    // pause, and forget what was asked.
    maxRetries: 0,
    timeout: 2 * endpoint.deadlineMs,
  });
  const shortened = isShortenable(model) && dimension !== openAiDimensions[model];
  const body = { model, ...(shortened && { dimensions: dimension }) };

  /** One request, its retries included. The library asks for base64, and takes plain arrays too. */
  async function request(input: string[], given?: AbortSignal): Promise<number[][]> {
    const deadline = AbortSignal.timeout(endpoint.deadlineMs);
    const until = performance.now() + endpoint.deadlineMs;
    const signal = given ? AbortSignal.any([deadline, given]) : deadline;
    for (let retry = 0; ; retry++) {
      try {
        const { data } = await client.embeddings.create({ ...body, input }, { signal });
        return checkedVectors(inOrder(data, input.length), dimension);
      } catch (error) {
        if (signal.aborted) throw wasGivenUp(given?.aborted ? 'caller' : endpoint.deadlineMs);
        const failure = failureOf(error, { ...endpoint, model });
        const pause = failure.retryAfterMs ?? PAUSE_MS * 2 ** retry * (1 + Math.random() / 2);
        if (retry === RETRIES || !isWorthRetrying(error) || performance.now() + pause >= until) throw failure;
        await sleep(pause, undefined, { signal }).catch(() => {
          throw wasGivenUp(given?.aborted ? 'caller' : endpoint.deadlineMs);
        });
      }
    }
  }

  return {
    provider: 'openai',
    model,
    dimension,
    weights: weightsOf('meaning', vectorWeight),
    isLocal: false,
    async embed(texts, { purpose, signal }) {
      const most = { texts: endpoint.batchSize, characters: MAX_REQUEST_CHARACTERS };
      const vectors: number[][] = [];
      for (const batch of batchesOf(preparedTexts(texts, purpose, endpoint), most)) {
        vectors.push(...(await request(batch, signal)));
      }
      return vectors;
    },
  };
}

/** Vectors may come in any order, but each must name its text: otherwise nothing says which text it is of. */
function inOrder(data: readonly { index: number; embedding: number[] }[], count: number): number[][] {
  const vectors = new Map(data.map(({ index, embedding }) => [index, embedding]));
  const ordered = Array.from({ length: count }, (_, index) => vectors.get(index)).filter(
    (vector) => vector !== undefined,
  );
  if (data.length === count && ordered.length === count) return ordered;
  throw new EmbeddingFailed(
    'unavailable',
    `The embedding server returned ${data.length} vectors for ${count} texts, without each index ` +
      `from 0 to ${count - 1} exactly once: is OPENAI_BASE_URL an OpenAI-compatible server?`,
  );
}
