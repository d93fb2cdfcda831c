import { type Answer, type Figures, figuresOf, type Measure, measureNames } from '../../model/evaluation/measures.ts';

/** The name of the figures of all questions. */
export const ALL = 'all';
/** How many groups are shown, the largest. */
const MOST_GROUPS = 50;

/** The figures of each group, and of all questions first. */
export function figuresByGroup(asked: readonly Answer[]): Map<string, Figures> {
  const groups = [...Map.groupBy(asked, ({ group }) => group)].sort(([, a], [, b]) => b.length - a.length);
  const shown = groups.length > 1 ? groups.slice(0, MOST_GROUPS) : [];
  return new Map([[ALL, figuresOf(asked)], ...shown.map(([group, of]) => [group, figuresOf(of)] as const)]);
}

export const part = (value: number): string => value.toFixed(3).replace(/^(-?)0/, '$1');

/** Half of the times are below the first, and 95 of 100 below the second, in milliseconds. */
export function latency(asked: readonly { ms: number }[]): [number, number] {
  const times = asked.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] as number;
  return [at(0.5), at(0.95)];
}

const WIDTH = 9;

/** The figures as lines; `before`: those of an earlier run, whose differences are shown below. */
export function linesOf(
  figures: ReadonlyMap<string, Figures>,
  before?: ReadonlyMap<string, Record<Measure, number>>,
): string[] {
  const name = Math.max('group'.length, ...[...figures.keys()].map(({ length }) => length));
  const row = (first: string, cells: readonly string[]) =>
    `${first.padEnd(name)}  ${cells.map((cell) => cell.padStart(WIDTH)).join('')}`;
  const lines = [row('group', ['questions', ...measureNames, 'R@10 between'.padStart(WIDTH + 6)])];
  for (const [group, of] of figures) {
    const [low, high] = of.interval;
    lines.push(
      row(group, [
        String(of.questions),
        ...measureNames.map((each) => part(of[each])),
        `${part(low)}–${part(high)}`.padStart(WIDTH + 6),
      ]),
    );
    const earlier = before?.get(group);
    if (earlier) lines.push(row('', ['', ...measureNames.map((each) => signed(of[each] - earlier[each]))]));
  }
  return lines;
}

const signed = (value: number): string => (Math.abs(value) < 0.0005 ? '=' : `${value > 0 ? '+' : ''}${part(value)}`);
