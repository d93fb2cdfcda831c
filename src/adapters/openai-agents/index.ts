import type {
  AgentInputItem,
  SessionHistoryTransactionArgs,
  SessionHistoryTransactionAwareSession,
} from '@openai/agents-core';
import type { ExecuteOptions, Executes } from '../../client/execute.ts';
import { OperationError } from '../../client/operation-error.ts';
import {
  append,
  appendAll,
  type ConversationOf,
  digestOf,
  isOfAnother,
  newestMessages,
  type RememberPolicy,
  refsOf,
} from '../transcript.ts';
import { itemOf, messageOf } from './items.ts';

export interface PalimpsestSessionOptions extends ExecuteOptions {
  /** The key of the companion that remembers. An unknown one is created. */
  companion: string;
  /** Your own id of the user it talks with. Left out: no particular user. */
  user?: string | undefined;
  /** Your own id of the session: 1 to 500 characters. It is a conversation of the companion. Default: a new UUID. */
  sessionId?: string | undefined;
  /** Which items become memories. Default: TURNS, what the user and the companion said. */
  remember?: RememberPolicy | undefined;
  /** What `clearSession` does with the memories that items became. Default: KEEP. */
  memories?: 'KEEP' | 'FORGET' | undefined;
  /** The most items that `getItems()` answers where no limit is given: the newest. Default: all. */
  historyLimit?: number | undefined;
}

const REPLACE = `mutation ($input: ReplaceMessagesInput!) {
  replaceMessages(input: $input) { __typename ... on InvalidInputError { issues { path message } } }
}`;
const USER = `query ($companion: CompanionRef!, $by: ConversationRef!) {
  conversation(by: $by, companion: $companion) { user { externalId } }
}`;
const BEGIN = 'mutation ($input: UpsertConversationInput!) { upsertConversation(input: $input) { __typename } }';
const DELETE = 'mutation ($input: DeleteConversationInput!) { deleteConversation(input: $input) { __typename } }';

interface OfUser {
  conversation: { user: { externalId: string } | null } | null;
}

const formats = ['OPENAI_ITEM'];
/** So often others may be faster. */
const ATTEMPTS = 100;

const hasCode = (error: unknown, code: string) => error instanceof OperationError && error.code === code;

/**
 * A session of the OpenAI Agents SDK that is a conversation of Palimpsest. All methods throw OperationError where the
 * service refuses, and TypeError for items that JSON cannot hold.
 */
export class PalimpsestSession implements SessionHistoryTransactionAwareSession {
  readonly #executes: Executes;
  readonly #of: ConversationOf;
  readonly #options: PalimpsestSessionOptions;

  constructor(executes: Executes, { sessionId = crypto.randomUUID(), ...options }: PalimpsestSessionOptions) {
    this.#executes = executes;
    this.#options = options;
    this.#of = { companion: options.companion, user: options.user, conversation: sessionId };
  }

  /** The id that was given, or made. No request. */
  async getSessionId(): Promise<string> {
    return this.#of.conversation;
  }

  /** The newest items, in the order they were added; those whose words are erased are left out. A request for each 100. */
  async getItems(limit = this.#options.historyLimit): Promise<AgentInputItem[]> {
    if (limit !== undefined && limit <= 0) return [];
    const { signal } = this.#options;
    const messages = await newestMessages(this.#executes, this.#of, {
      ...{ formats, limit, signal },
      counts: (message) => itemOf(message) !== undefined,
    });
    return messages.flatMap((message) => itemOf(message) ?? []);
  }

  /**
   * Adds items: up to 500, and 8 MiB, by one request, all or none of them. More are added in order by several; where one of these
   * fails, what came before stays. An item of more than 1 MiB is INVALID_INPUT, and nothing is added.
   */
  async addItems(items: AgentInputItem[]): Promise<void> {
    const messages = items.map((item) => messageOf(item, crypto.randomUUID()));
    const { remember, signal } = this.#options;
    await appendAll(this.#executes, this.#of, messages, { remember, signal });
  }

  /** Takes the newest item back, and what it became. Each of several that do so at once gets another. Two requests. */
  async popItem(): Promise<AgentInputItem | undefined> {
    const { signal } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const [message] = await newestMessages(this.#executes, this.#of, { formats, limit: 1, signal });
      if (!message) return undefined;
      try {
        await this.#replace({ expectedIds: [message.id], messages: [], idempotencyKey: crypto.randomUUID() });
      } catch (error) {
        if (hasCode(error, 'NOT_FOUND')) return undefined;
        if (!hasCode(error, 'CONFLICT') || attempt === ATTEMPTS) throw error;
        continue;
      }
      const item = itemOf(message);
      if (item) return item;
    }
  }

  /**
   * Deletes the conversation. What its items became stays, unless the option `memories` says otherwise. One request; with a
   * user two, since the conversation of another stays.
   */
  async clearSession(): Promise<void> {
    const { memories = 'KEEP', user, signal } = this.#options;
    const { user: _, ...of } = refsOf(this.#of);
    if (user !== undefined) {
      const variables = { companion: of.companion, by: of.conversation };
      const { conversation } = await this.#executes.execute<OfUser>(USER, variables, { signal });
      if (!conversation || isOfAnother(conversation, user)) return;
    }
    const input = { ...of, memories, idempotencyKey: crypto.randomUUID() };
    await this.#executes.execute(DELETE, { input }, { signal }).catch((error) => {
      if (!hasCode(error, 'NOT_FOUND')) throw error;
    });
  }

  /**
   * Adds items, or swaps the newest for others, once for each operation: the same again within 7 days changes nothing, also from another
   * process with the same credential. Throws IDEMPOTENCY_CONFLICT for an operation with another transaction, CONFLICT where other items
   * are the newest, LIMIT_EXCEEDED for more than 500 items or a suffix of more than 100: nothing is changed then. One request.
   */
  async applyHistoryTransaction({ operationId, transaction }: SessionHistoryTransactionArgs): Promise<void> {
    if (typeof operationId !== 'string' || operationId.trim() === '') {
      throw new TypeError(
        'The operationId is not empty: say one that stays the same when the transaction is sent again.',
      );
    }
    const { companion, conversation } = this.#of;
    const idempotencyKey = await digestOf('session', companion, conversation, operationId);
    const isAppend = transaction.type === 'append_items';
    const [added, expected] = isAppend
      ? [transaction.items, []]
      : [transaction.replacement, transaction.expectedSuffix];
    const messages = added.map((item, index) => messageOf(item, `${idempotencyKey}:${transaction.type}:${index}`));
    const { remember, signal } = this.#options;
    if (expected.length > 0) {
      const expectedMessages = expected.map((item) => messageOf(item));
      await this.#replace({ expectedIds: [], expectedMessages, messages, idempotencyKey });
    } else if (messages.length > 0) {
      await append(this.#executes, this.#of, messages, { remember, idempotencyKey, signal });
    } else {
      // Nothing changes, and that is kept: the same operation with something to do is refused.
      await this.#executes.execute(BEGIN, { input: { ...refsOf(this.#of), idempotencyKey } }, { signal });
    }
  }

  async #replace(change: object): Promise<void> {
    const { remember = 'TURNS', signal } = this.#options;
    const { user: _, ...of } = refsOf(this.#of);
    await this.#executes.execute(REPLACE, { input: { ...of, remember, ...change } }, { signal });
  }
}
