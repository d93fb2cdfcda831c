import { type SQL, sql } from 'drizzle-orm';
import { Reading } from '../../db/reading.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, insertSelect, pick, type RowsOf, recordset, under, valueFor } from '../../db/typed-sql.ts';
import { offsetOf } from '../../kernel/date-time.ts';
import { importanceSql } from '../../model/decay/importance.ts';
import { keptNames } from '../../model/memory/fields.ts';
import { foldContent } from '../../model/memory/fold.ts';
import {
  dateParameters,
  dateSql,
  dateTerms,
  keptDateSql,
  searchSql,
  searchTerms,
  termsSql,
} from '../../model/recall/terms.ts';
import { ANALYSIS } from '../../model/text/analysis.ts';
import { mentions } from '../../tables/entity.ts';
import { type MemoryType, memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';
import { keepVectors } from '../embedding/vectors.ts';
import { type MentionedEntity, mention } from '../entity/mention.ts';
import type { DecisionRow, VersionRow } from './rows.ts';
import { refuseCollision } from './settle.ts';
import type { TimeLines } from './time-lines.ts';

const m = under(memories, 'm');
const x = under(mentions, 'x');

/** What a correction changes; a part left out is copied from the version corrected. */
export interface Correction {
  /** The new version's key, where an import brings one. */
  id?: string;
  content?: string | null;
  /** Never copied: another content needs another summary. */
  summary?: string | null;
  type?: MemoryType | null;
  importance?: number | null;
  confidence?: number | null;
  context?: Record<string, unknown> | null;
  entities?: readonly MentionedEntity[] | null;
  /** The vector of its content; else it is copied, or computed later. */
  embedding?: readonly number[] | null | undefined;
  validFrom?: Date | null;
  /** Null: no stated end. */
  validUntil?: Date | null;
}

interface Added extends Correction {
  /** As it was given, for a change. */
  effectiveAt?: Date | null;
  id: string;
  start: number;
  statedUntil: number | null;
  stamp: Date;
}

/**
 * Adds the version that a decision makes to its time line, with its CORRECTS relation: importance as it is now, the
 * access count and the mentions are copied to it. Throws InvalidInput where another version begins at the same moment.
 */
export async function addVersion(
  tx: WriteTransaction,
  timeLines: TimeLines,
  target: VersionRow,
  added: Added,
  decision: DecisionRow,
): Promise<void> {
  const { id, start, statedUntil, stamp } = added;
  const content = added.content ?? target.content;
  const row: VersionRow = {
    ...target,
    id,
    content,
    contentFold: foldContent(content),
    type: added.type ?? target.type,
    start,
    statedUntil,
    recordedAt: stamp.getTime(),
  };
  timeLines.versions.set(id, row);
  timeLines.decisions.push(decision);
  timeLines.changed();
  refuseCollision(timeLines, ['input', decision.kind === 'CHANGE' ? 'effectiveAt' : 'validFrom']);
  const { lineageId, validUntil, isContested } = timeLines.belief(id);
  Object.assign(row, { lineageId, validUntil, isContested, retractedAt: null, isCorrected: false });
  await insertVersion(tx, target, row, added);
  const { companionId, userId } = target;
  await keepVectors(tx, [{ memoryId: id, companionId, userId, content, embedding: added.embedding }]);
  if (added.entities) {
    await mention(
      tx,
      companionId,
      added.entities.map((entity) => ({ ...entity, memoryId: id })),
    );
  } else if (added.entities === undefined) {
    await copyMentions(tx, target.id, id, stamp);
  }
  await relateVersions(tx, [{ id: decision.relationId as string, lineageId, from: id, to: target.id }], stamp);
}

/** Writes the row of a new version: what it does not say itself is that of the version corrected. */
async function insertVersion(tx: WriteTransaction, target: VersionRow, row: VersionRow, added: Added): Promise<void> {
  const { stamp, confidence, importance } = added;
  const summary = added.summary ?? null;
  const at = (ms: number | null) => (ms === null ? null : new Date(ms));
  const context = added.context === undefined ? m.context : valueFor(memories.context, added.context ?? {});
  const stated = {
    confidence: confidence == null ? m.confidence : valueFor(memories.confidence, confidence),
    importance:
      importance == null
        ? importanceSql(m, new Reading(tx.workspaceId, { knownAt: stamp }))
        : valueFor(memories.importance, importance),
  };
  const content = valueFor(memories.content, row.content);
  const search = searchSql({
    content,
    summary: valueFor(memories.summary, summary),
    context,
    date: dateOf(tx, target, row, added),
    ...termsSql(await searchTerms(row.content, summary, tx.textSearchConfig)),
  });
  const version = insertSelect(
    memories,
    {
      ...pick(m, 'workspaceId', 'companionId', 'userId', 'slot', 'accessCount', 'lastAccessedAt', ...keptNames),
      id: valueFor(memories.id, row.id),
      lineageId: valueFor(memories.lineageId, row.lineageId),
      type: valueFor(memories.type, row.type),
      content,
      contentFold: valueFor(memories.contentFold, row.contentFold),
      summary: valueFor(memories.summary, summary),
      context,
      ...stated,
      importanceAsOf: valueFor(memories.importanceAsOf, stamp),
      validFrom: valueFor(memories.validFrom, new Date(row.start)),
      statedUntil: valueFor(memories.statedUntil, at(row.statedUntil)),
      validUntil: valueFor(memories.validUntil, at(row.validUntil)),
      recordedAt: valueFor(memories.recordedAt, stamp),
      retractedAt: sql`null`,
      archivedAt: sql`null`,
      updatedAt: valueFor(memories.updatedAt, stamp),
      knownFrom: valueFor(memories.knownFrom, stamp),
      isContested: valueFor(memories.isContested, row.isContested),
      search,
      analysis: valueFor(memories.analysis, ANALYSIS),
    },
    sql`from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${target.id}::uuid`,
  );
  await tx.rows(version);
}

/** The terms of the day a version begins: as the version corrected has them where it began on the same. */
function dateOf(tx: WriteTransaction, target: VersionRow, row: VersionRow, added: Added): SQL {
  const given = added.effectiveAt ?? added.validFrom;
  const start = new Date(row.start);
  const date = dateSql(dateParameters(dateTerms(start, given ? offsetOf(given) : 0, tx.textSearchConfig)));
  if (row.start !== target.start || given) return date;
  return keptDateSql(m, date);
}

/** Lets a version mention what another one mentions. */
async function copyMentions(tx: WriteTransaction, from: string, to: string, stamp: Date): Promise<void> {
  const copied = insertSelect(
    mentions,
    {
      workspaceId: x.workspaceId,
      memoryId: valueFor(mentions.memoryId, to),
      entityId: x.entityId,
      knownFrom: valueFor(mentions.knownFrom, stamp),
    },
    sql`from ${aliased(x)} where ${x.workspaceId} = ${tx.workspaceId} and ${x.memoryId} = ${from}::uuid`,
  );
  await tx.unrestricted(() => tx.rows(copied));
}

const ends = {
  ...pick(relations, 'id'),
  lineageId: relations.fromLineageId,
  from: relations.fromMemoryId,
  to: relations.toMemoryId,
};

/** Makes CORRECTS relations: `from` is the version made in place of `to`, or after it. */
export async function relateVersions(
  tx: WriteTransaction,
  rows: readonly RowsOf<typeof ends>[],
  stamp: Date,
): Promise<void> {
  if (rows.length === 0) return;
  const edge = recordset('edge', ends, rows);
  const corrects = insertSelect(
    relations,
    {
      workspaceId: valueFor(relations.workspaceId, tx.workspaceId),
      id: edge.id,
      fromLineageId: edge.lineageId,
      toLineageId: edge.lineageId,
      fromMemoryId: edge.from,
      toMemoryId: edge.to,
      type: valueFor(relations.type, 'CORRECTS'),
      strength: valueFor(relations.strength, 1),
      recordedAt: valueFor(relations.recordedAt, stamp),
      retractedAt: sql`null`,
      knownFrom: valueFor(relations.knownFrom, stamp),
    },
    sql`from ${aliased(edge)}`,
  );
  await tx.rows(corrects);
}
