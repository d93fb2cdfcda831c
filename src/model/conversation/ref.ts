import { type SQL, sql } from 'drizzle-orm';
import { aliased, under } from '../../db/typed-sql.ts';
import { conversations } from '../../tables/conversation.ts';

const c = under(conversations, 'cv');

/** A conversation by its key in the database, or by the caller's own id, which is unique by companion. */
export type ConversationRef = { id: string; given: string } | { externalId: string };

/** As callers know it, for messages. */
export const givenConversation = (ref: ConversationRef): string => ('id' in ref ? ref.given : ref.externalId);

/** The conversation's id, in SQL; null where there is none. `companionId` is of the companion that it is named with. */
export const conversationIdSql = (ref: ConversationRef, workspaceId: string, companionId: SQL): SQL =>
  'id' in ref
    ? sql`${ref.id}::uuid`
    : sql`(select ${c.id} from ${aliased(c)} where ${c.workspaceId} = ${workspaceId}
        and ${c.companionId} = ${companionId} and ${c.externalId} = ${ref.externalId})`;
