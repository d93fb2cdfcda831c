import { sql } from 'drizzle-orm';
import {
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  primaryKey,
  smallint,
  snakeCase,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { moment, tenantPolicy, workspaceId } from '../db/columns.ts';
import { companions } from './companion.ts';
import { conversations } from './conversation.ts';
import { policiesFor } from './restriction.ts';
import { users } from './user.ts';

/** What is proposed, as its column says it: numbers, which an index is looked up by under row-level security. */
export const proposalKind = { MEMORY: 0, CORRECTION: 1, RETRACTION: 2, RELATION: 3 } as const;
export type ProposalKind = keyof typeof proposalKind;

/** What was decided of a proposal. */
export const proposalStatus = { OPEN: 0, ACCEPTED: 1, REJECTED: 2 } as const;
export type ProposalStatus = keyof typeof proposalStatus;

/** What a chat model proposes to remember of a conversation: nothing of it is believed before it is accepted. */
export const proposals = snakeCase.table.withRLS(
  'proposals',
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    companionId: uuid().notNull(),
    /** Whom the conversation is with. */
    userId: uuid(),
    conversationId: uuid().notNull(),
    /** One of {@link proposalKind}. */
    kind: smallint().notNull(),
    /** One of {@link proposalStatus}. */
    status: smallint().notNull().default(0),
    /** What is proposed, but for the memories it names. */
    draft: jsonb().$type<Record<string, unknown>>().notNull(),
    /**
     * The version of a memory that it is about: what is corrected or retracted, or what a relation begins at; of a new
     * memory that was accepted, that.
     */
    memoryId: uuid(),
    /** What a relation leads to, or what a new memory supersedes. */
    otherId: uuid(),
    /** How sure the model is, 0–1. */
    confidence: doublePrecision().notNull(),
    /** The model, as actors are named. */
    proposedBy: text().notNull(),
    proposedAt: moment().notNull(),
    decidedAt: moment(),
    decidedBy: text(),
    /** What who decided said. */
    note: text(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    index('proposals_status').on(t.workspaceId, t.status, t.proposedAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index('proposals_companion').on(
      t.workspaceId,
      t.companionId,
      t.status,
      t.proposedAt.desc().nullsFirst(),
      t.id.desc().nullsFirst(),
    ),
    index('proposals_user').on(
      t.workspaceId,
      t.userId,
      t.status,
      t.proposedAt.desc().nullsFirst(),
      t.id.desc().nullsFirst(),
    ),
    index('proposals_conversation').on(t.workspaceId, t.conversationId),
    foreignKey({
      columns: [t.workspaceId, t.companionId],
      foreignColumns: [companions.workspaceId, companions.id],
    }).onDelete('cascade'),
    foreignKey({ columns: [t.workspaceId, t.userId], foreignColumns: [users.workspaceId, users.id] }).onDelete(
      'cascade',
    ),
    foreignKey({
      columns: [t.workspaceId, t.conversationId],
      foreignColumns: [conversations.workspaceId, conversations.id],
    }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('proposals'),
  ],
);

/** Why a proposal depends on a message or memory, as its column says it. */
export const sourceRole = {
  /** It quotes it. */
  EVIDENCE: 0,
  /** It names it, became it, or takes words from it. */
  ORIGIN: 1,
  /** It seems to supersede it: of that alone nothing stays once it is forgotten. */
  SUPERSEDED: 2,
} as const;
export type SourceRole = keyof typeof sourceRole;

/**
 * The messages and memories that proposals depend on. A proposal goes with any of them: no key cascades, since what goes
 * is not this row; see eraseProposals.
 */
export const proposalSources = snakeCase.table.withRLS(
  'proposal_sources',
  {
    workspaceId: workspaceId(),
    proposalId: uuid().notNull(),
    /** 0, 1, 2 … in the proposal. */
    place: smallint().notNull(),
    /** One of {@link sourceRole}. */
    role: smallint().notNull(),
    messageId: uuid(),
    /** The version of a memory, which a message became, or which the proposal is about; and its lineage. */
    memoryId: uuid(),
    lineageId: uuid(),
    /** Words of the message, as they stand there. */
    quote: text(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.proposalId, t.place] }),
    index('proposal_sources_lineage').on(t.workspaceId, t.lineageId).where(sql`lineage_id is not null`),
    index('proposal_sources_message').on(t.workspaceId, t.messageId).where(sql`message_id is not null`),
    foreignKey({
      columns: [t.workspaceId, t.proposalId],
      foreignColumns: [proposals.workspaceId, proposals.id],
    }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('proposal_sources'),
  ],
);

/** How far conversations have been read for proposals. */
export const extractions = snakeCase.table.withRLS(
  'extractions',
  {
    workspaceId: workspaceId(),
    conversationId: uuid().notNull(),
    /** The position of the last message that was read; -1: none was. */
    position: integer().notNull(),
    readAt: moment(),
    /** Which run reads on now, and until when it may; null: none does. */
    claim: uuid(),
    claimedUntil: moment(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.conversationId] }),
    foreignKey({
      columns: [t.workspaceId, t.conversationId],
      foreignColumns: [conversations.workspaceId, conversations.id],
    }).onDelete('cascade'),
    tenantPolicy(),
    ...policiesFor('extractions'),
  ],
);
