import { type SQL, sql } from 'drizzle-orm';
import { all } from '../../db/sql.ts';
import type { Transaction, WriteTransaction } from '../../db/transaction.ts';
import type { Under } from '../../db/typed-sql.ts';
import { InvalidInput } from '../../kernel/errors.ts';
import type { CompanionRef } from '../../model/companion/ref.ts';
import type { ConversationRef } from '../../model/conversation/ref.ts';
import type { UserRef } from '../../model/user/ref.ts';
import type { WorkingMemoryScope, workingMemories } from '../../tables/working-memory.ts';
import { ensureCompanion, findCompanion } from '../companion/companions.ts';
import { type ConversationRow, ensureConversation, findConversation } from '../conversation/conversations.ts';
import { ensureUsers, findUser, userRefKey } from '../user/users.ts';

/** Which working memory is meant, as callers say it. */
export interface WorkingMemoryOf {
  companion: CompanionRef;
  /** Left out where a conversation is given: the one of the conversation. */
  user?: UserRef | null | undefined;
  conversation?: ConversationRef | null | undefined;
  /** Default: CONVERSATION if one is given, else USER if a user is, else COMPANION. */
  scope?: WorkingMemoryScope | null | undefined;
}

/** Whose a working memory is. */
export interface Owner {
  scope: WorkingMemoryScope;
  companionId: string;
  /** Of scope CONVERSATION: the conversation's user. */
  userId: string | null;
  conversationId: string | null;
}

function scopeOf({ user, conversation, scope }: WorkingMemoryOf, path: readonly string[]): WorkingMemoryScope {
  if (!scope) return conversation ? 'CONVERSATION' : user ? 'USER' : 'COMPANION';
  const missing = (field: string, what: string) =>
    new InvalidInput([{ path: [...path, field], message: `The scope ${scope} needs ${what}: give it, too.` }]);
  if (scope === 'CONVERSATION' && !conversation) throw missing('conversation', 'a conversation');
  if (scope === 'USER' && !user && !conversation) throw missing('user', 'a user, or a conversation with one');
  return scope;
}

const ownerOf = (
  scope: WorkingMemoryScope,
  companionId: string,
  userId: string | null,
  conversation: ConversationRow | undefined,
  path: readonly string[],
): Owner => {
  if (scope === 'COMPANION') return { scope, companionId, userId: null, conversationId: null };
  if (scope === 'CONVERSATION') return { scope, companionId, userId, conversationId: conversation?.id ?? null };
  if (userId) return { scope, companionId, userId, conversationId: null };
  throw new InvalidInput([{ path: [...path, 'scope'], message: 'The conversation has no user: give another scope.' }]);
};

/** Whose is meant; undefined where there is no such companion, user or conversation. Throws InvalidInput. */
export async function findOwner(
  tx: Transaction,
  of: WorkingMemoryOf,
  path: readonly string[] = [],
): Promise<Owner | undefined> {
  const scope = scopeOf(of, path);
  const companionId = await findCompanion(tx, of.companion);
  if (!companionId) return undefined;
  const userId = of.user ? await findUser(tx, of.user) : undefined;
  if (!of.conversation)
    return of.user && !userId ? undefined : ownerOf(scope, companionId, userId ?? null, undefined, path);
  const companion = { id: companionId, given: companionId };
  const conversation = await findConversation(tx, { companion, conversation: of.conversation });
  if (!conversation) return undefined;
  if (of.user && userId !== conversation.userId) {
    const message = 'The conversation has another user: leave user out, and it is the one of the conversation.';
    throw new InvalidInput([{ path: [...path, 'user'], message }]);
  }
  return ownerOf(scope, companionId, conversation.userId, conversation, path);
}

/**
 * Whose is meant; companions, users and conversations that are named by new keys are made. Throws NotFound for unknown
 * ids, InvalidInput, and Forbidden where the credential may not make them, or not change the conversation.
 */
export async function ensureOwner(tx: WriteTransaction, of: WorkingMemoryOf): Promise<Owner> {
  const path = ['input'];
  const scope = scopeOf(of, path);
  const { companion, user, conversation } = of;
  if (conversation) {
    const row = await ensureConversation(tx, { companion, user, conversation });
    return ownerOf(scope, row.companionId, row.userId, row, path);
  }
  const companionId = await ensureCompanion(tx, companion);
  const userId = user ? ((await ensureUsers(tx, [user])).get(userRefKey(user)) as string) : null;
  return ownerOf(scope, companionId, userId, undefined, path);
}

type Rows = Pick<Under<typeof workingMemories>, 'workspaceId' | 'scope' | 'companionId' | 'userId' | 'conversationId'>;

/** The row of an owner. A scope is written out where an index is of that alone. */
export function isOf(rows: Rows, workspaceId: string, { scope, companionId, userId, conversationId }: Owner): SQL {
  const conditions = [sql`${rows.workspaceId} = ${workspaceId}`];
  if (scope === 'CONVERSATION') {
    conditions.push(sql`${rows.conversationId} = ${conversationId}::uuid`);
  } else if (scope === 'USER') {
    conditions.push(sql`${rows.companionId} = ${companionId}::uuid`, sql`${rows.userId} = ${userId}::uuid`);
    conditions.push(sql`${rows.scope} = 'USER'`);
  } else {
    conditions.push(sql`${rows.companionId} = ${companionId}::uuid`, sql`${rows.scope} = 'COMPANION'`);
  }
  return all(conditions);
}
