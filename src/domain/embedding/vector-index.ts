import { sql } from 'drizzle-orm';
import type { Database, Session } from '../../db/database.ts';
import { isOutage } from '../../db/outage.ts';
import { readOnce } from '../../db/read-transaction.ts';
import type { Tenant, Transaction } from '../../db/transaction.ts';
import { aliased, derived, fields, type RowOf, under } from '../../db/typed-sql.ts';
import { describeError } from '../../kernel/describe-error.ts';
import type { EmbeddingModel } from '../../kernel/embedding-model.ts';
import { memoryEmbeddings } from '../../tables/embedding.ts';
import { createIndex, indexName } from './vector-index-sql.ts';
import { tryOut } from './vector-index-trial.ts';
import { ofModel } from './vectors.ts';

const e = under(memoryEmbeddings, 'e');

/** From so many vectors on a companion is worth an index: comparing them all takes some 40 ms. */
const LARGE = 20_000;
/**
 * A companion with a smaller share of its workspace's vectors is read faster as a whole than picked out of an index.
 */
const MIN_SHARE = 0.1;
/** An index of full vectors takes no more dimensions. */
const MAX_DIMENSION = 2_000;
/** An index is tried out again when the companion has grown by this factor. */
const AGAIN = 1.5;
const LOCK = 7_227_002;
/** What building may take: beyond its memory it gets several times slower, at some 2 KB a vector of 384 dimensions. */
const BUILD_MEMORY = '512MB';

/** What a survey of a workspace has found. */
export interface Surveyed {
  workspaceId: string;
  /** By companion, how widely the index has to be searched. */
  widths: (readonly [companionId: string, width: number])[];
  isBuilt: boolean;
}

/**
 * Indexes (HNSW) of vectors, for companions with very many, on PostgreSQL. Each is tried out before it is used: how
 * well such an index finds what is nearest depends on the vectors, and for some it never does. Then, and in all smaller
 * companions, every vector is compared.
 */
export class VectorIndexes {
  readonly #log: (text: string) => void;
  /** By workspace and companion, how widely the index has to be searched. */
  readonly #widths = new Map<string, ReadonlyMap<string, number>>();
  /** By companion: its size when its index was tried out, and the result. */
  readonly #tried = new Map<string, { size: number; width: number | undefined }>();
  #isBuilt = false;
  #isRefused = false;
  #isSurveying = false;
  readonly #large: number;
  /** Gets what each survey has found. */
  onSurveyed: (found: Surveyed) => void = () => {};

  /** `large`: from so many vectors on a companion gets an index. */
  constructor(log: (text: string) => void, large = LARGE) {
    this.#log = log;
    this.#large = large;
  }

  /** How widely the index is searched for a workspace's companions. Those without are compared as a whole. */
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
    this.onSurveyed({ workspaceId, widths: [...widths], isBuilt: this.#isBuilt });
  }

  /** Takes over what another process has found. */
  take({ workspaceId, widths, isBuilt }: Surveyed): void {
    this.#isBuilt = isBuilt;
    this.#widths.set(workspaceId, new Map(widths));
  }

  /** Makes the index of a model where it is missing; true once it is there. Of several servers one does it. */
  async #build(database: Database, model: EmbeddingModel): Promise<boolean> {
    if (await isThere(database, model)) return true;
    if (!database.keepsSessions) return this.#refuse(NO_SESSION);
    try {
      const session = await database.connectDirect();
      try {
        const [lock] = (await session.query('select pg_try_advisory_lock($1) as mine', [LOCK])) as [{ mine: boolean }];
        if (!lock.mine) return false;
        // Another may have made it since it was looked for.
        if (await isValid(session, model)) return true;
        // One whose making was interrupted is there, but not valid.
        await session.script(`drop index if exists ${indexName(model)}`);
        await session.script(
          `set maintenance_work_mem = '${BUILD_MEMORY}'; set statement_timeout = 0; set lock_timeout = 0`,
        );
        await session.script(createIndex(model));
        return await isValid(session, model);
      } finally {
        // The session ends, and with it the lock and the setting.
        session.release();
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
  const session = await database.connect();
  try {
    return await isValid(session, model);
  } finally {
    session.release();
  }
}

async function isValid(session: Session, model: EmbeddingModel): Promise<boolean> {
  const rows = await session.query(
    'select from pg_index where indexrelid = to_regclass($1::text) and indisvalid and indisready',
    [indexName(model)],
  );
  return rows.length > 0;
}

const sizeColumns = { id: e.companionId, size: sql<number>`count(*)::int` };
const sizes = fields(sizeColumns);

/** The companions of the workspace that are large, and have a large share of its vectors. */
function largeCompanions(tx: Transaction, model: EmbeddingModel, large: number): Promise<RowOf<typeof sizes>[]> {
  const { id, size } = derived('sizes', sizeColumns);
  return tx.rows(sql`
    with sizes as (
      select ${sizes} from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId} and ${ofModel(e, model)} group by ${e.companionId}
    )
    select ${fields({ id, size })} from sizes
    where ${size} >= ${large} and ${size} >= ${String(MIN_SHARE)}::text::float8 * (select sum(${size}) from sizes)
    order by ${size} desc limit 20`);
}
