import { type Append, type Appended, appendMessages } from '../../domain/conversation/append.ts';
import { asksFor, type RememberPolicy } from '../../domain/conversation/plan.ts';
import { contentBounds, isKeepable, prepareMessages } from '../../domain/conversation/prepare.ts';
import { type Expected, MOST_REPLACED, replaceMessages } from '../../domain/conversation/replace.ts';
import type { TextToEmbed, Vector } from '../../domain/embedding/embeddings.ts';
import { MOST_FINDINGS } from '../../domain/finding/detect.ts';
import { detectInVersions, MOST_DETECTED } from '../../domain/finding/written.ts';
import { sessionOf } from '../../domain/session/sessions.ts';
import { Conflict, InvalidInput } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import { checkCount, type GivenId } from '../../kernel/input.ts';
import { wordsOf } from '../../model/message/cut.ts';
import { textParts } from '../../model/message/parts.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { ConversationRefInput } from '../core/conversation-ref.ts';
import {
  anyJson,
  defineEnum,
  defineInput,
  flag,
  ids,
  json,
  key,
  many,
  moment,
  optional,
  type ReadOf,
  required,
  whole,
} from '../core/input.ts';
import { defineMutation } from '../core/mutation.ts';
import { forReaders } from '../core/scope-note.ts';
import { SessionRefInput } from '../core/session-ref.ts';
import { Finding, readFinding } from '../finding/type.ts';
import { DetectEnum } from '../memory/enums.ts';
import { readMemory } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';
import { UserRefInput } from '../user/type.ts';
import { Message, MessageFormatEnum, MessageRoleEnum, readMessage } from './message.ts';
import { Conversation, readConversation } from './type.ts';

/** So many messages one mutation takes. */
const MOST_MESSAGES = 500;
/** The last so many of them get their vectors at once: the others, which a client sends again each turn, later. */
const EMBEDDED_AT_ONCE = 10;

const RememberPolicyEnum = defineEnum<RememberPolicy>(
  'RememberPolicy',
  'Which messages become memories. What becomes one is an EXPERIENCE that FOLLOWS the remembered message before it. Its ' +
    'context: `conversationId` (the externalId), `turnNumber` (the position), `role` (user, assistant …), `speaker` ' +
    '(`name`, else the role).',
  {
    TURNS: 'The texts of USER and ASSISTANT that are final; not calls of tools, reasoning, files or system prompts.',
    USER_TURNS: 'The texts of USER alone.',
    ALL: 'The texts of SYSTEM and TOOL, too.',
    NONE: 'None.',
  },
);

export const NewMessageInput = defineInput(
  'NewMessage',
  'A message. A known externalId with equal content changes nothing, and what was forgotten stays forgotten; with other ' +
    'content the message is replaced in place and its memory corrected (MISTAKE), or, where that was corrected or ' +
    'retracted meanwhile, the transcript alone. A text that a memory cannot hold, as it is too long, keeps its own words.',
  {
    externalId: optional(key('externalId'), 'Your own id for it, unique in the conversation'),
    role: required(MessageRoleEnum, 'Who says it.'),
    name: optional(key('name'), 'The name of who says it'),
    format: required(MessageFormatEnum, 'Whose shape the content has.', { default: 'TEXT' }),
    content: required(
      anyJson,
      `What it says, in the shape of the format: at most ${contentBounds.bytes} bytes of JSON, ${contentBounds.depth} levels deep.`,
    ),
    tokens: optional(whole(0), 'How many tokens it is, where you know it.'),
    metadata: optional(json, 'Your own notes on it.'),
    createdAt: optional(moment, 'When it was said. Default: now.'),
    isFinal: required(
      flag,
      'False while it is being streamed: it is kept, and remembered when it comes again as final.',
      { default: true },
    ),
  },
);

const newMessages = many(NewMessageInput);

/** What an earlier version kept of a success lacks the findings. */
type WithFindings = Appended & { findingIds?: string[] };

const AppendMessagesPayload = builder.objectRef<WithFindings>('AppendMessagesPayload').implement({
  description: 'What was added, in the order of the input.',
  fields: (t) => ({
    conversation: t.field({
      type: Conversation,
      ...forReaders('The conversation, with the new state.'),
      resolve: ({ conversationId }, _args, context) => readConversation(context, conversationId),
    }),
    messages: t.field({
      type: [Message],
      ...forReaders('One for each message of the input, at most 500: new, replaced in place, or as it was.'),
      resolve: ({ messageIds }, _args, context, info) => messageIds.map((id) => readMessage(context, id, info)),
    }),
    memories: t.field({
      type: [Memory],
      description: 'The memories that were made, also by corrections: at most one for each message, 500 in all.',
      resolve: ({ memoryIds }, _args, context, info) => memoryIds.map((id) => readMemory(context, id, info)),
    }),
    skippedIds: t.idList({
      description:
        'The messages, at most 500, that made no memory though the policy asks for one: no memory can hold their text.',
      resolve: ({ skippedIds }) => skippedIds.map((id) => encodeId('Message', id)),
    }),
    findings: t.field({
      type: [Finding],
      ...forReaders(
        `What the memories seem to say of older ones, if \`detect\` asks for it: at most ${MOST_FINDINGS} for each, 2,500 in all.`,
      ),
      resolve: ({ findingIds }, _args, context) => (findingIds ?? []).map((id) => readFinding(context, id)),
    }),
  }),
});

const rememberField = required(RememberPolicyEnum, 'Which of them become memories.', { default: 'TURNS' });
const sessionField = optional(
  SessionRefInput,
  'The session that they were said in. Default: the one that the request names by its header. An unknown one is NOT_FOUND.',
);

/** The messages whose vectors are made at once, and their words. */
const embeddedOf = (messages: readonly ReadOf<typeof NewMessageInput.fields>[], remember: RememberPolicy) =>
  messages
    .slice(-EMBEDDED_AT_ONCE)
    .map((message, nth) => {
      const index = Math.max(0, messages.length - EMBEDDED_AT_ONCE) + nth;
      return { index, message, words: wordsOf(textParts(message.format, message.content)) };
    })
    .filter(({ message, words }) => asksFor(remember, { ...message, words }) && isKeepable(words));

defineMutation('appendMessages', {
  description:
    'Adds 1 to 500 messages to a conversation, in order, and remembers those that the policy says: all of it, or ' +
    'nothing. Sending a whole history again adds nothing twice where its messages have an externalId.',
  input: 'Messages to add.',
  fields: {
    companion: required(CompanionRefInput, 'The companion whose conversation it is. An unknown key creates one.'),
    user: optional(
      UserRefInput,
      'The user it is with, said where it begins, or with its first message. Later it may be left out; another one is ' +
        'INVALID_INPUT.',
    ),
    conversation: required(ConversationRefInput, 'Which conversation. An unknown externalId begins one.'),
    messages: required(
      {
        ...newMessages,
        check: newMessages.check.refine((given) => given.length > 0, 'At least one message is expected.'),
      },
      `In the order they were said: 1 to ${MOST_MESSAGES}, their contents together at most 16 MiB; more is LIMIT_EXCEEDED.`,
    ),
    remember: rememberField,
    session: sessionField,
    detect: optional(
      DetectEnum,
      'Whether older memories are looked for that what is remembered seems to contradict, update or repeat. Default: OFF, since ' +
        `messages become EXPERIENCE. Of many the first ${MOST_DETECTED} are compared.`,
    ),
  },
  payload: AppendMessagesPayload,
  limit: ({ messages }) => checkCount('messages', MOST_MESSAGES, messages.length),
  embeds: textsOf,
  leavesPending: ({ messages }) => messages.length > EMBEDDED_AT_ONCE,
  subjects: ({ memoryIds, findingIds }) => [...memoryIds, ...(findingIds ?? [])],
  run: async (tx, { session, detect, ...input }, vectors) => {
    const sessionId = session ? await sessionOf(tx, session) : undefined;
    const made = await appendMessages(tx, { ...(await prepared(input, vectors)), ...(sessionId && { sessionId }) });
    return { ...made, findingIds: await detectInVersions(tx, made.memoryIds, detect ?? 'OFF') };
  },
});

/** Those texts, for their vectors. */
function textsOf({ messages, remember }: Pick<NewMessages, 'messages' | 'remember'>): TextToEmbed[] {
  return embeddedOf(messages, remember).map(({ index, words }) => ({
    content: words as string,
    embedding: null,
    path: ['input', 'messages', index],
  }));
}

type NewMessages = Omit<Append, 'messages' | 'vectors'> & { messages: ReadOf<typeof NewMessageInput.fields>[] };

/** The same with messages that have been looked at, and vectors by their indexes. */
async function prepared<Given extends NewMessages>({ messages, ...given }: Given, vectors: readonly Vector[]) {
  const embedded = embeddedOf(messages, given.remember);
  return {
    ...given,
    messages: await prepareMessages(messages),
    vectors: new Map(embedded.map(({ index }, nth) => [index, vectors[nth]])),
  };
}

defineMutation('replaceMessages', {
  description:
    'Drops the newest messages of a conversation, if they are exactly those expected, and adds others: for editing, ' +
    'retrying and taking back. What is dropped is no longer remembered (retracted, MISTAKE), unless a message elsewhere, ' +
    'as of a copy, still points to it.',
  input: 'The messages that are expected, and those that replace them.',
  fields: {
    companion: optional(CompanionRefInput, 'The companion whose conversation it is: needed with an externalId.'),
    conversation: required(ConversationRefInput, 'Which conversation. An unknown one is NOT_FOUND.'),
    expectedIds: required(
      ids('Message'),
      'The newest messages, `msg_…`, in the order they were said: ' +
        `at most ${MOST_REPLACED}; more is LIMIT_EXCEEDED. If others are the newest, ` +
        'it is a ConflictError whose `current` is the conversation.',
    ),
    expectedMessages: optional(
      newMessages,
      `The same for who does not know their ids, which are then none: the newest messages as they were given, at most ` +
        `${MOST_REPLACED}. Their role, name, format, content and metadata are compared. A forgotten one is no longer what it was`,
    ),
    messages: required(
      newMessages,
      `What replaces them, in the order they were said: at most ${MOST_MESSAGES}, or none to take them back.`,
    ),
    remember: rememberField,
  },
  payload: builder.objectRef<Appended>('ReplaceMessagesPayload').implement({
    description: 'What is there now.',
    fields: (t) => ({
      conversation: t.field({
        type: Conversation,
        ...forReaders('The conversation, with the new state.'),
        resolve: ({ conversationId }, _args, context) => readConversation(context, conversationId),
      }),
      messages: t.field({
        type: [Message],
        ...forReaders('One for each message of the input, at most 500.'),
        resolve: ({ messageIds }, _args, context, info) => messageIds.map((id) => readMessage(context, id, info)),
      }),
    }),
  }),
  errors: [Conflict],
  audited: ({ conversationId }) => encodeId('Conversation', conversationId),
  limit: ({ expectedIds, expectedMessages, messages }) => {
    checkCount('expectedIds', MOST_REPLACED, expectedIds.length);
    checkCount('expectedMessages', MOST_REPLACED, expectedMessages?.length ?? 0);
    checkCount('messages', MOST_MESSAGES, messages.length);
  },
  embeds: textsOf,
  leavesPending: ({ messages }) => messages.length > EMBEDDED_AT_ONCE,
  subjects: ({ memoryIds }) => memoryIds,
  run: async (tx, { expectedIds, expectedMessages, ...input }, vectors) =>
    replaceMessages(tx, {
      ...(await prepared(input, vectors)),
      expected: expectedMessages ? await expectedAs(expectedIds, expectedMessages) : expectedIds,
    }),
});

/** Messages as they were given, to be compared with what is there. Throws InvalidInput where ids are given, too. */
async function expectedAs(ids: readonly GivenId[], given: NewMessages['messages']): Promise<Expected> {
  if (ids.length > 0) {
    const message = 'The messages are expected by their ids or as they were given: give one of the two.';
    throw new InvalidInput([{ path: ['input', 'expectedMessages'], message }]);
  }
  return prepareMessages(given, 'expectedMessages');
}
