import { createHash } from 'node:crypto';
import { type SQL, sql } from 'drizzle-orm';
import type { Database, Session } from '../../db/database.ts';
import { isOutage } from '../../db/outage.ts';
import { readOnce } from '../../db/read-transaction.ts';
import type { Tenant, Transaction } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { describeError } from '../../kernel/describe-error.ts';
import type { EmbeddingModel } from '../../kernel/embedding-model.ts';
import { memoryEmbeddings } from '../../tables/embedding.ts';

const e = under(memoryEmbeddings, 'e');

/** From so many vectors on a companion is worth an index: comparing them all takes some 40 ms. */
const LARGE = 20_000;
/** A companion with a smaller share of its workspace's vectors is read faster as a whole than picked out of an index. */
const MIN_SHARE = 0.1;
/** An index of full vectors takes no more dimensions. */
const MAX_DIMENSION = 2_000;
/** How wide the index is searched, the first that finds what comparing all vectors does. */
const WIDTHS = [200, 400, 800];
/** An index is tried out again when the companion has grown by this factor. */
const AGAIN = 1.5;
/** How many vectors it is tried with, how many nearest of each, and how many of all these must be found. */
const TRIALS = 10;
const TRIED_NEAREST = 10;
const MIN_RECALL = 0.99;
const LOCK = 7_227_002;
/** What building may take: beyond its memory it gets several times slower, at some 2 KB a vector of 384 dimensions. */
const BUILD_MEMORY = '512MB';

/** The cosine distance of vector `e` as the index of a model has it; an expression the planner finds there. */
export const indexedDistance = ({ dimension }: EmbeddingModel, to: SQL): SQL =>
  sql`${e.embedding}::vector(${sql.raw(String(dimension))}) <=> ${to}::vector(${sql.raw(String(dimension))})`;

/** The condition on a vector `e` under which the index of a model has it; literal, or the planner would not see that. */
export const indexedSql = ({ model, dimension }: EmbeddingModel): SQL =>
  sql.raw(`e.model = '${model.replaceAll("'", "''")}' and e.dimension = ${dimension}`);

/** Has the statements of this transaction search indexes of vectors so widely, and be planned for what they search. */
export async function searchWidely(tx: Transaction, width: number): Promise<void> {
  await tx.rows(sql`
    select set_config('hnsw.ef_search', ${String(width)}, true), set_config('plan_cache_mode', 'force_custom_plan', true)`);
}

/**
 * Indexes (HNSW) of vectors, for companions with very many, on PostgreSQL. Each is tried out before it is used: how well
 * such an index finds what is nearest hangs on the vectors, and for some it never does. Then, and in all smaller
 * companions, every vector is compared.
 */
export class VectorIndexes {
  readonly #log: (text: string) => void;
  /** By workspace and companion, how widely the index has to be searched. */
  readonly #widths = new Map<string, ReadonlyMap<string, number>>();
  /** By companion, how large it was when its index was tried out, and what came of it. */
  readonly #tried = new Map<string, { size: number; width: number | undefined }>();
  #isBuilt = false;
  #isRefused = false;
  #isSurveying = false;
  readonly #large: number;

  /** `large`: from so many vectors on a companion gets an index. */
  constructor(log: (text: string) => void, large = LARGE) {
    this.#log = log;
    this.#large = large;
  }

  /** How widely the index is searched for the vectors of a workspace's companions; those without are compared as a whole. */
  widthsIn(workspaceId: string): ReadonlyMap<string, number> {
    return this.#widths.get(workspaceId) ?? new Map();
  }

  /** True where storing a vector writes an index entry, which takes milliseconds. */
  get isBuilt(): boolean {
    return this.#isBuilt;
  }

  /** {@link survey}, unless one is under way. Never fails: what goes wrong is logged, and tried again by the next. */
  async surveyOnce(tenant: Tenant, model: EmbeddingModel): Promise<void> {
    if (this.#isSurveying) return;
    this.#isSurveying = true;
    try {
      await this.survey(tenant, model);
    } catch (error) {
      this.#log(describeError(error));
    } finally {
      this.#isSurveying = false;
    }
  }

  /** Looks for large companions of a workspace, makes an index where there are some, and tries it out for each. */
  async survey(tenant: Tenant, model: EmbeddingModel): Promise<void> {
    const { database, workspaceId } = tenant;
    if (database.kind !== 'postgresql' || model.dimension > MAX_DIMENSION || this.#isRefused) return;
    const large = await readOnce(tenant, (tx) => largeCompanions(tx, model, this.#large));
    if (large.length > 0) this.#isBuilt = await this.#build(database, model);
    const widths = new Map<string, number>();
    for (const { id, size } of this.#isBuilt ? large : []) {
      const tried = this.#tried.get(id);
      if (!tried || size > AGAIN * tried.size) {
        this.#tried.set(id, { size, width: await tryOut(tenant, model, id) });
      }
      const width = this.#tried.get(id)?.width;
      if (width) widths.set(id, width);
    }
    this.#widths.set(workspaceId, widths);
  }

  /** Makes the index of a model where it is missing; true once it is there. Of several servers one does it. */
  async #build(database: Database, model: EmbeddingModel): Promise<boolean> {
    if (await isThere(database, model)) return true;
    if (!database.keepsSessions) return this.#refuse(NO_SESSION);
    try {
      const connection = await database.connectDirect();
      try {
        const [lock] = (await connection.query('select pg_try_advisory_lock($1) as mine', [LOCK])) as [
          { mine: boolean },
        ];
        if (!lock.mine) return false;
        // Another may have made it since it was looked for.
        if (await isValid(connection, model)) return true;
        // One that was broken off is there, but not valid.
        await connection.script(`drop index if exists ${nameOf(model)}`);
        await connection.script(`set maintenance_work_mem = '${BUILD_MEMORY}'`);
        await connection.script(
          `create index concurrently ${nameOf(model)} on memory_embeddings using hnsw ((embedding::vector(${model.dimension})) vector_cosine_ops) where model = '${model.model.replaceAll("'", "''")}' and dimension = ${model.dimension}`,
        );
        return await isValid(connection, model);
      } finally {
        // The session ends, and with it the lock and the setting.
        connection.release();
      }
    } catch (error) {
      // What the server was not there for is tried again by the next survey.
      if (isOutage(error)) throw error;
      return this.#refuse(describeError(error));
    }
  }

  #refuse(why: string): boolean {
    this.#isRefused = true;
    this.#log(`Large companions are searched without a vector index: ${why}`);
    return false;
  }
}

const NO_SESSION =
  'DATABASE_URL leads through a pooler, but making an index needs a session: set DIRECT_DATABASE_URL to the database itself.';

async function isThere(database: Database, model: EmbeddingModel): Promise<boolean> {
  const connection = await database.connect();
  try {
    return await isValid(connection, model);
  } finally {
    connection.release();
  }
}

const nameOf = ({ model, dimension }: EmbeddingModel): string =>
  `memory_embeddings_hnsw_${createHash('sha256').update(`${model} ${dimension}`).digest('hex').slice(0, 12)}`;

async function isValid(connection: Session, model: EmbeddingModel): Promise<boolean> {
  const rows = await connection.query(
    'select from pg_index where indexrelid = to_regclass($1::text) and indisvalid and indisready',
    [nameOf(model)],
  );
  return rows.length > 0;
}

/** The companions of the workspace that are large, and have a large share of its vectors. */
function largeCompanions(
  tx: Transaction,
  { model, dimension }: EmbeddingModel,
  large: number,
): Promise<{ id: string; size: number }[]> {
  return tx.rows<{ id: string; size: number }>(sql`
    with sizes as (
      select companion_id as id, count(*)::int as size from memory_embeddings
      where workspace_id = ${tx.workspaceId} and model = ${model} and dimension = ${dimension} group by companion_id
    )
    select id, size from sizes where size >= ${large} and size >= ${String(MIN_SHARE)}::text::float8 * (select sum(size) from sizes)
    order by size desc limit 20`);
}

/** The first width at which the index finds, for vectors of the companion's own, what comparing all of them does. */
async function tryOut(tenant: Tenant, model: EmbeddingModel, companionId: string): Promise<number | undefined> {
  const trials = await readOnce(tenant, (tx) => exactly(tx, model, companionId));
  const wanted = trials.reduce((sum, { nearest }) => sum + nearest.length, 0);
  for (const width of WIDTHS) {
    const found = await readOnce(tenant, async (tx) => {
      await searchWidely(tx, width);
      return byIndex(
        tx,
        model,
        companionId,
        trials.map(({ id }) => id),
      );
    });
    const hits = trials.reduce(
      (sum, { id, nearest }) => sum + nearest.filter((each) => found.get(id)?.has(each)).length,
      0,
    );
    if (hits >= MIN_RECALL * wanted) return width;
  }
  return undefined;
}

/** For some vectors of the companion, those nearest to each, by comparing all. */
const exactly = (tx: Transaction, { model, dimension }: EmbeddingModel, companionId: string) =>
  tx.rows<{ id: string; nearest: string[] }>(sql`
    with of as materialized (
      select memory_id, embedding from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId}
        and ${e.companionId} = ${companionId}::uuid and ${e.model} = ${model} and ${e.dimension} = ${dimension}
    ), trial as (select * from of order by hashtext(memory_id::text) limit ${TRIALS})
    select trial.memory_id as id, to_jsonb(array(
      select of.memory_id from of order by of.embedding <=> trial.embedding, of.memory_id limit ${TRIED_NEAREST})) as nearest
    from trial`);

/** The same by the index. */
async function byIndex(
  tx: Transaction,
  model: EmbeddingModel,
  companionId: string,
  ids: readonly string[],
): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>();
  for (const id of ids) {
    // One statement each, as searches are: the planner must see the vector.
    const [trial] = await tx.rows<{ embedding: string }>(sql`
      select embedding::text as embedding from ${aliased(e)}
      where ${e.workspaceId} = ${tx.workspaceId} and ${e.memoryId} = ${id}::uuid and ${indexedSql(model)}`);
    if (!trial) continue;
    const distance = indexedDistance(model, sql`${trial.embedding}`);
    const rows = await tx.rows<{ id: string }>(sql`
      select ${e.memoryId} as id from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId}
        and ${e.companionId} = ${companionId}::uuid and ${indexedSql(model)} order by ${distance} limit ${TRIED_NEAREST}`);
    found.set(id, new Set(rows.map((row) => row.id)));
  }
  return found;
}
