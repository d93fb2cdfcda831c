import { areEqual } from './changed.ts';
import { listed, nominated, type Pair, updateOrConflict } from './pair.ts';
import type { Clause, Nomination, Token } from './statement.ts';
import { ME } from './subject.ts';
import { FUNCTION_WORD, stemOf, wordSet } from './tokens.ts';

/** Verbs with which a statement says what or how something is. */
const copulas =
  wordSet(`is are was were am use uses using run runs hosted deployed called named located start starts end ends
  cost costs weigh weighs set scheduled assigned owned written built stored target targets work works report reports`);
const list = (words: string): ReadonlySet<string> => new Set([...wordSet(words)].map(stemOf));
/** Nouns of what something has one of. */
const attributes =
  list(`name lead leader owner manager boss database db backend frontend language framework color colour
  favorite favourite status stage target host region provider editor address email phone number birthday capital
  headquarters hq title role job occupation profession employer city country hometown major diet
  religion nationality timezone zone deadline price cost budget salary rent size port limit password tier license
  licence default branch currency theme mode contact location venue date time day goal priority os browser pronouns weight
  height age doctor dentist landlord therapist ceo cto cfo director captain coach president mayor principal`);
/** What praises says nothing that could be replaced. */
const praise =
  list(`awesome amazing great cool good nice cute beautiful gorgeous incredible fantastic wonderful excellent love
  best important fun`);
/** Participles of what something is; others tell what is done: "is running". */
const states = wordSet('located based called named written hosted deployed stored scheduled set owned assigned');
const tellsDeed = (word: string): boolean => /(?:ing|ed|ly)$/.test(word) && !states.has(word);
const degree = /^(?:so|really|very|such|too|quite|one|just|about)$/;
const firstPerson = /^(?:i|my|our|we|user)$/;

const isBe = /^(?:is|are|was|were|am)$/;

const MAX_TOKENS = 16;
const MAX_VALUE = 6;

const wordsOf = (tokens: readonly Token[]): string[] =>
  tokens
    .filter(({ weight, isNumber, word }) => isNumber || weight > FUNCTION_WORD || firstPerson.test(word))
    .flatMap(({ word, stems, isNumber }) => (isNumber ? [word] : firstPerson.test(word) ? [ME] : stems));

/** A statement of the form "the database is PostgreSQL": what of, by which verb, and its value. */
function frameOf({ tokens }: Clause) {
  const at = tokens.findIndex(({ word }) => copulas.has(word));
  if (at < 1) return undefined;
  const value = tokens.slice(at + 1).filter(({ word }) => !/^(?:now|currently|actually)$/.test(word));
  return {
    subject: wordsOf(tokens.slice(0, at)),
    verb: tokens[at]?.word as string,
    value,
    words: wordsOf(value),
    tokens,
  };
}

/** The preposition that a value begins with: "is in Rome" and "is with Anna" are no two values of one thing. */
const preposition = ([first]: readonly Token[]): string =>
  /^(?:in|at|on|from|with|by|for|to|of|near|under|between)$/.exec(first?.word ?? '')?.[0] ?? '';

/** Two short statements of one form and one subject that end in other values. */
export function alignedOther(pair: Pair): Nomination | undefined {
  const { newer, older } = pair;
  if (!pair.isShort || newer.tokens.length > MAX_TOKENS || older.tokens.length > MAX_TOKENS) return undefined;
  const a = frameOf(newer);
  const b = a && frameOf(older);
  if (!a || !b || !haveOneSubject(a.subject, b.subject)) return undefined;
  if (pair.isAsked || newer.denial || older.denial || pair.areOtherTimes) return undefined;
  if (stemOf(a.verb) !== stemOf(b.verb) && !isBe.test(a.verb)) return undefined;
  const shared = a.words.filter((word) => b.words.includes(word)).length;
  const isLong = ({ words }: typeof a) => words.length === 0 || words.length > MAX_VALUE;
  if (isLong(a) || isLong(b) || shared === Math.min(a.words.length, b.words.length)) return undefined;
  if ([...a.words, ...b.words].some((word) => praise.has(word))) return undefined;
  if ([a, b].some(({ value }) => tellsDeed(value[0]?.word ?? ''))) return undefined;
  const isAttribute = a.subject.some((word) => attributes.has(word));
  const isNamed = ({ value }: typeof a) => value.some(({ isNumber, isCapital }) => isNumber || isCapital);
  if (!isAttribute && ((isBe.test(a.verb) && newer.persons.size > 0) || !(isNamed(a) && isNamed(b)))) return undefined;
  if (preposition(a.value) !== preposition(b.value)) return undefined;
  if (degree.test(a.value[0]?.word ?? '') || haveEqualValues(newer, older)) return undefined;
  const score =
    ((/^us/.test(a.verb) ? 0.65 : 0.75) +
      0.1 * Math.min(2, shared) -
      (a.subject.length < 2 && !isAttribute ? 0.1 : 0)) *
    pair.certainty *
    (older.isPast && !newer.isPast && !newer.cue ? 0.7 : 1);
  const said = ({ value }: typeof a) => value.map(({ raw }) => raw).join(' ');
  const about = a.subject.filter((word) => word !== ME);
  const reason = () => `${listed(about, pair)}: ${said(b)} → ${said(a)}`;
  return nominated(updateOrConflict(pair), score, reason, pair);
}

function haveOneSubject(a: readonly string[], b: readonly string[]): boolean {
  if (a.length === 0 || a.length !== b.length || (a.length === 1 && a[0] === ME)) return false;
  return a.every((word) => b.includes(word));
}

const haveEqualValues = (a: Clause, b: Clause): boolean =>
  a.values.length > 0 &&
  b.values.length > 0 &&
  a.values.every((value) => b.values.some((other) => other.dimension === value.dimension && areEqual(value, other)));
