import { sql } from 'drizzle-orm';
import { moment, uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import {
  aliased,
  fields,
  insertSelect,
  pick,
  type RowOf,
  recordset,
  typed,
  under,
  valueFor,
} from '../../db/typed-sql.ts';
import { newId } from '../../kernel/ids.ts';
import type { Asked, AskedMemory, AskedMessage, Draft } from '../../model/proposal/drafts.ts';
import { messages } from '../../tables/conversation.ts';
import { lineages } from '../../tables/memory.ts';
import { proposalKind, proposalSources, proposals, type SourceRole, sourceRole } from '../../tables/proposal.ts';
import type { ConversationRow } from '../conversation/conversations.ts';
import { type Judged, judgeDrafts } from './known.ts';

const g = under(messages, 'g');
const l = under(lineages, 'l');
const p = under(proposals, 'p');

/** So many proposals made before are compared with new ones, the newest: they are not made again. */
const MOST_EARLIER = 200;

/** A proposal that has been stored. */
export interface StoredProposal extends Judged {
  id: string;
}

/**
 * Stores what a model proposes of a conversation, which this transaction holds, but for what depends on something that has
 * gone or changed since it was read, and what is remembered or was proposed before. In a constant number of statements.
 */
export async function storeDrafts(
  tx: WriteTransaction,
  conversation: ConversationRow,
  drafts: readonly Draft[],
  asked: Asked,
  proposedBy: string,
): Promise<StoredProposal[]> {
  if (drafts.length === 0) return [];
  const standing = await standingOf(tx, drafts);
  const judged = await judgeDrafts(tx, conversation, standing, asked, await earlierOf(tx, conversation));
  // What a draft supersedes was found just now: it is held, too.
  const held = await holdLineages(
    tx,
    judged.flatMap(({ supersedes }) => supersedes?.lineageId ?? []),
  );
  const stored = judged.map((each) => ({
    ...each,
    supersedes: each.supersedes && held.has(each.supersedes.lineageId) ? each.supersedes : null,
    id: newId(),
  }));
  await insert(tx, conversation, stored, proposedBy);
  return stored;
}

const isMessage = (each: AskedMessage | AskedMemory): each is AskedMessage => 'text' in each;

const namedBy = ({ evidence, memory, other, origins }: Draft): (AskedMessage | AskedMemory)[] =>
  [...evidence.map(({ message }) => message), memory, other, ...origins].filter((each) => each !== null);

/** Holds lineages so that they are not forgotten before this transaction ends; says which there are. */
async function holdLineages(tx: WriteTransaction, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await tx.unrestricted(() =>
    tx.rows<{ id: string }>(sql`
      select ${fields(pick(l, 'id'))} from ${aliased(l)}
      where ${l.workspaceId} = ${tx.workspaceId} and ${l.id} = any(${uuids([...new Set(ids)])})
      order by ${l.id} for key share`),
  );
  return new Set(rows.map(({ id }) => id));
}

/** Drafts of which all that they depend on is still there, as it was read. */
async function standingOf(tx: WriteTransaction, drafts: readonly Draft[]): Promise<Draft[]> {
  const named = [...new Set(drafts.flatMap(namedBy))];
  const held = await holdLineages(
    tx,
    named.flatMap(({ lineageId }) => lineageId ?? []),
  );
  const columns = fields(pick(g, 'id', 'updatedAt', 'lineageId'));
  const rows = await tx.rows<RowOf<typeof columns>>(sql`
    select ${columns} from ${aliased(g)} where ${g.workspaceId} = ${tx.workspaceId}
      and ${g.id} = any(${uuids(named.filter(isMessage).map(({ id }) => id))}) and not ${g.isForgotten}`);
  const there = new Map(rows.map((row) => [row.id, row]));
  const stands = (each: AskedMessage | AskedMemory): boolean => {
    if (each.lineageId !== null && !held.has(each.lineageId)) return false;
    if (!isMessage(each)) return true;
    const row = there.get(each.id);
    return row?.updatedAt.getTime() === each.updatedAt.getTime() && row.lineageId === each.lineageId;
  };
  return drafts.filter((draft) => namedBy(draft).every(stands));
}

const said = fields({ content: sql<string | null>`${p.draft} ->> 'content'` });

/** What new memories were proposed before of the same user, the newest. */
async function earlierOf(tx: WriteTransaction, { companionId, userId }: ConversationRow): Promise<string[]> {
  const parts = Object.values(proposalStatusNumbers).map(
    (status) => sql`(
      select ${fields(pick(p, 'draft', 'kind', 'proposedAt', 'id'))} from ${aliased(p)}
      where ${p.workspaceId} = ${tx.workspaceId} and ${p.companionId} = ${companionId}::uuid
        and ${p.status} = ${sql.raw(String(status))}
        and ${userId ? sql`${p.userId} = ${userId}::uuid` : sql`${p.userId} is null`}
      order by ${p.proposedAt} desc, ${p.id} desc limit ${sql.raw(String(MOST_EARLIER))})`,
  );
  const rows = await tx.rows<RowOf<typeof said>>(sql`
    select ${said} from (${sql.join(parts, sql` union all `)}) p where ${p.kind} = ${sql.raw(String(proposalKind.MEMORY))}`);
  return rows.flatMap(({ content }) => content ?? []);
}

/** Those decided otherwise are looked at, too: what was rejected is not proposed again. What was accepted is remembered. */
const proposalStatusNumbers = { OPEN: 0, REJECTED: 2 } as const;

const shape = {
  ...pick(proposals, 'id', 'kind', 'draft', 'memoryId', 'otherId', 'confidence'),
};
const sourceShape = {
  ...pick(proposalSources, 'proposalId', 'messageId', 'memoryId', 'lineageId', 'quote'),
  place: typed<number>('smallint'),
  role: typed<number>('smallint'),
};

/** What was said last of what it quotes: from then on it holds. */
const saidAt = ({ evidence }: Draft): Date =>
  new Date(Math.max(...evidence.map(({ message }) => message.createdAt.getTime())));

function draftFor(proposal: StoredProposal, stamp: Date): Record<string, unknown> {
  const { kind, draft, supersedes } = proposal;
  if (kind !== 'MEMORY') return draft;
  const from = saidAt(proposal);
  return {
    ...draft,
    ...(from < stamp && { validFrom: from.toISOString() }),
    ...(supersedes && { supersedes: { reason: supersedes.reason } }),
  };
}

async function insert(
  tx: WriteTransaction,
  { id: conversationId, companionId, userId }: ConversationRow,
  stored: readonly StoredProposal[],
  proposedBy: string,
): Promise<void> {
  if (stored.length === 0) return;
  const stamp = await tx.stamp();
  const x = recordset(
    'x',
    shape,
    stored.map((proposal) => ({
      id: proposal.id,
      kind: proposalKind[proposal.kind],
      draft: draftFor(proposal, stamp),
      memoryId: proposal.memory?.id ?? null,
      otherId: proposal.other?.id ?? proposal.supersedes?.id ?? null,
      confidence: proposal.confidence,
    })),
  );
  await tx.rows(
    insertSelect(
      proposals,
      {
        ...pick(x, 'id', 'kind', 'draft', 'memoryId', 'otherId', 'confidence'),
        workspaceId: sql`${tx.workspaceId}::uuid`,
        companionId: sql`${companionId}::uuid`,
        userId: sql`${userId}::uuid`,
        conversationId: sql`${conversationId}::uuid`,
        proposedBy: valueFor(proposals.proposedBy, proposedBy),
        proposedAt: moment(stamp),
        decidedAt: sql`null`,
        decidedBy: sql`null`,
        note: sql`null`,
      },
      sql`from ${aliased(x)}`,
    ),
  );
  const y = recordset('y', sourceShape, stored.flatMap(sourcesOf));
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

function sourcesOf(proposal: StoredProposal) {
  const { id, evidence, memory, other, origins, supersedes } = proposal;
  const of = (role: SourceRole, each: AskedMessage | AskedMemory, quote: string | null = null) => ({
    role: sourceRole[role],
    messageId: isMessage(each) ? each.id : null,
    memoryId: isMessage(each) ? each.memoryId : each.id,
    lineageId: each.lineageId,
    quote,
  });
  const rows = [
    ...evidence.map(({ message, quote }) => of('EVIDENCE', message, quote)),
    ...[memory, other, ...origins].flatMap((each) => (each ? [of('ORIGIN', each)] : [])),
    ...(supersedes
      ? [
          {
            ...{ role: sourceRole.SUPERSEDED, messageId: null, quote: null },
            memoryId: supersedes.id,
            lineageId: supersedes.lineageId,
          },
        ]
      : []),
  ];
  return rows.map((row, place) => ({ ...row, proposalId: id, place }));
}
