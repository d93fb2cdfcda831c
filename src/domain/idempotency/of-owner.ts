import { type SQL, sql } from 'drizzle-orm';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { conversations } from '../../tables/conversation.ts';
import { idempotencyKeys } from '../../tables/idempotency.ts';
import { proposals } from '../../tables/proposal.ts';
import { profiles } from '../../tables/summary.ts';
import { emptied, emptySuccessesOf } from './successes.ts';

const c = under(conversations, 'c');
const k = under(idempotencyKeys, 'k');
const f = under(profiles, 'f');
const p = under(proposals, 'p');

/** Whose things are erased. */
export type Whose = { userId: string } | { companionId: string };

/**
 * Empties the successes that name a user or a companion that is about to be deleted, or what goes with them by cascading
 * keys: conversations, profiles and proposals. What else there is of theirs names its owner itself.
 */
export async function emptySuccessesOfOwner(tx: WriteTransaction, whose: Whose): Promise<void> {
  await emptySuccessesOf(tx, whose);
  const of = (row: { workspaceId: SQL; userId: SQL; companionId: SQL }) =>
    sql`${row.workspaceId} = ${tx.workspaceId} and ${
      'userId' in whose
        ? sql`${row.userId} = ${whose.userId}::uuid`
        : sql`${row.companionId} = ${whose.companionId}::uuid`
    }`;
  const named = (list: string, ids: SQL) =>
    sql`exists (select from jsonb_array_elements_text(${k.result} -> ${list}::text) named where named in (${ids}))`;
  await tx.rows(sql`
    update ${aliased(k)} set ${emptied} where ${k.workspaceId} = ${tx.workspaceId} and (
      ${k.result} ->> 'conversationId' in (select ${c.id}::text from ${aliased(c)} where ${of(c)})
      or ${named('profileIds', sql`select ${f.id}::text from ${aliased(f)} where ${of(f)}`)}
      or ${named('proposalIds', sql`select ${p.id}::text from ${aliased(p)} where ${of(p)}`)})`);
}
