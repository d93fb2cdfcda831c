import { sql } from 'drizzle-orm';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { companions } from '../../tables/companion.ts';
import { conversations } from '../../tables/conversation.ts';
import { proposalSources, proposals } from '../../tables/proposal.ts';
import { PAGE, pages } from './pages.ts';

const c = under(conversations, 'c');
const k = under(companions, 'k');
const p = under(proposals, 'p');
const s = under(proposalSources, 's');

/** What a proposal depends on, in order, as JSON has it. */
export interface SourceRow {
  role: number;
  messageId: string | null;
  memoryId: string | null;
  quote: string | null;
}

const sources = sql<SourceRow[]>`(
  select json_agg(json_build_object('role', ${s.role}, 'messageId', ${s.messageId}, 'memoryId', ${s.memoryId}, 'quote', ${s.quote})
    order by ${s.place})
  from ${aliased(s)} where ${s.workspaceId} = ${p.workspaceId} and ${s.proposalId} = ${p.id})`;

const proposalFields = fields({
  ...pick(p, 'id', 'kind', 'status', 'draft', 'memoryId', 'otherId', 'confidence', 'proposedBy', 'proposedAt'),
  ...pick(p, 'decidedAt', 'decidedBy', 'note'),
  companion: k.key,
  conversation: c.externalId,
  sources,
});
export type ProposalRow = RowOf<typeof proposalFields>;

/** All proposals, decided or not. */
export const proposalPages = (tx: Transaction): AsyncGenerator<ProposalRow[]> =>
  pages(
    tx,
    (last) => sql`
      select ${proposalFields} from ${aliased(p)}
      join ${aliased(c)} on ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = ${p.conversationId}
      join ${aliased(k)} on ${k.workspaceId} = ${tx.workspaceId} and ${k.id} = ${p.companionId}
      where ${p.workspaceId} = ${tx.workspaceId} ${last ? sql`and ${p.id} > ${last.id}::uuid` : sql``}
      order by ${p.id} limit ${PAGE}`,
  );
