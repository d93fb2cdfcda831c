import type { Config } from '../config.ts';
import type { Embeddings } from '../embedding/embeddings.ts';

/** What makes vectors, as configured. Throws ConfigError. */
export async function openEmbeddings(config: Config): Promise<Embeddings> {
  const { Embeddings } = await import('../embedding/embeddings.ts');
  return Embeddings.open(config.embedding, (text) => console.error(text));
}
