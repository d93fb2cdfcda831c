import { ConfigError } from '../../kernel/config-error.ts';
import { WorkThread } from '../../kernel/work-thread.ts';
import { checkedVectors, type Embedder, EmbeddingFailed, weightsOf } from './embedder.ts';
import type { EmbeddingSettings } from './settings.ts';
import { type QueueBounds, TextQueue } from './text-queue.ts';
import { preparedTexts } from './texts.ts';
import type { ModelAnswer, ModelRequest } from './transformers-thread.ts';

type TransformersSettings = Extract<EmbeddingSettings, { provider: 'transformers' }>;

// Not written where it is imported, since compilers look for what they find there.
const PACKAGE = '@huggingface/transformers';

/**
 * Every text of a batch is computed at the length of the longest: small batches waste less, and a question waits for one
 * at most. A write waits for no more than some batches.
 */
const BOUNDS: QueueBounds = { piece: { texts: 32, characters: 50_000 }, ofOne: 200_000, ofAll: 400_000 };

type Thread = WorkThread<ModelRequest, ModelAnswer>;

/**
 * Vectors of a model in a thread of this process, by mean pooling. The model comes from the Hugging Face hub, once, or
 * is a folder with `config.json`, `tokenizer.json` and `onnx/model.onnx`. They are recorded as `transformers:<model>`,
 * because a server's vectors of the same model differ. `source` is where the package is imported from. Throws
 * ConfigError where package or model is unavailable.
 */
export async function openTransformersEmbedder(
  { model, dimension: configured, vectorWeight, ...settings }: TransformersSettings,
  source = PACKAGE,
): Promise<Embedder> {
  const thread: Thread = new WorkThread(new URL('./transformers-thread.ts', import.meta.url));
  const asked = { source, model, texts: [] };
  await thread.ask({ ...asked, until: 'load' }).catch(refuseLoading);
  await thread.ask({ ...asked, until: 'open' }).catch((error) => refuseModel(model, error));
  const run = async (texts: string[]): Promise<number[][]> => {
    const { dimension, numbers } = await thread.ask({ source, model, until: 'embed', texts });
    return texts.map((_, at) => Array.from(numbers.subarray(at * dimension, (at + 1) * dimension)));
  };
  const dimension = (await run(['dimension'])).at(0)?.length ?? 0;
  if (configured !== undefined && configured !== dimension) {
    throw new ConfigError(
      `EMBEDDING_DIMENSION=${configured} does not fit ${model}: its vectors have ${dimension}. Leave the setting out, or set it to that.`,
    );
  }
  const piece = { ...BOUNDS.piece, texts: Math.min(BOUNDS.piece.texts, settings.batchSize) };
  const queue = new TextQueue(async (texts) => checkedVectors(await run(texts).catch(failed), dimension), {
    ...BOUNDS,
    piece,
  });

  return {
    provider: 'transformers',
    model: `transformers:${model}`,
    dimension,
    weights: weightsOf('meaning', vectorWeight),
    isLocal: false,
    hasRoomFor: (characters) => queue.hasRoomFor(characters),
    embed: (texts, options) => queue.make(preparedTexts(texts, options.purpose, settings), options),
  };
}

function refuseLoading(error: unknown): never {
  throw new ConfigError(
    isMissing(error)
      ? `EMBEDDING_PROVIDER=transformers needs the package ${PACKAGE}, which is not installed: run npm install ${PACKAGE}`
      : `The package ${PACKAGE}, which EMBEDDING_PROVIDER=transformers needs, cannot be loaded: ${messageOf(error)}`,
  );
}

function refuseModel(model: string, error: unknown): never {
  throw new ConfigError(
    `The model EMBEDDING_MODEL=${model} cannot be opened; it is a name on the Hugging Face hub, or ` +
      `a folder as /path or ./path: ${messageOf(error)}`,
  );
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
