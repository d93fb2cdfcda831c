import { sql } from 'drizzle-orm';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { companions } from '../../tables/companion.ts';
import { contradictions } from '../../tables/contradiction.ts';
import { conversations, messages } from '../../tables/conversation.ts';
import { decisions } from '../../tables/correction.ts';
import { entities } from '../../tables/entity.ts';
import { findings } from '../../tables/finding.ts';
import { memories } from '../../tables/memory.ts';
import { proposals } from '../../tables/proposal.ts';
import { relations } from '../../tables/relation.ts';
import { users } from '../../tables/user.ts';
import { workingMemories, workingMemoriesHistory } from '../../tables/working-memory.ts';

const exported = [
  under(companions, 't'),
  under(users, 't'),
  under(entities, 't'),
  under(memories, 't'),
  under(decisions, 't'),
  under(contradictions, 't'),
  under(relations, 't'),
  under(findings, 't'),
  under(conversations, 't'),
  under(messages, 't'),
  under(proposals, 't'),
  under(workingMemories, 't'),
  under(workingMemoriesHistory, 't'),
];

/** How many lines an export has, nearly: what a progress bar needs. */
export async function countLines(tx: Transaction): Promise<number> {
  const counts = exported.map(
    (t) => sql`(select count(*) from ${aliased(t)} where ${t.workspaceId} = ${tx.workspaceId})`,
  );
  const [row] = await tx.rows<{ count: number }>(sql`select (${sql.join(counts, sql` + `)})::int as count`);
  return row?.count ?? 0;
}
