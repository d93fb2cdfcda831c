import { readConfig } from '../../src/cli/config.ts';
import { Embeddings } from '../../src/domain/embedding/embeddings.ts';

/** Where vectors come from under the settings given; without any, the embedder that is the default. */
export const localEmbeddings = (env: Record<string, string> = {}, log: (text: string) => void = () => {}) =>
  Embeddings.open(readConfig(env).embedding, log);
