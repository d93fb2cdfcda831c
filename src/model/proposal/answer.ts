import { z } from 'zod';

/** How many proposals of each kind are read of one answer, and how many quotes of one proposal. */
export const MOST_OF_KIND = 10;
export const MOST_PROPOSED = 20;
export const MOST_QUOTES = 5;

const evidence = z
  .array(
    z.object({
      message: z.number().describe('The number of the message.'),
      quote: z.string().describe('Words of that message, copied exactly, that say it.'),
    }),
  )
  .describe('At least one quote, at most five.');
const confidence = z.number().describe('How sure it is that this was said and holds, 0 to 1.');
const change = z
  .enum(['mistake', 'change'])
  .describe('mistake: it was never true. change: it was true until it changed.');
const reason = z.string().describe('Why: one short sentence.');

/** What a chat model answers of a part of a conversation. */
export const proposalAnswers = z.object({
  memories: z.array(
    z.object({
      content: z.string().describe('One statement that can be understood by itself.'),
      type: z.enum(['fact', 'preference', 'instruction', 'experience']),
      importance: z.number().describe('How much it matters in later conversations, 0 to 10.'),
      confidence,
      evidence,
    }),
  ),
  corrections: z.array(
    z.object({
      memory: z.number().describe('The number of the note that is wrong, or out of date.'),
      content: z.string().describe('What is right, as a whole statement.'),
      kind: change,
      reason,
      confidence,
      evidence,
    }),
  ),
  retractions: z.array(
    z.object({
      memory: z.number().describe('The number of the note that holds no more, with nothing in its place.'),
      kind: change,
      reason,
      confidence,
      evidence,
    }),
  ),
  relations: z.array(
    z.object({
      from: z.number().describe('The number of a note.'),
      to: z.number().describe('The number of another note.'),
      type: z.enum(['follows', 'elaborates', 'references', 'causes']).describe('How `from` is related to `to`.'),
      confidence,
      evidence,
    }),
  ),
});
export type ProposalAnswer = z.output<typeof proposalAnswers>;

/** What it is asked to do. */
export const EXTRACTION_TASK =
  'You propose what a memory should keep of a conversation. `messages` are what was said, in order, each with its number; ' +
  '`memories` are notes that the memory has already, each with its number. Propose:\n' +
  '- `memories`: what is worth knowing in later conversations: facts about people and things, preferences, standing ' +
  'instructions, and events. Each is one statement in the third person (“The user …”) in the language of the messages, ' +
  'with names, values and dates in full, that is understood without the conversation. Leave out small talk, questions, ' +
  'guesses, what an assistant merely suggests or repeats, and what a note says already;\n' +
  '- `corrections`: notes that the messages show to be wrong or out of date, with what is right;\n' +
  '- `retractions`: notes that the messages show to hold no more, with nothing in their place;\n' +
  '- `relations`: between two notes, where the messages say that one follows, elaborates, refers to or causes the other.\n' +
  'Name notes by their numbers, and only those given. For each proposal quote the words that say it, with the number of ' +
  'their message: copied exactly from it, without leaving anything out; what has no exact quote is not considered. A list ' +
  'stays empty where there is nothing to propose, which is usual. At most ten of each.';
