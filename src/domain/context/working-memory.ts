import { sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import type { Transaction } from '../../db/transaction.ts';
import { fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { workingMemories } from '../../tables/working-memory.ts';
import type { Scope } from './scope.ts';

const w = under(workingMemories, 'w');

const select = fields(pick(w, 'id', 'scope', 'content'));
export type WorkingMemoryRow = RowOf<typeof select>;

/** The working memory of the conversation, of the user and of the companion, as far as there is any: the nearest first. */
export async function workingMemoryOf(
  tx: Transaction,
  reading: Reading,
  { companionId, userId, conversation }: Scope,
): Promise<WorkingMemoryRow[]> {
  const rows = await tx.rows<WorkingMemoryRow>(sql`
    select ${select} from ${reading.from(w)}
    where ${w.workspaceId} = ${tx.workspaceId} and ${w.companionId} = ${companionId}::uuid and (
      ${w.conversationId} = ${conversation?.id ?? null}::uuid
      or (${w.conversationId} is null and (${w.userId} is null or ${w.userId} = ${userId}::uuid)))`);
  const places = ['CONVERSATION', 'USER', 'COMPANION'];
  return rows.sort((a, b) => places.indexOf(a.scope) - places.indexOf(b.scope));
}
