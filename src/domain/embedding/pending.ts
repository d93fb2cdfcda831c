import { sql } from 'drizzle-orm';
import { NOW } from '../../db/reading.ts';
import { uuids } from '../../db/sql.ts';
import type { Tenant } from '../../db/transaction.ts';
import { aliased, derived, fields, insertSelect, pick, type RowOf, recordset, set, under } from '../../db/typed-sql.ts';
import { write } from '../../db/write.ts';
import type { EmbeddingModel } from '../../kernel/embedding-model.ts';
import { memoryEmbeddings, pendingEmbeddings } from '../../tables/embedding.ts';
import { memories } from '../../tables/memory.ts';
import { type Embedder, EmbeddingFailed } from './embedder.ts';
import { modelValues, ofModel, vectorText } from './vectors.ts';

const e = under(memoryEmbeddings, 'e');
const m = under(memories, 'm');
const p = under(pendingEmbeddings, 'p');
const other = under(pendingEmbeddings, 'other');

/** How many memories are claimed at once. */
const BATCH = 128;
/** The same where nothing has to be asked over a network. */
const LOCAL_BATCH = 1_000;
/** How many vectors one transaction stores. */
const STORED_AT_ONCE = 100;
/** How long a claim lasts: after that its worker has died, and others may claim the memory. */
const CLAIM_SECONDS = 60;
/**
 * A content that the provider refuses is tried again after a minute, then after twice as long each time, a day at most.
 */
const REFUSED_FIRST_SECONDS = 60;
const REFUSED_MAX_SECONDS = 86_400;

const due = derived('due', pick(p, 'memoryId'));
const claimed = derived('claimed', pick(p, 'memoryId', 'contentHash', 'embedding'));
const claimedColumns = fields({
  ...pick(claimed, 'memoryId'),
  ...pick(m, 'companionId', 'userId', 'content'),
  ...pick(claimed, 'contentHash'),
  embedding: sql<string | null>`${claimed.embedding}::text`,
});
/** A memory without a vector: its embedding is null, unless it is known already and has only to be stored. */
type Pending = RowOf<typeof claimedColumns>;
type Embedded = Pick<Pending, 'memoryId' | 'contentHash'> & { embedding: string };

/**
 * Makes the vectors that are pending in a workspace: one batch. Several workers may do so at once, in several
 * processes: what one has claimed the others pass over. Returns how many memories were looked at; 0: nothing is due.
 * Throws EmbeddingFailed where the provider is at fault, or the signal comes; what was claimed is due again then.
 * `answered` is called where the provider answers.
 */
export async function embedPending(
  tenant: Tenant,
  embedder: Embedder,
  answered: () => void = () => {},
  signal?: AbortSignal,
): Promise<number> {
  const pending = await claim(tenant, embedder);
  if (pending.length === 0) return 0;
  const isKnown = (memory: Pending): memory is Pending & Embedded => memory.embedding !== null;
  await store(tenant, embedder, pending.filter(isKnown));
  const byHash = Map.groupBy(
    pending.filter((memory) => !isKnown(memory)),
    ({ contentHash }) => contentHash,
  );
  for (const hash of await copyVectors(tenant, embedder, [...byHash.values()].flat())) byHash.delete(hash);
  const groups = [...byHash.values()].map((memories) => ({ memories, content: (memories[0] as Pending).content }));
  try {
    await embedGroups(tenant, embedder, groups, answered, signal);
  } catch (error) {
    await giveUpClaim(tenant, embedder, pending);
    throw error;
  }
  return pending.length;
}

/** Memories that say the same. */
interface Group {
  content: string;
  memories: readonly Pending[];
}

/** Where the provider refuses a batch, halves are tried, so that one content that it refuses delays no others. */
async function embedGroups(
  tenant: Tenant,
  embedder: Embedder,
  groups: readonly Group[],
  answered: () => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (groups.length === 0) return;
  let vectors: number[][];
  try {
    vectors = await embedder.embed(
      groups.map(({ content }) => content),
      { purpose: 'document', ...(signal && { signal }) },
    );
    answered();
  } catch (error) {
    if (!(error instanceof EmbeddingFailed) || error.kind !== 'refused') throw error;
    answered();
    if (groups.length === 1) return postpone(tenant, embedder, (groups[0] as Group).memories);
    const half = Math.ceil(groups.length / 2);
    await embedGroups(tenant, embedder, groups.slice(0, half), answered, signal);
    return embedGroups(tenant, embedder, groups.slice(half), answered, signal);
  }
  await store(
    tenant,
    embedder,
    groups.flatMap(({ memories }, index) =>
      memories.map((memory) => ({ ...memory, embedding: vectorText(vectors[index] as number[]) })),
    ),
  );
}

/**
 * The memories that have been due longest, each claimed by one worker, and each content: what says the same as what
 * another has claimed waits, and gets a copy of its vector.
 */
const claim = (tenant: Tenant, { model, dimension, isLocal }: Embedder): Promise<Pending[]> =>
  write(tenant, async (tx) => {
    await tx.rows(sql`select pg_advisory_xact_lock(hashtextextended(${`pending ${tx.workspaceId}`}, 0))`);
    const expiry = sql`${NOW} + make_interval(secs => ${CLAIM_SECONDS})`;
    return tx.rows<Pending>(sql`
      with due as (
        select ${fields(pick(p, 'memoryId'))} from ${aliased(p)}
        where ${p.workspaceId} = ${tx.workspaceId} and ${ofModel(p, { model, dimension })} and ${p.dueAt} <= ${NOW}
          and not exists (
            select from ${aliased(other)} where ${other.workspaceId} = ${tx.workspaceId} and ${ofModel(other, { model, dimension })}
              and ${other.contentHash} = ${p.contentHash} and ${other.claimedUntil} > ${NOW})
        order by ${p.dueAt} limit ${isLocal ? LOCAL_BATCH : BATCH} for update skip locked
      ), claimed as (
        update ${aliased(p)} set ${set(pendingEmbeddings, { claimedUntil: expiry, dueAt: expiry })} from due
        where ${p.workspaceId} = ${tx.workspaceId} and ${p.memoryId} = ${due.memoryId} and ${ofModel(p, { model, dimension })}
        returning ${fields(pick(p, 'memoryId', 'contentHash', 'embedding'))}
      )
      select ${claimedColumns} from claimed join ${aliased(m)} on ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${claimed.memoryId}`);
  });

/** Copies vectors of memories that say the same, and returns the digests that are done with. */
const copyVectors = (tenant: Tenant, model: EmbeddingModel, pending: readonly Pending[]): Promise<string[]> =>
  write(tenant, async (tx) => {
    const { memoryId, companionId, userId, contentHash } = memoryEmbeddings;
    const rows = pending.map((each) => ({
      memoryId: each.memoryId,
      companionId: each.companionId,
      userId: each.userId,
      contentHash: each.contentHash,
    }));
    const w = recordset('w', { memoryId, companionId, userId, contentHash }, rows);
    const columns = { ...pick(w, 'memoryId', 'companionId', 'userId', 'contentHash') };
    const copied = derived('copied', { ...columns, ...pick(e, 'embedding') });
    const done = await tx.rows<{ hash: string }>(sql`
      with copied as (
        select ${fields({ ...columns, ...derived('same', pick(e, 'embedding')) })} from ${aliased(w)}
        cross join lateral (
          select ${fields(pick(e, 'embedding'))} from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId}
            and ${e.contentHash} = ${w.contentHash} and ${ofModel(e, model)} limit 1) same
      ), done as (
        delete from ${aliased(p)} using copied where ${p.workspaceId} = ${tx.workspaceId}
          and ${p.memoryId} = ${copied.memoryId} and ${ofModel(p, model)}
      ), stored as (
        ${insertSelect(
          memoryEmbeddings,
          { workspaceId: sql`${tx.workspaceId}`, ...copied, ...modelValues(model) },
          sql`from copied on conflict do nothing`,
        )}
      )
      select distinct ${copied.contentHash} as hash from copied`);
    return done.map(({ hash }) => hash);
  });

/** Stores vectors of memories that are still there, which are pending no more: some at a time, indexes are slow. */
async function store(tenant: Tenant, model: EmbeddingModel, rows: readonly Embedded[]): Promise<void> {
  const { memoryId, contentHash, embedding } = memoryEmbeddings;
  for (let from = 0; from < rows.length; from += STORED_AT_ONCE) {
    const some = rows.slice(from, from + STORED_AT_ONCE).map((row) => ({
      memoryId: row.memoryId,
      contentHash: row.contentHash,
      embedding: row.embedding,
    }));
    const v = recordset('v', { memoryId, contentHash, embedding }, some);
    const columns = { ...pick(v, 'memoryId', 'contentHash', 'embedding'), ...pick(m, 'companionId', 'userId') };
    const made = derived('made', columns);
    await write(tenant, (tx) =>
      tx.rows(sql`
        with made as (
          select ${fields(columns)} from ${aliased(v)}
          join ${aliased(m)} on ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${v.memoryId}
          for key share of m
        ), done as (
          delete from ${aliased(p)} using made where ${p.workspaceId} = ${tx.workspaceId}
            and ${p.memoryId} = ${made.memoryId} and ${ofModel(p, model)}
        )
        ${insertSelect(
          memoryEmbeddings,
          { workspaceId: sql`${tx.workspaceId}`, ...made, ...modelValues(model) },
          sql`from made on conflict do nothing`,
        )}`),
    );
  }
}

const memoryIn = (memories: readonly Pending[]) =>
  sql`${p.memoryId} = any(${uuids(memories.map(({ memoryId }) => memoryId))})`;

/** What was claimed is due again, for the next worker. */
const giveUpClaim = (tenant: Tenant, model: EmbeddingModel, memories: readonly Pending[]): Promise<unknown> =>
  write(tenant, (tx) =>
    tx.rows(sql`
      update ${aliased(p)} set ${set(pendingEmbeddings, { dueAt: NOW, claimedUntil: sql`null` })}
      where ${p.workspaceId} = ${tx.workspaceId} and ${ofModel(p, model)}
        and ${p.claimedUntil} is not null and ${memoryIn(memories)}`),
  );

/** What the provider refuses is tried again later and later. */
const postpone = (tenant: Tenant, model: EmbeddingModel, refused: readonly Pending[]): Promise<void> =>
  write(tenant, async (tx) => {
    const wait = sql`least(${REFUSED_MAX_SECONDS}, ${REFUSED_FIRST_SECONDS} * power(2, least(${p.attempts}, 20)))`;
    await tx.rows(sql`
      update ${aliased(p)} set ${set(pendingEmbeddings, {
        attempts: sql`${p.attempts} + 1`,
        claimedUntil: sql`null`,
        dueAt: sql`${NOW} + make_interval(secs => ${wait})`,
      })}
      where ${p.workspaceId} = ${tx.workspaceId} and ${ofModel(p, model)} and ${memoryIn(refused)}`);
  });
