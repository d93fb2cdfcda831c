import { MAX_MESSAGES, MAX_RECALLED } from '../../domain/context/context.ts';
import { bounds } from '../../kernel/input.ts';
import type { ContextSectionKind } from '../../model/context/sections.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { ConversationRefInput } from '../core/conversation-ref.ts';
import { defineEnum, defineInput, many, optional, required, text, whole } from '../core/input.ts';
import { UserRefInput } from '../user/type.ts';

export const LEAST_TOKENS = 100;
export const MOST_TOKENS = 100_000;
const DEFAULT_TOKENS = 2_000;

export const ContextSectionKindEnum = defineEnum<ContextSectionKind>('ContextSectionKind', 'A section of a context.', {
  WORKING_MEMORY: 'The working memory of the conversation, of the user and of the companion.',
  PROFILE: 'What is known about the user and the companion, as their profiles say it: see `consolidate`.',
  FACTS: 'What answers slots now.',
  MEMORIES: `What recall finds for the query: of the best ${MAX_RECALLED} what fits, by when it became true.`,
  PASSAGES: 'Parts of documents. Empty so far: there are no documents.',
  DISPUTES: 'Open contradictions of the facts and memories shown, with both sides.',
  MESSAGES:
    `The newest messages of the conversation without gaps, of the last ${MAX_MESSAGES} what fits, each as a whole, ` +
    'and no call of a tool without its result. Without those of the system.',
});

export const ContextInput = defineInput('ContextInput', 'For whom a context is, and what goes into it.', {
  companion: required(CompanionRefInput, 'The companion that is about to answer. An unknown companion knows nothing.'),
  user: optional(
    UserRefInput,
    'Who is answered: what is about them and what is about no particular user goes into the context. Left out: the user ' +
      'of the conversation, else nobody. Another one than that of the conversation is INVALID_INPUT.',
  ),
  conversation: optional(
    ConversationRefInput,
    'The conversation that goes on. Of an unknown one, or one of another companion, there are no messages and no user.',
  ),
  query: optional(
    text('query', bounds.query),
    'What is about to be answered: at most 10,000 characters, not blank. Left out: the newest USER message of the ' +
      'conversation, with the message before it. If there is no such message, nothing is recalled.',
  ),
  maxTokens: required(
    whole(LEAST_TOKENS),
    'The most tokens that `text` may have, by the encoding that the setting TOKENIZER names: ' +
      `${LEAST_TOKENS} to 100,000, more is LIMIT_EXCEEDED.`,
    { default: DEFAULT_TOKENS },
  ),
  sections: optional(
    many(ContextSectionKindEnum),
    'Which sections, most important first: `text` has them in this order, and one that is named a place further up than ' +
      'in the order of the enum gets twice as much room. Default: all, in the order of the enum.',
  ),
});
