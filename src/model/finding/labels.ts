import { cuesOf } from './roles.ts';
import type { Token } from './statement.ts';

/** Kinds of things that are told apart by a number behind them: Sprint 2, Q1, Order 1182. */
const kinds = new Set(
  `sprint phase chapter week day step level quarter session round stage season episode order invoice ticket issue room
  floor unit part section batch cycle draft act scene lesson module team group item task milestone pr bug project house
  apartment flat gate lane route line bus train flight platform table figure game match set lap semester grade version
  test exam quiz assignment option server node zone building track
  note entry message fact record volume article question document`.split(/\s+/),
);
/** How near a word of a change a numbered thing is what something has changed to. */
const VALUE_WITHIN = 3;
const ordinals: Record<string, string> = {
  first: '1',
  second: '2',
  third: '3',
  fourth: '4',
  fifth: '5',
  sixth: '6',
  last: 'last',
  final: 'last',
  initial: '1',
};

/** The numbered things of a clause: `sprint` → `2`. Things of other numbers are other things. */
export function labelsIn(tokens: readonly Token[]): Map<string, string> {
  const labels = new Map<string, string>();
  const cues = cuesOf(tokens);
  for (const [at, { word }] of tokens.entries()) {
    const next = tokens[at + 1];
    const quarter = /^q([1-4])$/.exec(word);
    if (quarter) labels.set('quarter', quarter[1] as string);
    const singular = word.replace(/s$/, '');
    const isLetter = next && /^[A-Z]$/.test(next.raw) && next.word !== 'i';
    // "Now in phase 3" says which phase it is; it is no phase's name.
    const isValue = cues.some((cue) => cue < at && at - cue <= VALUE_WITHIN);
    if (kinds.has(singular) && !isValue && next && (/^\d+$/.test(next.word) || isLetter))
      labels.set(singular, next.word);
    const ordinal = ordinals[word] ?? /^(\d+)(?:st|nd|rd|th)$/.exec(word)?.[1];
    const [stem] = next?.stems ?? [];
    if (ordinal && stem) labels.set(stem, ordinal);
  }
  return labels;
}

/** Whether two clauses tell of things of one kind with different numbers. */
export function areOtherThings(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  for (const [kind, number] of a) if (b.has(kind) && b.get(kind) !== number) return true;
  return false;
}
