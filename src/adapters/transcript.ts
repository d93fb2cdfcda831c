import type { ExecuteOptions, Executes } from '../client/execute.ts';
import { OperationError } from '../client/operation-error.ts';

// What adapters do with the messages of a conversation, in the least requests.

export type RememberPolicy = 'TURNS' | 'USER_TURNS' | 'ALL' | 'NONE';
export type MessageRole = 'SYSTEM' | 'USER' | 'ASSISTANT' | 'TOOL';
export type MessageFormat = 'TEXT' | 'AI_SDK_UI' | 'AI_SDK_MODEL' | 'OPENAI_ITEM';

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

/** What the service takes: bytes of JSON of one content, messages of one request; and of all contents half of what it takes. */
export const MAX_CONTENT_BYTES = 2 ** 20;
const MAX_MESSAGES = 500;
const MAX_REQUEST_BYTES = 8 * 2 ** 20;
/** The most items of a page. */
const PAGE = 100;

const encoder = new TextEncoder();
/** Bytes of a value as JSON. */
export const bytesOf = (value: unknown): number => encoder.encode(JSON.stringify(value) ?? 'null').length;

/** The references of an input: of a restricted credential a user may have to be left out. */
export const refsOf = ({ companion, user, conversation }: ConversationOf) => ({
  companion: { key: companion },
  ...(user !== undefined && { user: { externalId: user } }),
  conversation: { externalId: conversation },
});

const APPEND = `mutation ($input: AppendMessagesInput!) {
  appendMessages(input: $input) { __typename ... on InvalidInputError { issues { path message } } }
}`;

export interface AppendOptions extends ExecuteOptions {
  remember?: RememberPolicy | undefined;
  /** Default: a new one for each request, so that a client that sends it again does nothing twice. */
  idempotencyKey?: string | undefined;
}

/** Adds messages by one request: all of them, or nothing. */
export async function append(
  { execute }: Executes,
  of: ConversationOf,
  messages: readonly NewMessage[],
  { remember = 'TURNS', idempotencyKey = crypto.randomUUID(), signal }: AppendOptions = {},
): Promise<void> {
  await execute(APPEND, { input: { ...refsOf(of), messages, remember, idempotencyKey } }, { signal });
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
  for (const batch of batchesOf(messages)) await append(executes, of, batch, options);
}

function batchesOf(messages: readonly NewMessage[]): NewMessage[][] {
  const batches: NewMessage[][] = [];
  let [batch, bytes]: [NewMessage[], number] = [[], 0];
  for (const [index, message] of messages.entries()) {
    const size = bytesOf(message.content);
    if (size > MAX_CONTENT_BYTES) throw tooLarge(['input', 'messages', index, 'content'], size);
    if (batch.length === 0 || batch.length === MAX_MESSAGES || bytes + size > MAX_REQUEST_BYTES) {
      [batch, bytes] = [[], 0];
      batches.push(batch);
    }
    batch.push(message);
    bytes += size;
  }
  return batches;
}

function tooLarge(path: (string | number)[], size: number): OperationError {
  const message = `At most ${MAX_CONTENT_BYTES} bytes of JSON are allowed for one message, given ${size}.`;
  return new OperationError([{ code: 'INVALID_INPUT', message, path: [], details: { issues: [{ path, message }] } }]);
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
  const bytes = await crypto.subtle.digest('SHA-256', encoder.encode(JSON.stringify(values)));
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
