import { findOwner } from '../../domain/working-memory/owner.ts';
import {
  countVersions,
  VERSION_ORDER,
  type VersionRow,
  versionPages,
  type WorkingMemoryRow,
  workingMemoriesById,
  workingMemoriesOfConversations,
  workingMemoryOf,
} from '../../domain/working-memory/read.ts';
import { NotFound } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import { parseInput } from '../../kernel/input.ts';
import type { WorkingMemoryScope } from '../../tables/working-memory.ts';
import { Companion, CompanionRefInput, toCompanion } from '../companion/type.ts';
import { Conversation, loadConversation } from '../conversation/type.ts';
import { builder } from '../core/builder.ts';
import { connectionType } from '../core/connection-type.ts';
import type { Context } from '../core/context.ts';
import { ConversationRefInput } from '../core/conversation-ref.ts';
import { defineEnum } from '../core/input.ts';
import { defineList } from '../core/list.ts';
import { Node, type NodeValue, nodeRef } from '../core/node.ts';
import { atDescription, PointInTimeInput, snapshotAt } from '../core/point-type.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { toUser, User, UserRefInput } from '../user/type.ts';

/** A working memory as it was read, and the graph it was read from. */
interface WorkingMemoryNode extends WorkingMemoryRow, NodeValue {}

const toWorkingMemory = (at: Snapshot, row: WorkingMemoryRow): WorkingMemoryNode => ({ ...row, at });

export const WorkingMemoryScopeEnum = defineEnum<WorkingMemoryScope>(
  'WorkingMemoryScope',
  'Whose a working memory is. Left out, it is CONVERSATION if one is given, else USER if a user is, else COMPANION.',
  {
    CONVERSATION: "The conversation's.",
    USER: 'What the companion keeps of the user, in all conversations.',
    COMPANION: "The companion's own, for all its users.",
  },
);

async function loadWorkingMemory(at: Snapshot, id: string): Promise<WorkingMemoryNode | undefined> {
  const row = await at.load('workingMemory', id, (ids) => workingMemoriesById(at.tx, at.reading, ids));
  return row && toWorkingMemory(at, row);
}

/** One that a mutation has written, as it is now. Throws NotFound where it has been deleted meanwhile. */
export async function readWorkingMemory(context: Context, id: string): Promise<WorkingMemoryNode> {
  const found = await loadWorkingMemory(context.at(), id);
  if (!found) throw new NotFound('working memory', [encodeId('WorkingMemory', id)]);
  return found;
}

export const WorkingMemory = nodeRef<WorkingMemoryNode>(
  'WorkingMemory',
  builder.objectRef<WorkingMemoryNode>('WorkingMemory').implement({
    description:
      'What belongs into every prompt: one text, or JSON, of a conversation, of a user with a companion, or of a ' +
      'companion. It is rewritten as a whole, and what it said before is kept as its versions.',
    interfaces: [Node],
    fields: (t) => ({
      scope: t.expose('scope', { type: WorkingMemoryScopeEnum.type, description: 'Whose it is.' }),
      companion: t.field({
        type: Companion,
        description: 'The companion that keeps it.',
        resolve: ({ at, companionId }) => toCompanion(at, companionId),
      }),
      user: t.field({
        type: User,
        nullable: true,
        description: 'The user it is about; of a conversation, its user. Null: no particular user.',
        resolve: ({ at, userId }) => (userId ? toUser(at, userId) : null),
      }),
      conversation: t.field({
        type: Conversation,
        nullable: true,
        description: 'The conversation it belongs to, as it is now. Null with another scope.',
        resolve: async ({ at, conversationId }) =>
          (conversationId && (await loadConversation(at, conversationId))) || null,
      }),
      content: t.exposeString('content', { description: 'The text. Where data alone was given: the JSON text of it.' }),
      data: t.expose('data', {
        type: 'JSONObject',
        nullable: true,
        description: 'The same for programs. Null: the text alone was given.',
      }),
      template: t.exposeString('template', {
        nullable: true,
        description: 'How the text is to be laid out, if that was given: for whoever writes it.',
      }),
      schema: t.expose('schema', {
        type: 'JSONObject',
        nullable: true,
        description: 'JSON Schema that `data` has to satisfy, if one was given. It is checked by on every write.',
      }),
      version: t.exposeInt('version', { description: '1 for the first version, then 2, 3 … without a gap.' }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When this version was written.' }),
      updatedBy: t.exposeString('updatedBy', {
        description: 'Who wrote this version, as events name them: `key:…`, `jwt:…`, `local:anyone`, `system:…`.',
      }),
    }),
  }),
  { id: 'Its id, `wrk_…`.', load: loadWorkingMemory },
);

const WorkingMemoryVersion = builder.objectRef<VersionRow>('WorkingMemoryVersion').implement({
  description: 'What a working memory said from one write to the next.',
  fields: (t) => ({
    version: t.exposeInt('version', { description: 'Its number: 1 for the first.' }),
    content: t.exposeString('content', { description: 'The text.' }),
    data: t.expose('data', { type: 'JSONObject', nullable: true, description: 'The data, if there was any.' }),
    writtenAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was written.' }),
    writtenBy: t.exposeString('updatedBy', { description: 'Who wrote it, as events name them.' }),
  }),
});

defineList(WorkingMemory, 'versions', {
  type: connectionType('WorkingMemoryVersion', WorkingMemoryVersion, { of: 'versions of a working memory' }),
  description: 'All its versions up to the point in time being read, the newest first. The present one is the first.',
  order: VERSION_ORDER,
  pages: ({ tx, reading, keys, window }) => versionPages(tx, reading, keys, window),
  counts: ({ tx, reading, keys }) => countVersions(tx, reading, keys),
  toNode: (_at, row) => row,
});

builder.objectField(Conversation, 'workingMemory', (t) =>
  t.field({
    type: WorkingMemory,
    nullable: true,
    description: 'Its own working memory, of the scope CONVERSATION. Null: it has none.',
    resolve: async ({ id, at }) => {
      const read = (ids: readonly string[]) => workingMemoriesOfConversations(at.tx, at.reading, ids);
      const row = await at.load('workingMemoryOfConversation', id, read);
      return row ? toWorkingMemory(at, row) : null;
    },
  }),
);

builder.queryField('workingMemory', (t) =>
  t.field({
    type: WorkingMemory,
    nullable: true,
    description: 'The working memory of a conversation, a user or a companion. Null: there is none, or was none then.',
    args: {
      companion: t.arg({ type: CompanionRefInput.type, required: true, description: 'The companion that keeps it.' }),
      user: t.arg({
        type: UserRefInput.type,
        description:
          "The user it is about. With a conversation it is the conversation's; another one is INVALID_INPUT.",
      }),
      conversation: t.arg({ type: ConversationRefInput.type, description: 'The conversation it belongs to.' }),
      scope: t.arg({
        type: WorkingMemoryScopeEnum.type,
        description: 'Which is meant. Default: CONVERSATION if one is given, else USER if a user is, else COMPANION.',
      }),
      at: t.arg({
        type: PointInTimeInput,
        description: `${atDescription} It says what was known at \`knownAt\`; \`validAt\` changes nothing.`,
      }),
    },
    resolve: async (_root, { companion, user, conversation, scope, at }, context) => {
      const snapshot = await snapshotAt(context, at);
      const owner = await findOwner(snapshot.tx, {
        companion: parseInput(CompanionRefInput.check, companion, ['companion']),
        user: user && parseInput(UserRefInput.check, user, ['user']),
        conversation: conversation && parseInput(ConversationRefInput.check, conversation, ['conversation']),
        scope,
      });
      const row = owner && (await workingMemoryOf(snapshot.tx, snapshot.reading, owner));
      return row ? toWorkingMemory(snapshot, row) : null;
    },
  }),
);
