import { type SQL, sql } from 'drizzle-orm';
import { pick, type RowFrom, under } from '../../db/typed-sql.ts';
import { contradictions } from '../../tables/contradiction.ts';
import { decisions } from '../../tables/correction.ts';
import { memories } from '../../tables/memory.ts';

export const c = under(contradictions, 'c');
export const d = under(decisions, 'd');
export const m = under(memories, 'm');

type Milliseconds<V> = V extends Date ? number : V;
/** A moment in milliseconds since 1970. */
const ms = <V extends Date | null>(moment: SQL<V>) =>
  sql<Milliseconds<V>>`(extract(epoch from ${moment}) * 1000)::float8`;

const version = {
  ...pick(m, 'id', 'lineageId', 'companionId', 'userId', 'type', 'content', 'contentFold', 'slot'),
  start: ms(m.validFrom),
  statedUntil: ms(m.statedUntil),
  validUntil: ms(m.validUntil),
  retractedAt: ms(m.retractedAt),
  recordedAt: ms(m.recordedAt),
  ...pick(m, 'isCorrected', 'isContested'),
  isArchived: sql<boolean>`${m.archivedAt} is not null`,
  expiresAt: ms(m.expiresAt),
};

const decision = {
  ...pick(d, 'id', 'kind', 'memoryId', 'versionId', 'relationId'),
  effectiveAt: ms(d.effectiveAt),
  recordedAt: ms(d.recordedAt),
  revertedAt: ms(d.revertedAt),
};

const dispute = {
  ...pick(c, 'id', 'memoryLineageId', 'byLineageId', 'memoryAnchorId', 'byAnchorId', 'memoryId', 'byId', 'isOfSlot'),
  ...pick(c, 'status', 'resolution', 'relationId'),
  openedAt: ms(c.openedAt),
  resolvedAt: ms(c.resolvedAt),
};

/** A version as it stands in the database. */
export type VersionRow = RowFrom<typeof version>;
/** A correction or retraction as it stands in the database. */
export type DecisionRow = RowFrom<typeof decision>;
/** A contradiction as it stands in the database. */
export type DisputeRow = RowFrom<typeof dispute>;

/** Rows as one JSON array of objects. */
const objects = (parts: Record<string, SQL>, order: SQL): SQL => {
  const pairs = Object.entries(parts).map(([key, value]) => sql`${sql.raw(`'${key}'`)}, ${value}`);
  return sql`coalesce(jsonb_agg(jsonb_build_object(${sql.join(pairs, sql`, `)}) order by ${order}), '[]')`;
};

/** All rows under the alias {@link m}, {@link d} or {@link c} as JSON, in the order in which they were recorded. */
export const versionsJson = objects(version, sql`${m.recordedAt}, ${m.id}`);
export const decisionsJson = objects(decision, sql`${d.recordedAt}, ${d.id}`);
export const disputesJson = objects(dispute, sql`${c.openedAt}, ${c.id}`);
