import type { Embeddings } from '../domain/embedding/embeddings.ts';
import type { Config } from '../library/config.ts';

/** What makes vectors, as configured. Throws ConfigError. */
export async function openEmbeddings(config: Config): Promise<Embeddings> {
  const { Embeddings } = await import('../domain/embedding/embeddings.ts');
  return Embeddings.open(config.embedding, (text) => console.error(text));
}
