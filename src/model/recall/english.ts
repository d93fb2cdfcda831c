import { englishMonths } from '../text/dates.ts';

/**
 * What is known about English questions. In other languages nothing here matches. Terms are stems, as PostgreSQL's
 * `english` configuration (Snowball) makes them.
 */

/** Stems that are common in questions and rare in answers: they weigh less than their rarity says. */
export const genericTerms = new Set(
  `also anyth anyway could current differ do ever favorit feel first get go kind know last like made make mani may might
  name new one recent said say someth take tell thing think time told two type use usual way would`.split(/\s+/),
);

/** True of a question that asks for a time. */
export const asksForTime = (question: string): boolean =>
  /\b(when|how long|how often|how old|(how many|what|which) (seconds?|minutes?|hours?|days?|dates?|weeks?|months?|years?|time))\b/i.test(
    question,
  );

/** True of a question that says I, my, we … */
export const asksOfSelf = (question: string): boolean => /\b(i|me|my|mine|we|us|our|ours)\b/i.test(question);

/** Patterns of words and phrases that state a time. */
const timePhrases = [
  'yesterday|today|tonight|tomorrow|ago|since|recently|weekends?',
  '(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day)s?',
  // "May" is usually not the month.
  englishMonths.filter((month) => month !== 'may').join('|'),
  '(?:last|next|this) (?:night|week|month|year|summer|winter|spring|autumn|fall|morning|afternoon|evening)',
  String.raw`(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|few|couple of|many|several) ` +
    '(?:minute|hour|day|week|month|year|decade)s?',
  String.raw`(?:19|20)\d\d|\d{1,2}(?:st|nd|rd|th)`,
];
const times = new RegExp(String.raw`\b(?:${timePhrases.join('|')})\b`, 'i');

/** True of a content that states a time. */
export const tellsTime = (content: string): boolean => times.test(content);

/** True of a content that ends with a question mark of any language. */
export const isQuestion = (content: string): boolean => /[?？؟]\s*$/.test(content);
