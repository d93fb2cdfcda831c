import { upsertConversation } from '../../domain/conversation/conversations.ts';
import { bounds } from '../../kernel/input.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { json, optional, required, text } from '../core/input.ts';
import { defineMutation } from '../core/mutation.ts';
import { forReaders } from '../core/scope-note.ts';
import { UserRefInput } from '../user/type.ts';
import { Conversation, ConversationRefInput, readConversation } from './type.ts';

defineMutation('upsertConversation', {
  description: 'Begins a conversation, or changes one. Only the fields given change.',
  input: 'The new values for a conversation. A field left out keeps its value; null clears it.',
  fields: {
    companion: required(CompanionRefInput, 'The companion whose conversation it is. An unknown key creates one.'),
    user: optional(
      UserRefInput,
      'The user it is with, said where it begins. Later it may be left out; another one is INVALID_INPUT.',
    ),
    conversation: required(ConversationRefInput, 'Which one. An unknown externalId begins one.'),
    title: optional(text('title', bounds.key), 'Its title'),
    metadata: optional(json, 'Your own notes on it, replaced as a whole. Null empties them.'),
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
  run: async (tx, { title, metadata, ...of }) => ({
    conversationId: await upsertConversation(tx, of, { title, metadata }),
  }),
});
