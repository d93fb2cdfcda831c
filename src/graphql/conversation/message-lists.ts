import {
  countMessages,
  defaultMessageOrder,
  type MessageOrderField,
  MOST_OF_EXTERNAL_ID,
  messagePages,
  messagesByExternalId,
} from '../../domain/message/messages.ts';
import { checkCount, parseInput } from '../../kernel/input.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { connectionType } from '../core/connection-type.ts';
import { defineArgs, defineEnum, defineInput, json, key, many, optional, required } from '../core/input.ts';
import { defineList } from '../core/list.ts';
import { columnsAt, type Places } from '../core/selection.ts';
import { costs } from '../cost/declare.ts';
import { OrderDirectionEnum } from '../memory/enums.ts';
import { DateTimeRangeInput } from '../memory/inputs.ts';
import { asksForContent, itself, Message, MessageRoleEnum, toMessage } from './message.ts';
import { Conversation } from './type.ts';

const listed: Places = { type: 'Message', paths: [['nodes'], ['edges', 'node']] };

/** So many externalIds one query takes. */
const MOST_EXTERNAL_IDS = 100;

const byExternalId = defineArgs({
  companion: required(CompanionRefInput, 'The companion whose messages they are. An unknown companion has none.'),
  externalIds: required(
    many(key('An externalId')),
    `Your own ids, of whatever conversations: at most ${MOST_EXTERNAL_IDS}; more is LIMIT_EXCEEDED.`,
  ),
});

builder.queryField('messages', (t) =>
  t.field({
    type: [Message],
    description:
      'The messages of a companion with these externalIds, in their order; unknown ones are left out. Where several ' +
      `conversations use one, as copies do, it is the ${MOST_OF_EXTERNAL_ID} stored last, the newest first.`,
    args: byExternalId.args,
    extensions: costs({ items: MOST_EXTERNAL_IDS }),
    resolve: async (_root, args, context, info) => {
      const { companion, externalIds } = parseInput(byExternalId.check, args, []);
      checkCount('externalIds', MOST_EXTERNAL_IDS, externalIds.length);
      const at = context.at();
      const rows = await messagesByExternalId(at.tx, companion, externalIds, asksForContent(info, itself));
      return rows.map((row) => toMessage(at, row));
    },
  }),
);

const MessageFilterInput = defineInput(
  'MessageFilter',
  'Which messages to include: those that match every field given.',
  {
    createdAt: optional(DateTimeRangeInput, 'Only those that were said in this span.'),
    metadata: optional(json, 'Only those whose metadata contains this. Nested objects and lists may be partial.'),
  },
);

const MessageOrderInput = defineInput('MessageOrder', 'The order of a list of messages.', {
  field: required(
    defineEnum<MessageOrderField>('MessageOrderField', 'The value that a list of messages is ordered by.', {
      POSITION: 'The place in the conversation.',
      CREATED_AT: 'When it was said; equal ones are ordered by id.',
    }),
    'The value that orders.',
  ),
  direction: required(OrderDirectionEnum, 'Which end comes first.', { default: 'ASC' }),
});

export const MessageConnection = connectionType('Message', Message, { of: 'messages' });

defineList(Conversation, 'messages', {
  type: MessageConnection,
  description: 'Its messages in the order they were said: `last: 30` are the newest.',
  args: {
    roles: optional(many(MessageRoleEnum), 'Only messages of these roles. Default: all.'),
    filter: optional(MessageFilterInput, 'Which messages to include. Default: all.'),
    orderBy: optional(MessageOrderInput, 'The order. Default: by position, the oldest first.'),
  },
  paging: 'either',
  order: ({ orderBy }) => Object.values(orderBy ?? defaultMessageOrder).join(' '),
  nested: { name: 'messages' },
  columns: (info) => ({ message: columnsAt(info, listed) }),
  pages: ({ tx, keys, given, window, columns }) =>
    messagePages(tx, keys, { ...given, withContent: columns.message.size > 0 }, window),
  countsNow: true,
  counts: ({ tx, keys, given }) => countMessages(tx, keys, given),
  toNode: toMessage,
});
