import { type SQL, sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, derived, fields, pick, set, under } from '../../db/typed-sql.ts';
import { proposalSources, proposals, sourceRole } from '../../tables/proposal.ts';
import { emptySuccessesOfAny } from '../idempotency/successes.ts';

const p = under(proposals, 'p');
const s = under(proposalSources, 's');
const named = derived('named', { ...pick(s, 'proposalId'), isKept: sql<boolean>`` });

/**
 * Erases what was proposed of lineages, when these have been deleted: a proposal that quotes, names or takes words from
 * one goes, and one that only supersedes it no longer says so. Successes that named what goes are emptied. Who stores
 * proposals holds these lineages first.
 */
export const eraseProposalsOfLineages = (tx: WriteTransaction, lineageIds: readonly string[]): Promise<void> =>
  erase(tx, lineageIds, sql`${s.lineageId} = any(${uuids(lineageIds)})`);

/** The same of messages. Who stores proposals holds their conversation first. */
export const eraseProposalsOfMessages = (tx: WriteTransaction, messageIds: readonly string[]): Promise<void> =>
  erase(tx, messageIds, sql`${s.messageId} = any(${uuids(messageIds)})`);

async function erase(tx: WriteTransaction, ids: readonly string[], isGone: SQL): Promise<void> {
  if (ids.length === 0) return;
  const superseded = sql.raw(String(sourceRole.SUPERSEDED));
  await tx.unrestricted(async () => {
    const erased = await tx.rows<{ id: string }>(sql`
      with named as materialized (
        select ${fields({ proposalId: s.proposalId, isKept: sql`bool_and(${s.role} = ${superseded})` })}
        from ${aliased(s)} where ${s.workspaceId} = ${tx.workspaceId} and ${isGone} group by ${s.proposalId}
      ), unsaid as (
        update ${aliased(p)} set ${set(proposals, { otherId: sql`null`, draft: sql`${p.draft} - 'supersedes'` })}
        where ${p.workspaceId} = ${tx.workspaceId}
          and ${p.id} = any(array(select ${named.proposalId} from named where ${named.isKept}))
      ), unnamed as (
        delete from ${aliased(s)} where ${s.workspaceId} = ${tx.workspaceId} and ${isGone}
          and ${s.proposalId} = any(array(select ${named.proposalId} from named where ${named.isKept}))
      )
      delete from ${aliased(p)} where ${p.workspaceId} = ${tx.workspaceId}
        and ${p.id} = any(array(select ${named.proposalId} from named where not ${named.isKept})) returning ${p.id}`);
    if (erased.length === 0) return;
    await emptySuccessesOfAny(
      tx,
      'proposalId',
      erased.map(({ id }) => id),
    );
  });
}
