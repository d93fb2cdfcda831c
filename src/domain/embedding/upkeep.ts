import { type SQL, sql } from 'drizzle-orm';
import { inBackground, Pace } from '../../db/background.ts';
import { NOW } from '../../db/reading.ts';
import { fenced } from '../../db/sql.ts';
import type { Tenant, Transaction } from '../../db/transaction.ts';
import { aliased, derived, fields, insertSelect, pick, set, under } from '../../db/typed-sql.ts';
import { write } from '../../db/write.ts';
import type { EmbeddingModel } from '../../kernel/embedding-model.ts';
import { memoryEmbeddings, pendingEmbeddings } from '../../tables/embedding.ts';
import { memories } from '../../tables/memory.ts';
import { refreshStatistics } from '../../tables/statistics.ts';
import { workspaces } from '../../tables/workspace.ts';
import type { Embedder } from './embedder.ts';
import { type Embeddings, MODEL_TTL_MS } from './embeddings.ts';
import { embedPending, newPaces } from './pending.ts';
import { modelValues, ofModel, readModel } from './vectors.ts';

const e = under(memoryEmbeddings, 'e');
const m = under(memories, 'm');
const p = under(pendingEmbeddings, 'p');
const w = under(workspaces, 'w');

/** How many memories one transaction looks at, at most. */
const CHUNK = 5_000;
/** After how many vectors the planner's statistics of what is pending are refreshed, where the database does not. */
const UNNOTED = 500;
/** How often it looks for memories that another version of the service has left without a vector. */
const SURVEY_MS = 30_000;
/** How long the old vectors stay after the switch: until then a process may not have noticed it, and compare them. */
const DROP_AFTER_MS = MODEL_TTL_MS + 10_000;
const FIRST_KEY = '00000000-0000-0000-0000-000000000000';

/**
 * Keeps a workspace's vectors complete, a batch at a time. It makes those that are pending, and notes as pending what
 * has none of the configured model. When nothing is left, it lets reads compare the new vectors and drops the old.
 * Until then reads compare the old. The next process goes on with what is not finished.
 */
export class Upkeep {
  readonly #tenant: Tenant;
  readonly #embeddings: Embeddings;
  /** The key of the memory looked at last. */
  #surveyed = FIRST_KEY;
  #nextSurvey = 0;
  /** Reads compare this process's model, or have done: it never takes that back from a later one. */
  #isSwitched = false;
  #dropFrom = 0;
  #isClean = false;
  #unnoted = 0;
  readonly #paces = { ...newPaces(), survey: new Pace(100, CHUNK), drop: new Pace(100, CHUNK) };

  /** What it does to the database is done in the background, in small pieces: see {@link inBackground}. */
  constructor(tenant: Tenant, embeddings: Embeddings) {
    this.#tenant = { ...tenant, database: inBackground(tenant.database) };
    this.#embeddings = embeddings;
  }

  /**
   * Does the next thing there is to do; returns how many memories it was about, 0 for none. Throws EmbeddingFailed,
   * also where the signal comes while the provider is waited for.
   */
  async step(signal?: AbortSignal): Promise<number> {
    const { embedder } = this.#embeddings;
    if (!embedder) return 0;
    const embedded = await embedPending({
      tenant: this.#tenant,
      embedder,
      embed: (texts, options) => this.#embeddings.ask(embedder, texts, options),
      paces: this.#paces,
      signal,
    }).catch(async (error) => {
      // While the provider fails, what is pending can at least be told.
      await this.surveyAll(signal);
      throw error;
    });
    await this.#noteBacklog(embedded);
    if (embedded > 0) return embedded;
    const surveyed = await this.#survey(embedder);
    if (surveyed > 0) return surveyed;
    if (!this.#isSwitched) this.#isSwitched = await this.#switch(embedder);
    if (!this.#isSwitched || this.#isClean || performance.now() < this.#dropFrom) return 0;
    const dropped = await this.#dropOthers(embedder);
    this.#isClean = dropped === 0;
    return dropped;
  }

  /** Tells a planner that finds out late by itself what is pending: else each of a backlog would be looked for in it. */
  async #noteBacklog(embedded: number): Promise<void> {
    this.#unnoted += embedded;
    if (this.#unnoted < UNNOTED || this.#tenant.database.kind !== 'embedded') return;
    this.#unnoted = 0;
    await refreshStatistics(this.#tenant.database, [pendingEmbeddings]);
  }

  /** Notes which of all memories have no vector, where it is time to look: from then on it is known how many. */
  async surveyAll(signal?: AbortSignal): Promise<void> {
    const { embedder } = this.#embeddings;
    while (embedder && !signal?.aborted && (await this.#survey(embedder)) > 0);
  }

  /** Notes which of the next memories have no vector, and returns how many it looked at. */
  async #survey({ model, dimension }: Embedder): Promise<number> {
    if (performance.now() < this.#nextSurvey) return 0;
    const chunk = derived('chunk', pick(m, 'id', 'content'));
    const rows = this.#paces.survey.size;
    const stored = fenced(sql`
      select * from ${aliased(e)} where ${e.workspaceId} = ${this.#tenant.workspaceId} and ${e.memoryId} = ${chunk.id}`);
    const [row] = await write(this.#tenant, (tx) => {
      const statement = sql`
        with chunk as (
          select ${fields(pick(m, 'id', 'content'))} from ${aliased(m)}
          where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} > ${this.#surveyed}::uuid order by ${m.id} limit ${rows}
        ), noted as (
          ${insertSelect(
            pendingEmbeddings,
            {
              workspaceId: sql`${tx.workspaceId}`,
              memoryId: chunk.id,
              ...modelValues({ model, dimension }),
              contentHash: contentHashOf(chunk.content),
              embedding: sql`null`,
              dueAt: NOW,
              claimedUntil: sql`null`,
            },
            sql`from chunk where not exists (select from ${stored} e where ${ofModel(e, { model, dimension })})
            on conflict do nothing`,
          )}
        )
        select (select ${chunk.id} from chunk order by ${chunk.id} desc limit 1) as last,
          (select count(*)::int from chunk) as looked`;
      const survey = () => tx.rows<{ last: string | null; looked: number }>(statement);
      return this.#paces.survey.measure(survey, ([found]) => found?.looked ?? 0);
    });
    if (row?.last) this.#surveyed = row.last;
    else await this.#lookAround({ model, dimension });
    return row?.looked ?? 0;
  }

  /** Once in a while: whether others have changed the model meanwhile, and whether there is enough for an index. */
  async #lookAround(model: EmbeddingModel): Promise<void> {
    const reads = await write(this.#tenant, (tx) => readModel(tx));
    if (this.#isSwitched) this.#embeddings.noteModel(this.#tenant.workspaceId, reads);
    // An index takes minutes to make, and pending vectors must not wait for it.
    void this.#embeddings.indexes.surveyOnce(this.#tenant, model);
    this.#nextSurvey = performance.now() + SURVEY_MS;
  }

  /** Whether reads compare the model configured, and nothing is pending but what the provider refuses. */
  isDone(): Promise<boolean> {
    const { model } = this.#embeddings;
    return write(this.#tenant, async (tx) => {
      const reads = await readModel(tx);
      if (!model || reads?.model !== model.model || reads.dimension !== model.dimension) return false;
      return !(await hasPending(tx, model));
    });
  }

  /**
   * Lets reads compare the model's vectors, where nothing is pending but what the provider refuses; true once they do.
   */
  async #switch({ model, dimension }: Embedder): Promise<boolean> {
    const isSwitched = await write(this.#tenant, async (tx) => {
      const before = await readModel(tx);
      if (before?.model === model && before.dimension === dimension) return true;
      if (await hasPending(tx, { model, dimension })) return false;
      const values = { embeddingModel: sql`${model}`, embeddingDimension: sql`${dimension}` };
      await tx.rows(sql`update ${aliased(w)} set ${set(workspaces, values)} where ${w.id} = ${tx.workspaceId}`);
      return true;
    });
    if (isSwitched) this.#embeddings.noteModel(this.#tenant.workspaceId, { model, dimension });
    this.#dropFrom = performance.now() + DROP_AFTER_MS;
    return isSwitched;
  }

  /** Drops vectors that nothing compares any more, and what is pending of their models; returns how many of both. */
  #dropOthers({ model, dimension }: Embedder): Promise<number> {
    return write(this.#tenant, async (tx) => {
      const reads = await readModel(tx);
      if (reads?.model !== model || reads.dimension !== dimension) return 0;
      const rows = this.#paces.drop.size;
      const isOther = (row: typeof e | typeof p) =>
        sql`${row.workspaceId} = ${tx.workspaceId} and (${row.model} <> ${model} or ${row.dimension} <> ${dimension})`;
      const statement = sql`
        with dropped as (
          delete from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId} and ctid = any(array(
            select ctid from ${aliased(e)} where ${isOther(e)} limit ${rows})) returning 1
        ), no_longer_pending as (
          delete from ${aliased(p)} where ${p.workspaceId} = ${tx.workspaceId} and ctid = any(array(
            select ctid from ${aliased(p)} where ${isOther(p)} limit ${rows})) returning 1
        )
        select (select count(*)::int from dropped) + (select count(*)::int from no_longer_pending) as dropped`;
      const drop = () => tx.rows<{ dropped: number }>(statement);
      const [row] = await this.#paces.drop.measure(drop, ([gone]) => gone?.dropped ?? 0);
      return row?.dropped ?? 0;
    });
  }
}

/** The digest of a content as the service makes it, in SQL. */
const contentHashOf = (content: SQL): SQL =>
  sql`rtrim(translate(encode(sha256(convert_to(${content}, 'UTF8')), 'base64'), '+/', '-_'), '=')`;

/** Whether vectors are pending that the provider has not refused yet. */
async function hasPending(tx: Transaction, model: EmbeddingModel): Promise<boolean> {
  const [row] = await tx.rows<{ found: boolean }>(sql`
    select exists (select from ${aliased(p)} where ${p.workspaceId} = ${tx.workspaceId} and ${ofModel(p, model)}
      and ${p.attempts} = 0) as found`);
  return row?.found ?? false;
}
