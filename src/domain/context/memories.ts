import { sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import type { ContextMemory } from '../../model/context/lines.ts';
import { type MemoryColumns, type MemoryRow, presentSql, statusSql } from '../../model/memory/columns.ts';
import { lineages, memories } from '../../tables/memory.ts';
import type { Scope } from './scope.ts';

const l = under(lineages, 'l');
const m = under(memories, 'm');

/** So many characters of a content are said; of a longer one its summary, or a part. */
const MOST_CHARACTERS = 1_000;
/** How many slots are looked at. */
export const MAX_SLOTS = 100;
const NOBODY = '00000000-0000-0000-0000-000000000000';
const most = sql.raw(String(MOST_CHARACTERS));

const selectFor = (reading: Reading) =>
  fields({
    ...pick(m, 'id', 'lineageId', 'type', 'slot', 'validFrom', 'validUntil', 'statedUntil', 'retractedAt'),
    status: statusSql(m, reading),
    speaker: sql<string | null>`${m.context} ->> 'speaker'`,
    isLong: sql<boolean>`length(${m.content}) > ${most}`,
    text: sql<string>`case when length(${m.content}) <= ${most} then ${m.content}
      else left(coalesce(${m.summary}, ${m.content}), ${most}) end`,
    hasSummary: sql<boolean>`${m.summary} is not null`,
  });
type Row = RowOf<ReturnType<typeof selectFor>>;

/** A memory with what it says, at most 1,000 characters of it. */
export interface ReadMemory extends ContextMemory {
  /** What it says is its beginning alone. */
  isCut: boolean;
}

const shortened = ({ isLong, hasSummary, text, ...row }: Row): ReadMemory => {
  const isCut = isLong && !hasSummary;
  return { ...row, isCut, text: isCut ? `${text} …` : text };
};

/** What recall reads of a memory, so that {@link recalledMemory} can make it. */
export const recalledColumns: MemoryColumns = new Set([
  'content',
  'summary',
  'type',
  'status',
  'slot',
  'context',
  'validFrom',
  'validUntil',
  'retractedAt',
] as const);

/** A memory that recall has found: one that holds, so that its end, if it has one, was stated with it. */
export function recalledMemory({ content, summary, context, ...row }: MemoryRow): ReadMemory {
  const { id, lineageId, type, status, slot, validFrom, validUntil, retractedAt } = row;
  const speaker = typeof context.speaker === 'string' ? context.speaker : null;
  const isLong = content.length > MOST_CHARACTERS;
  const text = isLong ? (summary ?? content).slice(0, MOST_CHARACTERS).toWellFormed() : content;
  const own = {
    id,
    lineageId,
    type,
    status,
    slot,
    speaker,
    validFrom,
    validUntil,
    statedUntil: validUntil,
    retractedAt,
  };
  return shortened({ ...own, text, isLong, hasSummary: summary !== null });
}

/** Memories by their keys, of any status; unknown ones are left out. */
export async function memoriesOf(
  tx: Transaction,
  reading: Reading,
  ids: readonly string[],
): Promise<Map<string, ReadMemory>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.rows<Row>(sql`
    select ${selectFor(reading)} from ${reading.from(m)}
    where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${uuids(ids)})`);
  return new Map(rows.map((row) => [row.id, shortened(row)]));
}

/** What answers the slots of a companion now, those of the user and those without a user: of so many slots, by their names. */
export async function slotAnswers(
  tx: Transaction,
  reading: Reading,
  { companionId, userId }: Scope,
): Promise<ReadMemory[]> {
  const owner = sql`coalesce(${l.userId}, ${NOBODY}::uuid)`;
  const rows = await tx.rows<Row>(sql`
    select ${selectFor(reading)} from (
      select ${l.id}, ${l.slot} from ${aliased(l)}
      where ${l.workspaceId} = ${tx.workspaceId} and ${l.companionId} = ${companionId}::uuid
        and ${owner} = any(${uuids(userId ? [userId, NOBODY] : [NOBODY])}) and ${l.slot} is not null
      order by ${owner} desc, ${l.slot} limit ${sql.raw(String(MAX_SLOTS))}) l
    ${reading.lookUp(m, sql`${m.lineageId} = ${l.id} and ${presentSql(m, reading.validAt)}`)}`);
  return rows.map(shortened).sort((a, b) => compare(a.slot ?? '', b.slot ?? '') || compare(a.id, b.id));
}

const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);
