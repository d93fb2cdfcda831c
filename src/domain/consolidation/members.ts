import { sql } from 'drizzle-orm';
import { readPart } from '../../db/read-transaction.ts';
import { NOW } from '../../db/reading.ts';
import { all } from '../../db/sql.ts';
import type { Tenant, Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import type { EmbeddingModel } from '../../kernel/embedding-model.ts';
import { inTurns } from '../../kernel/turns.ts';
import { type CompanionRef, companionIdSql } from '../../model/companion/ref.ts';
import { presentSql } from '../../model/memory/columns.ts';
import { changeableSql } from '../../model/restriction/allowed.ts';
import { ofWhose, type Whose } from '../../model/summary/whose.ts';
import { type UserRef, userIdSql } from '../../model/user/ref.ts';
import { memoryEmbeddings } from '../../tables/embedding.ts';
import { entities, mentions } from '../../tables/entity.ts';
import { lineages, memories } from '../../tables/memory.ts';

/** How many memories of a companion and user are looked at, the newest. */
export const MAX_MEMBERS = 10_000;
/** How many are read at once. */
const PAGE = 250;
/** How many bytes one page is expected to have, with vectors; twice as many are refused. */
const PAGE_BYTES = 8 * 2 ** 20;
/** So many characters of a content are looked at. */
const MOST_READ = 2_000;

const e = under(memoryEmbeddings, 'e');
const l = under(lineages, 'l');
const m = under(memories, 'm');
const n = under(entities, 'n');
const x = under(mentions, 'x');

/** A memory that may be a source of summaries. */
export interface Member {
  id: string;
  lineageId: string;
  text: string;
  importance: number;
  confidence: number;
  validFrom: Date;
  recordedAt: Date;
  /** The entities that it mentions. */
  entities: string[];
}

/** Members, and their unit vectors, one after the other; one that has none yet has zeros. */
export interface Members {
  members: Member[];
  dimension: number;
  vectors: SharedVectors;
}

/** Numbers that threads share, so that no copy is made for the one that clusters. */
export type SharedVectors = Float32Array<SharedArrayBuffer>;

/** Room for the vectors of so many memories. */
export const roomFor = (count: number, dimension: number): SharedVectors =>
  new Float32Array(new SharedArrayBuffer(4 * count * dimension));

/** Which users' memories of a companion are to be consolidated, and those about none: what the caller may change. */
export function whoseOf(tx: Transaction, companion: CompanionRef, user: UserRef | null | undefined): Promise<Whose[]> {
  const conditions = [
    sql`${l.workspaceId} = ${tx.workspaceId}`,
    sql`${l.companionId} = ${companionIdSql(companion, tx.workspaceId)}`,
    ...(user ? [sql`${l.userId} = ${userIdSql(user, tx.workspaceId)}`] : []),
    ...changeableSql(tx.restriction, l),
  ];
  return tx.rows<Whose>(sql`
    select distinct ${fields(pick(l, 'companionId', 'userId'))} from ${aliased(l)} where ${all(conditions)}
    order by ${sql.identifier('userId')} nulls first`);
}

/** The model whose vectors are compared. */
const vectorSql = (workspaceId: string, model: EmbeddingModel | null | undefined) =>
  model
    ? sql<string | null>`(select encode(vector_send(${e.embedding}), 'base64') from ${aliased(e)}
        where ${e.workspaceId} = ${workspaceId} and ${e.memoryId} = ${m.id} and ${e.model} = ${model.model}
          and ${e.dimension} = ${model.dimension} limit 1)`
    : sql<string | null>`null::text`;

const selectFor = (workspaceId: string, model: EmbeddingModel | null | undefined) =>
  fields({
    ...pick(m, 'id', 'lineageId', 'importance', 'confidence', 'validFrom', 'recordedAt'),
    text: sql<string>`left(${m.content}, ${sql.raw(String(MOST_READ))})`,
    vector: vectorSql(workspaceId, model),
    entities: sql<string[]>`to_jsonb(array(select distinct coalesce(${n.mergedInto}, ${n.id}) from ${aliased(x)}
      join ${aliased(n)} on ${n.workspaceId} = ${workspaceId} and ${n.id} = ${x.entityId}
      where ${x.workspaceId} = ${workspaceId} and ${x.memoryId} = ${m.id} order by 1))`,
  });
type Row = RowOf<ReturnType<typeof selectFor>>;

/**
 * The memories of a companion and user that hold now, but for reflections, the newest first: at most {@link MAX_MEMBERS}.
 * They are read a page at a time, so that nothing else has to wait.
 */
export async function membersOf(tenant: Tenant, whose: Whose): Promise<Members> {
  const dimension = tenant.embedding?.dimension ?? 1;
  const members: Member[] = [];
  const pages: Float32Array[] = [];
  for (let last: Member | undefined; members.length < MAX_MEMBERS; ) {
    const rows: Row[] = await readPart(tenant, PAGE_BYTES, (tx) => nextMembers(tx, tenant.embedding, whose, last));
    const page = new Float32Array(rows.length * dimension);
    for (const [place, { vector, ...member }] of rows.entries()) {
      members.push(member);
      if (vector) page.set(unit(decoded(vector, dimension)), place * dimension);
    }
    pages.push(page);
    last = members.at(-1);
    if (rows.length < PAGE) break;
  }
  const vectors = roomFor(members.length, dimension);
  await inTurns(pages, (page, index) => vectors.set(page, index * PAGE * dimension));
  return { members, dimension, vectors };
}

function nextMembers(
  tx: Transaction,
  model: EmbeddingModel | null | undefined,
  whose: Whose,
  last: Member | undefined,
): Promise<Row[]> {
  const conditions = [
    sql`${m.workspaceId} = ${tx.workspaceId}`,
    ofWhose(m, whose),
    presentSql(m, NOW),
    sql`${m.type} <> 'REFLECTION'`,
    ...(last
      ? [sql`(${m.recordedAt}, ${m.id}) < (${last.recordedAt.toISOString()}::timestamptz, ${last.id}::uuid)`]
      : []),
  ];
  return tx.rows<Row>(sql`
    select ${selectFor(tx.workspaceId, model)} from ${aliased(m)} where ${all(conditions)}
    order by ${m.recordedAt} desc, ${m.id} desc limit ${sql.raw(String(PAGE))}`);
}

/** A vector as pgvector sends it: two 16-bit numbers, of which the first is the dimension, then 32-bit floats. */
function decoded(base64: string, dimension: number): Float32Array {
  const bytes = Buffer.from(base64, 'base64');
  const numbers = new Float32Array(dimension);
  for (let at = 0; at < dimension; at++) numbers[at] = bytes.readFloatBE(4 + 4 * at);
  return numbers;
}

/** The same vector with the length 1; zeros stay zeros. */
function unit(numbers: Float32Array): Float32Array {
  let square = 0;
  for (const number of numbers) square += number * number;
  const length = Math.sqrt(square) || 1;
  for (let at = 0; at < numbers.length; at++) numbers[at] = (numbers[at] as number) / length;
  return numbers;
}
