import { type InferSelectModel, type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { fields, type Under } from '../../db/typed-sql.ts';
import type { memories } from '../../tables/memory.ts';
import { confidenceSql, disputedSql } from '../belief/confidence.ts';
import { holdsSql } from '../belief/validity.ts';
import { importanceSql } from '../decay/importance.ts';
import { plainNames } from './fields.ts';

export const memoryStatuses = [
  'ACTIVE',
  'DISPUTED',
  'UPCOMING',
  'ENDED',
  'ARCHIVED',
  'EXPIRED',
  'RETRACTED',
  'CORRECTED',
] as const;
export type MemoryStatus = (typeof memoryStatuses)[number];

type Memories = Under<typeof memories>;
type Stored = InferSelectModel<typeof memories>;
/** Columns of `memories` that a memory shows as they are. */
const shown = [
  'id',
  'lineageId',
  'companionId',
  'userId',
  'content',
  'type',
  ...plainNames,
  'slot',
  'validFrom',
  'validUntil',
  'recordedAt',
  'retractedAt',
  'archivedAt',
  'accessCount',
  'lastAccessedAt',
  'updatedAt',
] as const satisfies readonly (keyof Stored)[];

/** A memory as it was read: the four keys always, the rest where it was asked for. */
export interface MemoryRow extends Pick<Stored, (typeof shown)[number]> {
  status: MemoryStatus;
  /** Decayed to the moment of the reading. */
  importance: number;
  /** After every open contradiction has had its say. */
  confidence: number;
  statedConfidence: number;
}
export type MemoryColumn = keyof MemoryRow;
export type MemoryColumns = ReadonlySet<MemoryColumn>;

/** Equal for equal sets of columns, different for others. */
export const columnsKey = (columns: MemoryColumns): string => [...columns].sort().join();

const keys: readonly MemoryColumn[] = ['id', 'lineageId', 'companionId', 'userId'];

/** The status of a memory: exactly one, the last of the contract's list that applies. */
export function statusSql(m: Memories, reading: Reading): SQL<MemoryStatus> {
  return sql`(case when ${m.retractedAt} is not null then case when ${m.isCorrected} then 'CORRECTED' else 'RETRACTED' end
    when ${m.expiresAt} <= ${reading.validAt} then 'EXPIRED'
    when ${m.archivedAt} is not null then 'ARCHIVED'
    when ${m.validUntil} <= ${reading.validAt} then 'ENDED'
    when ${m.validFrom} > ${reading.validAt} then 'UPCOMING'
    when ${disputedSql(m, reading)} then 'DISPUTED'
    else 'ACTIVE' end)`;
}

/** True of what lists show unless told otherwise: ACTIVE or DISPUTED. */
export function presentSql(m: Memories, validAt: SQL): SQL<boolean> {
  return sql`(${holdsSql(m, validAt)} and ${m.archivedAt} is null and (${m.expiresAt} is null or ${m.expiresAt} > ${validAt}))`;
}

/** What a column is made from. */
export function columnSql(column: MemoryColumn, m: Memories, reading: Reading): SQL {
  switch (column) {
    case 'status':
      return statusSql(m, reading);
    case 'importance':
      return importanceSql(m, reading);
    case 'confidence':
      return confidenceSql(m, reading);
    case 'statedConfidence':
      return m.confidence;
    default:
      return m[column];
  }
}

/** The select list for a memory; names in the result get `prefix`. */
export function selectMemory(columns: MemoryColumns, m: Memories, reading: Reading, prefix = ''): SQL {
  // The order in which columns were asked for does not change the text: see columnsKey.
  const all = [...new Set([...keys, ...[...columns].sort()])];
  return fields(Object.fromEntries(all.map((column) => [column, columnSql(column, m, reading)])), prefix);
}

/** The memory that a row holds under names with `prefix`. */
export function pickMemory(columns: MemoryColumns, row: Record<string, unknown>, prefix: string): MemoryRow {
  const memory: Record<string, unknown> = {};
  for (const column of keys) memory[column] = row[prefix + column];
  for (const column of columns) memory[column] = row[prefix + column];
  return memory as unknown as MemoryRow;
}
