import type { Token, Value } from './statement.ts';
import { weightOf, wordSet } from './tokens.ts';
import type { FoundValue } from './values.ts';

/** Stems of words that say a value has changed, or is the one that holds now. */
const changes =
  wordSet(`increas decreas reduc rais lower grow improv expand extend reschedul postpon move shift push adjust
  chang updat revis correct switch rise fall drop cut bump upgrad downgrad now new current reach total exceed up down turn
  doubl tripl set instead actual broaden climb stretch shorten lengthen narrow target aim again acceler delay surpass
  renew bring brought go becom scale boost trim tighten migrat relocat replac convert`);
const moving = /^(?:reschedul|postpon|mov|shift|exten|push|chang|brought|delay)/;
/** Those of them that move a date or a time of day. */
const moves =
  wordSet(`reschedul postpon move shift extend push adjust chang now instead actual set bring brought target aim
  updat revis delay correct`);
/** Words of the same stems that say no change. */
const noChanges = wordSet('correct changes revisions revision updates sets');
/** Nouns behind an article that are verbs of a change elsewhere. */
const nouns = wordSet('target targets set drop cut rise fall move change update reach shift push delay');
const behindValue = /^(?:now|instead|total|again)$/;
/** What says nothing about what is measured. */
const fillers = wordSet(`reflect allow accommod due addit slight recent further initi plan schedul time extra number
  approxim around consist success averag`);
/** How far before a value its cue may stand, in code units; and behind it. */
const BEFORE = 90;
const BEHIND = 25;
/** How many words around a value say what it measures. */
const WORDS_BEFORE = 7;
const WORDS_BEHIND = 4;

const isMoment = ({ dimension }: FoundValue): boolean => dimension === 'date' || dimension === 'clock';

/** The tokens of a clause that are cues of a change. */
export function cuesOf(tokens: readonly Token[]): number[] {
  return [...tokens.keys()].filter((at) => {
    const { word, stems, isCapital } = tokens[at] as Token;
    // "New Balance", "13 correct", "the target".
    if ((isCapital && at > 0) || noChanges.has(word)) return false;
    if (tokens[at - 1]?.word === 'the' && nouns.has(word)) return false;
    if (/^(?:went|goes|going|go|gone)$/.test(word)) return /^(?:up|down)$/.test(tokens[at + 1]?.word ?? '');
    return stems.some((stem) => changes.has(stem));
  });
}

function cueOf(value: FoundValue, tokens: readonly Token[], cues: readonly number[]): number | undefined {
  const first = tokens[value.from] as Token;
  const last = tokens[value.to] as Token;
  const fits = (at: number) => !isMoment(value) || (tokens[at] as Token).stems.some((stem) => moves.has(stem));
  const before = cues.findLast(
    (at) => at < value.from && first.start - (tokens[at] as Token).start < BEFORE && fits(at),
  );
  if (before !== undefined) return before;
  return cues.find((at) => {
    const { start, word } = tokens[at] as Token;
    return at > value.to && start - last.end < BEHIND && behindValue.test(word);
  });
}

function roleOf(value: FoundValue, tokens: readonly Token[]): Value['role'] {
  const word = (back: number) => tokens[value.from - back]?.word ?? '';
  const after = tokens[value.to + 1]?.word ?? '';
  const isReplacing = /^(?:instead|rather)$/.test(word(2)) && /^(?:of|than)$/.test(word(1));
  if (isReplacing || word(1) === 'not' || word(1) === 'from' || (word(2) === 'from' && value.dimension !== 'date'))
    return 'from';
  if (isMoment(value) || value.dimension === 'year') return '';
  const isBy =
    word(1) === 'by' || (word(2) === 'by' && /^(?:about|around|roughly|over|another|an|a|nearly)$/.test(word(1)));
  const isMore = /^(?:additional|extra|another|more|less|fewer|further)$/;
  return isBy || isMore.test(after) || (isMore.test(word(1)) && value.dimension !== 'bare') ? 'by' : '';
}

/** Words behind which a date says until when or for when something is, not when something happened. */
const toDate = /^(?:to|until|till|through|for|is|now|by|of|be|are|due)$/;
const approximate = /^(?:the|around|about|early|late)$/;
const afterDate = /^(?:to|at|from|with|by|for|and|on|in|after|before|instead|now|due|because|so|as|which|that)$/;

/** A date counts where it is what is set; "the March 29 call" is a name, "on March 29 we met" an event. */
function isSetDate(value: FoundValue, text: string, tokens: readonly Token[]): boolean {
  if (value.dimension !== 'date') return true;
  const word = (back: number) => tokens[value.from - back]?.word ?? '';
  const next = tokens[value.to + 1];
  const isSet =
    toDate.test(word(1)) ||
    (word(1) === 'on' && /^(?:is|are|be|due|scheduled|set|planned|now|happening)$/.test(word(2))) ||
    (approximate.test(word(1)) && toDate.test(word(2)));
  const gap = next ? text.slice(tokens[value.to]?.end, next.start) : '';
  const isName = next && !/[,;.:()]/.test(gap) && weightOf(next.word) >= 0.25 && !afterDate.test(next.word);
  return isSet && (!isName || word(1) === 'to');
}

/** What says what a value measures: the words around it, and those before the word of its change. */
function measuredBy(value: FoundValue, tokens: readonly Token[], used: ReadonlySet<number>, cue: number | undefined) {
  const measured = new Map<string, number>();
  const cueAt = cue === undefined ? undefined : tokens[cue];
  for (const [at, token] of tokens.entries()) {
    if (used.has(at) || weightOf(token.word) <= 0.05) continue;
    const isNear = at >= value.from - WORDS_BEFORE && at <= value.to + WORDS_BEHIND;
    const isSubject = cueAt !== undefined && token.start < cueAt.start && cueAt.start - token.start < BEFORE;
    if (!isNear && !isSubject) continue;
    for (const stem of token.stems) {
      if (changes.has(stem) || fillers.has(stem)) continue;
      measured.set(stem, Math.max(measured.get(stem) ?? 0, token.weight));
    }
  }
  return measured;
}

const WEAK_CUE = 0.8;
const BEHIND_COMMA = 0.8;
/** Words that mostly say something else than that a value has changed. */
const weak = /^(?:new|set|total|again|actual)/;

function directnessOf({ from }: FoundValue, text: string, tokens: readonly Token[], cue: number): number {
  const { word, end } = tokens[cue] as Token;
  const between = text.slice(end, tokens[from]?.start);
  return (weak.test(word) ? WEAK_CUE : 1) * (/[,;]\s/.test(between) ? BEHIND_COMMA : 1);
}

const goals = /^(?:goal|goals|target|targets|aim|aims|aiming|targeting|limit|quota|hoping|challenge)$/;

/** "my 10-book goal", "aiming for 98 %". */
function isGoal({ from, to }: FoundValue, tokens: readonly Token[]): boolean {
  const around = [...tokens.slice(Math.max(0, from - 3), from), ...tokens.slice(to + 1, to + 3)];
  return around.some(({ word }) => goals.test(word));
}

/** The values with the part each plays. */
export function withRoles(
  found: readonly FoundValue[],
  text: string,
  tokens: readonly Token[],
  used: ReadonlySet<number>,
): Value[] {
  const cues = cuesOf(tokens);
  const values = found.map((value): Value => {
    const role = roleOf(value, tokens);
    const cue = cueOf(value, tokens, cues);
    const isState = isSetDate(value, text, tokens);
    const isSet = cue !== undefined && role === '' && isState;
    return {
      ...value,
      role,
      cue: isSet ? tokens[cue]?.word : undefined,
      directness: cue === undefined ? 1 : directnessOf(value, text, tokens, cue),
      isState,
      isGoal: isGoal(value, tokens),
      measured: measuredBy(value, tokens, used, cue),
    };
  });
  return values.map((value) => (isReplaced(value, values) ? { ...value, role: 'from' } : value));
}

/** The first moment of "the April 20 deadline was moved to April 25" is the one before. */
const isReplaced = (value: Value, values: readonly Value[]): boolean =>
  value.dimension === 'date' &&
  !value.cue &&
  value.role === '' &&
  values.some(({ dimension, cue, from }) => dimension === 'date' && from > value.to && cue && moving.test(cue));
