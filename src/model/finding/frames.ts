import type { PlainWords } from './denial.ts';
import type { Frame, Token } from './statement.ts';
import { isVerb, ME, OTHER, subjectIn } from './subject.ts';
import { weightOf, wordSet } from './tokens.ts';
import { monthOf, numberWord } from './units.ts';

/** Words that say what has one value at a time; the value stands behind them, whose it is before them. */
interface Pattern {
  attribute: string;
  words: RegExp;
  /** What the value must be like. */
  value: 'name' | 'any' | 'role' | 'number';
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
  { attribute: 'role', words: /\b(?:works? as|working as|promoted to|became|appointed(?: as)?|job is|occupation is) /, value: 'role' },
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
  { attribute: 'age', words: /\b(?:is|am|i'm|he's|she's)(?: now)? (?=(?:\d{1,3}|\w+(?:-\w+)?) years? old)/, value: 'number' },
  { attribute: 'age', words: /\b(?:turned|turns) (?=\d{1,3}\b)/, value: 'number' },
];
/** "on the pro plan": the value stands before the noun. */
const planNouns = /^(?:plan|tier|subscription|membership|package)$/;
const beforePlan = /^(?:on|to|is|from|the|a|an|their|our|my|your|its)$/;
const isOn = /^(?:is|are|am|i'm|we're|be|was|were|still|now|currently)$/;
const changesTo = /^(?:upgraded|downgraded|switched|subscribed|subscribes|moved|changed|went|back)$/;
const isFavourite = /^favou?rite$/;

const valueEnds = wordSet(`and but since because with for last this next now after when where who which that from as at on by near
  until if so while instead anymore rather than again every each or in to these`);
const occupations = wordSet(`engineer manager lead head chief director doctor nurse teacher designer developer analyst chef
  lawyer officer president architect consultant intern cto ceo cfo professor pilot writer artist accountant barista baker
  plumber electrician carpenter therapist dentist pharmacist scientist researcher programmer journalist editor photographer
  paramedic firefighter mechanic translator librarian secretary receptionist administrator technician cook waiter waitress
  farmer judge attorney surgeon vet veterinarian psychologist marketer recruiter banker broker realtor producer driver`);
const weekday = /^(?:mon|tues|wednes|thurs|fri|satur|sun)day$/;
/** The most words of a value. */
const MAX_VALUE = 6;

const OWNER_WITHIN = 4;
const article = /^(?:a|an|the|my|his|her|their|our|its|now)$/;

/** The tokens of a value from a place on, up to a word or sign that ends it. */
function valueTokens(text: string, tokens: readonly Token[], from: number): Token[] {
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

function fits(value: readonly Token[], kind: Pattern['value']): boolean {
  const [first] = value;
  if (!first) return false;
  if (kind === 'number') return first.isNumber || numberWord(first.word) !== undefined;
  if (kind === 'role') return value.some(({ word }) => occupations.has(word));
  if (kind === 'name') return first.isCapital && monthOf(first.word) === 0 && !weekday.test(first.word);
  return true;
}

/** Whose attribute a clause tells, by the words before the frame: from the last "I" or "my" on, else the last few. */
function ownerOf(tokens: readonly Token[]): string[] {
  const names = tokens.map((token) => subjectIn([token])[0]);
  const me = names.lastIndexOf(ME);
  const near = me >= 0 ? tokens.slice(me) : tokens.slice(-OWNER_WITHIN);
  const verb = near.findIndex(({ word }, at) => at > 0 && isVerb(word));
  return subjectIn(verb > 0 ? near.slice(0, verb) : near).slice(0, OWNER_WITHIN);
}

const frameOf = (attribute: string, subject: string[], value: readonly Token[]): Frame => ({
  attribute,
  subject,
  value: value.map(({ word }) => word).join(' '),
  stems: new Set(value.flatMap(({ word, stems, isNumber }) => (isNumber ? [word] : stems))),
});

function favourite(text: string, tokens: readonly Token[]): Frame[] {
  const at = tokens.findIndex(({ word }) => isFavourite.test(word));
  const verb = tokens.findIndex(({ word }, index) => index > at + 1 && index < at + 4 && /^(?:is|are|was|became)$/.test(word));
  if (at < 1 || verb < 0) return [];
  const kind = tokens.slice(at + 1, verb).map(({ stems }) => stems.join(' ')).join(' ');
  const value = valueTokens(text, tokens, verb + 1);
  return value.length > 0 ? [frameOf(`favourite ${kind}`, ownerOf(tokens.slice(0, at)), value)] : [];
}

function plan(tokens: readonly Token[]): Frame[] {
  const at = tokens.findIndex(({ word }, index) => index > 0 && planNouns.test(word));
  const value: Token[] = [];
  for (let index = at - 1; index >= Math.max(0, at - 3); index--) {
    const token = tokens[index] as Token;
    if (beforePlan.test(token.word)) break;
    value.unshift(token);
  }
  const before = tokens.slice(0, Math.max(0, at - value.length));
  const into = before.findLastIndex(({ word }) => /^(?:on|to)$/.test(word));
  const verb = tokens[into - 1]?.word ?? '';
  const isState = tokens[into]?.word === 'on' ? isOn.test(verb) : changesTo.test(verb);
  if (at < 1 || into < 1 || !isState || value.every(({ word }) => weightOf(word) <= 0.25)) return [];
  return [frameOf(`${tokens[at]?.word}`, ownerOf(before), value)];
}

const isChosen = /^(?:use|uses|using|used|chose|picked|prefers?|to)$/;

/** "uses Neovim as the editor": what serves as something. */
function chosenAs(text: string, tokens: readonly Token[]): Frame[] {
  const at = tokens.findIndex(({ word }, index) => word === 'as' && article.test(tokens[index + 1]?.word ?? ''));
  const verb = tokens.findLastIndex(({ word }, index) => index < at && isChosen.test(word));
  const role = valueTokens(text, tokens, at + 1);
  const value = tokens.slice(verb + 1, at).filter(({ word }) => !article.test(word));
  if (at < 2 || verb < 0 || role.length === 0 || value.length === 0 || value.length > MAX_VALUE) return [];
  return [frameOf(`as ${role.flatMap(({ stems }) => stems).join(' ')}`, ownerOf(tokens.slice(0, verb)), value)];
}

/** "Sarah is the project lead": who holds a post of which there is one. */
function holder(text: string, tokens: readonly Token[]): Frame[] {
  const at = tokens.findIndex(({ word }) => /^(?:is|became|becomes)$/.test(word));
  const the = tokens[at + 1]?.word === 'now' ? at + 2 : at + 1;
  const who = tokens.slice(0, at);
  if (at < 1 || at > 3 || tokens[the]?.word !== 'the' || !who.every(({ isCapital }) => isCapital)) return [];
  const post = valueTokens(text, tokens, the + 1);
  if (!post.some(({ word }) => occupations.has(word))) return [];
  return [frameOf(`post ${post.flatMap(({ stems }) => stems).join(' ')}`, [], who)];
}

/** Things that are somewhere for good. */
const places = /^(?:office|offices|headquarters|hq|company|studio|shop|store|warehouse|lab|clinic|school|bakery|restaurant)$/;

/** "Our office is in Munich". */
function seat(text: string, tokens: readonly Token[]): Frame[] {
  const at = tokens.findIndex(({ word }, index) => places.test(word) && /^(?:is|are)$/.test(tokens[index + 1]?.word ?? ''));
  const into = tokens[at + 2]?.word === 'now' ? at + 3 : at + 2;
  const value = valueTokens(text, tokens, into + 1);
  if (at < 0 || tokens[into]?.word !== 'in' || !fits(value, 'name')) return [];
  return [frameOf('home', ownerOf(tokens.slice(0, at + 1)), value)];
}

/** Keys that head all kinds of notes. */
const anyKey = wordSet(`note notes example todo tip warning summary update reminder question answer idea task ps fyi re source
  action reason result step quote issue problem fix error subject title feedback comment description message topic today
  yesterday tomorrow pros cons`);
const MAX_KEY = 4;
const MAX_PAIR = 10;

/** `plan: pro`, as a whole sentence; what is in the plural has several values. */
function pair(text: string, tokens: readonly Token[], isWhole: boolean): Frame[] {
  if (!isWhole || tokens.length > MAX_PAIR) return [];
  const at = tokens.findIndex((token, index) => {
    const next = tokens[index + 1];
    return next !== undefined && /^["']?\s*[:=]\s*["']?$/.test(text.slice(token.end, next.start));
  });
  const key = tokens.slice(0, at + 1);
  const last = key.at(-1);
  if (at < 0 || key.length > MAX_KEY || !last || last.isNumber || anyKey.has(last.word)) return [];
  if (/[^su]s$/.test(last.word) && !/is$/.test(last.word)) return [];
  const value = tokens.slice(at + 1);
  if (value.some(({ word }) => /^(?:i|we|you|is|are|was|have|has|will)$/.test(word))) return [];
  return [frameOf(`key ${key.flatMap(({ stems }) => stems).join(' ')}`, [], value)];
}

/** What a clause says that can have one value at a time. `isWhole`: the clause is its whole sentence. */
export function framesOf(text: string, tokens: readonly Token[], { plain, starts }: PlainWords, isWhole: boolean): Frame[] {
  const frames: Frame[] = [
    ...favourite(text, tokens),
    ...plan(tokens),
    ...chosenAs(text, tokens),
    ...holder(text, tokens),
    ...seat(text, tokens),
    ...pair(text, tokens, isWhole),
  ];
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
    const own = kind === 'role' ? value.filter(({ word }) => !article.test(word)) : value;
    frames.push(frameOf(attribute, owner, own));
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
  const owner = (named.length > 0 || ofNobody.test(attribute) ? named : [ME]).map((name) => (name === ME ? 'user' : name));
  return `=${(family[attribute] ?? attribute).replaceAll(' ', '-')}:${[...owner].sort().join('-')}`.slice(0, 200);
}
