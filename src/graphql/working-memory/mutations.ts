import {
  checkChange,
  deleteWorkingMemory,
  updateWorkingMemory,
  type Written,
} from '../../domain/working-memory/write.ts';
import { Conflict } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import { bounds } from '../../kernel/input.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { ConversationRefInput } from '../core/conversation-ref.ts';
import { anyText, json, optional, required, whole } from '../core/input.ts';
import { defineMutation } from '../core/mutation.ts';
import { forReaders } from '../core/scope-note.ts';
import { UserRefInput } from '../user/type.ts';
import { readWorkingMemory, WorkingMemory, WorkingMemoryScopeEnum } from './type.ts';

const user = optional(
  UserRefInput,
  "The user it is about. With a conversation it is the conversation's; another one is INVALID_INPUT.",
);
const scope = optional(
  WorkingMemoryScopeEnum,
  'Which is meant. Default: CONVERSATION if one is given, else USER if a user is, else COMPANION.',
);

defineMutation('updateWorkingMemory', {
  description:
    'Rewrites a working memory as a whole, or patches its data, and keeps what it said before as a version. If ' +
    'there is none yet, it creates one. Concurrent writers lose nothing: each makes a version, and the last one ' +
    'counts. A credential restricted to users may not write that of a companion.',
  input:
    'Which working memory, and what it is to say. Give content, data, both of them, or a patch. Content alone leaves ' +
    'no data; with data alone, or a patch, the content is the JSON text of the data.',
  fields: {
    companion: required(CompanionRefInput, 'The companion that keeps it. An unknown key creates one.'),
    user,
    conversation: optional(ConversationRefInput, 'The conversation it belongs to. An unknown externalId begins one.'),
    scope,
    content: optional(anyText(bounds.content), 'The new text'),
    data: optional(json, 'The new data, as a whole.'),
    patch: optional(
      json,
      'What changes of the data, as JSON Merge Patch (RFC 7396): null takes a member away, an object is looked into, ' +
        'everything else replaces what was there.',
    ),
    template: optional(anyText(bounds.content), 'How the text is to be laid out', {
      more: 'Left out, it stays; null clears it.',
    }),
    schema: optional(
      json,
      'JSON Schema (2020-12, or draft-07 where $schema says so) that the data has to satisfy, now and on every write. ' +
        'Left out, it stays; null clears it. `format` is not checked, and nothing is fetched. One that takes longer ' +
        'than a second to check by is LIMIT_EXCEEDED.',
    ),
    expectedVersion: optional(
      whole(0),
      'The version that this is based on; 0: there is none yet. If there is another one by now, it is a ConflictError. ' +
        'Default: whatever there is.',
    ),
  },
  errors: [Conflict],
  payload: builder.objectRef<Written>('UpdateWorkingMemoryPayload').implement({
    description: 'The working memory that was written.',
    fields: (t) => ({
      workingMemory: t.field({
        type: WorkingMemory,
        ...forReaders('It, as it is now.'),
        resolve: ({ workingMemoryId }, _args, context) => readWorkingMemory(context, workingMemoryId),
      }),
    }),
  }),
  check: ({ workspaceId }, change) => checkChange(workspaceId, change),
  run: (tx, { companion, user, conversation, scope, ...change }) =>
    updateWorkingMemory(tx, { companion, user, conversation, scope }, change),
});

defineMutation('deleteWorkingMemory', {
  description:
    'Erases a working memory with all its versions, for good. A credential restricted to users may not delete that of ' +
    'a companion.',
  input: 'Which working memory.',
  fields: {
    companion: required(CompanionRefInput, 'The companion that keeps it. An unknown one is NOT_FOUND.'),
    user,
    conversation: optional(ConversationRefInput, 'The conversation it belongs to. An unknown one is NOT_FOUND.'),
    scope,
  },
  payload: builder.objectRef<{ deletedId: string }>('DeleteWorkingMemoryPayload').implement({
    description: 'What was erased for good.',
    fields: (t) => ({
      deletedId: t.id({
        description: 'The id that the working memory had.',
        resolve: ({ deletedId }) => encodeId('WorkingMemory', deletedId),
      }),
    }),
  }),
  audited: ({ deletedId }) => encodeId('WorkingMemory', deletedId),
  run: async (tx, of) => ({ deletedId: await deleteWorkingMemory(tx, of) }),
});
