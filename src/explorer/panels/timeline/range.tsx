import { timeZone } from '../../core/moments.ts';
import { setParams } from '../../core/route.ts';
import { DAY, MINUTE } from './axis.ts';
import type { Range } from './lanes.ts';

const LEAST_SPAN = 5 * MINUTE;

/** The span that the address names; undefined: all. */
export function rangeIn({ from = '', until = '' }: Readonly<Record<string, string>>): Range | undefined {
  const range = { from: Date.parse(from), until: Date.parse(until) };
  return range.from < range.until ? range : undefined;
}

/** Shows a span, kept within what there is; undefined: all. */
export function show(range: Range | undefined, whole: Range): void {
  if (!range || (range.from <= whole.from && range.until >= whole.until)) {
    setParams({ from: undefined, until: undefined });
    return;
  }
  const middle = (range.from + range.until) / 2;
  const half = Math.max(LEAST_SPAN, range.until - range.from) / 2;
  setParams({ from: new Date(middle - half).toISOString(), until: new Date(middle + half).toISOString() });
}

const spans = [
  { days: 365, text: 'Year' },
  { days: 90, text: '90 days' },
  { days: 30, text: '30 days' },
  { days: 7, text: 'Week' },
];

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** Buttons that zoom and move. */
export function RangeButtons({ range, whole }: { range: Range; whole: Range }) {
  const span = range.until - range.from;
  const middle = (range.from + range.until) / 2;
  const zoom = (factor: number) =>
    show({ from: middle - (span * factor) / 2, until: middle + (span * factor) / 2 }, whole);
  const move = (part: number) => show({ from: range.from + span * part, until: range.until + span * part }, whole);
  return (
    <div class="range">
      <div class="segments">
        <Do text="All" run={() => show(undefined, whole)} />
        {spans.map(({ days, text }) => (
          <Do key={text} text={text} run={() => show({ from: whole.until - days * DAY, until: whole.until }, whole)} />
        ))}
      </div>
      <div class="segments">
        <Do text="← Earlier" run={() => move(-0.5)} />
        <Do text="Later →" run={() => move(0.5)} />
        <Do text="Zoom in" run={() => zoom(0.5)} />
        <Do text="Zoom out" run={() => zoom(2)} />
      </div>
      <p class="quiet" role="status">
        {moment.formatRange(range.from, range.until)}, {timeZone}
      </p>
    </div>
  );
}

const Do = ({ text, run }: { text: string; run: () => void }) => (
  <button type="button" class="button" onClick={run}>
    {text}
  </button>
);
