import { timeGroups } from './exclusive.ts';
import { CONTENT, haveOtherQualifiers, overlapOf, weightIn, without } from './overlap.ts';
import { listed, nominated, type Pair, updateOrConflict } from './pair.ts';
import type { Frame, Nomination } from './statement.ts';
import { ME, OTHER } from './subject.ts';
import { stemOf } from './tokens.ts';

const SURE = 0.9;
const STATE = 0.8;
const isOfNobody = ({ attribute }: Frame): boolean => /^(?:key|post) /.test(attribute);

/** How far two frames are of one owner. */
function sameOwner(a: Frame, b: Frame): number {
  const [p, q] = [new Set(a.subject), new Set(b.subject)];
  if (p.symmetricDifference(q).size === 0) return p.size > 0 || isOfNobody(a) ? 1 : 0.75;
  if (p.size === 0 || q.size === 0) return 0.75;
  const names = (subject: ReadonlySet<string>) => [...subject].filter((name) => name !== ME && name !== OTHER);
  const shared = names(p).filter((name) => q.has(name));
  const isPart = p.isSubsetOf(q) || q.isSubsetOf(p);
  return shared.length > 0 && isPart ? 0.7 : 0;
}

/** A single-valued attribute of which each clause has another value. */
export function otherValue(pair: Pair): Nomination | undefined {
  const { newer, older } = pair;
  if (newer.frames.length === 0 || older.frames.length === 0) return undefined;
  if (pair.isAsked || newer.denial || older.denial || pair.areOtherTimes) return undefined;
  let best: Nomination | undefined;
  for (const frame of newer.frames) {
    for (const before of older.frames) {
      const score = frameScore(pair, frame, before);
      if (score <= (best?.score ?? 0)) continue;
      const reason = () => `${aboutOf(frame, pair)}: ${before.value} → ${frame.value}`;
      // Who holds a post is its value, not whom the clause is of.
      const haveOtherPersons = pair.haveOtherPersons && !isOfNobody(frame);
      best = nominated(updateOrConflict(pair), score, reason, { newer, older, haveOtherPersons }) ?? best;
    }
  }
  return best;
}

/** What a frame tells of, in words: its attribute, or whose state it is. */
function aboutOf({ attribute, subject }: Frame, pair: Pair): string {
  if (!attribute.startsWith('state ')) return attribute.replace(/^(?:key|post|as) /, '');
  const named = subject.filter((name) => name !== ME && name !== OTHER);
  return named.length > 0 ? listed(named, pair) : 'user';
}

function frameScore(pair: Pair, frame: Frame, before: Frame): number {
  const { newer, older } = pair;
  if (frame.attribute !== before.attribute) return 0;
  if (frame.stems.isSubsetOf(before.stems) || before.stems.isSubsetOf(frame.stems)) return 0;
  const isPast = newer.isPast && !newer.cue;
  return (
    (frame.attribute.startsWith('state ') ? STATE : SURE) *
    sameOwner(frame, before) *
    pair.certainty *
    (older.isPast && !newer.isPast ? 0.6 : 1) *
    (isPast && frame.attribute !== 'birthplace' ? 0.5 : 1)
  );
}

/** What a clause prefers to what, as stems. */
function preferred(text: string): [ReadonlySet<string>, ReadonlySet<string>] | undefined {
  const found = /\bprefer(?:s|red|ring)?\b/i.exec(text);
  if (!found) return undefined;
  const rest = text.slice(found.index + found[0].length);
  const than = /\b(?:over|rather than|instead of)\b/i.exec(rest) ?? /\bto\b/i.exec(rest);
  if (!than) return undefined;
  const stems = (part: string) =>
    new Set(
      part
        .toLowerCase()
        .match(/[\p{L}\p{N}]+/gu)
        ?.map(stemOf) ?? [],
    );
  const first = rest.slice(0, than.index);
  const second = rest.slice(than.index + than[0].length).split(/[.;,]/)[0] as string;
  return [stems(first), stems(second)];
}

/** "Prefers tea to coffee", and the other way round. */
export function reversedPreference(pair: Pair): Nomination | undefined {
  const newer = preferred(pair.newer.text);
  const older = newer && preferred(pair.older.text);
  if (!newer || !older || pair.subject === 0) return undefined;
  if (pair.isAsked || pair.newer.denial || pair.older.denial) return undefined;
  const of = (words: ReadonlySet<string>) => [...words].filter((word) => (pair.newer.stems.get(word) ?? 0) >= CONTENT);
  const [liked, left] = [of(newer[0].intersection(older[1])), of(newer[1].intersection(older[0]))];
  if (liked.length === 0 || left.length === 0) return undefined;
  const reason = () => `preferred: ${listed(left, pair)} → ${listed(liked, pair)}`;
  return nominated('NEGATION', SURE * pair.certainty, reason, pair);
}

/** Words that exclude each other in clauses that otherwise say the same. */
export function exclusiveOther(pair: Pair): Nomination | undefined {
  const { newer, older } = pair;
  if (newer.exclusive.size === 0 || older.exclusive.size === 0) return undefined;
  if (pair.isAsked || newer.denial || older.denial || pair.areOtherTimes) return undefined;
  const others = [...newer.exclusive].filter(([group, word]) => {
    const before = older.exclusive.get(group);
    return before !== undefined && stemOf(before) !== stemOf(word);
  });
  const [first] = others;
  // "Open on Mondays" and "closed on Sundays" go together.
  if (!first || others.length > 1) return undefined;
  const [group, word] = first;
  const before = older.exclusive.get(group) as string;
  if (timeGroups.has(group) && !newer.cue && !areOfOneThing(pair)) return undefined;
  if (newer.words.has(before) || older.words.has(word)) return undefined;
  const { score, words } = exclusiveScore(pair, word, before);
  return nominated(updateOrConflict(pair), score, () => `${listed(words, pair)}: ${before} → ${word}`, pair);
}

/** Whether both say how one thing is; a person may do something on several days. */
const areOfOneThing = ({ newer, older, subject }: Pair): boolean =>
  newer.isStatic && older.isStatic && subject === 1 && newer.subject.some((name) => name !== ME && name !== OTHER);

const partsOf = (word: string): string[] => [word, ...word.split('-')].map(stemOf);

function exclusiveScore(pair: Pair, word: string, before: string): { score: number; words: readonly string[] } {
  const { newer, older } = pair;
  const a = without(newer.stems, partsOf(word));
  const b = without(older.stems, partsOf(before));
  const shared = overlapOf(a, b);
  const least = Math.min(weightIn(a), weightIn(b));
  const isBare = least < 0.05;
  const named = newer.subject.some((name) => name !== OTHER);
  if (isBare && pair.subject >= 0.7 && named) return { score: 0.75 * pair.certainty, words: newer.subject };
  const covered = isBare ? 0 : shared.weight / least;
  const all = pair.weight.newer + pair.weight.older - pair.shared.weight;
  const score =
    covered *
    Math.min(1, shared.weight + (pair.subject >= 0.7 ? 0.25 : 0)) *
    (pair.subject === 0 ? 0.35 : pair.subject < 0.6 ? 0.85 : 1) *
    pair.certainty *
    (pair.haveOtherNames ? 0.3 : 1) *
    (haveOtherQualifiers(newer, older, shared.words, [...partsOf(word), ...partsOf(before)]) ? 0.4 : 1) *
    (pair.shared.weight < 0.25 * all ? 0.6 : 1);
  return { score, words: shared.words };
}
