import { exclusiveKind } from './exclusive.ts';
import { article, fits, frameOf, MAX_VALUE, occupations, ownerOf, valueTokens } from './frame-parts.ts';
import type { Frame, Token } from './statement.ts';
import { weightOf, wordSet } from './tokens.ts';

/** "on the pro plan": the value stands before the noun. */
const planNouns = /^(?:plan|tier|subscription|membership|package)$/;
const beforePlan = /^(?:on|to|is|from|the|a|an|their|our|my|your|its)$/;
const isOn = /^(?:is|are|am|i'm|we're|be|was|were|still|now|currently)$/;
const changesTo = /^(?:upgraded|downgraded|switched|subscribed|subscribes|moved|changed|went|back)$/;

const isFavourite = /^favou?rite$/;

/** "My favourite colour is green". */
function favourite(text: string, tokens: readonly Token[]): Frame[] {
  const at = tokens.findIndex(({ word }) => isFavourite.test(word));
  const verb = tokens.findIndex(
    ({ word }, index) => index > at + 1 && index < at + 4 && /^(?:is|are|was|became)$/.test(word),
  );
  if (at < 1 || verb < 0) return [];
  const kind = tokens
    .slice(at + 1, verb)
    .map(({ stems }) => stems.join(' '))
    .join(' ');
  const value = valueTokens(text, tokens, verb + 1);
  return value.length > 0 ? [frameOf(`favourite ${kind}`, ownerOf(tokens.slice(0, at)), value)] : [];
}

/** "On the pro plan", "upgraded to the pro plan". */
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
const places =
  /^(?:office|offices|headquarters|hq|company|studio|shop|store|warehouse|lab|clinic|school|bakery|restaurant)$/;

/** "Our office is in Munich". */
function seat(text: string, tokens: readonly Token[]): Frame[] {
  const at = tokens.findIndex(
    ({ word }, index) => places.test(word) && /^(?:is|are)$/.test(tokens[index + 1]?.word ?? ''),
  );
  const into = tokens[at + 2]?.word === 'now' ? at + 3 : at + 2;
  const value = valueTokens(text, tokens, into + 1);
  if (at < 0 || tokens[into]?.word !== 'in' || !fits(value, 'name')) return [];
  return [frameOf('home', ownerOf(tokens.slice(0, at + 1)), value)];
}

/** Keys that head all kinds of notes. */
const anyKey =
  wordSet(`note notes example todo tip warning summary update reminder question answer idea task ps fyi re source
  action reason result step quote issue problem fix error subject title feedback comment description message topic today
  yesterday tomorrow pros cons correction edit btw`);
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

const becomes = /^(?:is|are|am|i'm|he's|she's|became|become|went|turned|got|was|were)$/;
const beforeState = /^(?:now|currently|still|a|an|strictly|recently|officially|already)$/;
const afterState = /^(?:now|again|currently|today|recently|anymore|already|these|days)$/;
/** How far into a clause its verb may stand. */
const VERB_WITHIN = 6;

/** "I am vegan", "the car is now red": words of which one is true at a time, where nothing else is said. */
function state(tokens: readonly Token[]): Frame[] {
  const verb = tokens.slice(0, VERB_WITHIN).findIndex(({ word }) => becomes.test(word));
  const at = tokens.findIndex(({ word }, index) => index > verb && !beforeState.test(word));
  const token = tokens[at];
  const kind = token && exclusiveKind(token.word);
  if (verb < 0 || !token || !kind || !tokens.slice(at + 1).every(({ word }) => afterState.test(word))) return [];
  const isContracted = tokens[verb]?.word.includes("'") ?? false;
  return [frameOf(`state ${kind}`, ownerOf(tokens.slice(0, verb + (isContracted ? 1 : 0))), [token])];
}

/** The frames that are found word by word. `isWhole`: the clause is its whole sentence. */
export const phrasedFrames = (text: string, tokens: readonly Token[], isWhole: boolean): Frame[] => [
  ...favourite(text, tokens),
  ...plan(tokens),
  ...chosenAs(text, tokens),
  ...holder(text, tokens),
  ...seat(text, tokens),
  ...state(tokens),
  ...pair(text, tokens, isWhole),
];
