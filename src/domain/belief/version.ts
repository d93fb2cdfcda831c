import { sql } from 'drizzle-orm';
import { Reading } from '../../db/reading.ts';
import { json, moment, texts } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { importanceSql } from '../../model/decay/importance.ts';
import { foldContent } from '../../model/memory/fold.ts';
import { dateInWords, gramsOf, searchSql } from '../../model/recall/terms.ts';
import type { MemoryType } from '../../tables/memory.ts';
import { memories } from '../../tables/memory.ts';
import { keepVectors } from '../embedding/vectors.ts';
import { type MentionedEntity, mention } from '../entity/mention.ts';
import type { DecisionRow, TimeLines, VersionRow } from './lines.ts';
import { refuseCollision } from './settle.ts';

const m = under(memories, 'm');

/** What a correction says anew; a part left out is taken over from the version corrected. */
export interface Correction {
  /** The new version's key, where an import brings one. */
  id?: string;
  content?: string | null;
  /** Not taken over: another content wants another summary. */
  summary?: string | null;
  type?: MemoryType | null;
  importance?: number | null;
  confidence?: number | null;
  context?: Record<string, unknown> | null;
  entities?: readonly MentionedEntity[] | null;
  /** The vector of its content; else it is taken over or owed. */
  embedding?: readonly number[] | null | undefined;
  validFrom?: Date | null;
  /** Null: no stated end. */
  validUntil?: Date | null;
}

interface Added extends Correction {
  id: string;
  start: number;
  statedUntil: number | null;
  stamp: Date;
}

/**
 * Adds the version that a decision makes to its time line, with its CORRECTS relation: importance as it reads now, the
 * access count and the mentions go over to it. Throws InvalidInput where another version begins at the same moment.
 */
export async function addVersion(
  tx: WriteTransaction,
  lines: TimeLines,
  target: VersionRow,
  { id, start, statedUntil, stamp, ...correction }: Added,
  decision: DecisionRow,
): Promise<void> {
  const content = correction.content ?? target.content;
  const row: VersionRow = {
    ...target,
    id,
    content,
    contentFold: foldContent(content),
    type: correction.type ?? target.type,
    start,
    statedUntil,
    recordedAt: stamp.getTime(),
  };
  lines.versions.set(id, row);
  lines.decisions.push(decision);
  lines.changed();
  refuseCollision(lines, ['input', decision.kind === 'CHANGE' ? 'effectiveAt' : 'validFrom']);
  const { lineageId, validUntil, isContested } = lines.belief(id);
  Object.assign(row, { lineageId, validUntil, isContested, retractedAt: null, isCorrected: false });
  const now = moment(stamp);
  const at = (ms: number | null) => moment(ms === null ? null : new Date(ms));
  const number = (value: number | null | undefined) => sql`${value == null ? null : String(value)}::text::float8`;
  const context = correction.context === undefined ? sql`context` : json(correction.context ?? {});
  const search = searchSql({
    content: sql`${content}::text`,
    summary: sql`${correction.summary ?? null}::text`,
    context,
    date: sql`${dateInWords(new Date(start), tx.textSearchConfig)}::text`,
    grams: texts(gramsOf(`${content} ${correction.summary ?? ''}`)),
  });
  await tx.rows(sql`
    insert into memories (workspace_id, id, lineage_id, companion_id, user_id, type, content, content_fold, summary, slot,
      context, confidence, importance, importance_as_of, access_count, last_accessed_at, valid_from, stated_until,
      valid_until, recorded_at, expires_at, updated_at, known_from, is_contested, search)
    select workspace_id, ${id}::uuid, ${lineageId}::uuid, companion_id, user_id, ${row.type}::memory_type, ${content},
      ${row.contentFold}, ${correction.summary ?? null}::text, slot,
      ${context},
      coalesce(${number(correction.confidence)}, confidence),
      coalesce(${number(correction.importance)}, ${importanceSql(m, new Reading(tx.workspaceId, { knownAt: stamp }))}), ${now}, access_count, last_accessed_at,
      ${at(start)}, ${at(statedUntil)}, ${at(validUntil)}, ${now}, expires_at, ${now}, ${now}, ${isContested},
      ${search}
    from ${aliased(m)} where workspace_id = ${tx.workspaceId} and id = ${target.id}::uuid`);
  const { companionId, userId } = target;
  await keepVectors(tx, [{ memoryId: id, companionId, userId, content, embedding: correction.embedding }]);
  if (correction.entities) {
    await mention(
      tx,
      target.companionId,
      correction.entities.map((entity) => ({ ...entity, memoryId: id })),
    );
  } else if (correction.entities === undefined) {
    await tx.rows(sql`
      insert into mentions (workspace_id, memory_id, entity_id, known_from)
      select workspace_id, ${id}::uuid, entity_id, ${now} from mentions
      where workspace_id = ${tx.workspaceId} and memory_id = ${target.id}::uuid`);
  }
  await relateVersions(tx, [{ id: decision.relationId as string, lineageId, from: id, to: target.id }], stamp);
}

/** Makes CORRECTS relations: `from` is the version made in place of `to`, or after it. */
export async function relateVersions(
  tx: WriteTransaction,
  rows: readonly { id: string; lineageId: string; from: string; to: string }[],
  stamp: Date,
): Promise<void> {
  if (rows.length === 0) return;
  await tx.rows(sql`
    insert into relations (workspace_id, id, from_lineage_id, to_lineage_id, from_memory_id, to_memory_id, type, strength,
      recorded_at, known_from)
    select ${tx.workspaceId}, id, "lineageId", "lineageId", "from", "to", 'CORRECTS', 1, ${moment(stamp)}, ${moment(stamp)}
    from jsonb_to_recordset(${json(rows)}) as r (id uuid, "lineageId" uuid, "from" uuid, "to" uuid)`);
}
