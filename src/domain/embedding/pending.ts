import { type SQL, sql } from 'drizzle-orm';
import { Pace } from '../../db/background.ts';
import { NOW } from '../../db/reading.ts';
import { fenced, uuids } from '../../db/sql.ts';
import type { Tenant, Transaction } from '../../db/transaction.ts';
import { aliased, derived, fields, insertSelect, pick, type RowOf, recordset, set, under } from '../../db/typed-sql.ts';
import { write } from '../../db/write.ts';
import type { EmbeddingModel } from '../../kernel/embedding-model.ts';
import { memoryEmbeddings, pendingEmbeddings } from '../../tables/embedding.ts';
import { memories } from '../../tables/memory.ts';
import { type Embedder, EmbeddingFailed } from './embedder.ts';
import { vectorText } from './vector-text.ts';
import { modelValues, ofModel } from './vectors.ts';

const e = under(memoryEmbeddings, 'e');
const m = under(memories, 'm');
const p = under(pendingEmbeddings, 'p');
const other = under(pendingEmbeddings, 'other');

/** How many memories are claimed at once, at most. */
const BATCH = 128;
/** The same where nothing has to be asked over a network. */
const LOCAL_BATCH = 200;
/** How many bytes of contents are claimed at once; a longer one goes alone. */
const MAX_BYTES = 1_000_000;
/** How many vectors one transaction stores, at most. */
const STORED_AT_ONCE = 100;
/** How long a claim lasts: after that its worker has died, and others may claim the memory. */
const CLAIM_SECONDS = 60;
/**
 * A content that the provider refuses is tried again after a minute, then after twice as long each time, a day at most.
 */
const REFUSED_FIRST_SECONDS = 60;
const REFUSED_MAX_SECONDS = 86_400;

const due = derived('due', pick(p, 'memoryId', 'dueAt'));
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

/** Where a row is. */
const CTID = sql.identifier('ctid');

/**
 * Where the rows are that say what is pending of a model for memories, an array; `source` names the memories. Each is
 * looked up by its key: without statistics the planner reads all that is pending for every one of them.
 */
const placesOf = (tx: Transaction, model: EmbeddingModel, source: SQL, memoryId: SQL): SQL => {
  const rows = fenced(sql`
    select p.${CTID} as place, p.* from ${aliased(p)} where ${p.workspaceId} = ${tx.workspaceId} and ${p.memoryId} = ${memoryId}`);
  return sql`array(select p.place from ${source} cross join lateral ${rows} p where ${ofModel(p, model)})`;
};

/** How many memories one transaction claims, and of how many it stores the vectors. */
export interface Paces {
  claim: Pace;
  store: Pace;
}

export const newPaces = (): Paces => ({ claim: new Pace(BATCH, LOCAL_BATCH), store: new Pace(10, STORED_AT_ONCE) });

/** What makes the vectors of a workspace, and how much at once. */
interface Work {
  tenant: Tenant;
  embedder: Embedder;
  embed: Embedder['embed'];
  paces: Paces;
  signal: AbortSignal | undefined;
}

/**
 * Makes the vectors that are pending in a workspace: one batch. Several workers may do so at once, in several
 * processes: what one has claimed the others pass over. Returns how many memories were looked at; 0: nothing is due.
 * Throws EmbeddingFailed where the provider is at fault, or the signal comes; what was claimed is due again then.
 */
export async function embedPending(work: Work): Promise<number> {
  const { tenant, embedder, paces } = work;
  const pending = await claim(work);
  if (pending.length === 0) return 0;
  const isKnown = (memory: Pending): memory is Pending & Embedded => memory.embedding !== null;
  await store(work, pending.filter(isKnown));
  const byHash = Map.groupBy(
    pending.filter((memory) => !isKnown(memory)),
    ({ contentHash }) => contentHash,
  );
  for (const hash of await copyVectors(tenant, embedder, [...byHash.values()].flat(), paces.claim)) byHash.delete(hash);
  const groups = [...byHash.values()].map((memories) => ({ memories, content: (memories[0] as Pending).content }));
  try {
    await embedGroups(work, groups);
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
async function embedGroups(work: Work, groups: readonly Group[]): Promise<void> {
  const { tenant, embedder, embed, signal } = work;
  if (groups.length === 0) return;
  let vectors: number[][];
  try {
    vectors = await embed(
      groups.map(({ content }) => content),
      { purpose: 'document', ...(signal && { signal }) },
    );
  } catch (error) {
    if (!(error instanceof EmbeddingFailed) || error.kind !== 'refused') throw error;
    if (groups.length === 1) return postpone(tenant, embedder, (groups[0] as Group).memories);
    const half = Math.ceil(groups.length / 2);
    await embedGroups(work, groups.slice(0, half));
    return embedGroups(work, groups.slice(half));
  }
  await store(
    work,
    groups.flatMap(({ memories }, index) =>
      memories.map((memory) => ({ ...memory, embedding: vectorText(vectors[index] as number[]) })),
    ),
  );
}

/**
 * The memories that have been due longest, each claimed by one worker, and each content: what says the same as what
 * another has claimed waits, and gets a copy of its vector. Their contents together are bounded.
 */
const claim = ({ tenant, embedder: { model, dimension, isLocal, batch }, paces }: Work): Promise<Pending[]> =>
  write(tenant, async (tx) => {
    const rows = Math.min(paces.claim.size, batch ?? (isLocal ? LOCAL_BATCH : BATCH));
    await tx.rows(sql`select pg_advisory_xact_lock(hashtextextended(${`pending ${tx.workspaceId}`}, 0))`);
    const expiry = sql`${NOW} + make_interval(secs => ${CLAIM_SECONDS})`;
    const bytes = sql`octet_length(${m.content})`;
    const isOfModel = ofModel(p, { model, dimension });
    const alike = fenced(sql`
      select * from ${aliased(other)} where ${other.workspaceId} = ${tx.workspaceId} and ${other.contentHash} = ${p.contentHash}`);
    const statement = sql`
      with due as (
        select p.${CTID} as place, ${fields(pick(p, 'memoryId', 'dueAt'))} from ${aliased(p)}
        where ${p.workspaceId} = ${tx.workspaceId} and ${isOfModel} and ${p.dueAt} <= ${NOW} and not exists (
          select from ${alike} other where ${ofModel(other, { model, dimension })} and ${other.claimedUntil} > ${NOW})
        order by ${p.dueAt} limit ${rows} for update skip locked
      ), sized as (
        select due.place, sum(${bytes}) over (order by ${due.dueAt}, ${due.memoryId}) - ${bytes} as before
        from due cross join lateral (
          select ${m.content} from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${due.memoryId} limit 1) m
      ), claimed as (
        update ${aliased(p)} set ${set(pendingEmbeddings, { claimedUntil: expiry, dueAt: expiry })}
        where ${p.workspaceId} = ${tx.workspaceId} and p.${CTID} = any(array(select place from sized where before < ${MAX_BYTES}))
        returning ${fields(pick(p, 'memoryId', 'contentHash', 'embedding'))}
      )
      select ${claimedColumns} from claimed cross join lateral (
        select * from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${claimed.memoryId} limit 1) m`;
    return paces.claim.measure(
      () => tx.rows<Pending>(statement),
      ({ length }) => length,
    );
  });

/** Copies vectors of memories that say the same, and returns the digests that are done with. */
const copyVectors = (
  tenant: Tenant,
  model: EmbeddingModel,
  pending: readonly Pending[],
  pace: Pace,
): Promise<string[]> =>
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
    const same = fenced(sql`
      select * from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId} and ${e.contentHash} = ${w.contentHash}`);
    const statement = sql`
      with copied as (
        select ${fields({ ...columns, ...derived('same', pick(e, 'embedding')) })} from ${aliased(w)}
        cross join lateral (
          select ${fields(pick(e, 'embedding'))} from ${same} e where ${ofModel(e, model)} limit 1) same
      ), done as (
        delete from ${aliased(p)} where ${p.workspaceId} = ${tx.workspaceId}
          and p.${CTID} = any(${placesOf(tx, model, sql`copied`, copied.memoryId)})
      ), stored as (
        ${insertSelect(
          memoryEmbeddings,
          { workspaceId: sql`${tx.workspaceId}`, ...copied, ...modelValues(model) },
          sql`from copied on conflict do nothing`,
        )}
      )
      select distinct ${copied.contentHash} as hash from copied`;
    const done = await pace.measure(
      () => tx.rows<{ hash: string }>(statement),
      () => rows.length,
    );
    return done.map(({ hash }) => hash);
  });

/** Stores vectors of memories that are still there, which are pending no more: some at a time, indexes are slow. */
async function store({ tenant, embedder: model, paces }: Work, rows: readonly Embedded[]): Promise<void> {
  const { memoryId, contentHash, embedding } = memoryEmbeddings;
  for (let from = 0; from < rows.length; ) {
    const some = rows.slice(from, from + paces.store.size).map((row) => ({
      memoryId: row.memoryId,
      contentHash: row.contentHash,
      embedding: row.embedding,
    }));
    from += some.length;
    const v = recordset('v', { memoryId, contentHash, embedding }, some);
    const columns = { ...pick(v, 'memoryId', 'contentHash', 'embedding'), ...pick(m, 'companionId', 'userId') };
    const made = derived('made', columns);
    await write(tenant, (tx) => {
      const statement = sql`
        with made as (
          select ${fields(columns)} from ${aliased(v)}
          cross join lateral (
            select * from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${v.memoryId} limit 1 for key share) m
        ), done as (
          delete from ${aliased(p)} where ${p.workspaceId} = ${tx.workspaceId}
            and p.${CTID} = any(${placesOf(tx, model, sql`made`, made.memoryId)})
        )
        ${insertSelect(
          memoryEmbeddings,
          { workspaceId: sql`${tx.workspaceId}`, ...made, ...modelValues(model) },
          sql`from made on conflict do nothing`,
        )}`;
      return paces.store.measure(
        () => tx.rows(statement),
        () => some.length,
      );
    });
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
