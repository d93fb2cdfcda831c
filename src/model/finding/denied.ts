import { areKin } from './kin.ts';
import { haveOtherQualifiers, overlapOf, weightIn, without } from './overlap.ts';
import { listed, nominated, type Pair } from './pair.ts';
import type { Clause, Nomination, Weights } from './statement.ts';

/** How much of the score is words in the clause itself; the rest may be in its sentence. */
const IN_CLAUSE = 0.75;
/** So much weight of shared words is enough. */
const ENOUGH = 1.3;
const WEAK_DENIAL = 0.85;
const OTHER_SUBJECT = 0.6;
const FEW_WORDS = 0.6;
/** "Never after six" says little of other times. */
const LIMITED = 0.5;
/** What is denied has another verb than what is said: "never attended", "scheduled". */
const OTHER_VERB = 0.8;
const OTHER_VERB_MOST = 0.75;
/** A light verb says less than its object: "attended", "received". */
const LIGHT = 0.4;
const OTHER_LIGHT_VERB = 0.85;
const lightVerbs = new Set(
  'attend complet make take receiv particip place do get use start tri go give perform engag accept'.split(' '),
);
/** What is only planned has not been done. */
const PLANNED = 0.65;
/** What is only wished says little against what is denied. */
const WISHED = 0.65;
const planned =
  /^(?:scheduled?|scheduling|planned|planning|invited|registered|suggested|recommended|upcoming|proposed)$/;
/** The most tokens of a clause that says one thing. */
const TINY = 7;
const SMALL = 9;

/** What one clause denies and the other says. */
export function deniedBy(pair: Pair): Nomination | undefined {
  const { newer, older, of } = pair;
  if (!newer.denial === !older.denial || pair.isAsked) return undefined;
  const [denier, sayer] = newer.denial ? [newer, older] : [older, newer];
  const statement = newer.denial ? of.older : of.newer;
  const sentence = statement.sentences[sayer.sentence] ?? new Map();
  const { denial } = denier;
  if (!denial || sayer.ending) return undefined;
  const found = [denial.scope, ...denial.parts].map((scope) => scored(pair, denier, sayer, scope, sentence));
  const best = found.reduce((a, b) => (b.score > a.score ? b : a));
  if (best.score <= 0) return undefined;
  const word = denial.word;
  const reason = () => `${listed(best.words, pair)}: ${denier === newer ? `said → “${word}”` : `“${word}” → said`}`;
  return nominated('NEGATION', best.score, reason, pair);
}

function scored(pair: Pair, denier: Clause, sayer: Clause, whole: Weights, sentence: Weights) {
  const scope = lightened(whole);
  const nothing = { score: 0, words: [] as readonly string[] };
  const weight = weightIn(scope);
  const { denial } = denier;
  if (weight <= 0 || !denial) return nothing;
  const inClause = overlapOf(scope, sayer.stems);
  const covered = verbCovered(scope, sayer);
  const ratio = Math.min(1, (inClause.weight + covered.weight) / weight);
  const wide = Math.max(ratio, overlapOf(scope, sentence).weight / weight);
  if (inClause.content === 0 && ratio < 0.8) return nothing;
  const isTiny = denier.tokens.length <= TINY && sayer.tokens.length <= TINY && pair.subject >= 0.7 && ratio >= 0.99;
  const isHad = denial.isExistence && ratio >= 0.99 && pair.subject >= 0.7 && hasIt(scope, sayer);
  const isSmall = denier.tokens.length <= SMALL && sayer.tokens.length <= SMALL && pair.subject >= 0.7;
  const factors = [
    denial.isStrong || pair.of.newer.isRetraction ? 1 : WEAK_DENIAL,
    isTiny || isHad ? 0.9 : Math.min(1, inClause.weight / ENOUGH),
    pair.subject === 0 ? OTHER_SUBJECT : 1,
    pair.certainty,
    denial.isYet && sayer === pair.newer ? 0.9 : 1,
    pair.areOtherTimes ? 0.5 : 1,
    denial.limit && !sayer.text.toLowerCase().includes(denial.limit) ? LIMITED : 1,
    inClause.content < 2 && !isSmall && !isHad ? FEW_WORDS : 1,
    pair.haveOtherNames ? 0.6 : 1,
    !denial.isStrong && pair.subject < 0.5 ? 0.8 : 1,
    covered.isSame ? 1 : covered.isLight ? OTHER_LIGHT_VERB : OTHER_VERB,
    sayer.isHedged ? WISHED : 1,
    isOnlyPlanned(scope, sayer) ? PLANNED : 1,
    haveOtherQualifiers(denier, sayer, inClause.words) ? 0.7 : 1,
  ];
  const covers = IN_CLAUSE * ratio + (1 - IN_CLAUSE) * wide;
  // "Does not eat raw meat" says little of meat.
  const score = (denial.isStrong ? covers : covers * ratio) * factors.reduce((a, b) => a * b);
  return { score: covered.isSame ? score : Math.min(score, OTHER_VERB_MOST), words: inClause.words };
}

const having = /^(?:have|has|had|own|owns|owned|got|with)$/;

/** Whether a clause says that there is what is denied: "my sister lives …", "I own a boat". */
function hasIt(scope: Weights, { subject, tokens }: Clause): boolean {
  return [...scope.keys()].every((stem) => subject.includes(stem)) || tokens.some(({ word }) => having.test(word));
}

/** Whether the verb that is denied, the first word of its scope, is said, itself or by a word of its kind. */
function verbCovered(scope: Weights, sayer: Clause): { isSame: boolean; isLight: boolean; weight: number } {
  const [verb] = scope.keys();
  const isLight = lightVerbs.has(verb ?? '');
  if (verb === undefined || sayer.stems.has(verb)) return { isSame: true, isLight, weight: 0 };
  const kin = [...sayer.stems.keys()].find((stem) => areKin(stem, verb));
  return kin === undefined
    ? { isSame: false, isLight, weight: 0 }
    : { isSame: true, isLight, weight: scope.get(verb) ?? 0 };
}

/** The scope with less weight on its verb, if that says little. */
function lightened(scope: Weights): Weights {
  const [verb] = scope.keys();
  if (verb === undefined || scope.size < 2 || !lightVerbs.has(verb)) return scope;
  return new Map(scope).set(verb, (scope.get(verb) ?? 0) * LIGHT);
}

/** What is planned says nothing against "never", unless that is of planning, too. */
function isOnlyPlanned(scope: Weights, { tokens }: Clause): boolean {
  const said = tokens.find(({ word }) => planned.test(word));
  return (
    said !== undefined && !said.stems.some((stem) => scope.has(stem) || areKin(stem, scope.keys().next().value ?? ''))
  );
}

const tastes = [
  'love',
  'like',
  'enjoy',
  'hate',
  'dislik',
  'prefer',
  'stand',
  'avoid',
  'ador',
  'detest',
  'loath',
  'fond',
  'fan',
];

const REVERSED = 0.95;

/** What one likes and the other dislikes. */
export function reversedTaste(pair: Pair): Nomination | undefined {
  const { newer, older } = pair;
  if (newer.taste === 0 || newer.taste * older.taste !== -1 || pair.isAsked) return undefined;
  const [a, b] = [without(newer.stems, tastes), without(older.stems, tastes)];
  const shared = overlapOf(a, b);
  if (shared.content === 0) return undefined;
  const isSingle = pair.isShort && newer.tokens.length < 14 && older.tokens.length < 14;
  const score =
    // "Hates hiking in the rain" says little of hiking.
    ((REVERSED * shared.weight) / Math.max(0.01, weightIn(a), weightIn(b))) *
    Math.min(1, shared.weight / 0.7) *
    (pair.subject === 0 ? 0.3 : 1) *
    (pair.haveOtherNames ? 0.6 : 1) *
    (haveOtherQualifiers(newer, older, shared.words) ? 0.5 : 1) *
    pair.certainty *
    (isSingle ? 1 : 0.6);
  const verb = ({ taste }: Clause) => (taste > 0 ? 'liked' : 'disliked');
  const reason = () => `${listed(shared.words, pair)}: ${verb(older)} → ${verb(newer)}`;
  return nominated('NEGATION', score, reason, pair);
}

/** After these something is over for now, or for one time. */
const perhapsOver = /^(?:ended|closed|lost|formerly|previously)/;
/** What is left for good; other things are left for a while: "left the office at five". */
const leftForGood = new Set(
  'job compani team band club group posit role parti church firm project school univers startup board'.split(' '),
);

/** Whether a clause ends what it names: not "left the keys at home", nor "sold 40 cakes". */
function isOver({ ending, names, values, cue }: Clause): boolean {
  if (!ending || ending.scope.size === 0) return false;
  const stems = [...ending.scope.keys()];
  if (ending.word === 'left')
    return stems.every((stem) => names.has(stem)) || stems.some((stem) => leftForGood.has(stem));
  if (ending.word === 'instead of') return cue !== undefined && cue !== 'instead';
  return ending.word !== 'sold' || !values.some(({ dimension }) => dimension === 'count');
}

/** What the newer clause says has ended, and the older says. */
export function endedBy(pair: Pair): Nomination | undefined {
  const { newer, older } = pair;
  const { ending } = newer;
  if (!ending || !isOver(newer) || older.ending || older.denial || pair.isAsked) return undefined;
  const weight = weightIn(ending.scope);
  const shared = overlapOf(ending.scope, older.stems);
  if (shared.content === 0) return undefined;
  const score =
    (shared.weight / weight) *
    Math.min(1, shared.weight / 0.9) *
    (pair.subject === 0 ? 0.4 : 1) *
    pair.certainty *
    (perhapsOver.test(ending.word) ? 0.45 : 0.85) *
    (newer.isPast && ending.word !== 'used to' ? 0.9 : 1) *
    (shared.content >= 2 || (pair.isShort && pair.subject >= 0.7) ? 1 : 0.7) *
    (haveOtherQualifiers(newer, older, shared.words) ? 0.6 : 1) *
    (pair.haveOtherNames ? 0.5 : 1);
  const reason = () => `${listed(shared.words, pair)}: said → “${ending.word}”`;
  return nominated('UPDATE', score, reason, pair);
}
