import { type SQL, sql } from 'drizzle-orm';
import type { Narrowing, Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, under } from '../../db/typed-sql.ts';
import { InvalidInput } from '../../kernel/errors.ts';
import type { Restriction } from '../../kernel/principal.ts';
import { type CompanionRef, companionIdSql } from '../../model/companion/ref.ts';
import type { ConversationRef } from '../../model/conversation/ref.ts';
import { type UserRef, userIdSql } from '../../model/user/ref.ts';
import { conversations } from '../../tables/conversation.ts';
import { narrowingOf } from '../../tables/narrowing.ts';

const c = under(conversations, 'c');
const talk = under(conversations, 'talk');

/** For whom a context is, as the caller names them. */
export interface ContextOf {
  companion: CompanionRef;
  user?: UserRef | null | undefined;
  conversation?: ConversationRef | null | undefined;
}

/** For whom a context is. */
export interface Scope {
  /** Null: there is no such companion. */
  companionId: string | null;
  /** Null: nobody; what is about no particular user is seen. */
  userId: string | null;
  /** Null: none is named, or there is none. */
  conversation: { id: string; messageCount: number } | null;
}

interface ScopeRow {
  companionId: string | null;
  givenUserId: string | null;
  id: string | null;
  userId: string | null;
  messageCount: number | null;
}

const found = fields(pick(talk, 'id', 'userId', 'messageCount'));

/** Looks up for whom a context is. Throws InvalidInput where the conversation is not with the user named. */
export async function scopeOf(tx: Transaction, { companion, user, conversation }: ContextOf): Promise<Scope> {
  const { workspaceId } = tx;
  const companionId = companionIdSql(companion, workspaceId);
  const [row] = await tx.rows<ScopeRow>(sql`
    select ${companionId} as "companionId", ${user ? userIdSql(user, workspaceId) : sql`null::uuid`} as "givenUserId", ${found}
    from (values (1)) one left join lateral (
      select * from ${aliased(c)} where ${c.workspaceId} = ${workspaceId} and ${c.companionId} = ${companionId}
        and ${conversation ? named(conversation) : sql`false`} limit 1) talk on true`);
  const { id, userId, givenUserId, messageCount, ...rest } = row as ScopeRow;
  if (id === null) return { ...rest, userId: givenUserId, conversation: null };
  if (user && givenUserId !== userId) {
    const message = userId
      ? 'The conversation has another user: leave user out, and it is the one of the conversation.'
      : 'The conversation is with no particular user: leave user out.';
    throw new InvalidInput([{ path: ['input', 'user'], message }]);
  }
  return { ...rest, userId, conversation: { id, messageCount: messageCount as number } };
}

const named = (ref: ConversationRef): SQL =>
  'id' in ref ? sql`${c.id} = ${ref.id}::uuid` : sql`${c.externalId} = ${ref.externalId}`;

/**
 * What has keys alone, which lead to memories that are narrowed themselves: to look at each of their ends would take half
 * as long again as a recall. A restricted credential's own conditions apply to them nevertheless.
 */
const KEYS_ALONE = ['neighborhoods', 'relations', 'relations_history'];

/**
 * What a context of this user reads: the same as a credential sees that is restricted to the user, which is what is theirs
 * and what is nobody's. A restricted credential sees no more than it does anyway.
 */
export function narrowingFor({ userId }: Scope, restriction: Restriction | null): Narrowing {
  const isSeen = userId !== null && (restriction?.users?.includes(userId) ?? true);
  return narrowingOf({ companions: restriction?.companions ?? null, users: isSeen ? [userId] : [] }, KEYS_ALONE);
}
