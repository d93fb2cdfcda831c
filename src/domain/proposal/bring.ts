import { sql } from 'drizzle-orm';
import type { WriteTransaction } from '../../db/transaction.ts';
import {
  aliased,
  fields,
  insertSelect,
  names,
  pick,
  type RowOf,
  recordset,
  typed,
  under,
  valueFor,
} from '../../db/typed-sql.ts';
import { conversations, messages } from '../../tables/conversation.ts';
import { memories } from '../../tables/memory.ts';
import {
  extractions,
  type ProposalKind,
  type ProposalStatus,
  proposalKind,
  proposalSources,
  proposalStatus,
  proposals,
  type SourceRole,
  sourceRole,
} from '../../tables/proposal.ts';
import { findCompanion } from '../companion/companions.ts';
import { findConversation } from '../conversation/conversations.ts';

const c = under(conversations, 'c');
const g = under(messages, 'g');
const m = under(memories, 'm');

/** What a brought proposal depends on: keys as they are here. */
export interface BroughtSource {
  role: SourceRole;
  messageId: string | null;
  memoryId: string | null;
  quote: string | null;
}

/** A proposal from elsewhere. Moments left out are this one. */
export interface BroughtProposal {
  id: string;
  /** The caller's own keys. */
  companion: string;
  conversation: string;
  kind: ProposalKind;
  status: ProposalStatus;
  draft: Record<string, unknown>;
  memoryId: string | null;
  otherId: string | null;
  confidence: number;
  proposedBy: string;
  proposedAt: Date | null;
  decidedAt: Date | null;
  decidedBy: string | null;
  note: string | null;
  sources: readonly BroughtSource[];
}

const shape = {
  ...pick(proposals, 'id', 'kind', 'status', 'draft', 'memoryId', 'otherId', 'confidence', 'proposedBy'),
  ...pick(proposals, 'proposedAt', 'decidedAt', 'decidedBy', 'note', 'conversationId'),
};
const sourceShape = {
  ...pick(proposalSources, 'proposalId', 'messageId', 'memoryId', 'lineageId', 'quote'),
  place: typed<number>('smallint'),
  role: typed<number>('smallint'),
};

/**
 * Makes proposals that are not there, with their decisions, and returns how many. Left out: what is of a conversation, or
 * depends on a message or memory, that is not here. What accepting did is not done: it comes with the memories.
 */
export async function bringProposals(tx: WriteTransaction, brought: readonly BroughtProposal[]): Promise<number> {
  const talks = new Map<string, string | undefined>();
  for (const { companion, conversation } of brought) {
    const name = JSON.stringify([companion, conversation]);
    if (talks.has(name)) continue;
    const companionId = await findCompanion(tx, { key: companion });
    const of = companionId && {
      companion: { id: companionId, given: companion },
      conversation: { externalId: conversation },
    };
    talks.set(name, of ? (await findConversation(tx, of))?.id : undefined);
  }
  const placed = brought.flatMap((each) => {
    const conversationId = talks.get(JSON.stringify([each.companion, each.conversation]));
    return conversationId ? [{ ...each, conversationId }] : [];
  });
  const lineages = await lineagesOf(tx, placed);
  const there = await messagesThere(tx, placed);
  const whole = placed.filter(({ sources }) =>
    sources.every(
      ({ messageId, memoryId }) =>
        (messageId === null || there.has(messageId)) && (memoryId === null || lineages.has(memoryId)),
    ),
  );
  if (whole.length === 0) return 0;
  const stamp = await tx.stamp();
  const x = recordset(
    'x',
    shape,
    whole.map(({ sources: _, companion: __, conversation: ___, kind, status, proposedAt, decidedAt, ...rest }) => ({
      ...rest,
      kind: proposalKind[kind],
      status: proposalStatus[status],
      proposedAt: proposedAt ?? stamp,
      decidedAt: status === 'OPEN' ? null : (decidedAt ?? stamp),
    })),
  );
  const made = await tx.rows<{ id: string }>(sql`
    ${insertSelect(
      proposals,
      {
        ...pick(x, 'id', 'kind', 'status', 'draft', 'memoryId', 'otherId', 'confidence', 'proposedBy', 'proposedAt'),
        ...pick(x, 'decidedAt', 'decidedBy', 'note', 'conversationId'),
        workspaceId: sql`${tx.workspaceId}::uuid`,
        companionId: c.companionId,
        userId: c.userId,
      },
      sql`from ${aliased(x)} join ${aliased(c)} on ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = ${x.conversationId}
        order by ${x.id}`,
    )} on conflict do nothing returning ${names(proposals, 'id')}`);
  const fresh = new Set(made.map(({ id }) => id));
  await bringSources(
    tx,
    whole.filter(({ id }) => fresh.has(id)),
    lineages,
  );
  return made.length;
}

async function bringSources(
  tx: WriteTransaction,
  made: readonly Pick<BroughtProposal, 'id' | 'sources'>[],
  lineages: ReadonlyMap<string, string>,
): Promise<void> {
  const rows = made.flatMap(({ id, sources }) =>
    sources.map(({ role, memoryId, ...source }, place) => ({
      ...source,
      ...{ proposalId: id, place, role: sourceRole[role], memoryId },
      lineageId: memoryId && (lineages.get(memoryId) as string),
    })),
  );
  if (rows.length === 0) return;
  const y = recordset('y', sourceShape, rows);
  await tx.rows(
    insertSelect(
      proposalSources,
      {
        ...pick(y, 'proposalId', 'place', 'role', 'messageId', 'memoryId', 'lineageId', 'quote'),
        workspaceId: sql`${tx.workspaceId}::uuid`,
      },
      sql`from ${aliased(y)}`,
    ),
  );
}

type Depending = readonly Pick<BroughtProposal, 'sources'>[];

/** The lineages of the memories that there are, by their keys. */
async function lineagesOf(tx: WriteTransaction, brought: Depending): Promise<Map<string, string>> {
  const ids = brought.flatMap(({ sources }) => sources.flatMap(({ memoryId }) => memoryId ?? []));
  if (ids.length === 0) return new Map();
  const columns = fields(pick(m, 'id', 'lineageId'));
  const x = recordset(
    'x',
    { id: memories.id },
    [...new Set(ids)].map((id) => ({ id })),
  );
  const rows = await tx.rows<RowOf<typeof columns>>(sql`
    select ${columns} from ${aliased(x)} join ${aliased(m)} on ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${x.id}`);
  return new Map(rows.map(({ id, lineageId }) => [id, lineageId]));
}

/** Those of the messages that there are. */
async function messagesThere(tx: WriteTransaction, brought: Depending): Promise<Set<string>> {
  const ids = brought.flatMap(({ sources }) => sources.flatMap(({ messageId }) => messageId ?? []));
  if (ids.length === 0) return new Set();
  const columns = fields(pick(g, 'id'));
  const x = recordset(
    'x',
    { id: messages.id },
    [...new Set(ids)].map((id) => ({ id })),
  );
  const rows = await tx.rows<RowOf<typeof columns>>(sql`
    select ${columns} from ${aliased(x)} join ${aliased(g)} on ${g.workspaceId} = ${tx.workspaceId} and ${g.id} = ${x.id}`);
  return new Set(rows.map(({ id }) => id));
}

/** Marks a conversation that has just been brought as read up to a position. */
export async function bringMark(
  tx: WriteTransaction,
  { companion, externalId, position }: { companion: string; externalId: string; position: number },
): Promise<void> {
  const companionId = await findCompanion(tx, { key: companion });
  if (!companionId) return;
  await tx.rows(sql`
    ${insertSelect(
      extractions,
      {
        workspaceId: sql`${tx.workspaceId}::uuid`,
        conversationId: c.id,
        position: valueFor(extractions.position, position),
        readAt: sql`null`,
        claim: sql`null`,
        claimedUntil: sql`null`,
      },
      sql`from ${aliased(c)} where ${c.workspaceId} = ${tx.workspaceId} and ${c.companionId} = ${companionId}::uuid
        and ${c.externalId} = ${externalId}`,
    )} on conflict do nothing`);
}
