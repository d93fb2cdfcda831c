import { type SQL, sql } from 'drizzle-orm';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, derived, type Fields, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { contradictions } from '../../tables/contradiction.ts';
import { decisions } from '../../tables/correction.ts';
import { PAGE, pages } from './pages.ts';

const c = under(contradictions, 'c');
const d = under(decisions, 'd');

/** What a line of the export says. */
type DecisionLine = 'correction' | 'retraction' | 'contradiction' | 'resolution';

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

const sides = { memory: c.memoryId, version: none<string>('uuid'), by: c.byId };

const contradictionFields: Fields<DecisionRow> = fields({
  id: c.id,
  recordedAt: c.openedAt,
  line: line('contradiction'),
  ...sides,
  as: none<string>('text'),
  effectiveAt: none<Date>('timestamptz'),
  ...pick(c, 'reason', 'strength'),
});

const resolutionFields: Fields<DecisionRow> = fields({
  id: c.id,
  recordedAt: c.resolvedAt as SQL<Date>,
  line: line('resolution'),
  ...sides,
  as: sql<string>`${c.resolution}::text`,
  effectiveAt: none<Date>('timestamptz'),
  reason: c.note,
  strength: none<number>('float8'),
});

const decided = derived('decided', decision);
const position = sql`${decided.recordedAt}, ${decided.id}, ${decided.line}`;

/** What was decided and stands: corrections, retractions, contradictions and their resolutions, in their order. */
export const decisionPages = (tx: Transaction): AsyncGenerator<DecisionRow[]> =>
  pages(
    tx,
    (last) => sql`
      select * from (
        select ${decisionFields} from ${aliased(d)} where ${d.workspaceId} = ${tx.workspaceId} and ${d.revertedAt} is null
        union all
        select ${contradictionFields} from ${aliased(c)} where ${c.workspaceId} = ${tx.workspaceId}
          and not (${c.isOfSlot} and (${c.status} = 'OPEN' or ${c.resolution} = 'KEEP_BY'))
        union all
        select ${resolutionFields} from ${aliased(c)} where ${c.workspaceId} = ${tx.workspaceId} and ${c.status} <> 'OPEN'
      ) decided
      where ${
        last
          ? sql`(${position}) > (${last.recordedAt.toISOString()}::timestamptz, ${last.id}::uuid, ${last.line})`
          : sql`true`
      }
      order by ${position} limit ${PAGE}`,
  );
