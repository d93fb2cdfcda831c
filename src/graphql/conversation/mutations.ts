import { upsertConversation } from '../../domain/conversation/conversations.ts';
import { copyConversation, MOST_COPIED } from '../../domain/conversation/copy.ts';
import { deleteConversation, deleteMessages, type MemoriesOfMessages } from '../../domain/conversation/delete.ts';
import { rememberMessages } from '../../domain/conversation/remember.ts';
import { encodeId } from '../../kernel/ids.ts';
import { bounds, checkCount } from '../../kernel/input.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { ConversationRefInput } from '../core/conversation-ref.ts';
import { defineEnum, id, ids, json, key, optional, required, text } from '../core/input.ts';
import { defineMutation } from '../core/mutation.ts';
import { forReaders } from '../core/scope-note.ts';
import { MemoryTypeEnum } from '../memory/enums.ts';
import { readMemory } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';
import { UserRefInput } from '../user/type.ts';
import { Message, readMessage } from './message.ts';
import { Conversation, readConversation } from './type.ts';

defineMutation('upsertConversation', {
  description: 'Begins a conversation, or changes one. Only the fields given change.',
  input: 'The new values for a conversation. A field left out keeps its value; null clears it.',
  fields: {
    companion: required(CompanionRefInput, 'The companion whose conversation it is. An unknown key creates one.'),
    user: optional(
      UserRefInput,
      'The user it is with, said where it begins, or before anything is said in it. Later it may be left out; another one ' +
        'is INVALID_INPUT.',
    ),
    conversation: required(ConversationRefInput, 'Which one. An unknown externalId begins one.'),
    title: optional(text('title', bounds.key), 'Its title'),
    metadata: optional(json, 'Your own notes on it, replaced as a whole. Null empties them.'),
    metadataChanges: optional(
      json,
      'Members of your notes to set, each as a whole; the others stay. So that two writers do not undo each other.',
    ),
  },
  payload: builder.objectRef<{ conversationId: string }>('UpsertConversationPayload').implement({
    description: 'The conversation that was begun or changed.',
    fields: (t) => ({
      conversation: t.field({
        type: Conversation,
        ...forReaders('The conversation, with the new state.'),
        resolve: ({ conversationId }, _args, context) => readConversation(context, conversationId),
      }),
    }),
  }),
  run: async (tx, { title, metadata, metadataChanges, ...of }) => ({
    conversationId: await upsertConversation(tx, of, { title, metadata, metadataChanges }),
  }),
});

/** So many messages one mutation deletes, or remembers. */
const MOST_MESSAGES = 500;

const MemoriesOfMessagesEnum = defineEnum<MemoriesOfMessages>(
  'MemoriesOfMessages',
  'What becomes of the memories of messages that are deleted.',
  {
    FORGET: 'They are forgotten for good, but for those that a message elsewhere, as of a copy, still points to.',
    KEEP: 'They stay.',
  },
);
const memories = required(MemoriesOfMessagesEnum, 'What becomes of what they became.', { default: 'FORGET' });

const someMessages = (says: string) =>
  required(ids('Message'), `${says}: at most ${MOST_MESSAGES}; more is LIMIT_EXCEEDED.`);

/** A conversation that there is: its companion is needed where it is named by the caller's own id. */
const existing = {
  companion: optional(CompanionRefInput, 'The companion whose conversation it is: needed with an externalId.'),
  conversation: required(ConversationRefInput, 'Which conversation. An unknown one is NOT_FOUND.'),
};

defineMutation('deleteMessages', {
  description: 'Deletes messages of conversations for good. Their positions are not used again.',
  input: 'The messages to delete.',
  fields: { ids: someMessages('Which messages, `msg_…`'), memories },
  payload: builder.objectRef<{ deletedIds: string[]; forgottenIds: string[] }>('DeleteMessagesPayload').implement({
    description: 'What was deleted for good.',
    fields: (t) => ({
      deletedIds: t.idList({
        description: 'The ids the messages had, in the order of the input: at most 500.',
        resolve: ({ deletedIds }) => deletedIds.map((id) => encodeId('Message', id)),
      }),
      forgottenIds: t.idList({
        ...forReaders(
          'The ids of all versions of the memories that were forgotten with them: mostly one for each, of at most 500 memories.',
        ),
        resolve: ({ forgottenIds }) => forgottenIds.map((id) => encodeId('Memory', id)),
      }),
    }),
  }),
  audited: () => undefined,
  limit: ({ ids }) => checkCount('ids', MOST_MESSAGES, ids.length),
  run: (tx, { ids, memories }) => deleteMessages(tx, ids, memories),
});

defineMutation('deleteConversation', {
  description:
    'Deletes a conversation with its messages and working memory for good, in batches. If it is interrupted, call it ' +
    'again: it continues with what is left.',
  input: 'The conversation to delete.',
  fields: { ...existing, memories },
  payload: builder.objectRef<{ deletedId: string; forgottenCount: number }>('DeleteConversationPayload').implement({
    description: 'What was deleted for good.',
    fields: (t) => ({
      deletedId: t.id({
        description: 'The id the conversation had.',
        resolve: ({ deletedId }) => encodeId('Conversation', deletedId),
      }),
      forgottenCount: t.exposeInt('forgottenCount', {
        ...forReaders('How many versions of memories were forgotten with it.'),
      }),
    }),
  }),
  audited: ({ deletedId }) => encodeId('Conversation', deletedId),
  runInBatches: (tenant, { memories, ...of }) => deleteConversation(tenant, of, memories),
});

defineMutation('copyConversation', {
  description:
    'Copies a conversation, up to a message or whole: to go on from there on another way. The copy has messages of its ' +
    'own, with the positions and externalIds of the originals, and shares their memories.',
  input: 'The conversation to copy, and the copy.',
  fields: {
    ...existing,
    externalId: required(key('externalId'), 'Your own id for the copy, not used by a conversation of the companion'),
    untilId: optional(
      id('Message'),
      'The last message that is copied, `msg_…`. Default: the newest. ' +
        `At most ${MOST_COPIED} are; more is LIMIT_EXCEEDED.`,
    ),
  },
  payload: builder.objectRef<{ conversationId: string }>('CopyConversationPayload').implement({
    description: 'The copy.',
    fields: (t) => ({
      conversation: t.field({
        type: Conversation,
        ...forReaders('The copy.'),
        resolve: ({ conversationId }, _args, context) => readConversation(context, conversationId),
      }),
    }),
  }),
  run: async (tx, { externalId, untilId, ...of }) => ({
    conversationId: await copyConversation(tx, of, externalId, untilId),
  }),
});

defineMutation('rememberMessages', {
  description:
    'Remembers messages that are not remembered yet, whatever their role. They must be of one conversation. Vectors are ' +
    'made later.',
  input: 'The messages to remember.',
  fields: {
    ids: someMessages('Which messages, `msg_…`'),
    type: required(MemoryTypeEnum, 'The type of the memories.', { default: 'EXPERIENCE' }),
  },
  payload: builder
    .objectRef<{ messageIds: string[]; memoryIds: string[]; skippedIds: string[] }>('RememberMessagesPayload')
    .implement({
      description: 'What the messages became.',
      fields: (t) => ({
        messages: t.field({
          type: [Message],
          ...forReaders('The messages, in the order of the input: at most 500.'),
          resolve: ({ messageIds }, _args, context, info) => messageIds.map((id) => readMessage(context, id, info)),
        }),
        memories: t.field({
          type: [Memory],
          description: 'The memories that were made, in the order the messages were said: at most 500.',
          resolve: ({ memoryIds }, _args, context, info) => memoryIds.map((id) => readMemory(context, id, info)),
        }),
        skippedIds: t.idList({
          description:
            'The messages, at most 500, that did not become memories: remembered already, forgotten, without a text ' +
            'that a memory can hold, or ' +
            'saying what a memory says already.',
          resolve: ({ skippedIds }) => skippedIds.map((id) => encodeId('Message', id)),
        }),
      }),
    }),
  limit: ({ ids }) => checkCount('ids', MOST_MESSAGES, ids.length),
  leavesPending: () => true,
  subjects: ({ memoryIds }) => memoryIds,
  run: (tx, { ids, type }) => rememberMessages(tx, ids, type),
});
