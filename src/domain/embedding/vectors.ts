import { createHash } from 'node:crypto';
import { type SQL, sql } from 'drizzle-orm';
import { NOW } from '../../db/reading.ts';
import { texts } from '../../db/sql.ts';
import type { Transaction, WriteTransaction } from '../../db/transaction.ts';
import {
  aliased,
  derived,
  fields,
  insertSelect,
  names,
  pick,
  type RowOf,
  recordset,
  set,
  typed,
  under,
} from '../../db/typed-sql.ts';
import type { EmbeddingModel } from '../../kernel/embedding-model.ts';
import { inTurns, runsOf } from '../../kernel/turns.ts';
import { memoryEmbeddings, pendingEmbeddings } from '../../tables/embedding.ts';
import { memories } from '../../tables/memory.ts';
import { workspaces } from '../../tables/workspace.ts';
import { vectorText } from './vector-text.ts';

const e = under(memoryEmbeddings, 'e');
const excluded = under(memoryEmbeddings, 'excluded');
const m = under(memories, 'm');
const p = under(pendingEmbeddings, 'p');
const w = under(workspaces, 'w');

/** How many vectors a write stores itself where each writes an index entry. */
const MAX_INDEXED_AT_ONCE = 20;

/** How many characters of vectors one statement stores. */
const MAX_CHARACTERS = 4_000_000;

/** What says the same, to the letter, has the same digest and so the same vector. */
export const contentHash = (content: string): string => createHash('sha256').update(content).digest('base64url');

/** That a vector, stored or pending, is of a model, as SQL. */
export const ofModel = (
  rows: { readonly model: SQL<string>; readonly dimension: SQL<number> },
  { model, dimension }: EmbeddingModel,
): SQL => sql`${rows.model} = ${model} and ${rows.dimension} = ${dimension}`;

/** The same as values of a row. */
export const modelValues = ({ model, dimension }: EmbeddingModel): { model: SQL; dimension: SQL } => ({
  model: sql`${model}`,
  dimension: sql`${dimension}`,
});

/** A memory that needs a vector. */
export interface Embeddable {
  memoryId: string;
  companionId: string;
  userId: string | null;
  content: string;
  /** Its vector where there is one; else another memory's of the same content is copied, or it stays pending. */
  embedding?: readonly number[] | null | undefined;
}
interface Digested extends Omit<Embeddable, 'content' | 'embedding'> {
  contentHash: string;
}
/** One whose vector is there, as text. */
interface Given {
  row: Digested;
  vector: string;
}

/** Stores the vectors of memories, and notes those without as pending. Nothing where the workspace has no model. */
export async function keepVectors(tx: WriteTransaction, memories: readonly Embeddable[]): Promise<void> {
  if (!tx.embedding || memories.length === 0) return;
  const digested = await inTurns(memories, ({ memoryId, companionId, userId, content, embedding }) => ({
    row: { memoryId, companionId, userId, contentHash: contentHash(content) },
    vector: embedding ? vectorText(embedding) : null,
  }));
  const given = digested.filter((each): each is Given => each.vector !== null);
  const store = tx.embedding.isIndexed && given.length > MAX_INDEXED_AT_ONCE ? storeLater : storeNow;
  for (const run of runsOf(given, MAX_CHARACTERS, ({ vector }) => vector.length)) {
    const rows = run.map(({ row }) => row);
    const vectors = run.map(({ vector }) => vector);
    await store(tx, tx.embedding, rows, vectors);
  }
  const others = digested.filter(({ vector }) => vector === null).map(({ row }) => row);
  if (others.length > 0) await copyOrNote(tx, tx.embedding, others);
}

const { memoryId, companionId, userId } = memoryEmbeddings;
const digestShape = { memoryId, companionId, userId, contentHash: memoryEmbeddings.contentHash };
const place = typed<number>('int');
const placed = <Row>(rows: readonly Row[]) => rows.map((row, index) => ({ ...row, place: index + 1 }));

/** Vectors in the order of their memories, as rows `v.vector` with their place. */
const inPlace = (vectors: readonly string[]): SQL =>
  sql`unnest(${`{${vectors.map((text) => `"${text}"`).join(',')}}`}::vector[]) with ordinality v (vector, place)`;

async function storeNow(
  tx: WriteTransaction,
  model: EmbeddingModel,
  given: readonly Digested[],
  vectors: readonly string[],
): Promise<void> {
  const g = recordset('g', { ...digestShape, place }, placed(given));
  const { embedding, contentHash } = excluded;
  await tx.rows(
    insertSelect(
      memoryEmbeddings,
      {
        workspaceId: sql`${tx.workspaceId}`,
        ...pick(g, 'companionId', 'userId', 'memoryId'),
        ...modelValues(model),
        contentHash: g.contentHash,
        embedding: sql`v.vector`,
      },
      sql`from ${aliased(g)} join ${inPlace(vectors)} using (place)
        on conflict (${names(memoryEmbeddings, 'workspaceId', 'memoryId', 'model', 'dimension')})
        do update set ${set(memoryEmbeddings, { embedding, contentHash })}`,
    ),
  );
}

/** Copies the vectors of memories that say the same, and notes as pending what has none. */
async function copyOrNote(tx: WriteTransaction, model: EmbeddingModel, others: readonly Digested[]): Promise<void> {
  const given = recordset('given', digestShape, others);
  const columns = pick(given, 'memoryId', 'companionId', 'userId', 'contentHash');
  const d = derived('d', columns);
  const copied = derived('copied', pick(e, 'memoryId'));
  const workspaceId = sql`${tx.workspaceId}`;
  await tx.rows(sql`
    with others as (
      select ${fields(columns)} from ${aliased(given)}
    ), copied as (
      ${insertSelect(
        memoryEmbeddings,
        {
          workspaceId,
          ...pick(d, 'companionId', 'userId', 'memoryId'),
          ...modelValues(model),
          contentHash: d.contentHash,
          ...derived('same', pick(e, 'embedding')),
        },
        sql`from others d cross join lateral (
          select ${fields(pick(e, 'embedding'))} from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId}
            and ${e.contentHash} = ${d.contentHash} and ${ofModel(e, model)} limit 1) same
        on conflict do nothing returning ${names(memoryEmbeddings, 'memoryId')} as ${sql.identifier('memoryId')}`,
      )}
    )
    ${insertSelect(
      pendingEmbeddings,
      { workspaceId, memoryId: d.memoryId, ...modelValues(model), ...pending(d.contentHash, sql`null`) },
      sql`from others d where not exists (select from copied where ${copied.memoryId} = ${d.memoryId})
        on conflict do nothing`,
    )}`);
}

/** What is noted of a memory that is due at once; its vector is null where it has to be made. */
const pending = (contentHash: SQL, embedding: SQL) => ({
  contentHash,
  embedding,
  dueAt: NOW,
  claimedUntil: sql`null`,
});

/** Leaves the vectors of memories to upkeep, in the order of the memories. */
async function storeLater(
  tx: WriteTransaction,
  model: EmbeddingModel,
  given: readonly Digested[],
  vectors: readonly string[],
): Promise<void> {
  const g = recordset('g', { ...digestShape, place }, placed(given));
  await tx.rows(
    insertSelect(
      pendingEmbeddings,
      {
        workspaceId: sql`${tx.workspaceId}`,
        memoryId: g.memoryId,
        ...modelValues(model),
        ...pending(g.contentHash, sql`v.vector`),
      },
      sql`from ${aliased(g)} join ${inPlace(vectors)} using (place) on conflict do nothing`,
    ),
  );
}

/** Stores another vector of a memory's content. */
export async function replaceVector(
  tx: WriteTransaction,
  memoryId: string,
  embedding: readonly number[],
): Promise<void> {
  const columns = fields(pick(m, 'companionId', 'userId', 'content'));
  const [memory] = await tx.rows<RowOf<typeof columns>>(sql`
    select ${columns} from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${memoryId}::uuid`);
  if (!memory || !tx.embedding) return;
  await keepVectors(tx, [{ ...memory, memoryId, embedding }]);
  await tx.rows(sql`
    delete from ${aliased(p)} where ${p.workspaceId} = ${tx.workspaceId} and ${p.memoryId} = ${memoryId}::uuid
      and ${ofModel(p, tx.embedding)}`);
}

/** Of these digests, those that a memory of the workspace has a vector of the model for. */
export async function knownHashes(
  tx: Transaction,
  model: EmbeddingModel,
  hashes: readonly string[],
): Promise<Set<string>> {
  const rows = await tx.rows<{ hash: string }>(sql`
    select h.hash from unnest(${texts(hashes)}) h (hash)
    where exists (select from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId}
      and ${e.contentHash} = h.hash and ${ofModel(e, model)})`);
  return new Set(rows.map(({ hash }) => hash));
}

/** How many memories have a vector of the model, and how many none yet. */
export async function countVectors(
  tx: Transaction,
  model: EmbeddingModel,
): Promise<{ embedded: number; pending: number }> {
  const [row] = await tx.rows<{ embedded: number; pending: number }>(sql`
    select (select count(*)::int from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId} and ${ofModel(e, model)}) as embedded,
      (select count(*)::int from ${aliased(p)} where ${p.workspaceId} = ${tx.workspaceId} and ${ofModel(p, model)}) as pending`);
  return row ?? { embedded: 0, pending: 0 };
}

/** The model whose vectors reads compare; null while there is none. */
export async function readModel(tx: Transaction): Promise<EmbeddingModel | null> {
  const columns = fields({ model: w.embeddingModel, dimension: w.embeddingDimension });
  const [row] = await tx.rows<RowOf<typeof columns>>(sql`
    select ${columns} from ${aliased(w)} where ${w.id} = ${tx.workspaceId}`);
  return row?.model && row.dimension ? { model: row.model, dimension: row.dimension } : null;
}
