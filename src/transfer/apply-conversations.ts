import { momentIn, type WriteTransaction } from '../db/transaction.ts';
import { appendMessages } from '../domain/conversation/append.ts';
import { bringConversation, bringMessages } from '../domain/conversation/bring.ts';
import { prepareMessages } from '../domain/conversation/prepare.ts';
import { bringMark } from '../domain/proposal/bring.ts';
import type { Counts } from './counts.ts';
import { type ConversationItem, LineProblem, type MessageItem, type Numbered, type TurnItem } from './format/items.ts';

/** Makes the conversations that are not there. */
export async function applyConversations(
  tx: WriteTransaction,
  conversations: readonly Numbered<ConversationItem>[],
  counts: Counts,
): Promise<void> {
  if (conversations.length === 0) return;
  const now = await momentIn(tx);
  for (const { line, item } of conversations) {
    refuseFuture(line, { createdAt: item.createdAt, updatedAt: item.updatedAt }, now);
    const isMade = await bringConversation(tx, item);
    counts.add('conversation', isMade);
    // One that was there has been read as far as it was here.
    if (isMade && item.readUntil != null) await bringMark(tx, { ...item, position: item.readUntil });
  }
}

/**
 * Makes the messages that are not there, conversation by conversation. `standing` gives the key a memory of the file has
 * here.
 */
export async function applyMessages(
  tx: WriteTransaction,
  messages: readonly Numbered<MessageItem>[],
  standing: (key: string) => string,
  counts: Counts,
): Promise<void> {
  if (messages.length === 0) return;
  const now = await momentIn(tx);
  for (const { line, item } of messages) {
    refuseFuture(line, { recordedAt: item.recordedAt, updatedAt: item.updatedAt }, now);
  }
  const byConversation = Map.groupBy(messages, ({ item }) => JSON.stringify([item.companion, item.conversation]));
  for (const group of byConversation.values()) {
    const { companion, conversation } = (group[0] as Numbered<MessageItem>).item;
    const made = await bringMessages(
      tx,
      { companion, externalId: conversation },
      group.map(({ item }) => ({
        ...item,
        memory: item.memory && { ...item.memory, uuid: standing(item.memory.uuid) },
      })),
    );
    counts.add('message', true, made);
    counts.add('message', false, group.length - made);
  }
}

/** Adds the messages that are not there, conversation by conversation, and remembers them. */
export async function applyTurns(
  tx: WriteTransaction,
  turns: readonly Numbered<TurnItem>[],
  counts: Counts,
): Promise<void> {
  const byConversation = Map.groupBy(turns, ({ item }) => JSON.stringify([item.companion, item.conversation]));
  for (const group of byConversation.values()) {
    const { companion, conversation, user, remember } = (group[0] as Numbered<TurnItem>).item;
    // Of one that comes twice the last counts.
    const messages = new Map(group.map(({ item }) => [item.message.externalId, item.message]));
    const { addedCount, memoryIds } = await appendMessages(tx, {
      companion: { key: companion },
      user: user === null ? null : { externalId: user },
      conversation: { externalId: conversation },
      messages: await prepareMessages([...messages.values()]),
      remember,
    });
    counts.add('message', true, addedCount);
    counts.add('message', false, group.length - addedCount);
    counts.add('memory', true, memoryIds.length);
  }
}

function refuseFuture(line: number, moments: Record<string, Date | null>, now: Date): void {
  for (const [field, moment] of Object.entries(moments)) {
    if (moment && moment > now) throw new LineProblem(line, `${field}: ${moment.toISOString()} is in the future.`);
  }
}
