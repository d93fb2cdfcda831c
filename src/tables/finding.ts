import { sql } from 'drizzle-orm';
import {
  boolean,
  doublePrecision,
  foreignKey,
  index,
  integer,
  primaryKey,
  smallint,
  snakeCase,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { moment, tenantPolicy, workspaceId } from '../db/columns.ts';
import { contradictions } from './contradiction.ts';
import { lineages } from './memory.ts';
import { policiesFor } from './restriction.ts';

/** What a finding says, as its column says it: numbers, which an index is looked up by under row-level security. */
export const findingKind = { SAME: 0, UPDATE: 1, CONFLICT: 2, NEGATION: 3 } as const;
export type FindingKind = keyof typeof findingKind;

/** What was judged of a finding; null: nothing yet. */
export const findingVerdict = { SUCCEEDS: 0, CORRECTS: 1, CONTRADICTS: 2, SAME: 3, UNRELATED: 4 } as const;
export type Verdict = keyof typeof findingVerdict;

/**
 * What one memory seems to say of another: at most one of each pair of lineages, in whichever order. It goes with either
 * of them, so that nothing of a content stays that is forgotten.
 */
export const findings = snakeCase.table.withRLS(
  'findings',
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    memoryLineageId: uuid().notNull(),
    byLineageId: uuid().notNull(),
    /** Whose both memories are. */
    companionId: uuid().notNull(),
    userId: uuid(),
    /** The versions it was seen in: the older memory, and the newer one that seems to repeat, update or deny it. */
    memoryId: uuid().notNull(),
    byId: uuid().notNull(),
    /** One of {@link findingKind}. */
    kind: smallint().notNull(),
    /** 0–1. */
    score: doublePrecision().notNull(),
    reason: text().notNull(),
    /** The clauses it was seen in. */
    memoryText: text().notNull(),
    byText: text().notNull(),
    foundAt: moment().notNull(),
    /** One of {@link findingVerdict}. */
    verdict: smallint(),
    judgedAt: moment(),
    judgedBy: text(),
    /** What the judge said. */
    note: text(),
    contradictionId: uuid(),
    /** A candidate that nobody sees, unless a chat model confirms it: it is kept so that the pair is not asked about again. */
    isHidden: boolean().notNull().default(false),
    /** The chat model that confirmed it, as actors are named, and when; null: none has. */
    confirmedBy: text(),
    confirmedAt: moment(),
    /** Whether a contradiction is to be opened when a chat model confirms it. */
    opens: boolean().notNull().default(false),
    /** When a chat model may be asked (again), or, of one that is being asked about, when its worker is late and has died. */
    dueAt: moment(),
    /** Which worker asks now; null: none does. */
    claim: uuid(),
    /** How often a model was asked and gave no answer. */
    attempts: integer().notNull().default(0),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    uniqueIndex('findings_pair').on(
      t.workspaceId,
      sql`least(memory_lineage_id, by_lineage_id)`,
      sql`greatest(memory_lineage_id, by_lineage_id)`,
    ),
    index('findings_open')
      .on(t.workspaceId, t.score.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`verdict is null and not is_hidden`),
    index('findings_open_companion')
      .on(t.workspaceId, t.companionId, t.score.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`verdict is null and not is_hidden`),
    index('findings_open_user')
      .on(t.workspaceId, t.userId, t.score.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`verdict is null and not is_hidden and user_id is not null`),
    index('findings_judged')
      .on(t.workspaceId, t.judgedAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`verdict is not null`),
    index('findings_due').on(t.workspaceId, t.dueAt).where(sql`due_at is not null`),
    index('findings_memory_lineage').on(t.workspaceId, t.memoryLineageId),
    index('findings_by_lineage').on(t.workspaceId, t.byLineageId),
    index('findings_contradiction').on(t.workspaceId, t.contradictionId),
    foreignKey({
      columns: [t.workspaceId, t.memoryLineageId],
      foreignColumns: [lineages.workspaceId, lineages.id],
    }).onDelete('cascade'),
    foreignKey({
      columns: [t.workspaceId, t.byLineageId],
      foreignColumns: [lineages.workspaceId, lineages.id],
    }).onDelete('cascade'),
    foreignKey({
      columns: [t.workspaceId, t.contradictionId],
      foreignColumns: [contradictions.workspaceId, contradictions.id],
    }),
    tenantPolicy(),
    ...policiesFor('findings'),
  ],
);
