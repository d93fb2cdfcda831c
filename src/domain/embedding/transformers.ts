import { ConfigError } from '../../kernel/config-error.ts';
import { checkedVectors, type Embedder, EmbeddingFailed, weightsOf } from './embedder.ts';
import type { EmbeddingSettings } from './settings.ts';
import { batchesOf, preparedTexts } from './texts.ts';

type TransformersSettings = Extract<EmbeddingSettings, { provider: 'transformers' }>;

/** What is used of the package; its own types are only there when it is. */
export interface TransformersPackage {
  pipeline(task: 'feature-extraction', model: string): Promise<FeatureExtraction>;
}
type FeatureExtraction = (
  texts: string[],
  options: { pooling: 'mean'; normalize: boolean },
) => Promise<{ dims: readonly number[]; data: ArrayLike<number> }>;

// Not written where it is imported, since compilers look for what they find there.
const PACKAGE: string = '@huggingface/transformers';

/**
 * Every text of a batch is computed at the length of the longest: small batches waste less, and let others have a turn.
 */
const MAX_BATCH = { texts: 32, characters: 50_000 };

/**
 * Vectors of a model in this process, by mean pooling. The model comes from the Hugging Face hub, once, or is a folder
 * with `config.json`, `tokenizer.json` and `onnx/model.onnx`. They are recorded as `transformers:<model>`, because a
 * server's vectors of the same model differ. Throws ConfigError where package or model is unavailable.
 */
export async function openTransformersEmbedder(
  { model, dimension: configured, vectorWeight, ...settings }: TransformersSettings,
  load: () => Promise<TransformersPackage> = () => import(PACKAGE),
): Promise<Embedder> {
  const extract = await openPipeline(model, await loadPackage(load));
  const dimension = (await run(extract, ['dimension'])).at(0)?.length ?? 0;
  if (configured !== undefined && configured !== dimension) {
    throw new ConfigError(
      `EMBEDDING_DIMENSION=${configured} does not fit ${model}: its vectors have ${dimension}. Leave the setting out, or set it to that.`,
    );
  }
  const most = { texts: Math.min(MAX_BATCH.texts, settings.batchSize), characters: MAX_BATCH.characters };

  return {
    provider: 'transformers',
    model: `transformers:${model}`,
    dimension,
    weights: weightsOf('transformers', vectorWeight),
    isLocal: false,
    async embed(texts, { purpose, signal }) {
      const vectors: number[][] = [];
      for (const batch of batchesOf(preparedTexts(texts, purpose, settings), most)) {
        if (signal?.aborted) {
          throw new EmbeddingFailed('unavailable', 'The caller cancelled the computation of embeddings.');
        }
        vectors.push(...checkedVectors(await run(extract, batch).catch(failed), dimension));
      }
      return vectors;
    },
  };
}

async function loadPackage(load: () => Promise<TransformersPackage>): Promise<TransformersPackage> {
  try {
    return await load();
  } catch (error) {
    throw new ConfigError(
      isMissing(error)
        ? `EMBEDDING_PROVIDER=transformers needs the package ${PACKAGE}, which is not installed: run npm install ${PACKAGE}`
        : `The package ${PACKAGE}, which EMBEDDING_PROVIDER=transformers needs, cannot be loaded: ${messageOf(error)}`,
    );
  }
}

async function openPipeline(model: string, { pipeline }: TransformersPackage): Promise<FeatureExtraction> {
  try {
    return await pipeline('feature-extraction', model);
  } catch (error) {
    throw new ConfigError(
      `The model EMBEDDING_MODEL=${model} cannot be opened; it is a name on the Hugging Face hub, or ` +
        `a folder as /path or ./path: ${messageOf(error)}`,
    );
  }
}

/** One vector a text, as the model gives them. */
async function run(extract: FeatureExtraction, texts: string[]): Promise<number[][]> {
  const { dims, data } = await extract(texts, { pooling: 'mean', normalize: true });
  const dimension = dims.at(-1) ?? 0;
  const all = Array.from(data);
  return texts.map((_, at) => all.slice(at * dimension, (at + 1) * dimension));
}

/** The message of what failed within the model is not passed on, for it may quote texts. */
function failed(error: unknown): never {
  const name = error instanceof Error ? error.name : typeof error;
  throw new EmbeddingFailed('unavailable', `The embedding model failed (${name}): is there enough memory for it?`);
}

const isMissing = (error: unknown) =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND') &&
  error.message.includes(`'${PACKAGE}'`);

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
