import {
  type ConversationRow,
  conversationsById,
  findConversation,
  refuseUnnamed,
} from '../../domain/conversation/conversations.ts';
import { CONVERSATION_ORDER, conversationPage, countConversations } from '../../domain/conversation/list.ts';
import { NotFound } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import { bounds, parseInput } from '../../kernel/input.ts';
import { Companion, CompanionRefInput, toCompanion } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { connectionType } from '../core/connection-type.ts';
import type { Context } from '../core/context.ts';
import { ConversationRefInput } from '../core/conversation-ref.ts';
import { defineInput, json, optional, text } from '../core/input.ts';
import { defineList, ofWorkspace } from '../core/list.ts';
import { nested } from '../core/nested.ts';
import { Node, type NodeValue, nodeRef } from '../core/node.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { DateTimeRangeInput } from '../memory/inputs.ts';
import { toUser, User, UserRefInput } from '../user/type.ts';

/** A conversation as it was read, and the graph it was read from. */
export interface ConversationNode extends ConversationRow, NodeValue {}

export const toConversation = (at: Snapshot, row: ConversationRow): ConversationNode => ({ ...row, at });

/** A conversation by its key, as it stands now; undefined where there is none. */
export async function loadConversation(at: Snapshot, uuid: string): Promise<ConversationNode | undefined> {
  const row = await at.load('conversation', uuid, (ids) => conversationsById(at.tx, ids));
  return row && toConversation(at, row);
}

/** A conversation that a mutation has made or changed. Throws NotFound where it has been deleted meanwhile. */
export async function readConversation(context: Context, uuid: string): Promise<ConversationNode> {
  const found = await loadConversation(context.at(), uuid);
  if (!found) throw new NotFound('conversation', [encodeId('Conversation', uuid)]);
  return found;
}

export const Conversation = nodeRef<ConversationNode>(
  'Conversation',
  builder.objectRef<ConversationNode>('Conversation').implement({
    description:
      'A conversation of a companion, mostly with one user: messages in the order they were said. It is read as it ' +
      'stands now: a deleted message is in no earlier state of it.',
    interfaces: [Node],
    fields: (t) => ({
      externalId: t.exposeString('externalId', {
        description: "The caller's own id for it, unique among the conversations of the companion.",
      }),
      companion: t.field({
        type: Companion,
        description: 'The companion whose conversation it is.',
        ...nested({ one: 'companion' }),
        resolve: ({ at, companionId }) => toCompanion(at, companionId),
      }),
      user: t.field({
        type: User,
        nullable: true,
        description:
          'The user it is with: said when it began, or before anything was said in it, and never changed. Null: no particular user.',
        ...nested({ one: 'user' }),
        resolve: ({ at, userId }) => (userId ? toUser(at, userId) : null),
      }),
      title: t.exposeString('title', { nullable: true, description: 'Its title, if one was given.' }),
      metadata: t.expose('metadata', { type: 'JSONObject', description: "The caller's own notes on it." }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was begun.' }),
      updatedAt: t.expose('updatedAt', {
        type: 'DateTime',
        description: 'When its title or metadata was last changed. Messages do not move it.',
      }),
      lastMessageAt: t.expose('lastMessageAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When its newest message was said. Null: it has none.',
      }),
      messageCount: t.exposeInt('messageCount', { description: 'How many messages it has.' }),
    }),
  }),
  { id: 'The id of the conversation, `cnv_…`.', load: loadConversation },
);

/** What the arguments name. */
const conversationAsked = (by: object, companion: object | null | undefined) => ({
  conversation: parseInput(ConversationRefInput.check, by, ['by']),
  companion: companion ? parseInput(CompanionRefInput.check, companion, ['companion']) : undefined,
});

builder.queryField('conversation', (t) =>
  t.field({
    type: Conversation,
    nullable: true,
    description: 'One conversation. Null if it does not exist.',
    args: {
      by: t.arg({ type: ConversationRefInput.type, required: true, description: 'Its id or externalId.' }),
      companion: t.arg({
        type: CompanionRefInput.type,
        description: 'Its companion: needed with an externalId, else INVALID_INPUT.',
      }),
    },
    ...nested({
      find: (context, { by, companion }) => {
        const asked = conversationAsked(by as object, companion as object | null | undefined);
        refuseUnnamed(asked, []);
        const { companion: of, conversation } = asked;
        const named =
          'id' in conversation
            ? ({ by: 'id', value: conversation.id } as const)
            : ({ by: 'name', value: conversation.externalId } as const);
        return { at: context.at(), found: { kind: 'conversation', ...named, of } };
      },
    }),
    resolve: async (_root, { by, companion }, context) => {
      const at = context.at();
      const found = await findConversation(at.tx, conversationAsked(by, companion));
      return found ? toConversation(at, found) : null;
    },
  }),
);

const ConversationFilterInput = defineInput(
  'ConversationFilter',
  'Which conversations to include: those that match every field given.',
  {
    title: optional(text('title', bounds.key), 'Only those whose title contains this, in any case'),
    metadata: optional(json, 'Only those whose metadata contains this. Nested objects and lists may be partial.'),
    lastMessageAt: optional(DateTimeRangeInput, 'Only those whose newest message was said in this span.'),
  },
);

export const ConversationConnection = connectionType('Conversation', Conversation, { of: 'conversations' });

defineList('Query', 'conversations', {
  type: ConversationConnection,
  description:
    'Conversations, the one last active first: by its newest message, or its beginning where it has none. One that ' +
    'gets a message between two pages moves to the front, and later pages lack it.',
  args: {
    companion: optional(CompanionRefInput, 'Only those of this companion. An unknown companion has none.'),
    user: optional(UserRefInput, 'Only those with this user. An unknown user has none.'),
    filter: optional(ConversationFilterInput, 'Which conversations to include. Default: all.'),
  },
  paging: 'either',
  order: CONVERSATION_ORDER,
  nested: { name: 'conversations' },
  pages: ({ tx, given, window }) => ofWorkspace(conversationPage(tx, given, window)),
  counts: ({ tx, given, window }) => ofWorkspace(countConversations(tx, given, window.asOf)),
  toNode: toConversation,
});
