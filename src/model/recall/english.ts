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

/** Stems of irregular words, which a stemmer does not bring together: "buy" and "bought". */
const irregularForms = `
  becom becam|begin began begun|bend bent|bite bit bitten|blow blew blown|break broke broken|bring brought
  build built|buy bought|catch caught|choos chose chosen|come came|deal dealt|dig dug|draw drew drawn
  dream dreamt|drink drank drunk|drive drove driven|eat ate eaten|fall fell fallen|feed fed|feel felt
  fight fought|find found|fli flew flown|forget forgot forgotten|forgiv forgav forgiven|freez froze frozen
  get got gotten|give gave given|go went gone|grow grew grown|hang hung|hear heard|hide hid hidden|hold held
  keep kept|know knew known|lay laid|lead led|leav left|lend lent|lie lay lain|light lit|lose lost|make made
  mean meant|meet met|pay paid|ride rode ridden|ring rang rung|rise rose risen|run ran|say said|see saw seen
  seek sought|sell sold|send sent|sew sewn|shake shook shaken|shine shone|shoot shot|show shown|sing sang sung
  sink sank sunk|sit sat|sleep slept|speak spoke spoken|spend spent|stand stood|steal stole stolen|stick stuck
  strike struck|swear swore sworn|sweep swept|swim swam swum|swing swung|take took taken|teach taught
  tear tore torn|tell told|think thought|throw threw thrown|understand understood|wake woke woken|wear wore worn
  weav wove woven|weep wept|win won|write wrote written|child children|man men|woman women|person peopl
  foot feet|tooth teeth|mous mice|goos gees|life live|wife wive|knife knive|leaf leav|shelf shelv`;

const groups = irregularForms.split(/[|\n]/).map((line) => line.trim().split(/\s+/));
const groupsOf = Map.groupBy(
  groups.flatMap((group) => group.map((stem) => ({ stem, group }))),
  ({ stem }) => stem,
);

/** The stems of a word's other forms; none for a regular word. */
export const formsOf = (stem: string): string[] => [
  ...new Set((groupsOf.get(stem) ?? []).flatMap(({ group }) => group).filter((form) => form !== stem)),
];

/** One stem for all forms of an irregular word: `buy` for `bought`; of a regular word its own. */
export const baseOf = (stem: string): string => groupsOf.get(stem)?.[0]?.group[0] ?? stem;

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
