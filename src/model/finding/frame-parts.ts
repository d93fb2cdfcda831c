import type { Frame, Token } from './statement.ts';
import { isVerb, ME, subjectIn } from './subject.ts';
import { wordSet } from './tokens.ts';
import { monthOf, numberWord } from './units.ts';

/** Words behind which something else than a value begins. */
export const valueEnds =
  wordSet(`and but since because with for last this next now after when where who which that from as at on by near
  until if so while instead anymore rather than again every each or in to these`);
/** Words for what people work as. */
export const occupations =
  wordSet(`engineer manager lead head chief director doctor nurse teacher designer developer analyst chef
  lawyer officer president architect consultant intern cto ceo cfo professor pilot writer artist accountant barista baker
  plumber electrician carpenter therapist dentist pharmacist scientist researcher programmer journalist editor photographer
  paramedic firefighter mechanic translator librarian secretary receptionist administrator technician cook waiter waitress
  farmer judge attorney surgeon vet veterinarian psychologist marketer recruiter banker broker realtor producer driver
  coach captain mayor principal chair treasurer`);
const weekday = /^(?:mon|tues|wednes|thurs|fri|satur|sun)day$/;
/** The most words of a value. */
export const MAX_VALUE = 6;

/** How many words before a frame say whose it is, at most. */
const OWNER_WITHIN = 4;
export const article = /^(?:a|an|the|my|his|her|their|our|its|now)$/;

/** The tokens of a value from a place on, up to a word or sign that ends it. */
export function valueTokens(text: string, tokens: readonly Token[], from: number): Token[] {
  const value: Token[] = [];
  for (let at = from; at < tokens.length && value.length < MAX_VALUE; at++) {
    const token = tokens[at] as Token;
    const before = tokens[at - 1];
    const gap = before ? text.slice(before.end, token.start) : '';
    const isPlace = gap === ', ' && token.isCapital && before?.isCapital;
    if (value.length > 0 && !isPlace && /[,;:()!?.–—]/.test(gap)) break;
    if (value.length === 0 && article.test(token.word)) continue;
    if (valueEnds.has(token.word)) break;
    value.push(token);
  }
  return value;
}

/** What a value must be like. */
export type ValueKind = 'name' | 'any' | 'role' | 'number';

export function fits(value: readonly Token[], kind: ValueKind): boolean {
  const [first] = value;
  if (!first) return false;
  if (kind === 'number') return first.isNumber || numberWord(first.word) !== undefined;
  if (kind === 'role') return value.some(({ word }) => occupations.has(word));
  if (kind === 'name') return first.isCapital && monthOf(first.word) === 0 && !weekday.test(first.word);
  return true;
}

/** Whose attribute a clause tells, by the words before the frame: from the last "I" or "my" on, else the last few. */
export function ownerOf(tokens: readonly Token[]): string[] {
  const names = tokens.map((token) => subjectIn([token])[0]);
  const me = names.lastIndexOf(ME);
  const near = me >= 0 ? tokens.slice(me) : tokens.slice(-OWNER_WITHIN);
  const verb = near.findIndex(({ word }, at) => at > 0 && isVerb(word));
  return subjectIn(verb > 0 ? near.slice(0, verb) : near).slice(0, OWNER_WITHIN);
}

export const frameOf = (attribute: string, subject: string[], value: readonly Token[]): Frame => ({
  attribute,
  subject,
  value: value.map(({ word }) => word).join(' '),
  stems: new Set(value.flatMap(({ word, stems, isNumber }) => (isNumber ? [word] : stems))),
});
