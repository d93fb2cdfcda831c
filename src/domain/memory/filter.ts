import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { json, texts, textsAs } from '../../db/sql.ts';
import { under } from '../../db/typed-sql.ts';
import type { GivenId } from '../../kernel/input.ts';
import { confidenceSql } from '../../model/belief/confidence.ts';
import { suspectSql } from '../../model/belief/suspect.ts';
import { type CompanionRef, companionIdSql } from '../../model/companion/ref.ts';
import { ofConversationSql } from '../../model/conversation/memories.ts';
import { conversationIdSql } from '../../model/conversation/ref.ts';
import { importanceSql } from '../../model/decay/importance.ts';
import { type EntityRef, mentionedSql } from '../../model/entity/ref.ts';
import { type MemoryStatus, presentSql, statusSql } from '../../model/memory/columns.ts';
import { type MemoryType, memories } from '../../tables/memory.ts';
import { textCondition } from './text-filter.ts';

const m = under(memories, 'm');

/** Which memories a list shows; a part left out lets all through. */
export interface MemoryFilter {
  types?: readonly MemoryType[] | null;
  statuses: readonly MemoryStatus[];
  hasUser?: boolean | null;
  minImportance?: number | null;
  minConfidence?: number | null;
  entity?: EntityRef | null;
  /**
   * Words, "phrases", begin*, -exclusions and or, as a search engine's box takes them: each in the content, the summary or
   * a name of an entity that is mentioned.
   */
  text?: string | null;
  validFrom?: DateRange | null;
  recordedAt?: DateRange | null;
  slots?: readonly string[] | null;
  /** True: those that rest on something disputed or no longer believed; false: the others. */
  suspect?: boolean | null;
  /** The conversation whose messages became them: by its key, or by the caller's own id within a companion. */
  conversation?: Pick<GivenId, 'uuid'> | { externalId: string; companion: CompanionRef } | null;
  /** What the context must contain. */
  context?: Record<string, unknown> | null;
}

/** `[from, until)`, either end open. */
export interface DateRange {
  from?: Date | null;
  until?: Date | null;
}

const PRESENT = new Set<MemoryStatus>(['ACTIVE', 'DISPUTED']);

function statusCondition(statuses: readonly MemoryStatus[], reading: Reading): SQL {
  const among = new Set(statuses);
  if (among.size === PRESENT.size && PRESENT.isSubsetOf(among)) return presentSql(m, reading.validAt);
  return sql`${statusSql(m, reading)} = any(${texts([...among])})`;
}

function rangeConditions(column: SQL, range: DateRange | null | undefined): SQL[] {
  return [
    ...(range?.from ? [sql`${column} >= ${range.from.toISOString()}::timestamptz`] : []),
    ...(range?.until ? [sql`${column} < ${range.until.toISOString()}::timestamptz`] : []),
  ];
}

function conversationSql(conversation: NonNullable<MemoryFilter['conversation']>, { workspaceId }: Reading): SQL {
  if ('uuid' in conversation) return sql`${conversation.uuid}::uuid`;
  return conversationIdSql(conversation, workspaceId, companionIdSql(conversation.companion, workspaceId));
}

/** The conditions a filter puts on a row of `memories` under the alias `m`; see fadingSql. */
export function filterConditions(filter: MemoryFilter, reading: Reading): SQL[] {
  const conditions = [statusCondition(filter.statuses, reading)];
  const { types, hasUser, minImportance, minConfidence, entity, slots, suspect, text, context, conversation } = filter;
  if (types) conditions.push(sql`${m.type} = any(${textsAs(types, memories.type.getSQLType())})`);
  if (hasUser != null) conditions.push(hasUser ? sql`${m.userId} is not null` : sql`${m.userId} is null`);
  if (minImportance != null) {
    conditions.push(sql`${importanceSql(m, reading, 'policies')} >= ${String(minImportance)}::text::float8`);
  }
  if (minConfidence != null) {
    conditions.push(sql`${confidenceSql(m, reading)} >= ${String(minConfidence)}::text::float8`);
  }
  if (slots) conditions.push(sql`${m.slot} = any(${texts(slots)})`);
  if (suspect != null) {
    conditions.push(sql`${m.lineageId} ${suspect ? sql`in` : sql`not in`} (${suspectSql(reading)})`);
  }
  if (entity) conditions.push(sql`${m.id} in (${mentionedSql(entity, reading)})`);
  if (text != null) conditions.push(textCondition(m, text, reading));
  if (conversation) {
    conditions.push(ofConversationSql(m.lineageId, conversationSql(conversation, reading), reading.workspaceId));
  }
  if (context) conditions.push(sql`${m.context} @> ${json(context)}`);
  conditions.push(...rangeConditions(m.validFrom, filter.validFrom));
  conditions.push(...rangeConditions(m.recordedAt, filter.recordedAt));
  return conditions;
}
