import type { Database } from '../../src/db/database.ts';
import type { Tenant } from '../../src/db/transaction.ts';
import type { EmbeddingModel } from '../../src/kernel/embedding-model.ts';
import { encodeId } from '../../src/kernel/ids.ts';
import { median, onPostgresql, timed } from './databases.ts';
import { asOwner, fillCompanion, settle } from './generate.ts';
import { onOneConnection } from './recall-data.ts';
import { noteStatements, timedStatements } from './replay.ts';
import { type BenchService, serve } from './service.ts';

const MEMORIES = Number(process.env.MEMORIES ?? 200_000);
const SIZES = [100, 1_000, 10_000, 100_000].filter((size) => size < MEMORIES);
const IS_CLUSTERED = process.env.VECTORS !== 'random';
const CLUSTERS = 500;
/** How wide a number of a vector strays from its cluster's: two of a cluster come to a similarity of some 0.65. */
const STRAY = 0.133;
const QUESTIONS = 40;
const WARM_UP = 10;
const FOUND = 10;

const RECALL = `query ($key: String!, $embedding: [Float!]!) {
  recall(first: ${FOUND}, input: { companion: { key: $key }, mode: SEMANTIC, embedding: $embedding,
    weights: { relevance: 1, recency: 0, importance: 0, confidence: 0 } }) { nodes { id } } }`;

/** A vector in SQL, another for each row that `row`, an integer, is of. */
const randomVector = (dimension: number, width: number, row: string) =>
  `array(select (random() - 0.5) * ${width} from generate_series(1, ${dimension} + 0 * ${row}))::real[]::vector`;

/** A cluster's centre is about as long as what strays from it is wide: √dimension times the root of a twelfth. */
const clustersSql = (dimension: number) =>
  `create temporary table clusters as
     select k, ${randomVector(dimension, Math.sqrt(12 / dimension), 'k')} as centre from generate_series(0, ${CLUSTERS - 1}) k;
   create unique index on clusters (k);
   analyze clusters;`;

/** Rows of `source` with a vector each; `row` is an integer of theirs. */
const withVectors = (columns: string, source: string, dimension: number, row: string): string =>
  IS_CLUSTERED
    ? `select ${columns}, c.centre + ${randomVector(dimension, STRAY, row)} as vector
       from (select *, floor(random() * ${CLUSTERS})::int as cluster from ${source}) each join clusters c on c.k = each.cluster`
    : `select ${columns}, ${randomVector(dimension, 1, row)} as vector from ${source} each`;

/** Gives every memory a vector, those of all companions in turn; returns as many others like them, to ask with. */
function fillVectors({ database, workspaceId, embedding }: Tenant): Promise<number[][]> {
  if (!embedding) throw new Error('Vectors are measured with an EMBEDDING_PROVIDER.');
  const { model, dimension } = embedding;
  return onOneConnection(database, async (connection) => {
    await connection.script(`select setseed(0.5); ${clustersSql(dimension)}`);
    // Keys are random: in their order the companions come mixed, as they would in time.
    for (let digit = 0; digit < 16; digit++) {
      const first = `${digit.toString(16)}0000000-0000-0000-0000-000000000000`;
      const last = `${digit.toString(16)}fffffff-ffff-ffff-ffff-ffffffffffff`;
      const memories = `(select companion_id, id, hashtext(content) as n from memories
        where workspace_id = '${workspaceId}' and id between '${first}' and '${last}' order by id offset 0)`;
      await connection.script(
        `set session_replication_role = replica;
         insert into memory_embeddings (workspace_id, companion_id, memory_id, model, dimension, content_hash, embedding)
         select '${workspaceId}', companion_id, id, '${model}', ${dimension}, md5(n::text), vector
         from (${withVectors('companion_id, id, n', `${memories} m`, dimension, '(n / 100)')}) made;
         reset session_replication_role`,
      );
    }
    const questions = `generate_series(1, ${QUESTIONS + WARM_UP}) n`;
    const rows = await connection.script(
      `select vector::text from (${withVectors('n', questions, dimension, 'n')}) made; `,
    );
    await connection.script('drop table clusters');
    return (rows as { vector: string }[]).map(({ vector }) =>
      (JSON.parse(vector) as number[]).map((value) => Number(value.toPrecision(6))),
    );
  });
}

/** What is ACTIVE or DISPUTED now, of memories `m`. */
const PRESENT = `m.retracted_at is null and m.archived_at is null and m.valid_from <= now()
  and (m.valid_until is null or m.valid_until > now()) and (m.expires_at is null or m.expires_at > now())`;

/** All distances, sorted, and memories looked up until there are enough. */
const EXACT = `select e.memory_id as id, e.distance from (
    select memory_id, embedding <=> $1::vector as distance from memory_embeddings
    where workspace_id = $2 and companion_id = $3 and model = $4 and dimension = $5 order by distance offset 0) e
  cross join lateral (select from memories m where m.workspace_id = $2 and m.id = e.memory_id and ${PRESENT} limit 1) m
  order by e.distance limit ${FOUND}`;

/** The statement that can use the HNSW index on the vectors, if there is one: with its condition and expression. */
async function hnswStatement(database: Database): Promise<string | undefined> {
  const [index] = await asOwner(
    database,
    `select pg_get_indexdef(indexrelid, 1, true) as expression, pg_get_expr(indpred, indrelid) as predicate
     from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
     where i.indrelid = 'memory_embeddings'::regclass and a.amname = 'hnsw' limit 1`,
  );
  if (!index) return undefined;
  return `select e.memory_id as id from memory_embeddings e
    join memories m on m.workspace_id = e.workspace_id and m.id = e.memory_id and ${PRESENT}
    where e.workspace_id = $2 and e.companion_id = $3 and e.model = $4 and e.dimension = $5
      and (${index.predicate ?? 'true'}) order by (${index.expression}) <=> $1::vector limit ${FOUND}`;
}

/** Of the nearest by a plain scan, how many were found; and how many were returned. */
class Tally {
  readonly times: number[] = [];
  #found = 0;
  #returned = 0;
  #of = 0;

  add({ ms, ids }: { ms: number; ids: readonly string[] }, nearest: ReadonlySet<string>): void {
    this.times.push(ms);
    this.#found += ids.filter((id) => nearest.has(id)).length;
    this.#returned += ids.length;
    this.#of += nearest.size;
  }

  toString(): string {
    const { length } = this.times;
    return `recall@${FOUND} ${(this.#found / this.#of).toFixed(3)}, ${(this.#returned / length).toFixed(1)} of ${FOUND} returned, p50 ${median(this.times).toFixed(1)} ms`;
  }
}

/** The nearest by a scan of the owner's that no index takes part in. */
async function scan({ database, workspaceId }: Tenant, companionId: string, vector: string): Promise<Set<string>> {
  const rows = await asOwner(
    database,
    `select e.memory_id as id from memory_embeddings e join memories m on m.workspace_id = e.workspace_id and m.id = e.memory_id
     where e.workspace_id = '${workspaceId}' and e.companion_id = '${companionId}' and ${PRESENT}
     order by (e.embedding <=> '${vector}') + 0 limit ${FOUND}`,
  );
  return new Set(rows.map(({ id }) => encodeId('Memory', id as string)));
}

async function measure(
  { tenant, send }: BenchService,
  noted: ReturnType<typeof noteStatements>,
  size: number,
  questions: readonly number[][],
): Promise<void> {
  const { workspaceId, embedding, database } = tenant;
  const key = `of-${size}`;
  const [companion] = await asOwner(
    database,
    `select id from companions where workspace_id = '${workspaceId}' and key = '${key}'`,
  );
  const companionId = companion?.id as string;
  const hnsw = await hnswStatement(database);
  const [ours, exact, indexed] = [new Tally(), new Tally(), new Tally()];
  const alone: number[] = [];
  for (const [index, question] of questions.entries()) {
    const vector = `[${question.join(',')}]`;
    const params = [vector, workspaceId, companionId, embedding?.model, embedding?.dimension];
    const byHand = async (text: string, before?: string) => {
      const { ms, rows } = await timedStatements(tenant, [{ text, params, mode: 'objects' }], before);
      return { ms, ids: rows.map(({ id }) => encodeId('Memory', id as string)) };
    };
    const nearest = await scan(tenant, companionId, vector);
    const { ms, result } = await timed(() => send(RECALL, { key, embedding: question }));
    const replayed = await timedStatements(tenant, noted.latest);
    const all = await byHand(EXACT);
    const some = hnsw ? await byHand(hnsw, 'set local hnsw.iterative_scan = strict_order;') : undefined;
    if (index < WARM_UP) continue;
    const nodes: { id: string }[] = result.recall.nodes;
    ours.add({ ms, ids: nodes.map(({ id }) => id) }, nearest);
    alone.push(replayed.ms);
    exact.add(all, nearest);
    if (some) indexed.add(some, nearest);
  }
  const ratio = (to: Tally, of = ours.times) => `ratio ${(median(of) / median(to.times)).toFixed(2)}`;
  console.log(
    `companion of ${size}: ${ratio(exact)}, its statements alone ${ratio(exact, alone)} (p50 ${median(alone).toFixed(1)} ms): over HTTP ${ours}; one statement that compares all ${exact}`,
  );
  if (hnsw) console.log(`  ${ratio(indexed)} to one that may use the HNSW index: ${indexed}`);
}

/** Has the service make and try out an index for what is large enough, as its upkeep would. */
async function index({ tenant, embeddings }: BenchService): Promise<void> {
  const { ms } = await timed(() => embeddings.indexes.survey(tenant, tenant.embedding as EmbeddingModel));
  console.log(`index ${embeddings.indexes.isBuilt ? 'made' : 'not made'}, ${(ms / 1000).toFixed(0)} s:`);
}

/** `recall` by a vector over HTTP against the statement that one would write by hand, and both against a plain scan. */
export async function run(): Promise<void> {
  await onPostgresql(async (database) => {
    const noted = noteStatements(database);
    const service = await serve(noted);
    for (const size of SIZES) await fillCompanion(service.tenant, `of-${size}`, size);
    await fillCompanion(service.tenant, 'others', MEMORIES - SIZES.reduce((sum, size) => sum + size, 0));
    const questions = await fillVectors(service.tenant);
    await settle(database);
    console.log(`${MEMORIES} vectors, ${IS_CLUSTERED ? `in ${CLUSTERS} clusters` : 'random'}, no index:`);
    for (const size of SIZES) await measure(service, noted, size, questions);
    await index(service);
    for (const size of SIZES) await measure(service, noted, size, questions);
    await service.stop();
  });
}
