import type { Token } from './statement.ts';
import { wordSet } from './tokens.ts';
import { numberWord } from './units.ts';

/** Stands for the one who speaks: "I", "my", "the user". */
export const ME = '@me';
/** Stands for someone or something named elsewhere: "he", "it". */
export const OTHER = '@other';
/** Stands for the one who is spoken to. */
export const YOU = '@you';

const first = wordSet(
  `i i'm im i've ive i'd i'll me my mine myself we our us ours ourselves we're we've we'll user users`,
);
const second = wordSet('you your yours congrats congratulations yourself');
const third = wordSet('he she they it his her their its him them');
const skipped =
  wordSet(`the a an this that these those currently now today actually also so well oh recently lately and but
  then in since hey yes no just all both our as of been already always usually often still really finally of`);
const verbs =
  wordSet(`is are am was were be been 'm has have had will can does do did live lives lived work works worked
  moved like likes love loves hate hates prefer prefers use uses run runs want wants need needs drive drives own owns play
  plays speak speaks joined started stopped quit eat eats drink drinks go goes went take takes took get gets got buy bought
  sold married weigh weighs cost costs start starts end ends read reads study studies teach teaches support supports require
  requires store stores stay stays keep keeps kept enjoy enjoys dislike dislikes avoid avoids became turned graduated earn
  earns make makes made left should must switched changed deploy deploys talk talks rent rents attend attends meet meets met
  listen listens smoke smokes hold holds last lasts contain contains include includes wake wakes happen happens serve serves
  manage manages lead leads led report reports increased decreased improved reached reduced grew rose fell cover covers
  average averages never not no cannot don't doesn't didn't isn't aren't haven't hasn't can't won't now targets takes sits
  stands wears owes owed knows knew says said comes came gave gives wrote writes built builds rides pays paid
  leaves opens closes departs arrives begins sleeps fits lies cooks grows died dies`);

const noVerbs = wordSet('speed hundred indeed sacred naked');
/** Whether a word is a common verb, or looks like the past of one. */
export const isVerb = (word: string): boolean =>
  verbs.has(word) || (!noVerbs.has(word) && /^(?:i'|we'|they'|he'|she')?[a-z]{3,}ed$/.test(word));
/** How far into a clause its verb is looked for. */
const WITHIN = 8;

/** `@me`, `@other`, or the stem of a word of a subject. */
function nameOf({ word, stems }: Token): string[] {
  const bare = word.replace(/'$/, '');
  if (first.has(bare)) return [ME];
  if (second.has(bare) || bare.startsWith("you'")) return [YOU];
  if (third.has(bare) || /^(?:he|she|they|it)'/.test(bare)) return [OTHER];
  return [...stems];
}

/** Who and what some words name, each once. */
export const subjectIn = (tokens: readonly Token[]): string[] => [
  ...new Set(
    tokens
      .filter(({ word, isNumber }) => !isNumber && !skipped.has(word) && numberWord(word) === undefined)
      .flatMap(nameOf),
  ),
];

/** The words of a clause before its verb; none if no verb is near its beginning, or it begins: "Finished the report". */
export function subjectTokens(tokens: readonly Token[]): readonly Token[] {
  const near = tokens.slice(0, WITHIN);
  const at = near.findIndex(({ word }, index) => (index > 0 || !first.has(word)) && isVerb(word) && !first.has(word));
  if (second.has(tokens[0]?.word ?? '')) return tokens.slice(0, 1);
  if (at < 0) return first.has(tokens[0]?.word ?? '') ? tokens.slice(0, 1) : [];
  return near.slice(0, at);
}

/**
 * How far two subjects are the same: 1 the same, 0 another; between, what cannot be told. A clause without a subject
 * may be of anybody.
 */
export function sameSubject(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return 0.5;
  if (a.includes(YOU) !== b.includes(YOU)) return 0;
  if (a.every((name) => name === OTHER) || b.every((name) => name === OTHER)) return 0.6;
  const shared = a.filter((name) => b.includes(name)).length;
  const own = (names: readonly string[], others: readonly string[]) =>
    names.filter((name) => !others.includes(name) && name !== ME && name !== OTHER).length;
  const isLess = shared < Math.min(a.length, b.length);
  if (isLess && own(a, b) > 0 && own(b, a) > 0) return shared > 0 ? 0.2 : 0;
  if (shared > 0 && !isLess) return a.length === b.length ? 1 : 0.7;
  return shared > 0 ? 0.4 : 0;
}
