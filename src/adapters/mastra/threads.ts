import type { StorageThreadType } from '@mastra/core/memory';
import type { Service, Step } from './service.ts';
import { chunked, isKey, unlessMissing } from './service.ts';

// A thread is a conversation, its resource the conversation's user. What a conversation has no place for is kept in its
// metadata beside the thread's own, under names that begin with `$`.

/** A conversation, as the documents ask for it. */
export interface ConversationNode {
  id: string;
  externalId: string;
  title: string | null;
  metadata: Record<string, unknown>;
  user: { externalId: string } | null;
}
export const CONVERSATION = 'id externalId title metadata user { externalId }';

/** What is kept of a thread beside its metadata. */
interface Kept {
  $createdAt: string;
  $updatedAt: string;
  /** A title that a conversation cannot have, as it is empty or long. */
  $title: string | null;
  /** It was saved without metadata. */
  $isBare: boolean;
}
const keptNames = ['$createdAt', '$updatedAt', '$title', '$isBare'];

/** Whether a conversation is a thread that was saved, and not only messages of one that was not. */
export const isThread = ({ metadata }: Pick<ConversationNode, 'metadata'>): boolean => '$createdAt' in metadata;

/** A conversation as a thread. */
export function toThread({ externalId, title, metadata, user }: ConversationNode): StorageThreadType {
  const { $createdAt, $updatedAt, $title, $isBare } = metadata as unknown as Kept;
  const own = Object.fromEntries(Object.entries(metadata).filter(([name]) => !keptNames.includes(name)));
  const said = title ?? $title;
  return {
    id: externalId,
    resourceId: user?.externalId ?? '',
    ...(said !== null && { title: said }),
    ...(!($isBare && Object.keys(own).length === 0) && { metadata: own }),
    createdAt: new Date($createdAt),
    updatedAt: new Date($updatedAt),
  };
}

const isTitle = (title: string): boolean => isKey(title);

/** The parts of a title: the conversation's, or what is kept beside it. */
const titleOf = (title: string | undefined) =>
  title !== undefined && isTitle(title) ? { title, $title: null } : { title: null, $title: title ?? null };

function refuseKept(metadata: Record<string, unknown> | undefined): void {
  const taken = Object.keys(metadata ?? {}).filter((name) => keptNames.includes(name));
  if (taken.length > 0)
    throw new Error(`Metadata of a thread may not be called ${taken.join(', ')}: choose other names.`);
}

const isoOf = (moment: Date | string): string => new Date(moment).toISOString();

/** The mutation that makes a conversation what a thread says. */
export function savingThread(service: Service, thread: StorageThreadType): Step {
  refuseKept(thread.metadata);
  const { title, $title } = titleOf(thread.title);
  const kept: Kept = {
    $createdAt: isoOf(thread.createdAt),
    $updatedAt: isoOf(thread.updatedAt),
    $title,
    $isBare: !thread.metadata,
  };
  return {
    field: 'upsertConversation',
    input: {
      companion: service.companion,
      user: { externalId: thread.resourceId },
      conversation: { externalId: thread.id },
      title,
      metadata: { ...thread.metadata, ...kept },
    },
  };
}

/** The mutation that says that a thread has changed. It is named by the conversation's id: a deleted one stays deleted. */
export const touchingThread = (service: Service, { id }: Pick<ConversationNode, 'id'>): Step => ({
  field: 'upsertConversation',
  input: {
    companion: service.companion,
    conversation: { id },
    metadataChanges: { $updatedAt: new Date().toISOString() },
  },
});

/** The conversation of a thread; undefined where there is none, or it was never saved as a thread. */
export async function findThread(service: Service, threadId: string): Promise<ConversationNode | undefined> {
  if (!isKey(threadId)) return undefined;
  const { conversation } = await service.ask<{ conversation: ConversationNode | null }>(
    `query ($companion: CompanionRef!, $thread: String!) {
      conversation(by: { externalId: $thread }, companion: $companion) { ${CONVERSATION} }
    }`,
    { thread: threadId },
  );
  return conversation && isThread(conversation) ? conversation : undefined;
}

/** Changes what is given of a thread. Throws where there is none. */
export async function updateThread(
  service: Service,
  { id, title, metadata }: { id: string; title?: string | undefined; metadata?: Record<string, unknown> | undefined },
): Promise<StorageThreadType> {
  refuseKept(metadata);
  const found = await findThread(service, id);
  if (!found) throw new Error(`Thread with id ${id} not found`);
  const said = title === undefined ? undefined : titleOf(title);
  const [changed] = await service.change<{ conversation: ConversationNode }>([
    {
      field: 'upsertConversation',
      input: {
        companion: service.companion,
        conversation: { id: found.id },
        ...(said && { title: said.title }),
        metadataChanges: {
          ...metadata,
          $updatedAt: new Date().toISOString(),
          $isBare: false,
          ...(said && { $title: said.$title }),
        },
      },
      select: `... on UpsertConversationPayload { conversation { ${CONVERSATION} } }`,
    },
  ]);
  return toThread((changed as { conversation: ConversationNode }).conversation);
}

export async function deleteThread(service: Service, threadId: string): Promise<void> {
  if (!isKey(threadId)) return;
  const { companion, memories } = service;
  const input = { companion, conversation: { externalId: threadId }, memories };
  await unlessMissing(service.change([{ field: 'deleteConversation', input }]));
}

interface ConversationPage {
  conversations: { nodes: ConversationNode[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
}
/** So many threads are listed at most: to order them, all are read, 100 a request. */
const MOST_THREADS = 10_000;

/** All threads of a resource, or of the companion, whose metadata contains this. */
export async function allThreads(
  service: Service,
  { resourceId, metadata }: { resourceId?: string | undefined; metadata?: Record<string, unknown> | undefined },
): Promise<StorageThreadType[]> {
  if (resourceId && !isKey(resourceId)) return [];
  const variables = {
    ...(resourceId && { user: { externalId: resourceId } }),
    ...(metadata && { filter: { metadata } }),
  };
  const found: ConversationNode[] = [];
  for (let after: string | null = null; ; ) {
    const { conversations }: ConversationPage = await service.ask<ConversationPage>(
      `query ($companion: CompanionRef!, $user: UserRef, $filter: ConversationFilter, $after: String) {
        conversations(companion: $companion, user: $user, filter: $filter, first: 100, after: $after) {
          nodes { ${CONVERSATION} } pageInfo { hasNextPage endCursor }
        }
      }`,
      { ...variables, after },
    );
    found.push(...conversations.nodes);
    if (!conversations.pageInfo.hasNextPage) break;
    if (found.length >= MOST_THREADS) {
      throw new Error(`There are more than ${MOST_THREADS} threads: list those of a resource, or with some metadata.`);
    }
    after = conversations.pageInfo.endCursor;
  }
  return found.filter(isThread).map(toThread);
}

/** Deletes every conversation of the companion. */
export async function deleteAllThreads(service: Service): Promise<void> {
  for (;;) {
    const { conversations } = await service.ask<{ conversations: { nodes: { id: string }[] } }>(
      'query ($companion: CompanionRef!) { conversations(companion: $companion, first: 100) { nodes { id } } }',
    );
    if (conversations.nodes.length === 0) return;
    for (const some of chunked(conversations.nodes, 10)) {
      await service.change(
        some.map(({ id }) => ({
          field: 'deleteConversation',
          input: { conversation: { id }, memories: service.memories },
        })),
      );
    }
  }
}
