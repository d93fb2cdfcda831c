import { cleaned, MAX_CLAUSES, MAX_TOKENS, MAX_VALUES, type Part, partsOf, sentencesOf } from './clauses.ts';
import { denialOf, endingOf, plainWords, weightsOf } from './denial.ts';
import { exclusiveWords } from './exclusive.ts';
import { framesOf } from './frames.ts';
import { labelsIn } from './labels.ts';
import { qualifiersOf, together } from './overlap.ts';
import { withRoles } from './roles.ts';
import type { Clause, Statement } from './statement.ts';
import { isVerb, subjectOf } from './subject.ts';
import { tokensOf, weightOf } from './tokens.ts';
import { monthOf } from './units.ts';
import { type FoundValue, ValueReader } from './values.ts';

const asks =
  /\b(?:can|could|would|will) you\b|\b(?:help me|any (?:tips|advice|ideas|suggestions|recommendations))\b|\bdo you think\b|\bshould i\b|\bhow (?:do|can|should|would|could|does|to)\b|\bwhat (?:are|is|do|can|should|would)\b|^(?:what|how|which|where|when|why|who)\b/;
const beginsAsking = /^(?:can|could|would|will|what|how|which|where|when|why|do|does|should|any)\b/;
const question =
  /^(?:can|could|would|will|do|does|did|should|what|how|where|when|why|which|who|is|are|am|any|have you|has|were|was|shall|may)\b/;
const hedges =
  /\b(?:if|maybe|perhaps|might|would|could|consider(?:ing)?|thinking (?:about|of)|wondering|want(?:s|ed)? to|hop(?:e|ing|es) to|plan(?:s|ning)? to|wish|hypothetically|suppose|(?:explain|asked|discuss(?:ed)?|debated|wonder(?:ed)?|decid(?:e|ing)|explored) (?:why|how|whether|if|when)|trying to (?:decide|figure))\b/;
const changeCue =
  /\b(?:no longer|any ?more|now|instead|currently|these days|since|as of|from now on|switch(?:ed|ing)?|chang(?:ed?|ing|es)|mov(?:ed|ing)|relocat(?:ed|ing)|migrat(?:ed|ing)|renam(?:ed|ing)|replac(?:ed|ing|es)|updat(?:ed?|ing|es)|revis(?:ed|ing|ion)|correct(?:ed|ion)|adjust(?:ed|ing|ment)|reschedul(?:ed|ing)|postpon(?:ed|ing)|exten(?:ded|ding|ds|sion)|increas(?:ed?|ing|es)|decreas(?:ed?|ing|es)|reduc(?:ed?|ing|es)|rais(?:ed|ing)|lower(?:ed|ing)|grew|grown|improv(?:ed?|ing|es)|expand(?:ed|ing|s)|new|latest|recently|promot(?:ed|ion)|upgrad(?:ed?|ing)|downgrad(?:ed?|ing)|rose|dropped|bumped|shift(?:ed|ing)?|pushed|total(?:s|ed)?|reach(?:ed|es)|used to|actually|turns out|converted|becomes?|became|quit|left|stopped|started|joined|doubled|tripled|exceed(?:ed|ing|s)|(?:up|down) to|went (?:up|down)|turned)\b/;
const likes = /\b(?:love|loves|loved|like|likes|enjoy|enjoys|enjoyed|adore|adores|fond of|fan of|prefer|prefers|into|favou?rite)\b/;
const dislikes =
  /\b(?:hate|hates|hated|dislike|dislikes|can't stand|cannot stand|detest|detests|loathe|loathes|avoid|avoids|sick of|tired of|despise|despises|gone off|went off|fed up with|annoyed by)\b/;
const pasts = /\b(?:was|were|had|used to|formerly|previously|once)\b/;
const statics =
  /\b(?:is|are|was|were|has|have|costs?|weighs?|takes?|listens?|runs?|starts?|ends?|lasts?|holds?|earns?|owns?|limit|contains?|includes?|pays?|stands?|sleeps?)\b/;
const retractions =
  /\b(?:i (?:misspoke|lied|was wrong|was mistaken|made a mistake)|scratch that|correction|(?:that|this|what i said) (?:was|is|wasn't|isn't) (?:wrong|not true|true|right|incorrect|a mistake))\b/;
/** The longest clause that says how something is. */
const MAX_STATIC = 16;

const weekday = /^(?:mon|tues|wednes|thurs|fri|satur|sun)days?$/;

/** The stems of names: words with a capital within a sentence, and unknown ones before a verb at its beginning. */
function namesOf(tokens: Part['tokens'], isFirst: boolean): Set<string> {
  const names = tokens.filter(({ word, weight, isCapital, isNumber, isPossessive }, at) => {
    if (!isCapital || isNumber || monthOf(word) > 0 || weekday.test(word) || /^i(?:'|$)/.test(word)) return false;
    return at > 0 || !isFirst || (weight === 1 && (isPossessive || isVerb(tokens[1]?.word ?? '')));
  });
  return new Set(names.flatMap(({ stems }) => stems));
}

function tasteOf(plain: string, isDenied: boolean): -1 | 0 | 1 {
  if (dislikes.test(plain)) return isDenied ? 0 : -1;
  return likes.test(plain) && !isDenied ? 1 : 0;
}

function clauseOf(part: Part, isWhole: boolean, isFirst: boolean): Clause {
  const { text, tokens, sentence } = part;
  const words = plainWords(tokens);
  const { plain } = words;
  const reader = new ValueReader(text, tokens);
  const denial = denialOf(tokens, words, reader.used);
  const isAsking = asks.test(plain) && (part.isQuestion || beginsAsking.test(plain));
  const isRetraction = retractions.test(plain);
  return {
    text,
    tokens,
    sentence,
    stems: weightsOf(tokens, reader.used),
    words: new Set(tokens.map(({ word }) => word)),
    names: namesOf(tokens, isFirst),
    values: withRoles(reader.found, text, tokens, reader.used),
    denial,
    ending: denial ? undefined : endingOf(tokens, words, reader.used),
    taste: tasteOf(plain, denial !== undefined),
    exclusive: exclusiveWords(tokens),
    subject: subjectOf(tokens),
    labels: labelsIn(tokens),
    qualifiers: qualifiersOf(text, tokens),
    frames: denial ? [] : framesOf(text, tokens, words, isWhole),
    isAsked: isAsking || /^(?:if|suppose|imagine|unless)\b/.test(plain) || (part.isQuestion && question.test(plain)),
    isHedged: hedges.test(plain),
    cue: changeCue.exec(plain)?.[0],
    isPast: pasts.test(plain),
    isStatic: tokens.length <= MAX_STATIC && (statics.test(plain) || /'s\b|[:=] ?\S/.test(text)),
    isRetraction,
  };
}

/** Words that deny in other languages, so that a text of theirs in an English workspace is not taken for English. */
const foreignDenials =
  /(?:^|\s)(?:kein\p{L}*|nicht|nie|niemals|ne|pas|jamais|nunca|non|niet|geen|inte|ikke|não|jamás|nada|не|нет)(?![\p{L}\p{N}])/iu;
/** A text of no more words may have none of them: "Prefers tea". */
const FEW_WORDS = 3;

/** A text of several words without one of the common words of English is hardly English. */
function looksEnglish(text: string): boolean {
  const isLatin = !/[^\p{sc=Latin}\p{sc=Greek}\p{sc=Common}\p{sc=Inherited}]/u.test(text);
  if (!isLatin || foreignDenials.test(text)) return false;
  const words = text.toLowerCase().match(/[\p{L}']+/gu) ?? [];
  return words.length <= FEW_WORDS || /[:=]/.test(text) || words.some((word) => weightOf(word) < 1);
}

/** A value as equal ones are written. */
const written = ({ dimension, amount, unit }: FoundValue): string =>
  dimension === 'version' ? `#version:${unit}` : `#${dimension}:${Number(amount.toPrecision(3))}`;

function sequenceOf(text: string): string[] {
  const tokens = tokensOf(text);
  const { found } = new ValueReader(text, tokens);
  const begins = new Map(found.map((value) => [value.from, value]));
  const sequence: string[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const value = begins.get(at);
    if (value) {
      sequence.push(written(value));
      at = value.to;
    } else sequence.push(tokens[at]?.raw.toLowerCase() ?? '');
  }
  return sequence;
}

/** The clauses, of which those behind too many values have none. */
function withFewValues(clauses: readonly Clause[]): Clause[] {
  let room = MAX_VALUES;
  return clauses.map((clause) => {
    room -= clause.values.length;
    return room < 0 ? { ...clause, values: [] } : clause;
  });
}

const nothing = (length: number, speaker: string | undefined): Statement => ({
  clauses: [],
  sentences: [],
  length,
  speaker,
  isEnglish: false,
  sequence: [],
});

/**
 * Reads a text for {@link compare}. Rules are those of English; with another text search configuration, and of a text
 * that is not English, only its words and values are read. A text over 6,000 characters or 40 sentences, without its code
 * blocks, yields nothing: it is no statement of a fact. Takes time in proportion to the text's length.
 */
export function readStatement(content: string, textSearchConfig: string, speaker?: string): Statement {
  const who = speaker?.toLowerCase();
  const text = cleaned(content);
  const sentences = text === undefined ? undefined : sentencesOf(text);
  if (text === undefined || sentences === undefined) return nothing(content.length, who);
  const isEnglish = /^(?:pg_catalog\.)?english$/.test(textSearchConfig) && looksEnglish(text);
  const sequence = sentences.flatMap(sequenceOf);
  if (!isEnglish) return { ...nothing(text.length, who), sequence };
  const parts = sentences.map(partsOf);
  const clauses = parts.flatMap((own) =>
    own
      .filter(({ tokens }) => tokens.length > 0 && tokens.length <= MAX_TOKENS)
      .map((part, index) => clauseOf(part, own.length === 1, index === 0)),
  );
  if (clauses.length > MAX_CLAUSES) return nothing(text.length, who);
  const compared = withFewValues(clauses);
  const weights = sentences.map((_, index) => together(clauses.filter(({ sentence }) => sentence === index).map(({ stems }) => stems)));
  return { clauses: compared, sentences: weights, length: text.length, speaker: who, isEnglish, sequence };
}
