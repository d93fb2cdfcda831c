import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { json, texts } from '../../db/sql.ts';
import type { Transaction, WriteTransaction } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import type { EmbeddingModel } from '../../kernel/embedding-model.ts';
import { memoryEmbeddings } from '../../tables/embedding.ts';
import { unitVector } from './embedder.ts';

const e = under(memoryEmbeddings, 'e');

/** How many vectors a write stores itself where each writes an index entry. */
const MAX_INDEXED_AT_ONCE = 20;

/** The length vectors are stored at: their similarity knows no length, and whole numbers are read six times faster. */
const LENGTH = 1e6;

/** A vector as pgvector reads it. Of given numbers larger or smaller than it can hold, the direction counts. */
export function vectorText(values: readonly number[]): string {
  const squares = values.reduce((sum, value) => sum + value * value, 0);
  const unit = Math.abs(squares - 1) < 1e-3 ? values : (unitVector(values) ?? values);
  return `[${unit.map((value) => Math.round(value * LENGTH)).join(',')}]`;
}

/** What says the same, to the letter, has the same digest and so the same vector. */
export const contentHash = (content: string): string => createHash('sha256').update(content).digest('base64url');

/** A memory that wants a vector. */
export interface Embeddable {
  memoryId: string;
  companionId: string;
  userId: string | null;
  content: string;
  /** Its vector where there is one; else it is taken over from another memory of the same content, or owed. */
  embedding?: readonly number[] | null | undefined;
}

/** Stores the vectors of memories, and what is owed to those without. Nothing where the workspace has no model. */
export async function keepVectors(tx: WriteTransaction, memories: readonly Embeddable[]): Promise<void> {
  if (!tx.embedding || memories.length === 0) return;
  const { model, dimension } = tx.embedding;
  const rows = memories.map(({ embedding, content, ...memory }) => ({
    ...memory,
    contentHash: contentHash(content),
    isGiven: embedding != null,
  }));
  const vectors = memories.flatMap(({ embedding }) => (embedding ? [vectorText(embedding)] : []));
  const given = rows.filter(({ isGiven }) => isGiven);
  if (tx.embedding.isIndexed && given.length > MAX_INDEXED_AT_ONCE) {
    await storeLater(tx, tx.embedding, given, vectors);
  } else if (given.length > 0) {
    await tx.rows(sql`
      insert into memory_embeddings (workspace_id, companion_id, user_id, memory_id, model, dimension, content_hash, embedding)
      select ${tx.workspaceId}, m."companionId", m."userId", m."memoryId", ${model}, ${dimension}, m."contentHash", v.embedding
      from jsonb_to_recordset(${json(given.map((row, place) => ({ ...row, place: place + 1 })))})
        as m ("companionId" uuid, "userId" uuid, "memoryId" uuid, "contentHash" text, place int)
      join unnest(${`{${vectors.map((text) => `"${text}"`).join(',')}}`}::vector[]) with ordinality v (embedding, place) using (place)
      on conflict (workspace_id, memory_id, model, dimension)
      do update set embedding = excluded.embedding, content_hash = excluded.content_hash`);
  }
  const wanting = rows.filter(({ isGiven }) => !isGiven);
  if (wanting.length === 0) return;
  await tx.rows(sql`
    with wanting as (
      select * from jsonb_to_recordset(${json(wanting)}) as m ("companionId" uuid, "userId" uuid, "memoryId" uuid, "contentHash" text)
    ), taken as (
      insert into memory_embeddings (workspace_id, companion_id, user_id, memory_id, model, dimension, content_hash, embedding)
      select ${tx.workspaceId}, w."companionId", w."userId", w."memoryId", ${model}, ${dimension}, w."contentHash", same.embedding
      from wanting w cross join lateral (
        select ${e.embedding} from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId}
          and ${e.contentHash} = w."contentHash" and ${e.model} = ${model} and ${e.dimension} = ${dimension} limit 1) same
      on conflict do nothing returning memory_id
    )
    insert into owed_embeddings (workspace_id, memory_id, model, dimension, content_hash, due_at)
    select ${tx.workspaceId}, w."memoryId", ${model}, ${dimension}, w."contentHash", now() from wanting w
    where not exists (select from taken where taken.memory_id = w."memoryId")
    on conflict do nothing`);
}

/** Leaves the vectors of memories to upkeep, in the order of the memories. */
async function storeLater(
  tx: WriteTransaction,
  { model, dimension }: EmbeddingModel,
  memories: readonly { memoryId: string; contentHash: string }[],
  vectors: readonly string[],
): Promise<void> {
  await tx.rows(sql`
    insert into owed_embeddings (workspace_id, memory_id, model, dimension, content_hash, embedding, due_at)
    select ${tx.workspaceId}, m."memoryId", ${model}, ${dimension}, m."contentHash", v.embedding, now()
    from jsonb_to_recordset(${json(memories.map((memory, place) => ({ ...memory, place: place + 1 })))})
      as m ("memoryId" uuid, "contentHash" text, place int)
    join unnest(${`{${vectors.map((text) => `"${text}"`).join(',')}}`}::vector[]) with ordinality v (embedding, place) using (place)
    on conflict do nothing`);
}

/** Stores another vector of a memory's content. */
export async function replaceVector(
  tx: WriteTransaction,
  memoryId: string,
  embedding: readonly number[],
): Promise<void> {
  const [memory] = await tx.rows<Omit<Embeddable, 'memoryId'>>(sql`
    select companion_id as "companionId", user_id as "userId", content from memories
    where workspace_id = ${tx.workspaceId} and id = ${memoryId}::uuid`);
  if (!memory || !tx.embedding) return;
  await keepVectors(tx, [{ ...memory, memoryId, embedding }]);
  await tx.rows(sql`
    delete from owed_embeddings where workspace_id = ${tx.workspaceId} and memory_id = ${memoryId}::uuid
      and model = ${tx.embedding.model} and dimension = ${tx.embedding.dimension}`);
}

/** Of these digests, those that a memory of the workspace has a vector of the model for. */
export async function knownHashes(
  tx: Transaction,
  { model, dimension }: EmbeddingModel,
  hashes: readonly string[],
): Promise<Set<string>> {
  const rows = await tx.rows<{ hash: string }>(sql`
    select h.hash from unnest(${texts(hashes)}) h (hash)
    where exists (select from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId}
      and ${e.contentHash} = h.hash and ${e.model} = ${model} and ${e.dimension} = ${dimension})`);
  return new Set(rows.map(({ hash }) => hash));
}

/** How many memories have a vector of the model, and how many are owed one. */
export async function countVectors(
  tx: Transaction,
  { model, dimension }: EmbeddingModel,
): Promise<{ embedded: number; owed: number }> {
  const of = sql`workspace_id = ${tx.workspaceId} and model = ${model} and dimension = ${dimension}`;
  const [row] = await tx.rows<{ embedded: number; owed: number }>(sql`
    select (select count(*)::int from memory_embeddings where ${of}) as embedded,
      (select count(*)::int from owed_embeddings where ${of}) as owed`);
  return row ?? { embedded: 0, owed: 0 };
}

/** The model whose vectors reads compare; null while there is none. */
export async function readModel(tx: Transaction): Promise<EmbeddingModel | null> {
  const [row] = await tx.rows<{ model: string | null; dimension: number | null }>(sql`
    select embedding_model as model, embedding_dimension as dimension from workspaces where id = ${tx.workspaceId}`);
  return row?.model && row.dimension ? { model: row.model, dimension: row.dimension } : null;
}
