import { type SQL, sql } from 'drizzle-orm';
import { BatchSize } from '../../db/batches.ts';
import { NOW } from '../../db/reading.ts';
import type { Tenant, Transaction, WriteTransaction } from '../../db/transaction.ts';
import { aliased, derived, fields, insertSelect, pick, set, under } from '../../db/typed-sql.ts';
import { write } from '../../db/write.ts';
import type { EmbeddingModel } from '../../kernel/embedding-model.ts';
import { memoryEmbeddings, pendingEmbeddings } from '../../tables/embedding.ts';
import { memories } from '../../tables/memory.ts';
import { workspaces } from '../../tables/workspace.ts';
import type { Embedder } from './embedder.ts';
import { type Embeddings, MODEL_TTL_MS } from './embeddings.ts';
import { embedPending } from './pending.ts';
import { modelValues, ofModel, readModel } from './vectors.ts';

const e = under(memoryEmbeddings, 'e');
const m = under(memories, 'm');
const p = under(pendingEmbeddings, 'p');
const w = under(workspaces, 'w');

/** The most memories that one transaction looks at, and how many the first one does: long ones take long. */
const CHUNK = { most: 5_000, first: 500 };
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
  readonly #sizes = new BatchSize(CHUNK.most, { first: CHUNK.first });
  /** Reads compare this process's model, or have done: it never takes that back from a later one. */
  #isSwitched = false;
  #dropFrom = 0;
  #isClean = false;

  constructor(tenant: Tenant, embeddings: Embeddings) {
    this.#tenant = tenant;
    this.#embeddings = embeddings;
  }

  /**
   * Does the next thing there is to do; returns how many memories it was about, 0 for none. Throws EmbeddingFailed,
   * also where the signal comes while the provider is waited for.
   */
  async step(signal?: AbortSignal): Promise<number> {
    const { embedder } = this.#embeddings;
    if (!embedder) return 0;
    const embedded = await embedPending(this.#tenant, embedder, () => this.#embeddings.noteSuccess(), signal);
    if (embedded > 0) return embedded;
    const surveyed = await this.#survey(embedder);
    if (surveyed > 0) return surveyed;
    if (!this.#isSwitched) this.#isSwitched = await this.#switch(embedder);
    if (!this.#isSwitched || this.#isClean || performance.now() < this.#dropFrom) return 0;
    const dropped = await this.#dropOthers(embedder);
    this.#isClean = dropped === 0;
    return dropped;
  }

  /** Notes which of the next memories have no vector, and returns how many it looked at. */
  async #survey({ model, dimension }: Embedder): Promise<number> {
    if (performance.now() < this.#nextSurvey) return 0;
    const chunk = derived('chunk', pick(m, 'id', 'content'));
    const look = (tx: WriteTransaction, size: number) =>
      tx.rows<{ last: string | null; looked: number }>(sql`
        with chunk as (
          select ${fields(pick(m, 'id', 'content'))} from ${aliased(m)}
          where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} > ${this.#surveyed}::uuid order by ${m.id} limit ${size}
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
            sql`from chunk where not exists (
              select from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId} and ${e.memoryId} = ${chunk.id}
                and ${ofModel(e, { model, dimension })})
            on conflict do nothing`,
          )}
        )
        select (select ${chunk.id} from chunk order by ${chunk.id} desc limit 1) as last,
          (select count(*)::int from chunk) as looked`);
    const [row] = await this.#sizes.run((size, timeoutMs) =>
      write(this.#tenant, (tx) => look(tx, size), { timeoutMs }),
    );
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

  /** Drops vectors that nothing compares any more, and what is pending of their models. */
  #dropOthers({ model, dimension }: Embedder): Promise<number> {
    const drop = async (tx: WriteTransaction, size: number) => {
      const reads = await readModel(tx);
      if (reads?.model !== model || reads.dimension !== dimension) return 0;
      const other = derived('other', pick(e, 'memoryId', 'model', 'dimension'));
      const [row] = await tx.rows<{ dropped: number }>(sql`
        with other as (
          select ${fields(pick(e, 'memoryId', 'model', 'dimension'))} from ${aliased(e)}
          where ${e.workspaceId} = ${tx.workspaceId} and (${e.model} <> ${model} or ${e.dimension} <> ${dimension}) limit ${size}
        ), dropped as (
          delete from ${aliased(e)} using other where ${e.workspaceId} = ${tx.workspaceId} and ${e.memoryId} = ${other.memoryId}
            and ${e.model} = ${other.model} and ${e.dimension} = ${other.dimension} returning 1
        ), no_longer_pending as (
          delete from ${aliased(p)} where ${p.workspaceId} = ${tx.workspaceId}
            and (${p.model} <> ${model} or ${p.dimension} <> ${dimension})
        )
        select count(*)::int as dropped from dropped`);
      return row?.dropped ?? 0;
    };
    return this.#sizes.run((size, timeoutMs) => write(this.#tenant, (tx) => drop(tx, size), { timeoutMs }));
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
