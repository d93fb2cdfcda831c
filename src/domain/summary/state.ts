import { type SQL, sql } from 'drizzle-orm';
import { NOW } from '../../db/reading.ts';
import { fenced, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { presentSql } from '../../model/memory/columns.ts';
import { memoryEmbeddings } from '../../tables/embedding.ts';
import { mentions } from '../../tables/entity.ts';
import { memories } from '../../tables/memory.ts';
import { profiles, summaries, summarySources } from '../../tables/summary.ts';

/** How many memories that came later are looked at. */
const MOST_LATER = 100;
/** What part of all memories may have come later. */
const MOST_UNSEEN = 0.2;

const e = under(memoryEmbeddings, 'e');
const m = under(memories, 'm');
const n = under(memories, 'n');
const p = under(profiles, 'p');
const s = under(summaries, 's');
const x = under(summarySources, 'x');
const y = under(mentions, 'y');

/** How a profile stands to what is remembered now. */
export interface ProfileState {
  /** 0–1: how many of the memories are in a topic or quoted. */
  coverage: number;
  /** Something that it quotes does not hold any more, or much came later. */
  isOutdated: boolean;
}

/** The memories recorded after a profile was made, of the same companion and user, under the alias m: the first of them. */
const later = (workspaceId: string): SQL => {
  const first = (condition: SQL) => sql`
    (select * from ${aliased(n)} where ${n.workspaceId} = ${workspaceId} and ${condition} and ${n.recordedAt} > ${p.refreshedAt}
     order by ${n.recordedAt} limit ${sql.raw(String(MOST_LATER))})`;
  const ofUser = first(sql`${n.userId} = ${p.userId}`);
  const ofNobody = first(sql`${p.userId} is null and ${n.companionId} = ${p.companionId}`);
  const mentioning = sql`(${p.entityId} is null or exists (select from ${aliased(y)}
    where ${y.workspaceId} = ${workspaceId} and ${y.memoryId} = ${m.id} and ${y.entityId} = ${p.entityId}))`;
  return sql`(${ofUser} union all ${ofNobody}) m
    where ${m.companionId} = ${p.companionId} and (${m.userId} = ${p.userId} or (${m.userId} is null and ${p.userId} is null))
      and ${presentSql(m, NOW)} and ${m.type} <> 'REFLECTION' and ${mentioning}`;
};

const counted = fields({
  ...pick(p, 'id', 'total', 'covered'),
  later: sql<number>`later.count`,
  isChanged: sql<boolean>`changed.is`,
});

/** The states of profiles by their keys, in one statement. */
export async function profileStates(tx: Transaction, ids: readonly string[]): Promise<Map<string, ProfileState>> {
  const { workspaceId } = tx;
  const member = sql`${x.workspaceId} = ${workspaceId} and ${x.summaryLineageId} = ${p.summaryLineageId} and ${x.isMember}`;
  const rows = await tx.rows<RowOf<typeof counted>>(sql`
    select ${counted} from ${aliased(p)}
    cross join lateral (select count(*)::int as count from ${later(workspaceId)}) later
    cross join lateral (
      select (select count(*) from ${aliased(x)} where ${member}) <> coalesce((
          select ${s.size} from ${aliased(s)} where ${s.workspaceId} = ${workspaceId} and ${s.lineageId} = ${p.summaryLineageId}), 0)
        or exists (select from ${aliased(x)} where ${member} and not exists (
          select from ${fenced(sql`select * from ${aliased(m)} where ${m.workspaceId} = ${workspaceId} and ${m.id} = ${x.sourceId}`)} m
          where ${presentSql(m, NOW)})) as is) changed
    where ${p.workspaceId} = ${workspaceId} and ${p.id} = any(${uuids(ids)})`);
  return new Map(
    rows.map(({ id, total, covered, later, isChanged }) => {
      const all = total + later;
      const isOutdated = isChanged || later >= Math.min(MOST_LATER, Math.max(1, MOST_UNSEEN * all));
      return [id, { coverage: all === 0 ? 1 : covered / all, isOutdated }];
    }),
  );
}

const centred = fields({
  ...pick(p, 'id', 'total'),
  centroid: sql<number[] | null>`to_jsonb(${p.centroid})`,
  later: sql<number>`later.count`,
  sum: sql<string | null>`encode(vector_send(later.sum), 'base64')`,
});

/**
 * How far the centre of the memories has moved since profiles were made: 1 − the cosine of both, 0–1; 0 where it is not
 * known. In one statement.
 */
export async function profileDrifts(tx: Transaction, ids: readonly string[]): Promise<Map<string, number>> {
  const { workspaceId } = tx;
  const vector = sql`(select ${e.embedding} from ${aliased(e)} where ${e.workspaceId} = ${workspaceId}
    and ${e.memoryId} = ${m.id} and ${e.model} = ${p.centroidModel} and ${e.dimension} = cardinality(${p.centroid}) limit 1)`;
  const rows = await tx.rows<RowOf<typeof centred>>(sql`
    select ${centred} from ${aliased(p)}
    cross join lateral (
      select count(v)::int as count, sum(v) as sum from (select ${vector} as v from ${later(workspaceId)} offset 0) found) later
    where ${p.workspaceId} = ${workspaceId} and ${p.id} = any(${uuids(ids)})`);
  return new Map(rows.map((row) => [row.id, driftOf(row)]));
}

function driftOf({ centroid, total, sum }: RowOf<typeof centred>): number {
  if (!centroid || !sum) return 0;
  const bytes = Buffer.from(sum, 'base64');
  let [dot, before, now] = [0, 0, 0];
  for (const [place, number] of centroid.entries()) {
    // As pgvector sends it: four bytes of heading, then 32-bit floats.
    const moved = number * total + bytes.readFloatBE(4 + 4 * place);
    dot += number * moved;
    before += number * number;
    now += moved * moved;
  }
  if (before === 0 || now === 0) return 0;
  return Math.min(1, Math.max(0, 1 - dot / Math.sqrt(before * now)));
}
