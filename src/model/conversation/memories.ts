import { type SQL, sql } from 'drizzle-orm';
import { aliased, under } from '../../db/typed-sql.ts';
import { messages } from '../../tables/conversation.ts';

const g = under(messages, 'g');

/** That a lineage is what a message of a conversation became. */
export const ofConversationSql = (lineageId: SQL, conversationId: SQL, workspaceId: string): SQL =>
  sql`${lineageId} in (select ${g.lineageId} from ${aliased(g)}
    where ${g.workspaceId} = ${workspaceId} and ${g.conversationId} = ${conversationId} and ${g.lineageId} is not null)`;
