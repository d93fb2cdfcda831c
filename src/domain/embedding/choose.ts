import type { Embedder } from './embedder.ts';
import { isLocalModel, openLocalEmbedder } from './local.ts';
import type { EmbeddingSettings } from './settings.ts';

/**
 * The embedder configured; null for none. Throws ConfigError where it is unavailable, such as a package not installed.
 */
export async function openEmbedder(settings: EmbeddingSettings): Promise<Embedder | null> {
  switch (settings.provider) {
    case 'none':
      return null;
    case 'local':
      return openLocalEmbedder(settings);
    case 'openai': {
      // What is not configured is not loaded: the library takes a while, the package may not be there.
      const { openOpenAiEmbedder } = await import('./openai.ts');
      return openOpenAiEmbedder({ ...settings, endpoint: settings.openai });
    }
    case 'transformers': {
      const { openTransformersEmbedder } = await import('./transformers.ts');
      return openTransformersEmbedder(settings);
    }
  }
}

/**
 * An embedder for questions to vectors that were stored under another model than the one configured. One for a local
 * model can always be made. Any other name counts as a model of the OpenAI endpoint. null: there is no such endpoint,
 * the model is one of transformers, or the provider is none, with which nothing is sent anywhere.
 */
export async function embedderOf(
  settings: EmbeddingSettings,
  { model, dimension }: Pick<Embedder, 'model' | 'dimension'>,
): Promise<Embedder | null> {
  if (isLocalModel(model)) return openLocalEmbedder({ dimension });
  if (!settings.openai || settings.provider === 'none' || model.startsWith('transformers:')) return null;
  const { openOpenAiEmbedder } = await import('./openai.ts');
  return openOpenAiEmbedder({ endpoint: settings.openai, model, dimension });
}
