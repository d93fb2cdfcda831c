import type { ExecuteOptions, Executes } from '../client/execute.ts';
import { OperationError } from '../client/operation-error.ts';
import { batchesOf, bytesOf, MOST_BYTES, MOST_ITEMS, PAGE, utf8Of } from './batches.ts';
import { change } from './change.ts';

// What adapters do with the messages of a conversation, in the least requests.

export type RememberPolicy = 'TURNS' | 'USER_TURNS' | 'ALL' | 'NONE';
export type MessageRole = 'SYSTEM' | 'USER' | 'ASSISTANT' | 'TOOL';
export type MessageFormat = 'TEXT' | 'AI_SDK_UI' | 'AI_SDK_MODEL' | 'OPENAI_ITEM' | 'MASTRA';

/** Which conversation: the key of its companion, the externalId of its user, and its own. */
export interface ConversationOf {
  companion: string;
  user?: string | undefined;
  conversation: string;
}

/** A message to be kept: see `NewMessage` of the schema. */
export interface NewMessage {
  externalId?: string | undefined;
  role: MessageRole;
  name?: string | undefined;
  format: MessageFormat;
  content: unknown;
  metadata?: Readonly<Record<string, unknown>> | undefined;
  createdAt?: string | undefined;
  isFinal?: boolean | undefined;
}

/** A message as it is kept. */
export interface KeptMessage {
  id: string;
  externalId: string | null;
  role: MessageRole;
  /** One of other SDKs, too. */
  format: string;
  /** Null once its words are erased. */
  content: unknown;
  metadata: Readonly<Record<string, unknown>>;
  isForgotten: boolean;
  /** Read where a format is not one of the reader's own. */
  text?: string | null;
}

/** So many bytes of JSON the content of one message may have. */
const MOST_CONTENT_BYTES = 2 ** 20;

/** What is wrong with a content of so many bytes; undefined: nothing. */
export function tooLarge(
  bytes: number,
  what: string,
  path: readonly (string | number)[] = [],
): OperationError | undefined {
  if (bytes <= MOST_CONTENT_BYTES) return undefined;
  const message = `${what} has ${bytes} bytes of JSON, and at most ${MOST_CONTENT_BYTES} are allowed.`;
  return new OperationError([{ code: 'INVALID_INPUT', message, path: [], details: { issues: [{ path, message }] } }]);
}

/** The references of an input: of a restricted credential a user may have to be left out. */
export const refsOf = ({ companion, user, conversation }: ConversationOf) => ({
  companion: { key: companion },
  ...(user !== undefined && { user: { externalId: user } }),
  conversation: { externalId: conversation },
});

export interface AppendOptions extends ExecuteOptions {
  remember?: RememberPolicy | undefined;
  /** Default: a new one for each request. */
  idempotencyKey?: string | undefined;
}

/** Adds messages by one request: all of them, or nothing. */
export async function append(
  executes: Executes,
  of: ConversationOf,
  messages: readonly NewMessage[],
  { remember = 'TURNS', idempotencyKey, signal }: AppendOptions = {},
): Promise<void> {
  const input = { ...refsOf(of), messages, remember, ...(idempotencyKey !== undefined && { idempotencyKey }) };
  await change(executes, [{ field: 'appendMessages', input }], { signal });
}

/**
 * Adds messages in their order: up to 500, and 8 MiB, by one request. Throws OperationError INVALID_INPUT before anything is sent where
 * one is over 1 MiB. Where a later request fails, what the ones before it added stays.
 */
export async function appendAll(
  executes: Executes,
  of: ConversationOf,
  messages: readonly NewMessage[],
  options: Omit<AppendOptions, 'idempotencyKey'> = {},
): Promise<void> {
  const sized = messages.map((message, index) => {
    const bytes = bytesOf(message.content);
    const failure = tooLarge(bytes, `A message of ${message.role}`, ['input', 'messages', index, 'content']);
    if (failure) throw failure;
    return { message, bytes };
  });
  const batches = batchesOf(sized, [
    [() => 1, MOST_ITEMS],
    [({ bytes }) => bytes, MOST_BYTES],
  ]);
  for (const batch of batches) {
    await append(
      executes,
      of,
      batch.map(({ message }) => message),
      options,
    );
  }
}

/** A page of a conversation, and whom that is with. */
interface Page {
  conversation: {
    user: { externalId: string } | null;
    messages: { nodes: KeptMessage[]; pageInfo: { hasPreviousPage: boolean; startCursor: string | null } };
  } | null;
}

/** Whether a conversation is with another user than the one given. */
export const isOfAnother = (of: { user: { externalId: string } | null }, user: string | undefined): boolean =>
  user !== undefined && of.user !== null && of.user.externalId !== user;

const READ = `query ($companion: CompanionRef!, $by: ConversationRef!, $last: Int!, $before: String, $withText: Boolean!) {
  conversation(by: $by, companion: $companion) {
    user { externalId }
    messages(last: $last, before: $before) {
      nodes { id externalId role format content metadata isForgotten text @include(if: $withText) }
      pageInfo { hasPreviousPage startCursor }
    }
  }
}`;

export interface ReadOptions extends ExecuteOptions {
  /** The formats whose content is read as it is: of others the text is, too, by another request for the page. */
  formats: readonly string[];
  /** The most that are wanted. Default: all. */
  limit?: number | undefined;
  /** Which count. Default: all. Also asked with the user of the conversation. */
  counts?: ((message: KeptMessage, user: string | null) => boolean) | undefined;
}

/**
 * The newest messages of a conversation in the order they were said, but for those whose words are erased: one request for each 100 that
 * are looked at. Of an unknown conversation there are none, nor of one with another user than the one that is given.
 */
export async function newestMessages(
  { execute }: Executes,
  { companion, user, conversation }: ConversationOf,
  { formats, limit = Number.POSITIVE_INFINITY, counts = () => true, signal }: ReadOptions,
): Promise<KeptMessage[]> {
  const pages: KeptMessage[][] = [];
  let found = 0;
  let before: string | null = null;
  do {
    const of = { companion: { key: companion }, by: { externalId: conversation }, before };
    const page = (withText: boolean): Promise<Page> =>
      execute(READ, { ...of, last: Math.min(PAGE, limit - found), withText }, { signal });
    let { conversation: read } = await page(false);
    const isForeign = ({ format, isForgotten }: KeptMessage) => !isForgotten && !formats.includes(format);
    if (read?.messages.nodes.some(isForeign)) ({ conversation: read } = await page(true));
    if (!read || isOfAnother(read, user)) break;
    const { messages } = read;
    const kept = messages.nodes.filter((each) => !each.isForgotten && counts(each, read.user?.externalId ?? null));
    pages.unshift(kept);
    found += kept.length;
    before = messages.pageInfo.hasPreviousPage ? messages.pageInfo.startCursor : null;
  } while (before !== null && found < limit);
  return pages.flat();
}

/** SHA-256 of some values, in hexadecimal. */
export async function digestOf(...values: unknown[]): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', utf8Of(JSON.stringify(values)));
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
