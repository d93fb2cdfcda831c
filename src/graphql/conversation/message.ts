import type { GraphQLResolveInfo } from 'graphql';
import { type MessageRow, messagesById, messagesOfLineages } from '../../domain/message/messages.ts';
import type { Tokenizer } from '../../domain/tokens/tokenizer.ts';
import { NotFound } from '../../kernel/errors.ts';
import { decodeId, encodeId } from '../../kernel/ids.ts';
import { Turns } from '../../kernel/turns.ts';
import { fill, wordsOf } from '../../model/message/cut.ts';
import { MAX_TOOL_CALLS, type ToolCall, textParts, toolCalls } from '../../model/message/parts.ts';
import type { MessageFormat, MessageRole } from '../../tables/conversation.ts';
import { builder, type Types } from '../core/builder.ts';
import type { Context } from '../core/context.ts';
import { defineEnum } from '../core/input.ts';
import { nested } from '../core/nested.ts';
import { Node, type NodeValue, nodeRef } from '../core/node.ts';
import { columnsAt, memoryColumnsAt, type Places } from '../core/selection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { memoryListArgs } from '../memory/inputs.ts';
import { loadMemory, type MemoryNode } from '../memory/load.ts';
import { defineMemoryList } from '../memory/queries.ts';
import { Memory } from '../memory/type.ts';
import { Conversation, loadConversation } from './type.ts';

/** A message as it was read, and the graph it was read from. */
export interface MessageNode extends MessageRow, NodeValue {}

export const toMessage = (at: Snapshot, row: MessageRow): MessageNode => ({ ...row, at });

/** What it says is read where a field asks for it: it may be long. */
const ofContent = { extensions: { columns: ['content'] } };
const madeOf = (of: readonly string[], make: (...values: never[]) => unknown) => ({
  extensions: { ...ofContent.extensions, ...nested({ of, make }).extensions },
});
/** Where a message stands, as a field of its own or in a plain list. */
export const itself: Places = { type: 'Message', paths: [[]] };
export const asksForContent = (info: GraphQLResolveInfo, places: Places) => columnsAt(info, places).size > 0;

/** A message by its key; undefined where there is none. */
export async function loadMessage(
  at: Snapshot,
  uuid: string,
  info: GraphQLResolveInfo,
): Promise<MessageNode | undefined> {
  const withContent = asksForContent(info, itself);
  const row = await at.load(`message ${withContent}`, uuid, (ids) => messagesById(at.tx, ids, withContent));
  return row && toMessage(at, row);
}

/** Messages by their keys, in this order, as far as there are any. */
export async function loadMessages(
  at: Snapshot,
  uuids: readonly string[],
  info: GraphQLResolveInfo,
): Promise<MessageNode[]> {
  const found = await Promise.all(uuids.map((uuid) => loadMessage(at, uuid, info)));
  return found.filter((message) => message !== undefined);
}

/** A message that a mutation has made or changed. Throws NotFound where it has been deleted meanwhile. */
export async function readMessage(context: Context, uuid: string, info: GraphQLResolveInfo): Promise<MessageNode> {
  const found = await loadMessage(context.at(), uuid, info);
  if (!found) throw new NotFound('message', [encodeId('Message', uuid)]);
  return found;
}

/** One for all contents of a request: each is made by itself, and others have a turn in between. */
const turnsOf = new WeakMap<Snapshot, { turns: Turns; last: Promise<void> }>();

/** What was given, with the words in it again; undefined once it is forgotten. */
const given = (content: string | null, words: string | null): unknown =>
  content === null ? undefined : JSON.parse(fill(content, words ?? ''));

const textFrom = (format: MessageFormat, content: unknown): string | null =>
  content === undefined ? null : wordsOf(textParts(format, content));

async function contentOf({ at, content, words }: MessageNode): Promise<unknown> {
  if (content === null) return undefined;
  const line = turnsOf.get(at) ?? { turns: new Turns(), last: Promise.resolve() };
  turnsOf.set(at, line);
  line.last = line.last.then(() => line.turns.next());
  await line.last;
  return given(content, words);
}

async function textOf(message: MessageNode): Promise<string | null> {
  return textFrom(message.format, await contentOf(message));
}

async function callsOf(message: MessageNode): Promise<ToolCall[]> {
  const content = await contentOf(message);
  return content === undefined ? [] : toolCalls(message.format, content);
}

/** As given, else of what it says and of its calls. */
async function tokensOf(message: MessageNode, tokenizer: Tokenizer): Promise<number> {
  if (message.tokens !== null) return message.tokens;
  const [text, calls] = [await textOf(message), await callsOf(message)];
  return tokenizer.count([text ?? '', ...calls.map((call) => JSON.stringify(call))].join('\n').trim());
}

export const MessageRoleEnum = defineEnum<MessageRole>('MessageRole', 'Who says a message.', {
  SYSTEM: 'The program: instructions to the model.',
  USER: 'The user.',
  ASSISTANT: 'The companion.',
  TOOL: 'A tool: what it answered.',
});

export const MessageFormatEnum = defineEnum<MessageFormat>(
  'MessageFormat',
  'Whose shape the content of a message has. It says where the text and the calls of tools are; the content comes back ' +
    'unchanged, whatever it is.',
  {
    TEXT: 'A JSON string.',
    AI_SDK_UI: 'A UIMessage of the AI SDK, or its parts.',
    AI_SDK_MODEL: 'A ModelMessage of the AI SDK, or its content.',
    OPENAI_CHAT: "A message of OpenAI's Chat Completions, or its content.",
    OPENAI_ITEM: "An item of OpenAI's Responses and Agents SDK.",
    MASTRA: 'A message of Mastra, or its content.',
    LANGCHAIN: 'A message of LangChain: stored, serialised, or as it is.',
    ANTHROPIC: "A message of Anthropic's Messages, or its content.",
  },
);

const ToolCallType = builder.objectRef<ToolCall>('ToolCall').implement({
  description: 'A call of a tool, as far as one message says: the call, its result, or both.',
  fields: (t) => ({
    callId: t.exposeString('callId', { description: 'What joins a call and its result. Empty where it has none.' }),
    name: t.exposeString('name', {
      description: 'The tool. Empty where the message has the result alone, and does not say of what.',
    }),
    input: t.expose('input', { type: 'JSON', nullable: true, description: 'What the tool is given.' }),
    output: t.expose('output', { type: 'JSON', nullable: true, description: 'What it answered.' }),
    error: t.exposeString('error', { nullable: true, description: 'Why it failed.' }),
  }),
});

type Fields = PothosSchemaTypes.ObjectFieldBuilder<Types, MessageNode>;

/** What it says: made from its content. */
const contentFields = (t: Fields) => ({
  content: t.field({
    type: 'JSON',
    nullable: true,
    description:
      'Exactly as given, at most 1 MiB of JSON. Null once the memory that it became is forgotten: see isForgotten.',
    ...madeOf(['content', 'words'], (content: string | null, words: string | null) => given(content, words) ?? null),
    resolve: async (message) => (await contentOf(message)) ?? null,
  }),
  text: t.string({
    nullable: true,
    description: 'Its text parts, joined by a blank line. Null where it has none, or once forgotten.',
    ...madeOf(['format', 'content', 'words'], (format: MessageFormat, content: string | null, words: string | null) =>
      textFrom(format, given(content, words)),
    ),
    resolve: textOf,
  }),
  toolCalls: t.field({
    type: [ToolCallType],
    description: `The tools it calls, or tells the results of, in order: at most ${MAX_TOOL_CALLS}. None once forgotten.`,
    ...ofContent,
    resolve: callsOf,
  }),
  tokens: t.int({
    description:
      'As given; else those of `text` and `toolCalls`, counted by the encoding that the setting TOKENIZER names.',
    ...ofContent,
    resolve: (message, _args, { tokenizer }) => tokensOf(message, tokenizer),
  }),
});

export const Message = nodeRef<MessageNode>(
  'Message',
  builder.objectRef<MessageNode>('Message').implement({
    description:
      'A message of a conversation, kept as it was given. The words of one that is remembered are stored once, in its ' +
      'memory: a correction leaves them as they were said, forgetting the memory erases them here, too.',
    interfaces: [Node],
    fields: (t) => ({
      externalId: t.exposeString('externalId', {
        nullable: true,
        description: "The caller's own id for it, unique in the conversation.",
      }),
      conversation: t.field({
        type: Conversation,
        description: 'The conversation that it is of.',
        ...nested({ one: 'conversation' }),
        resolve: async ({ at, conversationId }) => {
          const found = await loadConversation(at, conversationId);
          if (!found) throw new Error(`a message without its conversation ${conversationId}`);
          return found;
        },
      }),
      role: t.expose('role', { type: MessageRoleEnum.type, description: 'Who says it.' }),
      name: t.exposeString('name', { nullable: true, description: 'The name of who says it, if it was given.' }),
      format: t.expose('format', { type: MessageFormatEnum.type, description: 'Whose shape its content has.' }),
      ...contentFields(t),
      position: t.exposeInt('position', {
        description: '0, 1, 2 … in the conversation; never used again, so that only a deletion leaves a gap.',
      }),
      metadata: t.expose('metadata', { type: 'JSONObject', description: "The caller's own notes on it." }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was said.' }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was stored, or last replaced.' }),
      memory: t.field({
        type: Memory,
        nullable: true,
        description:
          'What it became: the version that was made from it, so that a correction leaves the transcript as it was said. ' +
          'Null where it is not remembered.',
        ...nested({ one: 'memory' }),
        resolve: async ({ at, memoryId }, _args, _context, info) =>
          (memoryId && (await loadMemory(at, memoryId, memoryColumnsAt(info)))) || null,
      }),
      isForgotten: t.exposeBoolean('isForgotten', {
        description: 'True once the memory that it became is forgotten: its words, name and notes are erased.',
      }),
    }),
  }),
  { id: 'The id of the message, `msg_…`.', load: loadMessage },
);

builder.queryField('message', (t) =>
  t.field({
    type: Message,
    nullable: true,
    description: 'One message by its id. Null if it does not exist.',
    args: { id: t.arg.id({ required: true, description: 'Its id, `msg_…`. A malformed id is INVALID_INPUT.' }) },
    ...nested({
      find: (context, { id }) => ({
        at: context.at(),
        found: { kind: 'message', by: 'id', value: decodeId('Message', id as string, ['id']).uuid },
      }),
    }),
    resolve: async (_root, { id }, context, info) =>
      (await loadMessage(context.at(), decodeId('Message', id, ['id']).uuid, info)) ?? null,
  }),
);

const { filter, orderBy } = memoryListArgs;
defineMemoryList(Conversation, 'conversation', { filter, orderBy }, 'What its messages became.');

/** The message that a memory was made from, at the memory's point. */
const messageOf = ({ at, lineageId }: MemoryNode) =>
  at.load('message of lineage', lineageId, (ids) => messagesOfLineages(at.tx, ids));

builder.objectFields(Memory, (t) => ({
  message: t.field({
    type: Message,
    nullable: true,
    description:
      'The message that became it; of a copied conversation the original. Null where it was not made from one, or that ' +
      'was deleted.',
    resolve: async (memory, _args, _context, info) => {
      const found = await messageOf(memory);
      return (found && (await loadMessage(memory.at, found.id, info))) ?? null;
    },
  }),
  conversation: t.field({
    type: Conversation,
    nullable: true,
    description: 'The conversation of that message.',
    resolve: async (memory) => {
      const found = await messageOf(memory);
      return (found && (await loadConversation(memory.at, found.conversationId))) ?? null;
    },
  }),
}));
