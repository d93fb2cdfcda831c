import type { PlainWords } from './denial.ts';
import { fits, frameOf, ownerOf, type ValueKind, valueTokens } from './frame-parts.ts';
import { phrasedFrames } from './frame-phrases.ts';
import type { Frame, Token } from './statement.ts';
import { ME, OTHER } from './subject.ts';

/** Words that say what has one value at a time; the value stands behind them, whose it is before them. */
interface Pattern {
  attribute: string;
  words: RegExp;
  /** What the value must be like. */
  value: ValueKind;
  /** A word right before them that makes them say something else: "the meeting was moved to …". */
  notAfter?: RegExp;
}

const adverbs = '(?: (?:now|currently|back|over|down|permanently|full-time|just|recently))*';
const patterns: readonly Pattern[] = [
  {
    attribute: 'home',
    words: RegExp(`\\b(?:lives?|living|resides?|residing|based|settled)${adverbs} (?:in|at|into) `),
    value: 'name',
    notAfter: /^(?:was|were|been)$/,
  },
  {
    attribute: 'home',
    words: RegExp(`\\b(?:moved|relocated|moving|relocating)${adverbs} (?:to|into) `),
    value: 'name',
    // "We moved to Slack" is of a team more often than of a family.
    notAfter: /^(?:was|were|been|be|we|we've|we're)$/,
  },
  { attribute: 'employer', words: /\b(?:works?|working|employed|worked)(?: \w+)? (?:at|for) /, value: 'name' },
  { attribute: 'employer', words: /\b(?:hired by|(?:job|position) (?:at|with)) /, value: 'name' },
  { attribute: 'employer', words: /\bjoined (?=(?:\S+ ){1,5}as )/, value: 'name' },
  {
    attribute: 'role',
    words: /\b(?:works? as|working as|promoted to|became|appointed(?: as)?|job is|occupation is) /,
    value: 'role',
  },
  { attribute: 'role', words: /\b(?:is|am|i'm|he's|she's)(?: now)? (?=an? )/, value: 'role' },
  { attribute: 'name', words: /\b(?:is|are|was|am)(?: now)? (?:called|named|known as) /, value: 'any' },
  { attribute: 'name', words: /\bname is(?: now)? /, value: 'any' },
  { attribute: 'name', words: /\brenamed (?:to|as|it) /, value: 'any' },
  { attribute: 'car', words: /\b(?:drives?|driving) (?=an? )/, value: 'any' },
  { attribute: 'partner', words: /\b(?:married to|dating|engaged to) /, value: 'name' },
  { attribute: 'partner', words: /\b(?:girlfriend|boyfriend|wife|husband|partner)(?: is|'s name is) /, value: 'name' },
  { attribute: 'time zone', words: /\btime ?zone is(?: now)? /, value: 'any' },
  { attribute: 'birthplace', words: /\bborn in /, value: 'name' },
  { attribute: 'birthday', words: /\b(?:born on|birthday is(?: on)?) /, value: 'any' },
  {
    attribute: 'age',
    words: /\b(?:is|am|i'm|he's|she's)(?: now)? (?=(?:\d{1,3}|\w+(?:-\w+)?) years? old)/,
    value: 'number',
  },
  { attribute: 'age', words: /\b(?:turned|turns) (?=\d{1,3}\b)/, value: 'number' },
];

/** What a clause says that can have one value at a time. `isWhole`: the clause is its whole sentence. */
export function framesOf(
  text: string,
  tokens: readonly Token[],
  { plain, starts }: PlainWords,
  isWhole: boolean,
): Frame[] {
  const frames = phrasedFrames(text, tokens, isWhole);
  for (const { attribute, words, value: kind, notAfter } of patterns) {
    const found = words.exec(`${plain} `);
    if (!found) continue;
    const first = starts.findIndex((start) => start >= found.index);
    const after = starts.findIndex((start) => start >= found.index + found[0].length);
    if (after < 0 || notAfter?.test(tokens[first - 1]?.word ?? '')) continue;
    const value = valueTokens(text, tokens, after);
    if (!fits(value, kind)) continue;
    const isContracted = /^(?:i'm|he's|she's)/.test(found[0]);
    const owner = ownerOf(tokens.slice(0, first + (isContracted ? 1 : 0)));
    frames.push(frameOf(attribute, owner, value));
  }
  return frames;
}

/** Attributes that are of what they name. */
const ofNobody = /^(?:key|post) /;

/** Attributes of which one tells of another: an engineer at Acme who is promoted. */
const family: Record<string, string> = { employer: 'work', role: 'work' };

/**
 * The hidden term of a frame, such as `=home:user`: by it an older memory is found that shares no word with a newer
 * one. Undefined where nobody can tell whose attribute it is.
 */
export function hiddenTerm({ attribute, subject }: Frame): string | undefined {
  if (subject.length > 0 && subject.every((name) => name === OTHER)) return undefined;
  const named = subject.filter((name) => name !== OTHER);
  // "Lives in Lisbon", without a subject, is of the user.
  const owner = (named.length > 0 || ofNobody.test(attribute) ? named : [ME]).map((name) =>
    name === ME ? 'user' : name,
  );
  return `=${(family[attribute] ?? attribute).replaceAll(' ', '-')}:${[...owner].sort().join('-')}`.slice(0, 200);
}
