import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { isOutage } from '../../db/outage.ts';
import { type Tenant, type Transaction, write } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { describeError } from '../../kernel/describe-error.ts';
import type { EmbeddingModel } from '../../kernel/embedding-model.ts';
import { memoryEmbeddings } from '../../tables/embedding.ts';
import { memories } from '../../tables/memory.ts';
import { type Embedder, EmbeddingFailed } from './embedder.ts';
import { type Embeddings, MODEL_TTL_MS } from './embeddings.ts';
import { embedOwed } from './pending.ts';
import { readModel } from './vectors.ts';

const e = under(memoryEmbeddings, 'e');
const m = under(memories, 'm');

/** How many memories one transaction looks at. */
const CHUNK = 5_000;
/** How long a process waits when it has found nothing to do. */
const IDLE_MS = 1_000;
/** … and longer where there are many workspaces: each look is a transaction. */
const IDLE_MS_PER_WORKSPACE = 20;
/** How often it looks which workspaces there are. */
const LOOK_MS = 10_000;
/** How often it looks for memories that another version of the service has left without a vector. */
const SURVEY_MS = 30_000;
/** How long the old vectors stay after the switch: until then a process may not have noticed it, and compare them. */
const DROP_AFTER_MS = MODEL_TTL_MS + 10_000;
const FIRST_KEY = '00000000-0000-0000-0000-000000000000';

/**
 * Keeps a workspace's vectors what they should be, a batch at a time: pays what is owed; notes what an earlier model, or
 * none, has left without; and when nothing is left, lets reads compare the new vectors and drops the old. Meanwhile reads
 * compare the old. What it has not finished, whoever comes next takes up.
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

  constructor(tenant: Tenant, embeddings: Embeddings) {
    this.#tenant = tenant;
    this.#embeddings = embeddings;
  }

  /**
   * Does the next thing there is to do; returns how many memories it was about, 0 for none. Throws EmbeddingFailed, also
   * where the signal comes while the provider is waited for.
   */
  async step(signal?: AbortSignal): Promise<number> {
    const { embedder } = this.#embeddings;
    if (!embedder) return 0;
    const paid = await embedOwed(this.#tenant, embedder, () => this.#embeddings.noteSuccess(), signal);
    if (paid > 0) return paid;
    const surveyed = await this.#survey(embedder);
    if (surveyed > 0) return surveyed;
    if (!this.#isSwitched) this.#isSwitched = await this.#switch(embedder);
    if (!this.#isSwitched || this.#isClean || performance.now() < this.#dropFrom) return 0;
    const dropped = await this.#dropOthers(embedder);
    this.#isClean = dropped === 0;
    return dropped;
  }

  /** Notes what the next memories are owed, and returns how many those were. */
  async #survey({ model, dimension }: Embedder): Promise<number> {
    if (performance.now() < this.#nextSurvey) return 0;
    const [row] = await write(this.#tenant, (tx) =>
      tx.rows<{ last: string | null; looked: number }>(sql`
        with chunk as (
          select ${m.id}, ${m.content} from ${aliased(m)}
          where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} > ${this.#surveyed}::uuid order by ${m.id} limit ${CHUNK}
        ), noted as (
          insert into owed_embeddings (workspace_id, memory_id, model, dimension, content_hash, due_at)
          select ${tx.workspaceId}, chunk.id, ${model}, ${dimension},
            rtrim(translate(encode(sha256(convert_to(chunk.content, 'UTF8')), 'base64'), '+/', '-_'), '='), now()
          from chunk where not exists (
            select from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId} and ${e.memoryId} = chunk.id
              and ${e.model} = ${model} and ${e.dimension} = ${dimension})
          on conflict do nothing
        )
        select (select id from chunk order by id desc limit 1) as last, (select count(*)::int from chunk) as looked`),
    );
    if (row?.last) this.#surveyed = row.last;
    else await this.#lookAround({ model, dimension });
    return row?.looked ?? 0;
  }

  /** Once a while: whether others have changed the model meanwhile, and whether there is enough for an index. */
  async #lookAround(model: EmbeddingModel): Promise<void> {
    const reads = await write(this.#tenant, (tx) => readModel(tx));
    if (this.#isSwitched) this.#embeddings.noteModel(this.#tenant.workspaceId, reads);
    // An index takes minutes to make, and what is owed must not wait for it.
    void this.#embeddings.indexes.surveyOnce(this.#tenant, model);
    this.#nextSurvey = performance.now() + SURVEY_MS;
  }

  /** Whether reads compare the model configured, and nothing is owed but what the provider refuses. */
  isDone(): Promise<boolean> {
    const { model } = this.#embeddings;
    return write(this.#tenant, async (tx) => {
      const reads = await readModel(tx);
      if (!model || reads?.model !== model.model || reads.dimension !== model.dimension) return false;
      return !(await isOwed(tx, model));
    });
  }

  /** Lets reads compare the model's vectors, where nothing is owed but what the provider refuses; true once they do. */
  async #switch({ model, dimension }: Embedder): Promise<boolean> {
    const isSwitched = await write(this.#tenant, async (tx) => {
      const before = await readModel(tx);
      if (before?.model === model && before.dimension === dimension) return true;
      if (await isOwed(tx, { model, dimension })) return false;
      await tx.rows(sql`
        update workspaces set embedding_model = ${model}, embedding_dimension = ${dimension} where id = ${tx.workspaceId}`);
      return true;
    });
    if (isSwitched) this.#embeddings.noteModel(this.#tenant.workspaceId, { model, dimension });
    this.#dropFrom = performance.now() + DROP_AFTER_MS;
    return isSwitched;
  }

  /** Drops vectors that nothing compares any more, and what was owed of them. */
  #dropOthers({ model, dimension }: Embedder): Promise<number> {
    return write(this.#tenant, async (tx) => {
      const reads = await readModel(tx);
      if (reads?.model !== model || reads.dimension !== dimension) return 0;
      const [row] = await tx.rows<{ dropped: number }>(sql`
        with other as (
          select memory_id, model, dimension from memory_embeddings where workspace_id = ${tx.workspaceId}
            and (model <> ${model} or dimension <> ${dimension}) limit ${CHUNK}
        ), dropped as (
          delete from ${aliased(e)} using other where ${e.workspaceId} = ${tx.workspaceId}
            and ${e.memoryId} = other.memory_id and ${e.model} = other.model and ${e.dimension} = other.dimension returning 1
        ), unpaid as (
          delete from owed_embeddings where workspace_id = ${tx.workspaceId} and (model <> ${model} or dimension <> ${dimension})
        )
        select count(*)::int as dropped from dropped`);
      return row?.dropped ?? 0;
    });
  }
}

/** Whether memories are owed a vector that the provider has not refused yet. */
async function isOwed(tx: Transaction, { model, dimension }: EmbeddingModel): Promise<boolean> {
  const [row] = await tx.rows<{ isOwed: boolean }>(sql`
    select exists (select from owed_embeddings where workspace_id = ${tx.workspaceId} and model = ${model}
      and dimension = ${dimension} and attempts = 0) as "isOwed"`);
  return row?.isOwed ?? false;
}

/**
 * Keeps the vectors of workspaces until stopped, and leaves the provider in peace while it is at fault. Which workspaces
 * there are is asked again and again.
 */
export function keepVectorsUp(
  findTenants: () => Promise<readonly Tenant[]>,
  embeddings: Embeddings,
  log: (text: string) => void,
): { stop(): Promise<void> } {
  const upkeeps = new Map<string, Upkeep>();
  let nextLook = 0;
  const look = async () => {
    if (performance.now() < nextLook) return;
    const tenants = await findTenants();
    const found = new Set(tenants.map(({ workspaceId }) => workspaceId));
    for (const id of upkeeps.keys()) if (!found.has(id)) upkeeps.delete(id);
    for (const tenant of tenants) {
      if (!upkeeps.has(tenant.workspaceId)) upkeeps.set(tenant.workspaceId, new Upkeep(tenant, embeddings));
    }
    nextLook = performance.now() + LOOK_MS;
  };
  let isGone = false;
  /** Says once that the database is away, however often it is looked for. */
  const complain = (error: unknown) => {
    if (!isGone || !isOutage(error)) log(describeError(error));
    isGone = isOutage(error);
  };
  const stopping = new AbortController();
  const pause = (ms: number) => sleep(ms, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
  const run = async () => {
    while (!stopping.signal.aborted) {
      let done = 0;
      // Whoever else has found the provider at fault meanwhile: it is left in peace.
      while (embeddings.pausedFor > 0 && !stopping.signal.aborted) await pause(embeddings.pausedFor);
      if (stopping.signal.aborted) return;
      await look().catch(complain);
      for (const upkeep of upkeeps.values()) done += stopping.signal.aborted ? 0 : await attempt(upkeep);
      const idle = Math.max(IDLE_MS, upkeeps.size * IDLE_MS_PER_WORKSPACE);
      await pause(done > 0 ? embeddings.pausedFor : Math.max(idle, embeddings.pausedFor));
    }
  };
  const attempt = async (upkeep: Upkeep): Promise<number> => {
    try {
      const done = await upkeep.step(stopping.signal);
      isGone = false;
      return done;
    } catch (error) {
      if (stopping.signal.aborted && error instanceof EmbeddingFailed) return 0;
      if (error instanceof EmbeddingFailed) embeddings.noteFailure(error);
      else complain(error);
      return 0;
    }
  };
  const running = embeddings.embedder ? run() : Promise.resolve();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
