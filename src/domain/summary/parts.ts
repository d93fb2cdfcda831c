import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, type RowOf, under } from '../../db/typed-sql.ts';
import { presentSql } from '../../model/memory/columns.ts';
import { titleOf } from '../../model/summary/lines.ts';
import { sameOrNone } from '../../model/summary/whose.ts';
import { mentions } from '../../tables/entity.ts';
import { lineages, memories } from '../../tables/memory.ts';
import { profiles, summaries, summarySources } from '../../tables/summary.ts';

/** How many topics and slots of a profile are shown, and how many memories of a topic. */
export const MOST_TOPICS = 12;
export const MOST_SLOTS = 100;
export const MOST_OF_TOPIC = 6;

/** As the index of slots has it: a parameter would not lead it. */
const NOBODY = sql`'00000000-0000-0000-0000-000000000000'::uuid`;
const l = under(lineages, 'l');
const m = under(memories, 'm');
const p = under(profiles, 'p');
const quoted = under(summarySources, 'quoted');
const s = under(summaries, 's');
const x = under(summarySources, 'x');
const y = under(mentions, 'y');

const topic = fields({
  profileId: p.id,
  lineageId: s.lineageId,
  summaryId: m.id,
  size: s.size,
  total: p.total,
  opening: sql<string>`left(${m.content}, 500)`,
});

/** A topic of a profile. */
export interface ProfileTopic {
  title: string;
  /** The version of its summary that holds, and its lineage. */
  summaryId: string;
  lineageId: string;
  /** How many memories it has. */
  size: number;
  /** 0–1: how many of all the memories these are. */
  weight: number;
}

/** The topics of profiles, of each the largest, in one statement. */
export async function profileTopics(
  tx: Transaction,
  reading: Reading,
  ids: readonly string[],
): Promise<Map<string, ProfileTopic[]>> {
  const { workspaceId } = tx;
  const most = sql.raw(String(MOST_TOPICS));
  const largest = sql`
    select * from ${aliased(s)} where ${p.entityId} is null and ${s.workspaceId} = ${workspaceId}
      and ${s.companionId} = ${p.companionId} and ${sameOrNone(s.userId, p.userId)} and ${s.kind} = 0 and ${s.size} > 0
    order by ${s.size} desc, ${s.lineageId} limit ${most}`;
  // Those of an entity are the topics of what its profile quotes.
  const ofQuoted = sql`
    select * from ${aliased(s)} where ${p.entityId} is not null and ${s.workspaceId} = ${workspaceId} and ${s.lineageId} in (
      select ${x.summaryLineageId} from ${aliased(quoted)} join ${aliased(x)} on ${x.workspaceId} = ${workspaceId}
        and ${x.sourceLineageId} = ${quoted.sourceLineageId} and ${x.isTopic}
      where ${quoted.workspaceId} = ${workspaceId} and ${quoted.summaryLineageId} = ${p.summaryLineageId} and ${quoted.isMember})`;
  const rows = await tx.rows<RowOf<typeof topic>>(sql`
    select ${topic} from ${aliased(p)} cross join lateral ((${largest}) union all (${ofQuoted})) s
    ${reading.lookUp(m, sql`${m.lineageId} = ${s.lineageId} and ${presentSql(m, reading.validAt)}`)}
    where ${p.workspaceId} = ${workspaceId} and ${p.id} = any(${uuids(ids)})
    order by ${p.id}, ${s.size} desc, ${s.lineageId}`);
  return groups(
    rows,
    ids,
    ({ profileId }) => profileId,
    ({ summaryId, lineageId, size, total, opening }) => ({
      title: titleOf(opening),
      summaryId,
      lineageId,
      size,
      weight: total === 0 ? 0 : Math.min(1, size / total),
    }),
  );
}

/** What is found of each key, as `make` makes it; nothing of those without. */
const groups = <Row, Made>(
  rows: readonly Row[],
  ids: readonly string[],
  keyOf: (row: Row) => string,
  make: (row: Row) => Made,
): Map<string, Made[]> => {
  const found = Map.groupBy(rows, keyOf);
  return new Map(ids.map((id) => [id, (found.get(id) ?? []).map(make)]));
};

const part = fields({ parent: x.summaryLineageId, id: m.id });

/** The versions that hold of what summaries quote, by the lineage of the summary, in the order of its lines; one statement. */
export async function quotedBy(
  tx: Transaction,
  reading: Reading,
  lineageIds: readonly string[],
): Promise<Map<string, string[]>> {
  const rows = await tx.rows<RowOf<typeof part>>(sql`
    select ${part} from ${aliased(x)}
    ${reading.lookUp(m, sql`${m.lineageId} = ${x.sourceLineageId} and ${presentSql(m, reading.validAt)}`)}
    where ${x.workspaceId} = ${tx.workspaceId} and ${x.summaryLineageId} = any(${uuids(lineageIds)}) and ${x.line} is not null
    order by ${x.summaryLineageId}, ${x.line}`);
  return groups(
    rows,
    lineageIds,
    ({ parent }) => parent,
    ({ id }) => id,
  );
}

const slot = fields({ profileId: p.id, id: m.id });

/** What answers the slots of profiles, by the names of the slots: at most {@link MOST_SLOTS} of each; one statement. */
export async function profileSlots(
  tx: Transaction,
  reading: Reading,
  ids: readonly string[],
): Promise<Map<string, string[]>> {
  const { workspaceId } = tx;
  const owner = (userId: SQL<string | null>) => sql`coalesce(${userId}, ${NOBODY})`;
  const mentioned = sql`(${p.entityId} is null or exists (select from ${aliased(y)}
    where ${y.workspaceId} = ${workspaceId} and ${y.memoryId} = ${m.id} and ${y.entityId} = ${p.entityId}))`;
  const rows = await tx.rows<RowOf<typeof slot>>(sql`
    select ${slot} from ${aliased(p)} cross join lateral (
      select ${l.id}, ${l.slot} from ${aliased(l)}
      where ${l.workspaceId} = ${workspaceId} and ${l.companionId} = ${p.companionId}
        and ${owner(l.userId)} = ${owner(p.userId)} and ${l.slot} is not null
      order by ${l.slot} limit ${sql.raw(String(MOST_SLOTS))}) l
    ${reading.lookUp(m, sql`${m.lineageId} = ${l.id} and ${presentSql(m, reading.validAt)}`)}
    where ${p.workspaceId} = ${workspaceId} and ${p.id} = any(${uuids(ids)}) and ${mentioned}
    order by ${p.id}, ${l.slot}, ${m.id}`);
  return groups(
    rows,
    ids,
    ({ profileId }) => profileId,
    ({ id }) => id,
  );
}
