import { sql } from 'drizzle-orm';
import { json, uuids } from '../../db/sql.ts';
import { type Tenant, write } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import type { EmbeddingModel } from '../../kernel/embedding-model.ts';
import { memoryEmbeddings, owedEmbeddings } from '../../tables/embedding.ts';
import { memories } from '../../tables/memory.ts';
import { type Embedder, EmbeddingFailed } from './embedder.ts';
import { vectorText } from './vectors.ts';

const e = under(memoryEmbeddings, 'e');
const m = under(memories, 'm');
const o = under(owedEmbeddings, 'o');
const other = under(owedEmbeddings, 'other');

/** How many memories are taken in hand at once. */
const BATCH = 128;
/** The same where nothing has to be asked over a network. */
const LOCAL_BATCH = 1_000;
/** How many vectors one transaction stores. */
const STORED_AT_ONCE = 100;
/** After so long others may take up what was taken in hand: its worker has not come back. */
const LEASE_SECONDS = 60;
/** A content that the provider refuses is tried again after a minute, twice as long after each further time, a day at most. */
const REFUSED_FIRST_SECONDS = 60;
const REFUSED_MAX_SECONDS = 86_400;

interface Owed {
  memoryId: string;
  companionId: string;
  userId: string | null;
  content: string;
  /** Digest of the content. */
  contentHash: string;
  /** Its vector, where it is made already. */
  embedding: string | null;
}

/**
 * Makes up for what is owed to a workspace: one batch. Several may do so at once, in several processes: what one has in
 * hand the others pass over. Returns how many memories were looked at; 0: nothing is due. Throws EmbeddingFailed where the
 * provider is at fault, or the signal comes; what was in hand is due again then. `answered` is called where the provider
 * answers.
 */
export async function embedOwed(
  tenant: Tenant,
  embedder: Embedder,
  answered: () => void = () => {},
  signal?: AbortSignal,
): Promise<number> {
  const owed = await takeInHand(tenant, embedder);
  if (owed.length === 0) return 0;
  const made = owed.filter(({ embedding }) => embedding !== null);
  await store(tenant, embedder, made as (Owed & { embedding: string })[]);
  const byHash = Map.groupBy(
    owed.filter(({ embedding }) => embedding === null),
    ({ contentHash }) => contentHash,
  );
  for (const hash of await takeOver(tenant, embedder, byHash)) byHash.delete(hash);
  const groups = [...byHash.values()].map((memories) => ({ memories, content: (memories[0] as Owed).content }));
  try {
    await embedGroups(tenant, embedder, groups, answered, signal);
  } catch (error) {
    await putBack(tenant, embedder, owed);
    throw error;
  }
  return owed.length;
}

interface Group {
  content: string;
  memories: readonly Owed[];
}

/** Where the provider refuses a batch, halves are tried, so that one content it will not have holds up no others. */
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
    if (groups.length === 1) return putOff(tenant, embedder, (groups[0] as Group).memories);
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
 * The memories that have been due longest, each in one worker's hand, and each content: what says the same as what
 * another has in hand waits, and takes its vector over.
 */
const takeInHand = (tenant: Tenant, { model, dimension, isLocal }: Embedder): Promise<Owed[]> =>
  write(tenant, async (tx) => {
    await tx.rows(sql`select pg_advisory_xact_lock(hashtextextended(${`owed ${tx.workspaceId}`}, 0))`);
    return tx.rows<Owed>(sql`
      with due as (
        select memory_id from ${aliased(o)}
        where ${o.workspaceId} = ${tx.workspaceId} and ${o.model} = ${model} and ${o.dimension} = ${dimension} and ${o.dueAt} <= now()
          and not exists (
            select from ${aliased(other)} where ${other.workspaceId} = ${tx.workspaceId} and ${other.model} = ${model}
              and ${other.dimension} = ${dimension} and ${other.contentHash} = ${o.contentHash} and ${other.takenUntil} > now())
        order by ${o.dueAt} limit ${isLocal ? LOCAL_BATCH : BATCH} for update skip locked
      ), taken as (
        update ${aliased(o)} set taken_until = now() + make_interval(secs => ${LEASE_SECONDS}),
          due_at = now() + make_interval(secs => ${LEASE_SECONDS}) from due
        where ${o.workspaceId} = ${tx.workspaceId} and ${o.memoryId} = due.memory_id and ${o.model} = ${model} and ${o.dimension} = ${dimension}
        returning ${o.memoryId}, ${o.contentHash}, ${o.embedding}
      )
      select ${m.id} as "memoryId", ${m.companionId} as "companionId", ${m.userId} as "userId", ${m.content},
        taken.content_hash as "contentHash", taken.embedding::text as embedding
      from taken join ${aliased(m)} on ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = taken.memory_id`);
  });

/** Takes vectors over from memories that say the same, and returns the digests that are done with. */
const takeOver = (
  tenant: Tenant,
  { model, dimension }: EmbeddingModel,
  byHash: ReadonlyMap<string, readonly Owed[]>,
): Promise<string[]> =>
  write(tenant, async (tx) => {
    const rows = [...byHash.values()]
      .flat()
      .map(({ content: _, embedding: __, contentHash: hash, ...memory }) => ({ ...memory, hash }));
    const done = await tx.rows<{ hash: string }>(sql`
      with wanting as (
        select w.*, same.embedding
        from jsonb_to_recordset(${json(rows)}) as w ("memoryId" uuid, "companionId" uuid, "userId" uuid, hash text)
        cross join lateral (
          select ${e.embedding} from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId}
            and ${e.contentHash} = w.hash and ${e.model} = ${model} and ${e.dimension} = ${dimension} limit 1) same
      ), paid as (
        delete from ${aliased(o)} using wanting w where ${o.workspaceId} = ${tx.workspaceId}
          and ${o.memoryId} = w."memoryId" and ${o.model} = ${model} and ${o.dimension} = ${dimension}
      ), stored as (
        insert into memory_embeddings (workspace_id, companion_id, user_id, memory_id, model, dimension, content_hash, embedding)
        select ${tx.workspaceId}, "companionId", "userId", "memoryId", ${model}, ${dimension}, hash, embedding from wanting
        on conflict do nothing
      )
      select distinct hash from wanting`);
    return done.map(({ hash }) => hash);
  });

/** Stores vectors of memories that are still there, and crosses off what was owed: some at a time, indexes are slow. */
async function store(
  tenant: Tenant,
  { model, dimension }: EmbeddingModel,
  rows: readonly (Owed & { embedding: string })[],
): Promise<void> {
  for (let from = 0; from < rows.length; from += STORED_AT_ONCE) {
    const some = rows.slice(from, from + STORED_AT_ONCE).map(({ content: _, ...row }) => row);
    await write(tenant, (tx) =>
      tx.rows(sql`
        with made as (
          select v.*, ${m.companionId}, ${m.userId}
          from jsonb_to_recordset(${json(some)}) as v ("memoryId" uuid, "contentHash" text, embedding text)
          join ${aliased(m)} on ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = v."memoryId"
          for key share of m
        ), paid as (
          delete from ${aliased(o)} using made where ${o.workspaceId} = ${tx.workspaceId}
            and ${o.memoryId} = made."memoryId" and ${o.model} = ${model} and ${o.dimension} = ${dimension}
        )
        insert into memory_embeddings (workspace_id, companion_id, user_id, memory_id, model, dimension, content_hash, embedding)
        select ${tx.workspaceId}, companion_id, user_id, "memoryId", ${model}, ${dimension}, "contentHash", embedding::vector from made
        on conflict do nothing`),
    );
  }
}

/** What was in hand is due again, for whoever comes next. */
const putBack = (tenant: Tenant, { model, dimension }: EmbeddingModel, owed: readonly Owed[]): Promise<unknown> =>
  write(tenant, (tx) =>
    tx.rows(sql`
      update owed_embeddings set due_at = now(), taken_until = null where workspace_id = ${tx.workspaceId} and model = ${model}
        and dimension = ${dimension} and taken_until is not null
        and memory_id = any(${uuids(owed.map(({ memoryId }) => memoryId))})`),
  );

/** What the provider will not have is tried again later and later. */
const putOff = (tenant: Tenant, { model, dimension }: EmbeddingModel, refused: readonly Owed[]): Promise<void> =>
  write(tenant, async (tx) => {
    await tx.rows(sql`
      update owed_embeddings set attempts = attempts + 1, taken_until = null,
        due_at = now() + make_interval(secs => least(${REFUSED_MAX_SECONDS}, ${REFUSED_FIRST_SECONDS} * power(2, least(attempts, 20))))
      where workspace_id = ${tx.workspaceId} and model = ${model} and dimension = ${dimension}
        and memory_id = any(${uuids(refused.map(({ memoryId }) => memoryId))})`);
  });
