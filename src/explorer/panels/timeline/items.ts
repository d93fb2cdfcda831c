import type { ResultOf } from '../../core/graphql.ts';
import { hrefTo } from '../../core/route.ts';
import { words } from '../../parts/badges.tsx';
import type { conversations, recorded, sessions } from './documents.ts';
import { type Item, laneOf } from './lanes.ts';
import type { Change } from './use-changes.ts';

type Recorded = ResultOf<typeof recorded>['memories']['nodes'][number];
type Conversation = ResultOf<typeof conversations>['conversations']['nodes'][number];
type Session = ResultOf<typeof sessions>['sessions']['nodes'][number];

const about = (user: { externalId: string } | null) => user?.externalId;
const joined = (...parts: (string | undefined | null | false)[]) => parts.filter(Boolean).join(' · ') || undefined;

export const ofMemory = ({ id, type, status, content, recordedAt, user }: Recorded): Item => ({
  id,
  lane: 'recorded',
  at: Date.parse(recordedAt),
  kind: `${words(type)} recorded`,
  text: content,
  detail: joined(user && `about ${about(user)}`, status !== 'ACTIVE' && `now ${words(status).toLowerCase()}`),
  href: hrefTo('memory', id),
});

export function ofConversation(conversation: Conversation): Item {
  const { id, createdAt, lastMessageAt, messageCount, messages, title, externalId } = conversation;
  const first = messages.nodes[0]?.createdAt ?? createdAt;
  const at = Date.parse(lastMessageAt ?? createdAt);
  return {
    id,
    lane: 'conversations',
    at,
    from: Math.min(at, Date.parse(first)),
    kind: 'Conversation',
    text: title ?? externalId,
    detail: joined(
      `${messageCount} ${messageCount === 1 ? 'message' : 'messages'}`,
      conversation.companion.name,
      conversation.user && `with ${about(conversation.user)}`,
    ),
    href: hrefTo('timeline', id),
  };
}

export function ofSession(session: Session): Item {
  const { endedAt, expiresAt, lastActivityAt, client, conversation } = session;
  const isOpen = endedAt === null && Date.parse(expiresAt) > Date.now();
  return {
    id: session.id,
    lane: 'sessions',
    at: isOpen ? Date.now() : Date.parse(endedAt ?? lastActivityAt),
    from: Date.parse(session.startedAt),
    kind: 'Session',
    text: client?.name ? (joined(client.name, client.version) ?? session.externalId) : session.externalId,
    detail: joined(
      isOpen ? 'open' : endedAt ? 'ended' : 'expired',
      session.companion.name,
      session.user && `of ${about(session.user)}`,
      conversation && `about “${conversation.title ?? conversation.externalId}”`,
    ),
    ...(conversation && { href: hrefTo('timeline', conversation.id) }),
  };
}

export const ofChange = ({ id, kind, at, reason, actor, memory, finding }: Change): Item => ({
  id,
  lane: laneOf(kind),
  at: Date.parse(at),
  kind: words(kind),
  text: memory.content,
  detail: joined(finding?.reason, reason && `“${reason}”`, `by ${actor}`),
  href: hrefTo('memory', memory.id),
});
