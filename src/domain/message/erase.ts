import { sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, set, under } from '../../db/typed-sql.ts';
import { messages } from '../../tables/conversation.ts';

const g = under(messages, 'g');

/** What stays of a message whose memory is forgotten: that somebody said something, where and when. */
const forgotten = set(messages, {
  isForgotten: sql`true`,
  memoryId: sql`null`,
  lineageId: sql`null`,
  digest: sql`null`,
  name: sql`null`,
  tokens: sql`null`,
  metadata: sql`'{}'`,
  content: sql`null`,
});

/** Takes out of all transcripts what became one of the lineages, before these are deleted. */
export async function eraseFromTranscripts(tx: WriteTransaction, lineageIds: readonly string[]): Promise<void> {
  await tx.rows(sql`
    update ${aliased(g)} set ${forgotten}
    where ${g.workspaceId} = ${tx.workspaceId} and ${g.lineageId} = any(${uuids(lineageIds)})`);
}
