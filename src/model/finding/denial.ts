import { englishMonths } from '../text/dates.ts';
import type { Denial, Ending, Token, Weights } from './statement.ts';
import { FUNCTION_WORD } from './tokens.ts';

/** Says no, and denies nothing; taken out before denials are looked for. */
const idioms = new RegExp(
  String.raw`\b(?:${[
    "can(?:'t|not) wait",
    "don't (?:worry|know|think|want|mind|forget|hesitate|get me wrong|understand|have to|need to)",
    'not (?:sure|only|to mention|bad|just|quite sure|yet sure|that|too|necessarily|less than|more than)',
    'no (?:problem|worries|doubt|matter|way|wonder|idea|one|thanks|more than)',
    'why not',
    "(?:can|could)(?:'t|not) (?:believe|remember|imagine|recall|say|tell|describe|help|thank|complain|get enough|stop)",
    'not gonna',
    "couldn't (?:agree|be)",
    'nevertheless',
    'never mind',
    "isn't it",
    "aren't (?:you|they|we)",
    "don't you",
    "doesn't it",
    "won't (?:regret|be)",
    "wouldn't",
    "couldn't",
    "shouldn't",
    'if not',
    'or not',
    'without (?:further|a doubt)',
    "can't stand",
    'cannot stand',
  ].join('|')})\b`,
  'g',
);

/** Verbs behind which "no" denies them: "speaks no French". */
const VERBS =
  `(?:speak|use|eat|drink|need|want|own|take|get|know|play|support|contain|require|make|allow|include|accept|offer|keep|
  see)s?`.replaceAll(/\s*\n\s*/g, '');
const denials = new RegExp(
  String.raw`\b(?:${[
    'no longer',
    'not',
    'never',
    'cannot',
    "(?:can|won|don|doesn|didn|isn|aren|wasn|weren|haven|hasn|hadn|ain)'t",
    "(?:have|has|had|is|are|was|there's|with|i've) (?:absolutely )?no",
    `(?:${VERBS}) no(?! longer| more)`,
    'got no',
    'neither',
    'any ?more',
  ].join('|')})(?![-\w])`,
);
/** Denies that somebody has something. */
const denied =
  /\b(?:(?:don't|doesn't|didn't|do not|does not) (?:have|own)|(?:have|has|had|own|owns) (?:absolutely )?no)(?![-\w])/;
/** Words that limit a denial, where something follows them. */
const limits = new RegExp(
  String.raw`\b(?:(?:after|before|when|while|unless|during|without|except)(?= \S)` +
    String.raw`|on \w+(?:days|ends)\b|at night|in the (?:morning|afternoon|evening))`,
);
/** The most words of what somebody does not have. */
const MAX_THING = 2;
const strong = /^(?:never|no longer|any ?more)/;

const END_WORDS = String.raw`stopped(?! (?:at|by|in|over|for)\b)|quit|quits|sold|cancell?ed|left|ended|gave up|given up|
  broke up|divorced|retired|resigned|deprecated|discontinued|shut down|closed|abandoned|got rid of|threw (?:out|away)|
  lost(?! in)|died|passed away|fired|laid off|used to|(?:switched|moved|migrated|changed|converted) from|replaced|instead of|
  formerly|previously|uninstalled|unsubscribed|moved (?:out|away)|dropped out|decommissioned|expired`;
const endings = new RegExp(String.raw`\b(?:${END_WORDS.replaceAll(/\s*\n\s*/g, '')})\b`);

/** A clause as its words with one space between, and where each begins in that. */
export interface PlainWords {
  plain: string;
  starts: readonly number[];
}

export function plainWords(tokens: readonly Token[]): PlainWords {
  const starts: number[] = [];
  let plain = '';
  for (const { word, raw, isPossessive } of tokens) {
    starts.push(plain.length);
    plain += `${isPossessive ? raw.toLowerCase() : word} `;
  }
  return { plain: plain.trimEnd(), starts };
}

/** The words of a part of a clause with their weights, in their order. */
export function weightsOf(
  tokens: readonly Token[],
  used: ReadonlySet<number>,
  from = 0,
  to = tokens.length,
): Map<string, number> {
  const weights = new Map<string, number>();
  for (let at = Math.max(0, from); at < Math.min(to, tokens.length); at++) {
    const token = tokens[at] as Token;
    if (used.has(at) || token.isNumber || token.weight <= FUNCTION_WORD) continue;
    // A capital within a sentence makes a name of a common word.
    const weight = token.isCapital && at > 0 ? 1 : token.weight;
    for (const stem of token.stems) weights.set(stem, Math.max(weights.get(stem) ?? 0, weight));
  }
  return weights;
}

/** Stems of what belongs to a denial itself. */
const ofDenial = new Set(['anymor', 'yet', 'ever', 'longer']);

const firstAfter = (starts: readonly number[], place: number): number => {
  const at = starts.findIndex((start) => start >= place);
  return at < 0 ? starts.length : at;
};

/** What a clause denies, with its scope to the clause's end; `any more` denies what stands before it. */
export function denialOf(
  tokens: readonly Token[],
  { plain, starts }: PlainWords,
  used: ReadonlySet<number>,
): Denial | undefined {
  const found = denials.exec(plain.replaceAll(idioms, (idiom) => ' '.repeat(idiom.length)));
  if (!found) return undefined;
  const [word] = found;
  const isBackward = word.startsWith('any');
  const first = firstAfter(starts, found.index + word.length);
  const whole = isBackward
    ? weightsOf(tokens, used, 0, firstAfter(starts, found.index))
    : weightsOf(tokens, used, first);
  const scope = new Map([...whole].filter(([stem]) => !ofDenial.has(stem)));
  const parts = isBackward ? [] : partsOf(tokens, used, first);
  // "Port 9090, not 8080": a value is replaced, and nothing denied.
  if (scope.size === 0 && word === 'not') return undefined;
  const isYet = /\byet\b/.test(plain);
  const isLonger = /\bany ?more\b/.test(plain);
  const isExistence = scope.size > 0 && scope.size <= MAX_THING && denied.test(plain);
  const limit = limits.exec(plain.slice(found.index))?.[0];
  return { word, isStrong: strong.test(word) || isLonger, scope, parts, isExistence, limit, isYet };
}

/** The parts of "written any routes or handled requests", each with at least two words. */
function partsOf(tokens: readonly Token[], used: ReadonlySet<number>, first: number): Weights[] {
  const borders = [...tokens.keys()].filter((at) => at > first && /^(?:or|nor)$/.test(tokens[at]?.word ?? ''));
  if (borders.length === 0) return [];
  const all = [first, ...borders, tokens.length];
  return all
    .slice(1)
    .map((to, index) => weightsOf(tokens, used, all[index], to))
    .filter(({ size }) => size >= 2);
}

const until = new RegExp(
  String.raw`\b(?:until|till) (?=(?:\w+ ){0,2}(?:(?:19|20)\d\d|last|${englishMonths.join('|')}))`,
);
const pastVerb = /^(?:was|were|had|lived|worked|[a-z]{3,}ed)$/;

/** Behind these stands what has taken the place: "switched from Slack to Zulip", "replaced MySQL with SQLite". */
const isNewBefore = ({ word }: Token): boolean => /^(?:to|with|by)$/.test(word);

/** What a clause says has ended. */
export function endingOf(
  tokens: readonly Token[],
  { plain, starts }: PlainWords,
  used: ReadonlySet<number>,
): Ending | undefined {
  const found = endings.exec(plain);
  if (found) {
    const first = firstAfter(starts, found.index + found[0].length);
    const to = /from$|^replaced/.test(found[0])
      ? tokens.findIndex((token, at) => at >= first && isNewBefore(token))
      : -1;
    const after = weightsOf(tokens, used, first, to < 0 ? tokens.length : to);
    // "The Monday meeting was cancelled".
    const isActive = after.size > 0 || /(?:from|of)$/.test(found[0]);
    const scope = isActive ? after : weightsOf(tokens, used, 0, firstAfter(starts, found.index));
    return { word: found[0], scope };
  }
  const bound = until.exec(plain);
  if (!bound || !tokens.slice(0, 4).some(({ word }) => pastVerb.test(word))) return undefined;
  return { word: 'until', scope: weightsOf(tokens, used, 0, firstAfter(starts, bound.index)) };
}
