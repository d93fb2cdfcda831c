import { z } from 'zod';

/** Of an answer so many parts are read, and of each so many citations. */
export const MOST_PARTS = 50;
export const MOST_OF_PART = 10;
/** So many citations an answer has at most. */
export const MOST_CITATIONS = 50;
/** So many characters (UTF-16 code units) the text of an answer has at most. */
export const MAX_TEXT = 20_000;

/** What a chat model fills in: which part of the text comes from where is what it says itself, to be verified. */
export const givenAnswers = z.object({
  isKnown: z.boolean().describe('Whether the context answers the question, if only in part.'),
  parts: z.array(
    z.object({
      text: z.string().describe('One or more sentences of the answer, without ids and quotes of sources.'),
      citations: z
        .array(
          z.object({
            id: z.string().describe('The id at the end of a line of the context: mem_… or msg_….'),
            quote: z.string().describe('Words of that line, copied exactly, that say it: at most one sentence.'),
          }),
        )
        .describe('What this part comes from.'),
    }),
  ),
});
export type GivenAnswer = z.output<typeof givenAnswers>;

/** Said of a question that the context does not answer, where the model says nothing itself. */
export const NOT_KNOWN = 'Not known.';

/** What it is asked to do. */
export const ANSWER_TASK =
  'You answer a question from what a companion remembers, and from nothing else. `question` is what is asked, `now` is ' +
  'the moment at which it is asked, and `context` is all that is known: Markdown, with a line for each memory and each ' +
  'message, at whose end stands its id in square brackets. In parentheses a line says since when it holds, and what is ' +
  'wrong with it: `disputed` (another memory says otherwise), `suspect` (it rests on what no longer holds), `possibly out ' +
  'of date`, `superseded`, `retracted`, `until` a day that is over. A line that contradicts another is named under ' +
  'Contradictions.\n' +
  '- Answer in the language of the question, in a few plain sentences.\n' +
  '- Say only what the context says. Do not guess, and use no knowledge of your own.\n' +
  '- Prefer what holds now. Where you use a line that is disputed, suspect or possibly out of date, say so; where lines ' +
  'contradict each other, say what each says.\n' +
  '- Give the answer as `parts` that are read one after the other. For each part name the lines that it comes from: the id ' +
  'at the end of the line, and words copied exactly from that line. What is not found there is dropped.\n' +
  '- Where the context does not answer the question, `isKnown` is false, and the only part says in one sentence what is ' +
  'not known.';
