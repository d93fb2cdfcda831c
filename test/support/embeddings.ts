import { readConfig } from '../../src/config.ts';
import { Embeddings } from '../../src/embedding/embeddings.ts';

/** Where vectors come from under the settings given; without any, the embedder that is the default. */
export const localEmbeddings = (env: Record<string, string> = {}, log: (text: string) => void = () => {}) =>
  Embeddings.open(readConfig(env).embedding, log);
