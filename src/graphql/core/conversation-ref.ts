import type { ConversationRef } from '../../model/conversation/ref.ts';
import { defineOneOf, id, key, optional, readAs } from './input.ts';

export const ConversationRefInput = readAs(
  defineOneOf(
    'ConversationRef',
    "Names a conversation. The caller's own key names one of a companion, which must be given, too. In a mutation an " +
      'unknown key begins a conversation; in a query it finds nothing.',
    {
      id: optional(id('Conversation'), 'The id of the conversation, `cnv_…`.'),
      externalId: optional(key('externalId'), "The caller's own id for it, such as that of a thread or chat"),
    },
  ),
  ({ id, externalId }): ConversationRef =>
    id ? { id: id.uuid, given: id.given } : { externalId: externalId as string },
);
