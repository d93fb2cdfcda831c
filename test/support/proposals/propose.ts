import type { Database } from '../../../src/db/database.ts';
import { encodeId, newId, parseId } from '../../../src/kernel/ids.ts';
import {
  type ProposalKind,
  type ProposalStatus,
  proposalKind,
  proposalStatus,
  sourceRole,
} from '../../../src/tables/proposal.ts';
import { runAsSuperuser } from '../tables.ts';

/** A proposal of a message, which it quotes; `text` is its quote, its note and all that it says. */
export interface Proposed {
  message: string;
  kind: ProposalKind;
  text: string;
  status?: ProposalStatus;
  /** What it is about. */
  memory?: string;
  /** What a relation leads to, or what a new memory supersedes. */
  other?: string;
}

const uuidOf = (id: string | undefined): string => (id ? `'${parseId(id)?.uuid}'::uuid` : 'null::uuid');

const drafts: Record<ProposalKind, (text: string, supersedes: boolean) => object> = {
  MEMORY: (content, supersedes) => ({
    content,
    type: 'FACT',
    importance: 5,
    ...(supersedes && { supersedes: { reason: content } }),
  }),
  CORRECTION: (content) => ({ content, kind: 'MISTAKE', reason: content }),
  RETRACTION: (reason) => ({ kind: 'MISTAKE', reason }),
  RELATION: () => ({ type: 'REFERENCES' }),
};

/**
 * Makes proposals as rows, so that no chat model is needed, and marks their conversations as read. Returns their ids.
 */
export async function proposeRows(database: Database, rows: readonly Proposed[]): Promise<string[]> {
  const ids: string[] = [];
  for (const { message, kind, text, status = 'OPEN', memory, other } of rows) {
    const id = newId();
    ids.push(encodeId('Proposal', id));
    const isDecided = status !== 'OPEN';
    const draft = JSON.stringify(drafts[kind](text, other !== undefined)).replaceAll("'", "''");
    const decided = isDecided ? `now, 'tester', '${text}'` : 'null, null, null';
    const about = [memory, other].flatMap((of, nth) =>
      of ? [[of, nth === 1 && kind === 'MEMORY' ? sourceRole.SUPERSEDED : sourceRole.ORIGIN] as const] : [],
    );
    await runAsSuperuser(
      database,
      `insert into proposals (workspace_id, id, companion_id, user_id, conversation_id, kind, status, draft, memory_id, other_id,
         confidence, proposed_by, proposed_at, decided_at, decided_by, note)
       select c.workspace_id, '${id}', c.companion_id, c.user_id, c.id, ${proposalKind[kind]}, ${proposalStatus[status]},
         '${draft}', ${uuidOf(memory)}, ${uuidOf(other)}, 0.75, 'model:small', now, ${decided}
       from messages g join conversations c on c.workspace_id = g.workspace_id and c.id = g.conversation_id,
         date_trunc('milliseconds', clock_timestamp()) now
       where g.id = ${uuidOf(message)};
       insert into proposal_sources (workspace_id, proposal_id, place, role, message_id, memory_id, lineage_id, quote)
       select workspace_id, '${id}', 0, ${sourceRole.EVIDENCE}, id, memory_id, lineage_id, '${text}' from messages
       where id = ${uuidOf(message)};
       ${about
         .map(
           (
             [of, role],
             nth,
           ) => `insert into proposal_sources (workspace_id, proposal_id, place, role, memory_id, lineage_id)
             select workspace_id, '${id}', ${nth + 1}, ${role}, id, lineage_id from memories where id = ${uuidOf(of)};`,
         )
         .join('\n')}
       insert into extractions (workspace_id, conversation_id, position, read_at)
       select c.workspace_id, c.id, c.next_position - 1, date_trunc('milliseconds', clock_timestamp())
       from messages g join conversations c on c.workspace_id = g.workspace_id and c.id = g.conversation_id
       where g.id = ${uuidOf(message)} on conflict do nothing`,
    );
  }
  return ids;
}
