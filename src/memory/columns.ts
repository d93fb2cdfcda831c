import { type SQL, sql } from 'drizzle-orm';
import { confidenceSql, disputedSql } from '../contradiction/confidence.ts';
import type { Reading } from '../db/history.ts';
import { importanceSql } from '../decay/importance.ts';
import type { MemoryType } from '../decay/policy.ts';
import { holdsSql } from './holds.ts';

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

/** A memory as it was read: the four keys always, the rest where it was asked for. */
export interface MemoryRow {
  id: string;
  lineageId: string;
  companionId: string;
  userId: string | null;
  content: string;
  summary: string | null;
  type: MemoryType;
  status: MemoryStatus;
  /** Decayed to the moment of the reading. */
  importance: number;
  confidence: number;
  statedConfidence: number;
  context: Record<string, unknown>;
  slot: string | null;
  validFrom: Date;
  validUntil: Date | null;
  recordedAt: Date;
  retractedAt: Date | null;
  expiresAt: Date | null;
  archivedAt: Date | null;
  accessCount: number;
  lastAccessedAt: Date | null;
  updatedAt: Date;
}
export type MemoryColumn = keyof MemoryRow;
export type MemoryColumns = ReadonlySet<MemoryColumn>;

/** Tells sets of columns apart. */
export const columnsKey = (columns: MemoryColumns): string => [...columns].sort().join();

const keys: readonly MemoryColumn[] = ['id', 'lineageId', 'companionId', 'userId'];

/** The status of a row of `memories` under the alias `m`: exactly one, the last of the contract's list that applies. */
export function statusSql(m: SQL, reading: Reading): SQL {
  return sql`(case when ${m}.retracted_at is not null then case when ${m}.is_corrected then 'CORRECTED' else 'RETRACTED' end
    when ${m}.expires_at <= ${reading.validAt} then 'EXPIRED'
    when ${m}.archived_at is not null then 'ARCHIVED'
    when ${m}.valid_until <= ${reading.validAt} then 'ENDED'
    when ${m}.valid_from > ${reading.validAt} then 'UPCOMING'
    when ${disputedSql(m, reading)} then 'DISPUTED'
    else 'ACTIVE' end)`;
}

/** True of what lists show unless told otherwise: ACTIVE or DISPUTED. */
export function presentSql(m: SQL, validAt: SQL): SQL {
  return sql`(${holdsSql(m, validAt)} and ${m}.archived_at is null and (${m}.expires_at is null or ${m}.expires_at > ${validAt}))`;
}

function columnSql(column: MemoryColumn, m: SQL, reading: Reading): SQL {
  switch (column) {
    case 'status':
      return statusSql(m, reading);
    case 'importance':
      return importanceSql(m, reading);
    case 'confidence':
      return confidenceSql(m, reading);
    case 'statedConfidence':
      return sql`${m}.confidence`;
    default:
      return sql`${m}.${sql.identifier(column.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))}`;
  }
}

/** The select list for a row of `memories` under the alias `m`; names in the result get `prefix`. */
export function selectMemory(columns: MemoryColumns, m: SQL, reading: Reading, prefix = ''): SQL {
  // In whatever order they were asked for, the same columns make the same text: see columnsKey.
  const wanted = new Set([...keys, ...[...columns].sort()]);
  return sql.join(
    [...wanted].map((column) => sql`${columnSql(column, m, reading)} as ${sql.identifier(prefix + column)}`),
    sql`, `,
  );
}

/** The memory that a row holds under names with `prefix`. */
export function pickMemory(columns: MemoryColumns, row: Record<string, unknown>, prefix: string): MemoryRow {
  const memory: Record<string, unknown> = {};
  for (const column of keys) memory[column] = row[prefix + column];
  for (const column of columns) memory[column] = row[prefix + column];
  return memory as unknown as MemoryRow;
}
