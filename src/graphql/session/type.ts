import { countSessions, SESSION_ORDER, sessionPage } from '../../domain/session/list.ts';
import { findSession, type SessionRow, sessionsById } from '../../domain/session/sessions.ts';
import { NotFound } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import { parseInput } from '../../kernel/input.ts';
import { Companion, CompanionRefInput, toCompanion } from '../companion/type.ts';
import { Message } from '../conversation/message.ts';
import { Conversation, loadConversation } from '../conversation/type.ts';
import { builder } from '../core/builder.ts';
import { connectionType } from '../core/connection-type.ts';
import type { Context } from '../core/context.ts';
import { flag, optional } from '../core/input.ts';
import { defineList, ofWorkspace } from '../core/list.ts';
import { Node, type NodeValue, nodeRef } from '../core/node.ts';
import { SessionRefInput } from '../core/session-ref.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { MemoryEvent } from '../event/type.ts';
import { toUser, User, UserRefInput } from '../user/type.ts';

/** A session as it was read, and the graph it was read from. */
export interface SessionNode extends SessionRow, NodeValue {}

const toSession = (at: Snapshot, row: SessionRow): SessionNode => ({ ...row, at });

/** A session by its key, as it stands now; undefined where there is none, or it has been purged. */
export async function loadSession(at: Snapshot, uuid: string): Promise<SessionNode | undefined> {
  const row = await at.load('session', uuid, (ids) => sessionsById(at.tx, ids));
  return row && toSession(at, row);
}

/** A session that a mutation has started or ended. Throws NotFound where it has been erased meanwhile. */
export async function readSession(context: Context, uuid: string): Promise<SessionNode> {
  const found = await loadSession(context.at(), uuid);
  if (!found) throw new NotFound('session', [encodeId('Session', uuid)]);
  return found;
}

const SessionClient = builder.objectRef<SessionRow>('SessionClient').implement({
  description: 'What program a session is of, in its own words.',
  fields: (t) => ({
    name: t.exposeString('clientName', { nullable: true, description: 'What it is called.' }),
    version: t.exposeString('clientVersion', { nullable: true, description: 'Its version.' }),
    protocol: t.exposeString('clientProtocol', {
      nullable: true,
      description: 'What it speaks, such as a version of MCP.',
    }),
  }),
});

export const Session = nodeRef<SessionNode>(
  'Session',
  builder.objectRef<SessionNode>('Session').implement({
    description:
      'A client that is connected for a while. A request names it by the header `x-palimpsest-agent-session`, with its ' +
      'id or externalId. No address is kept. It is read as it is now.',
    interfaces: [Node],
    fields: (t) => ({
      externalId: t.exposeString('externalId', {
        description:
          "The caller's own id for it, or its id if none was given. Unique among the open sessions of a companion and user.",
      }),
      companion: t.field({
        type: Companion,
        description: 'The companion it is with.',
        resolve: ({ at, companionId }) => toCompanion(at, companionId),
      }),
      user: t.field({
        type: User,
        nullable: true,
        description: 'The user it is of, if one was given.',
        resolve: ({ at, userId }) => (userId ? toUser(at, userId) : null),
      }),
      conversation: t.field({
        type: Conversation,
        nullable: true,
        description: 'The conversation it is about, if one was given.',
        resolve: async ({ at, conversationId }) =>
          (conversationId && (await loadConversation(at, conversationId))) || null,
      }),
      client: t.field({
        type: SessionClient,
        nullable: true,
        description: 'The program, if anything of it was given.',
        resolve: (row) => ((row.clientName ?? row.clientVersion ?? row.clientProtocol ?? null) === null ? null : row),
      }),
      startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it was started.' }),
      lastActivityAt: t.expose('lastActivityAt', {
        type: 'DateTime',
        description: 'When a request last named it. It is written down once a minute at most.',
      }),
      expiresAt: t.expose('expiresAt', {
        type: 'DateTime',
        description: 'When it expires without further activity; of one that was ended, the end at the latest.',
      }),
      endedAt: t.expose('endedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it was ended. Null: it was not, though it may have expired.',
      }),
      metadata: t.expose('metadata', { type: 'JSONObject', description: "The caller's own notes on it." }),
    }),
  }),
  { id: 'The id of the session, `ses_…`.', load: loadSession },
);

builder.queryField('session', (t) =>
  t.field({
    type: Session,
    nullable: true,
    description: 'One session, also one that is over. Null if it does not exist, or has been purged.',
    args: { by: t.arg({ type: SessionRefInput.type, required: true, description: 'Its id or externalId.' }) },
    resolve: async (_root, { by }, context) => {
      const at = context.at();
      const found = await findSession(at.tx, parseInput(SessionRefInput.check, by, ['by']));
      return found ? toSession(at, found) : null;
    },
  }),
);

defineList('Query', 'sessions', {
  type: connectionType('Session', Session, { of: 'sessions' }),
  description: 'Sessions, the one started last first.',
  args: {
    companion: optional(CompanionRefInput, 'Only those with this companion. An unknown companion has none.'),
    user: optional(UserRefInput, 'Only those of this user. An unknown user has none.'),
    isActive: optional(flag, 'True: only those that are not over. False: only those that have ended or expired.'),
  },
  order: SESSION_ORDER,
  pages: ({ tx, given, window }) => ofWorkspace(sessionPage(tx, given, window)),
  counts: ({ tx, given, window }) => ofWorkspace(countSessions(tx, given, window.asOf)),
  toNode: toSession,
});

builder.objectField(MemoryEvent, 'session', (t) =>
  t.field({
    type: Session,
    nullable: true,
    description: 'The session whose request did it. Null: it named none, or that has been purged.',
    resolve: async ({ at, sessionId }) => (sessionId && (await loadSession(at, sessionId))) || null,
  }),
);

builder.objectField(Message, 'session', (t) =>
  t.field({
    type: Session,
    nullable: true,
    description: 'The session that it was said in. Null: none was named, or that has been purged.',
    resolve: async ({ at, sessionId }) => (sessionId && (await loadSession(at, sessionId))) || null,
  }),
);
