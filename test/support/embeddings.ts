import { Embeddings } from '../../src/domain/embedding/embeddings.ts';
import { readConfig } from '../../src/library/config.ts';

/** Where settings say nothing of vectors: those of spelling, which are fast, and the same with and without a model. */
export const spellingUnless = (env: Record<string, string>): Record<string, string> =>
  env.EMBEDDING_PROVIDER || env.EMBEDDING_MODEL ? {} : { EMBEDDING_MODEL: 'hashing-1' };

/** Where vectors come from under the settings given; without any, spelling. */
export const localEmbeddings = (env: Record<string, string> = {}, log: (text: string) => void = () => {}) =>
  Embeddings.open(readConfig({ ...spellingUnless(env), ...env }).embedding, log);
