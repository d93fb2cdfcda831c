import { sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { Conflict } from '../../kernel/errors.ts';
import type { GivenId } from '../../kernel/input.ts';
import { messages } from '../../tables/conversation.ts';
import { memories } from '../../tables/memory.ts';
import { retractMemory } from '../correction/corrections.ts';
import { eraseProposalsOfMessages } from '../message/erase-proposals.ts';
import { type Append, type Appended, addMessages, touch } from './append.ts';
import { lockConversation } from './conversations.ts';
import type { PreparedMessage } from './prepare.ts';

const g = under(messages, 'g');
const m = under(memories, 'm');
const other = under(messages, 'other');

/** So many of the newest messages are replaced at once: each that is remembered is a retraction of its own. */
export const MOST_REPLACED = 100;

const newest = fields(pick(g, 'id', 'digest'));
const remembered = fields(pick(m, 'id'));

/** The newest messages in the order they were said: by their ids, or as they were given. */
export type Expected = readonly GivenId[] | readonly Pick<PreparedMessage, 'digest'>[];

/**
 * Drops the newest messages of a conversation, if they are those expected, in the order they were said, and adds others.
 * What was dropped is no longer remembered (retracted, MISTAKE), but for what a message elsewhere still points to, and
 * what was corrected or retracted meanwhile. Throws Conflict where other messages are the newest; and what
 * appendMessages throws.
 */
export async function replaceMessages(
  tx: WriteTransaction,
  { expected, ...append }: Append & { expected: Expected },
): Promise<Appended> {
  const conversation = await lockConversation(tx, append);
  const rows = await tx.rows<RowOf<typeof newest>>(sql`
    select ${newest} from ${aliased(g)}
    where ${g.workspaceId} = ${tx.workspaceId} and ${g.conversationId} = ${conversation.id}::uuid
    order by ${g.position} desc limit ${expected.length}`);
  rows.reverse();
  const isExpected = ({ id, digest }: RowOf<typeof newest>, index: number) => {
    const one = expected[index];
    return one && ('uuid' in one ? one.uuid === id : one.digest === digest);
  };
  if (rows.length !== expected.length || !rows.every(isExpected)) {
    throw new Conflict('The newest messages are not those expected', { type: 'Conversation', id: conversation.id });
  }
  const ids = rows.map(({ id }) => id);
  if (ids.length > 0) {
    await retractThose(tx, ids);
    await tx.rows(
      sql`delete from ${aliased(g)} where ${g.workspaceId} = ${tx.workspaceId} and ${g.id} = any(${uuids(ids)})`,
    );
    await eraseProposalsOfMessages(tx, ids);
    await touch(tx, conversation.id, -ids.length);
  }
  return addMessages(tx, conversation, append);
}

/** Retracts what messages alone became, where nobody has decided about it since. */
async function retractThose(tx: WriteTransaction, messageIds: readonly string[]): Promise<void> {
  const versions = await tx.rows<RowOf<typeof remembered>>(sql`
    select ${remembered} from ${aliased(g)}
    cross join lateral (
      select * from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${g.memoryId}
        and ${m.retractedAt} is null and ${m.validUntil} is null and ${m.archivedAt} is null limit 1) m
    where ${g.workspaceId} = ${tx.workspaceId} and ${g.id} = any(${uuids(messageIds)})
      and not exists (
        select from ${aliased(other)}
        where ${other.workspaceId} = ${tx.workspaceId} and ${other.lineageId} = ${g.lineageId}
          and ${other.id} <> all(${uuids(messageIds)}))
    order by ${m.id}`);
  for (const { id } of versions) {
    // At most as many as are replaced: each settles a time line of its own.
    await retractMemory(tx, { uuid: id, given: id }, { kind: 'MISTAKE' });
  }
}
