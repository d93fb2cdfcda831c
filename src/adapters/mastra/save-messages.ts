import type { MastraDBMessage } from '@mastra/core/memory';
import { type FoundMessage, findMessages, isAtHome, type NewMessage, toMessage, toNewMessage } from './messages.ts';
import { chunked, isKey, type Service, type Step } from './service.ts';
import { type ConversationNode, isThread, touchingThread } from './threads.ts';

/** What one request of messages has at most: known ones may each be a correction of a memory. */
const MOST_NEW = 500;
const MOST_KNOWN = 50;
const MOST_BYTES = 8 * 2 ** 20;

type Whose = Pick<ConversationNode, 'id' | 'metadata'>;

/** A message, ready to be sent. */
interface Prepared extends NewMessage {
  message: MastraDBMessage & { threadId: string };
}

/** Looks at messages before any is sent, so that all are saved, or none. The last of several with one id counts. */
function prepare(messages: readonly MastraDBMessage[]): Prepared[] {
  const prepared = new Map<string, Prepared>();
  for (const message of messages) {
    const { threadId } = message;
    if (!threadId?.trim()) throw new Error(`Message ${message.id} has no threadId: a message is saved to a thread.`);
    if ((message.resourceId as unknown) === null) {
      throw new Error(`Message ${message.id} has a resourceId of null: give the one of its thread, or leave it out.`);
    }
    prepared.set(message.id, { ...toNewMessage(message), message: { ...message, threadId } });
  }
  return [...prepared.values()];
}

/** Cuts into requests: in order, and none of them too large. */
function requestsOf(prepared: readonly Prepared[], isKnown: (id: string) => boolean): Prepared[][] {
  const requests: Prepared[][] = [];
  let [known, bytes] = [0, 0];
  for (const each of prepared) {
    const size = isKnown(each.message.id) ? 1 : 0;
    const last = requests.at(-1);
    const fits = last && last.length < MOST_NEW && known + size <= MOST_KNOWN && bytes + each.bytes <= MOST_BYTES;
    if (fits) last.push(each);
    else {
      requests.push([each]);
      [known, bytes] = [0, 0];
    }
    known += size;
    bytes += each.bytes;
  }
  return requests;
}

/** The conversations of threads, as far as there are any, by thread: a request for each. */
async function conversationsOf(service: Service, threadIds: readonly string[]): Promise<Map<string, Whose>> {
  const found = await Promise.all(
    threadIds.filter(isKey).map(async (thread) => {
      const { conversation } = await service.ask<{ conversation: Whose | null }>(
        `query ($companion: CompanionRef!, $thread: String!) {
          conversation(by: { externalId: $thread }, companion: $companion) { id metadata }
        }`,
        { thread },
      );
      return [thread, conversation] as const;
    }),
  );
  return new Map(found.filter((each): each is readonly [string, Whose] => each[1] !== null));
}

/**
 * Saves messages to their threads, in order; one whose id is known is replaced, or moved. More than 500, or 8 MiB, are sent in
 * several requests. Throws before anything is sent where one is too large, or has no thread.
 */
export async function saveMessages(service: Service, messages: readonly MastraDBMessage[]): Promise<void> {
  const prepared = prepare(messages);
  if (prepared.length === 0) return;
  const known = await findMessages(
    service,
    prepared.map(({ message }) => message.id),
    'id externalId metadata',
  );
  await write(service, prepared, known);
}

async function write(
  service: Service,
  prepared: readonly Prepared[],
  known: ReadonlyMap<string, FoundMessage>,
): Promise<void> {
  const threads = Map.groupBy(prepared, ({ message }) => message.threadId);
  const conversations = await conversationsOf(service, [...threads.keys()]);
  for (const [threadId, those] of threads) {
    const conversation = conversations.get(threadId);
    const isKnown = (id: string) => known.get(id)?.conversation.externalId === threadId;
    for (const some of requestsOf(those, isKnown)) {
      await service.change([
        ...(conversation && isThread(conversation) ? [touchingThread(service, conversation)] : []),
        append(service, threadId, some, conversation),
      ]);
    }
  }
  // Only now that they are in their new threads.
  const moved = prepared.flatMap(({ message }) => {
    const before = known.get(message.id);
    return before && isAtHome(before) && before.conversation.externalId !== message.threadId ? before : [];
  });
  for (const some of chunked(moved, MOST_NEW)) await service.change([deleting(service, some)]);
}

/** The user of a conversation that is begun is the resource of its messages. */
function append(service: Service, threadId: string, some: readonly Prepared[], existing: Whose | undefined): Step {
  const { companion, remember } = service;
  const resourceId = some.find(({ message }) => message.resourceId)?.message.resourceId;
  const user = !existing && resourceId ? { user: { externalId: resourceId } } : {};
  const conversation = existing ? { id: existing.id } : { externalId: threadId };
  const input = { companion, ...user, conversation, remember, messages: some.map(({ input }) => input) };
  return { field: 'appendMessages', input };
}

const deleting = ({ memories }: Service, some: readonly { id: string }[]): Step => ({
  field: 'deleteMessages',
  input: { ids: some.map(({ id }) => id), memories },
});

/** The threads that some messages are of, each once. */
const threadsOf = (messages: readonly FoundMessage[]): Whose[] => [
  ...new Map(messages.map(({ conversation }) => [conversation.id, conversation])).values(),
];

const touchingAll = (service: Service, threads: readonly Whose[]) =>
  threads.filter(isThread).map((thread) => touchingThread(service, thread));

/** Deletes messages; unknown ones are passed over. */
export async function deleteMessages(service: Service, ids: readonly string[]): Promise<void> {
  const found = [...(await findMessages(service, ids, 'id externalId metadata')).values()];
  for (const some of chunked(found, MOST_NEW)) await service.change([deleting(service, some)]);
  for (const some of chunked(touchingAll(service, threadsOf(found)), 50)) await service.change(some);
}

export type MessageUpdate = Partial<Omit<MastraDBMessage, 'createdAt' | 'content'>> & {
  id: string;
  createdAt?: Date;
  content?: Partial<MastraDBMessage['content']>;
};

/** What a message is after an update: the members of its content that are given replace those there, those of its metadata, too. */
function updated(before: MastraDBMessage, update: MessageUpdate): MastraDBMessage {
  const { content, ...others } = update;
  const given = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined));
  const metadata =
    before.content.metadata && content?.metadata
      ? { metadata: { ...before.content.metadata, ...content.metadata } }
      : {};
  return {
    ...before,
    ...given,
    threadId: update.threadId || before.threadId,
    content: content ? { ...before.content, ...content, ...metadata } : before.content,
  } as MastraDBMessage;
}

/** Changes messages, and moves those that are given another thread; unknown ones are passed over. */
export async function updateMessages(service: Service, updates: readonly MessageUpdate[]): Promise<MastraDBMessage[]> {
  const known = await findMessages(
    service,
    updates.map(({ id }) => id),
  );
  const changed = new Map<string, MastraDBMessage>();
  for (const update of updates) {
    const found = known.get(update.id);
    const before = changed.get(update.id) ?? (found && toMessage(found, found.conversation.externalId));
    if (before) changed.set(update.id, updated(before, update));
  }
  const messages = [...changed.values()];
  if (messages.length === 0) return [];
  await write(service, prepare(messages), known);
  const left = [...known.values()].filter(
    (message) => changed.get(message.externalId as string)?.threadId !== message.conversation.externalId,
  );
  for (const some of chunked(touchingAll(service, threadsOf(left)), 50)) await service.change(some);
  return messages;
}
