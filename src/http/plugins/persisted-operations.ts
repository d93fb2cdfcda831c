import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type DocumentNode, type GraphQLSchema, parse, validate } from 'graphql';
import { z } from 'zod';
import type { DocumentLimits } from '../../graphql/cost/limits.ts';
import { excessOf } from '../../graphql/cost/nesting.ts';
import { shapeRefusal, tooLong, tooNested } from '../../graphql/cost/refusal.ts';
import { shapeOf } from '../../graphql/cost/shape.ts';
import { schema } from '../../graphql/schema.ts';
import { ConfigError } from '../../kernel/config-error.ts';

/** Documents that clients may call by their hash. */
export interface PersistedOperations {
  /** By their SHA-256, in hexadecimal digits of lower case. */
  documents: ReadonlyMap<string, string>;
  /** Every other document is refused. */
  only: boolean;
}

/** Which file of documents is read, and what each of them may cost. */
export interface PersistedSettings {
  persistedOperations: { file: string; only: boolean } | undefined;
  limits: DocumentLimits;
}

const fileFormat = z.record(z.string().regex(/^[0-9a-f]{64}$/), z.string());

/** Reads the documents that are configured. Throws ConfigError, also where one of them would be refused. */
export async function readPersistedOperations({
  persistedOperations,
  limits,
}: PersistedSettings): Promise<PersistedOperations | undefined> {
  if (!persistedOperations) return undefined;
  const { file, only } = persistedOperations;
  const fail = (what: string) => new ConfigError(`PERSISTED_OPERATIONS=${file} cannot be used: ${what}.`);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw fail(error.code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${error.code})`);
  });
  const documents = fileFormat.safeParse(parseJson(text));
  if (!documents.success) {
    throw fail(
      'a JSON object is expected that maps the SHA-256 of a document (64 lower-case hexadecimal digits) to its text',
    );
  }
  for (const [hash, document] of Object.entries(documents.data)) {
    const actual = createHash('sha256').update(document).digest('hex');
    if (actual !== hash) throw fail(`the document under ${hash} has the SHA-256 ${actual}`);
    const wrong = whyRefused(schema, document, limits);
    if (wrong) throw fail(`the document ${hash} is refused: ${wrong.replace(/\.$/, '')}`);
  }
  return { documents: new Map(Object.entries(documents.data)), only };
}

function parseJson(text: string): unknown {
  try {
    // Some programs put a byte order mark before UTF-8.
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
}

/** What a client would be told; undefined where nothing is wrong. */
function whyRefused(schema: GraphQLSchema, text: string, limits: DocumentLimits): string | undefined {
  const excess = excessOf(text, limits.tokens);
  if (excess) return (excess === 'tokens' ? tooLong(limits.tokens) : tooNested(limits.depth)).message;
  let document: DocumentNode;
  try {
    document = parse(text, { maxTokens: limits.tokens });
  } catch (error) {
    return (error as Error).message;
  }
  return (shapeRefusal(document, shapeOf(document), limits) ?? validate(schema, document)[0])?.message;
}
