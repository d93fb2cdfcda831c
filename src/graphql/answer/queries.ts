import { type Answer as Answered, answerOf } from '../../domain/answer/answer.ts';
import { LimitExceeded } from '../../kernel/errors.ts';
import { bounds, parseInput } from '../../kernel/input.ts';
import { MAX_TEXT, MOST_CITATIONS, NOT_KNOWN } from '../../model/answer/answer.ts';
import { MAX_QUOTE } from '../../model/answer/quote.ts';
import type { Cited } from '../../model/answer/verify.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { LEAST_TOKENS, MOST_TOKENS } from '../context/inputs.ts';
import { Context, toContext } from '../context/type.ts';
import { builder } from '../core/builder.ts';
import { ConversationRefInput } from '../core/conversation-ref.ts';
import { defineInput, optional, required, text, whole } from '../core/input.ts';
import { memoryColumnsAt, type Places } from '../core/selection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { costs, onceByPost } from '../cost/declare.ts';
import { loadMemory, type MemoryNode } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';
import { UserRefInput } from '../user/type.ts';

const DEFAULT_TOKENS = 3_000;

const AnswerInput = defineInput('AnswerInput', 'What a companion is asked, and by whom.', {
  companion: required(CompanionRefInput, 'The companion that is asked. An unknown companion knows nothing.'),
  user: optional(
    UserRefInput,
    'Who asks: what is about them and what is about no particular user is looked at. Left out: the user of the ' +
      'conversation, else nobody. Another one than that of the conversation is INVALID_INPUT.',
  ),
  conversation: optional(
    ConversationRefInput,
    'The conversation in which it is asked: its newest messages are looked at, too. Of an unknown one, or one of another ' +
      'companion, there are no messages and no user.',
  ),
  question: required(text('question', bounds.query), 'What is asked: at most 10,000 characters, not blank.'),
  maxContextTokens: required(
    whole(LEAST_TOKENS),
    'The most tokens that the context may have which the model is given, by the encoding that the setting TOKENIZER names: ' +
      `${LEAST_TOKENS} to 100,000, more is LIMIT_EXCEEDED.`,
    { default: DEFAULT_TOKENS },
  ),
});

const Citation = builder.objectRef<Cited & { memory: MemoryNode }>('Citation').implement({
  description: 'Where a part of an answer comes from. The quote has been found in the memory.',
  fields: (t) => ({
    memory: t.field({
      type: Memory,
      description: 'The memory that says it, one of the context: the version that was shown, as it is now.',
      resolve: ({ memory }) => memory,
    }),
    quote: t.exposeString('quote', {
      description:
        `What the memory says, as it stands in its content or its summary: at most ${MAX_QUOTE} characters. The model may have ` +
        'written it with other white space, case, apostrophes, quotation marks or dashes.',
    }),
    from: t.exposeInt('from', {
      description: 'Where the part of the answer begins that comes from it, in UTF-16 code units from 0 on.',
    }),
    until: t.exposeInt('until', { description: 'Where that part ends: the code unit behind its last one.' }),
  }),
});

/** The memories of citations, of which each has one. */
const citedMemories: Places = { type: 'Memory', paths: [['memory']] };

const Answer = builder.objectRef<Answered & { at: Snapshot }>('Answer').implement({
  description: 'What a chat model answers from what a companion remembers.',
  fields: (t) => ({
    text: t.exposeString('text', {
      description:
        `Plain text, or Markdown if the model writes it: at most ${MAX_TEXT.toLocaleString('en')} characters, cut beyond. ` +
        `Where \`isKnown\` is false it says what is not known, or ${JSON.stringify(NOT_KNOWN)}.`,
    }),
    isKnown: t.exposeBoolean('isKnown', {
      description:
        'The model says that the context answers the question. False where it says that it does not, where it says nothing, ' +
        'and where the context is empty: then no model is asked.',
    }),
    citations: t.field({
      type: [Citation],
      extensions: costs({ items: MOST_CITATIONS }),
      description:
        `Where the text comes from, in its order: at most ${MOST_CITATIONS}. Each cites a memory of the context, or one that ` +
        'a message of the context has become, and its quote stands there. What has been forgotten meanwhile is left out. ' +
        'Empty where `isKnown` is false.',
      resolve: async ({ at, citations }, _args, _context, info) => {
        const columns = memoryColumnsAt(info, citedMemories);
        const cited = await Promise.all(
          citations.map(async (citation) => ({
            ...citation,
            memory: await loadMemory(at, citation.memoryId, columns),
          })),
        );
        return cited.flatMap(({ memory, ...citation }) => (memory ? [{ ...citation, memory }] : []));
      },
    }),
    droppedCitations: t.exposeInt('droppedCitations', {
      description:
        'How many citations of the model were left out: of what was not in the context or has been forgotten, with quotes ' +
        `that do not stand there, or beyond the first ${MOST_CITATIONS}. What the text says there has not been verified.`,
    }),
    context: t.field({
      type: Context,
      description: 'What was looked at: what the model was given.',
      resolve: ({ at, context }) => toContext(at, context),
    }),
    model: t.exposeString('model', { description: 'The model that was asked, as CHAT_MODEL names it.' }),
    tokens: t.exposeInt('tokens', {
      description:
        'How many tokens it has used, for the prompt and the answer together, as its server counts them, or else ' +
        'estimated; with tries that failed. 0 where no model was asked.',
    }),
  }),
});

builder.queryField('answer', (t) =>
  t.field({
    type: Answer,
    extensions: { ...costs({ weight: 1_000 }), ...onceByPost },
    description:
      'Has the chat model of the service answer a question from what `context` composes for it, and from nothing else. What ' +
      'it cites is looked up. Once in a document, however it is named there, and by POST alone: it costs tokens of the day ' +
      '(CHAT_DAILY_TOKENS). Without a chat model, and where that fails, CHAT_PROVIDER_UNAVAILABLE.',
    args: {
      input: t.arg({ type: AnswerInput.type, required: true, description: 'What is asked.' }),
    },
    resolve: async (_root, { input }, context) => {
      const request = parseInput(AnswerInput.check, input, ['input']);
      const { maxContextTokens } = request;
      if (maxContextTokens > MOST_TOKENS)
        throw new LimitExceeded('Tokens of a context (maxContextTokens)', MOST_TOKENS, maxContextTokens);
      // The view of the request is taken when the model has answered.
      const answered = await context.reads.after(answerOf(context, request));
      return { ...answered, at: context.at() };
    },
  }),
);
