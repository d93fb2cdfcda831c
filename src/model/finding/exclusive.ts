import type { Token } from './statement.ts';

/** Groups of words of which one is true of a thing at a time. */
const groups = `
  vegan vegetarian pescatarian omnivore carnivore
  single married divorced widowed engaged separated
  employed unemployed retired
  alive dead deceased
  open closed
  enabled disabled
  online offline
  public private
  paid unpaid
  left-handed right-handed
  introvert extrovert
  democrat republican
  passed failed
  accepted rejected declined
  approved rejected denied
  confirmed cancelled canceled postponed
  won lost
  true false
  full-time part-time
  remote on-site onsite hybrid
  daily weekly biweekly monthly quarterly yearly annually
  monday tuesday wednesday thursday friday saturday sunday
  mondays tuesdays wednesdays thursdays fridays saturdays sundays
  morning afternoon evening
  mornings afternoons evenings
  light dark
  always never
  active inactive
  healthy sick
  allergic tolerant
  small medium large
  red blue green yellow black white purple orange pink brown grey gray
  supported unsupported
  required optional
  mandatory optional
  synchronous asynchronous
  early late
  rents owns
  junior senior
  beginner intermediate advanced
  increased decreased
  increasing decreasing
  expensive cheap
  easy difficult
  safe unsafe dangerous
  available unavailable
  present absent
  finished unfinished ongoing pending
  done pending
  complete incomplete
  stable unstable
  windows linux macos
  android iphone
  tabs spaces
  allowed forbidden prohibited
  legal illegal
  permanent temporary
  north south east west
  metric imperial
  male female
  smoker nonsmoker non-smoker
  sober drunk
  manual automatic
  indoor outdoor
  quiet noisy
  quietly loudly
  window aisle`;

const lines = groups
  .trim()
  .split('\n')
  .map((line) => line.trim().split(' '));
const firstWords = lines.map(([first]) => first as string);
const groupsOf = new Map<string, number[]>();
for (const [group, words] of lines.entries()) {
  for (const word of words) groupsOf.set(word, [...(groupsOf.get(word) ?? []), group]);
}

const times = /^(?:monday|mondays|morning|mornings|early)$/;
/** The numbers of groups of times: of what has happened each is a time of its own. */
export const timeGroups: ReadonlySet<number> = new Set(
  [...firstWords.keys()].filter((group) => times.test(firstWords[group] as string)),
);

/** The first word of the group that a word is in, if that is none of times: what it is a state of. */
export function exclusiveKind(word: string): string | undefined {
  const group = groupsOf.get(word)?.find((number) => !timeGroups.has(number));
  return group === undefined ? undefined : firstWords[group];
}

/** Groups of adjectives that tell things apart where they stand before a noun: there may be a red and a blue shirt. */
const qualities = new Set(['red', 'small', 'north', 'junior', 'male', 'indoor', 'early']);
const beforeNoun = /^\s$/;

/**
 * The exclusive words that a clause says of its subject, by their group; of a group of which it has several none.
 * `from`: the place of its verb, before which words only name the subject.
 */
export function exclusiveWords(text: string, tokens: readonly Token[], from: number): Map<number, string> {
  const found = new Map<number, string>();
  const several = new Set<number>();
  for (const [at, { word, end }] of tokens.entries()) {
    if (at < from) continue;
    const next = tokens[at + 1];
    const isBeforeNoun = next !== undefined && next.weight >= 0.6 && beforeNoun.test(text.slice(end, next.start));
    for (const group of groupsOf.get(word) ?? []) {
      if (isBeforeNoun && qualities.has(firstWords[group] as string)) continue;
      if (found.has(group) && found.get(group) !== word) several.add(group);
      found.set(group, word);
    }
  }
  for (const group of several) found.delete(group);
  return found;
}
