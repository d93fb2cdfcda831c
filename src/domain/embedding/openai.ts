import { setTimeout as sleep } from 'node:timers/promises';
import { openClient } from '../openai/client.ts';
import { isWorthRetrying } from '../openai/failure.ts';
import { checkedVectors, type Embedder, EmbeddingFailed, type EmbedOptions, weightsOf } from './embedder.ts';
import { failureOf, wasGivenUp } from './openai-failure.ts';
import { isShortenable, openAiDimensions } from './openai-models.ts';
import type { InputTypes, OpenAiEndpoint } from './settings.ts';
import { batchesOf, preparedTexts, tokensOf } from './texts.ts';
import { Usage } from './usage.ts';

const RETRIES = 2;
/** Before the first retry, in milliseconds, where the server names no time; twice as long before the second. */
const PAUSE_MS = 200;

export interface OpenAiOptions {
  endpoint: OpenAiEndpoint;
  model: string;
  dimension: number;
  vectorWeight?: number | undefined;
  /** Where requests are counted. */
  usage?: Usage | undefined;
}

/** What each kind of server is told of which side of a search a text is on, as fields of the request. */
const inputTypes: Record<InputTypes, Record<EmbedOptions['purpose'], object>> = {
  cohere: { query: { input_type: 'search_query' }, document: { input_type: 'search_document' } },
  voyage: { query: { input_type: 'query' }, document: { input_type: 'document' } },
  jina: { query: { task: 'retrieval.query' }, document: { task: 'retrieval.passage' } },
};

/** Vectors of OpenAI, or of any server of its protocol. */
export function openOpenAiEmbedder({
  endpoint,
  model,
  dimension,
  vectorWeight,
  usage = new Usage(),
}: OpenAiOptions): Embedder {
  const client = openClient(endpoint);
  const shortened = isShortenable(model) && dimension !== openAiDimensions[model];
  const bodyFor = (purpose: EmbedOptions['purpose']) => ({
    model,
    ...(shortened && { dimensions: dimension }),
    ...(endpoint.inputTypes && inputTypes[endpoint.inputTypes][purpose]),
  });

  /** One try. The library asks for base64, and takes plain arrays too. */
  async function send(input: string[], purpose: EmbedOptions['purpose'], signal: AbortSignal): Promise<number[][]> {
    const { data, usage: counted } = await client.embeddings.create({ ...bodyFor(purpose), input }, { signal });
    const vectors = checkedVectors(inOrder(data, input.length), dimension);
    usage.add(input.length, counted?.total_tokens || input.reduce((sum, text) => sum + tokensOf(text), 0));
    return vectors;
  }

  /** One request, its retries included. */
  async function request(input: string[], purpose: EmbedOptions['purpose'], given?: AbortSignal): Promise<number[][]> {
    const deadline = AbortSignal.timeout(endpoint.deadlineMs);
    const until = performance.now() + endpoint.deadlineMs;
    const signal = given ? AbortSignal.any([deadline, given]) : deadline;
    for (let retry = 0; ; retry++) {
      try {
        return await send(input, purpose, signal);
      } catch (error) {
        const failure = failureOf(error, { ...endpoint, model });
        usage.requests[signal.aborted ? 'unavailable' : failure.kind]++;
        if (signal.aborted) throw wasGivenUp(given?.aborted ? 'caller' : endpoint.deadlineMs);
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
      const most = { texts: endpoint.batchSize, size: endpoint.batchTokens };
      const vectors: number[][] = [];
      for (const batch of batchesOf(preparedTexts(texts, purpose, endpoint), most, tokensOf)) {
        vectors.push(...(await request(batch, purpose, signal)));
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
