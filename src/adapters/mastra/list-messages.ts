import type { MastraDBMessage } from '@mastra/core/memory';
import type { StorageListMessagesInput } from '@mastra/core/storage';
import { OperationError } from '../../client/operation-error.ts';
import { findMessages, MESSAGE, type MessageNode, toMessage } from './messages.ts';
import { isKey, type Service } from './service.ts';

/** Which messages of a thread. */
export interface Where {
  resourceId?: string | undefined;
  dateRange?: NonNullable<StorageListMessagesInput['filter']>['dateRange'];
}

export interface Part extends Where {
  direction: 'ASC' | 'DESC';
  skip: number;
  /** Infinity: all. */
  take: number;
  withTotal: boolean;
}

interface MessagePage {
  conversation: {
    messages: {
      nodes?: MessageNode[];
      totalCount?: number;
      pageInfo: { hasNextPage: boolean; endCursor: string | null };
    };
  } | null;
}

const PAGE = `query ($companion: CompanionRef!, $thread: String!, $first: Int!, $after: String, $filter: MessageFilter,
    $direction: OrderDirection!, $isSkipped: Boolean!, $withTotal: Boolean!) {
  conversation(by: { externalId: $thread }, companion: $companion) {
    messages(first: $first, after: $after, filter: $filter, orderBy: { field: CREATED_AT, direction: $direction }) {
      nodes @skip(if: $isSkipped) { ${MESSAGE} }
      totalCount @include(if: $withTotal)
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

/** The next millisecond: moments are kept in milliseconds. */
const next = (moment: Date | string) => new Date(new Date(moment).getTime() + 1);

export function filterOf({ resourceId, dateRange }: Where) {
  const { start, end, startExclusive, endExclusive } = dateRange ?? {};
  return {
    ...(resourceId && { metadata: { resourceId } }),
    createdAt: {
      ...(start && { from: startExclusive ? next(start) : new Date(start) }),
      ...(end && { until: endExclusive ? new Date(end) : next(end) }),
    },
  };
}

const MOST_A_PAGE = 100;

/**
 * Messages of a thread in the order they were said: a request for each 100, those skipped without their contents. Where
 * they are too large for one answer, in smaller pages.
 */
export async function readThread(
  service: Service,
  threadId: string,
  { direction, skip, take, withTotal, ...where }: Part,
): Promise<{ messages: MastraDBMessage[]; total: number; hasMore: boolean }> {
  const messages: MastraDBMessage[] = [];
  let [total, hasMore, after, size] = [0, true, null as string | null, MOST_A_PAGE];
  let left = skip;
  if (!isKey(threadId)) return { messages, total: 0, hasMore: false };
  for (let isFirst = true; hasMore && (left > 0 || messages.length < take); ) {
    const isSkipped = left > 0;
    const first = isSkipped ? Math.min(left, MOST_A_PAGE) : Math.min(take - messages.length, size);
    const variables = { thread: threadId, first, after, filter: filterOf(where), direction, isSkipped };
    const page = await pageOf(service, { ...variables, withTotal: withTotal && isFirst });
    if (page === 'too large') {
      size = Math.max(1, Math.floor(first / 4));
      continue;
    }
    if (!page) break;
    if (isFirst) total = page.totalCount ?? 0;
    messages.push(...(page.nodes ?? []).map((node) => toMessage(node, threadId)));
    left -= isSkipped ? first : 0;
    ({ hasNextPage: hasMore, endCursor: after } = page.pageInfo);
    isFirst = false;
  }
  return { messages, total, hasMore: hasMore && messages.length > 0 };
}

async function pageOf(service: Service, variables: { first: number } & Record<string, unknown>) {
  try {
    return (await service.ask<MessagePage>(PAGE, variables)).conversation?.messages;
  } catch (error) {
    if (error instanceof OperationError && error.code === 'LIMIT_EXCEEDED' && variables.first > 1) return 'too large';
    throw error;
  }
}

type Include = NonNullable<StorageListMessagesInput['include']>[number];

/** So many messages of the same millisecond are told apart in a window by their places. */
const TIES = 20;

/** What is asked for beside a page: messages, each with those around it in its own thread, in order. */
export async function includedMessages(
  service: Service,
  include: readonly Include[] | undefined,
  resourceId: string | undefined,
): Promise<MastraDBMessage[]> {
  if (!include || include.length === 0) return [];
  const targets = await findMessages(
    service,
    include.map(({ id }) => id),
    'id externalId createdAt metadata',
  );
  const windows = await Promise.all(
    include.map(async ({ id, withPreviousMessages = 0, withNextMessages = 0 }) => {
      const target = targets.get(id);
      if (!target || (resourceId !== undefined && target.metadata.resourceId !== resourceId)) return [];
      const threadId = target.conversation.externalId;
      const around = await messagesAround(service, threadId, new Date(target.createdAt), {
        resourceId,
        before: withPreviousMessages,
        after: withNextMessages,
      });
      const at = around.findIndex((message) => message.id === id);
      return at < 0 ? [] : around.slice(Math.max(0, at - withPreviousMessages), at + withNextMessages + 1);
    }),
  );
  return [...new Map(windows.flat().map((message) => [message.id, message])).values()];
}

const AROUND = `query ($companion: CompanionRef!, $thread: String!, $earlier: Int!, $until: MessageFilter!, $later: Int!,
    $from: MessageFilter!) {
  conversation(by: { externalId: $thread }, companion: $companion) {
    earlier: messages(last: $earlier, filter: $until, orderBy: { field: CREATED_AT }) { nodes { ${MESSAGE} } }
    later: messages(first: $later, filter: $from, orderBy: { field: CREATED_AT }) { nodes { ${MESSAGE} } }
  }
}`;

interface Around {
  conversation: { earlier: { nodes: MessageNode[] }; later: { nodes: MessageNode[] } } | null;
}

/** The messages around a moment, in order: at least so many before and after it, as far as there are any. */
async function messagesAround(
  service: Service,
  threadId: string,
  moment: Date,
  { resourceId, before, after }: { resourceId: string | undefined; before: number; after: number },
): Promise<MastraDBMessage[]> {
  const [earlier, later] = [before + 1 + TIES, after + 1 + TIES];
  if (Math.max(earlier, later) > MOST_A_PAGE) {
    const part = { direction: 'ASC', skip: 0, take: Number.POSITIVE_INFINITY, withTotal: false } as const;
    return (await readThread(service, threadId, { ...part, resourceId })).messages;
  }
  const { conversation } = await service.ask<Around>(AROUND, {
    thread: threadId,
    earlier,
    until: filterOf({ resourceId, dateRange: { end: moment } }),
    later,
    from: filterOf({ resourceId, dateRange: { start: moment } }),
  });
  const nodes = [...(conversation?.earlier.nodes ?? []), ...(conversation?.later.nodes ?? [])];
  return [...new Map(nodes.map((node) => [node.id, node])).values()]
    .sort((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt) || a.position - b.position)
    .map((node) => toMessage(node, threadId));
}
