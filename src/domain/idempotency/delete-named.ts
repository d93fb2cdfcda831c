import { type SQL, sql } from 'drizzle-orm';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { conversations } from '../../tables/conversation.ts';
import { proposals } from '../../tables/proposal.ts';
import { emptySuccessesOf, emptySuccessesOfAny } from './successes.ts';

const c = under(conversations, 'c');
const old = { c: under(conversations, 'old'), p: under(proposals, 'old') };
const p = under(proposals, 'p');

/** Whose things are erased. */
export type Whose = { userId: string } | { companionId: string };

/** So many rows are deleted at once. */
const AT_ONCE = 1_000;

/**
 * Of a user or a companion that is about to be deleted, deletes proposals and conversations, with what belongs to these: their
 * ids are needed, since successes that name them do not name their owner. Empties these successes, and those that name the
 * owner. What events of others say of their sessions is to be taken out before.
 */
export async function deleteNamedInSuccesses(tx: WriteTransaction, whose: Whose): Promise<void> {
  await emptySuccessesOf(tx, whose);
  const of = ({ workspaceId, userId, companionId }: { workspaceId: SQL; userId: SQL; companionId: SQL }) =>
    sql`${workspaceId} = ${tx.workspaceId} and ${
      'userId' in whose ? sql`${userId} = ${whose.userId}::uuid` : sql`${companionId} = ${whose.companionId}::uuid`
    }`;
  // In the order of their indexes, with a limit: else a plan for all owners may read those of all.
  const limit = sql.raw(String(AT_ONCE));
  await deleteNamed(
    tx,
    'proposalId',
    sql`
      delete from ${aliased(p)} where ${p.workspaceId} = ${tx.workspaceId} and ${p.id} in (
        select ${old.p.id} from ${aliased(old.p)} where ${of(old.p)}
        order by ${old.p.status}, ${old.p.proposedAt} desc nulls first, ${old.p.id} desc nulls first limit ${limit})
      returning ${p.id}`,
  );
  await deleteNamed(
    tx,
    'conversationId',
    sql`
      delete from ${aliased(c)} where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} in (
        select ${old.c.id} from ${aliased(old.c)} where ${of(old.c)}
        order by ${old.c.activeAt} desc nulls first, ${old.c.id} desc nulls first limit ${limit})
      returning ${c.id}`,
  );
}

/** Runs a statement until it deletes no more, and empties the successes that name by this field what it deleted. */
async function deleteNamed(tx: WriteTransaction, field: string, statement: SQL): Promise<void> {
  for (let count = AT_ONCE; count === AT_ONCE; ) {
    const rows = await tx.unrestricted(() => tx.rows<{ id: string }>(statement));
    count = rows.length;
    if (count === 0) return;
    await emptySuccessesOfAny(
      tx,
      field,
      rows.map(({ id }) => id),
    );
  }
}
