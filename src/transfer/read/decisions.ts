import { type SQL, sql } from 'drizzle-orm';
import { all } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, derived, type Fields, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { contradictions, contradictionsHistory } from '../../tables/contradiction.ts';
import { decisions } from '../../tables/correction.ts';
import { memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';
import { isMade } from './made.ts';
import { lookUp, PAGE, pages } from './pages.ts';

const c = under(contradictions, 'c');
const d = under(decisions, 'd');
const h = under(contradictionsHistory, 'h');
const m = under(memories, 'm');
const r = under(relations, 'r');

/** What a line of the export says. */
type DecisionLine = 'correction' | 'retraction' | 'reversion' | 'contradiction' | 'resolution' | 'reopening';

const line = (name: DecisionLine): SQL<DecisionLine> => sql`${sql.raw(`'${name}'`)}`;
const none = <V>(type: string): SQL<V | null> => sql`null::${sql.raw(type)}`;

const decision = {
  ...pick(d, 'id', 'recordedAt'),
  line: sql<DecisionLine>`case when ${d.versionId} is null then ${line('retraction')} else ${line('correction')} end`,
  memory: d.memoryId,
  /** The version a correction made. */
  version: d.versionId,
  /** The other side of a contradiction. */
  by: none<string>('uuid'),
  /** MISTAKE or CHANGE; of a resolution, which. */
  as: sql<string | null>`case when ${d.kind} in ('MISTAKE', 'RETRACTED') then 'MISTAKE' else 'CHANGE' end`,
  ...pick(d, 'effectiveAt', 'reason'),
  strength: none<number>('float8'),
};
const decisionFields = fields(decision);
export type DecisionRow = RowOf<typeof decisionFields>;

const reversionFields: Fields<DecisionRow> = fields({
  id: d.id,
  recordedAt: d.revertedAt as SQL<Date>,
  line: line('reversion'),
  memory: d.memoryId,
  version: d.versionId,
  by: none<string>('uuid'),
  as: none<string>('text'),
  effectiveAt: none<Date>('timestamptz'),
  reason: none<string>('text'),
  strength: none<number>('float8'),
});

/** The sides a contradiction was opened on, which its relation keeps. */
const sides = { memory: r.toMemoryId, version: none<string>('uuid'), by: r.fromMemoryId };
const relation = ({ workspaceId }: Transaction, relationId: SQL<string>) =>
  lookUp(
    sql`select ${r.toMemoryId}, ${r.fromMemoryId} from ${aliased(r)}
      where ${r.workspaceId} = ${workspaceId} and ${r.id} = ${relationId}`,
    'r',
  );

const contradictionFields: Fields<DecisionRow> = fields({
  id: c.id,
  recordedAt: c.openedAt,
  line: line('contradiction'),
  ...sides,
  as: none<string>('text'),
  effectiveAt: none<Date>('timestamptz'),
  ...pick(c, 'reason', 'strength'),
});

/** A resolution in force, or one of the past. */
const resolutionFields = (of: typeof c | typeof h): Fields<DecisionRow> =>
  fields({
    id: of.id,
    recordedAt: of.resolvedAt as SQL<Date>,
    line: line('resolution'),
    ...sides,
    as: sql<string>`${of.resolution}::text`,
    effectiveAt: none<Date>('timestamptz'),
    reason: of.note,
    strength: none<number>('float8'),
  });

const reopeningFields: Fields<DecisionRow> = fields({
  id: h.id,
  recordedAt: h.knownUntil,
  line: line('reopening'),
  ...sides,
  as: none<string>('text'),
  effectiveAt: none<Date>('timestamptz'),
  reason: none<string>('text'),
  strength: none<number>('float8'),
});

const later = under(contradictionsHistory, 'later');

/** True of a state of the past in which a contradiction was resolved, right before it was open again. */
const isReopened = ({ workspaceId }: Transaction) =>
  sql`${h.status} <> 'OPEN' and (
    exists (select from ${aliased(c)} where ${c.workspaceId} = ${workspaceId} and ${c.id} = ${h.id}
      and ${c.knownFrom} = ${h.knownUntil} and ${c.status} = 'OPEN')
    or exists (select from ${aliased(later)} where ${later.workspaceId} = ${workspaceId} and ${later.id} = ${h.id}
      and ${later.knownFrom} = ${h.knownUntil} and ${later.status} = 'OPEN'))`;

const decided = derived('decided', decision);
const position = sql`${decided.recordedAt}, ${decided.id}, ${decided.line}`;

/** All that was ever decided and said of it. */
const everything = (tx: Transaction): SQL => {
  const { workspaceId } = tx;
  const isOwn = sql`not exists (select from ${aliased(m)}
    where ${m.workspaceId} = ${workspaceId} and ${m.id} = ${d.memoryId} and ${isMade(workspaceId, m.lineageId)})`;
  const isBetween = ({ memoryLineageId, byLineageId }: typeof c | typeof h) =>
    sql`not ${isMade(workspaceId, memoryLineageId)} and not ${isMade(workspaceId, byLineageId)}`;
  const past = (row: Fields<DecisionRow>) => sql`
    select ${row} from ${aliased(h)} ${relation(tx, h.relationId)}
    where ${h.workspaceId} = ${workspaceId} and ${isReopened(tx)} and ${isBetween(h)}`;
  return sql`
    select ${decisionFields} from ${aliased(d)} where ${d.workspaceId} = ${workspaceId} and ${isOwn}
    union all
    select ${reversionFields} from ${aliased(d)} where ${all([
      sql`${d.workspaceId} = ${workspaceId}`,
      sql`${d.revertedAt} is not null`,
      isOwn,
    ])}
    union all
    select ${contradictionFields} from ${aliased(c)} ${relation(tx, c.relationId)}
    where ${c.workspaceId} = ${workspaceId} and ${isBetween(c)}
    union all
    select ${resolutionFields(c)} from ${aliased(c)} ${relation(tx, c.relationId)}
    where ${c.workspaceId} = ${workspaceId} and ${c.status} <> 'OPEN' and ${isBetween(c)}
    union all ${past(resolutionFields(h))}
    union all ${past(reopeningFields)}`;
};

/**
 * What was decided, in its order: corrections, retractions, contradictions and their resolutions, and what was taken
 * back of these.
 */
export const decisionPages = (tx: Transaction): AsyncGenerator<DecisionRow[]> =>
  pages(
    tx,
    (last) => sql`
      select * from (${everything(tx)}) decided
      where ${
        last
          ? sql`(${position}) > (${last.recordedAt.toISOString()}::timestamptz, ${last.id}::uuid, ${last.line})`
          : sql`true`
      }
      order by ${position} limit ${PAGE}`,
  );
