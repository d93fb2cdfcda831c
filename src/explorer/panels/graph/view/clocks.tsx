import { useEffect, useState } from 'preact/hooks';
import { setParams } from '../../../core/route.ts';
import { Slider } from '../../../parts/slider.tsx';
import { type ClockRange, describeMoment, momentAt, positionOf } from '../model/clock.ts';

/** While a clock moves, what it shows is asked for at most this often. */
const PAUSE_MS = 150;

export interface ClocksProps {
  validAt: string | undefined;
  knownAt: string | undefined;
  /** Over which each goes. */
  valid: ClockRange;
  known: ClockRange;
  isTogether: boolean;
}

/** Two clocks: when it was true, and when it was known. */
export function Clocks({ validAt, knownAt, valid, known, isTogether }: ClocksProps) {
  const isNow = validAt === undefined && knownAt === undefined;
  const move = (name: 'validAt' | 'knownAt', moment: string | undefined) =>
    setParams(isTogether ? { validAt: moment, knownAt: within(known, moment) } : { [name]: moment }, { replace: true });
  return (
    <fieldset class="card graph-clocks">
      <legend class="visually-hidden">Two clocks</legend>
      <Clock
        label="True at"
        hint="the moment of the world that is asked about"
        range={valid}
        moment={validAt}
        onMove={(moment) => move('validAt', moment)}
      />
      <Clock
        label="Known at"
        hint="what had been recorded by then answers"
        range={known}
        moment={knownAt}
        onMove={(moment) => move('knownAt', moment)}
      />
      <div class="graph-clock-buttons">
        <label class="graph-check">
          <input
            type="checkbox"
            checked={isTogether}
            onChange={({ currentTarget }) =>
              setParams({ together: currentTarget.checked ? '1' : undefined }, { replace: true })
            }
          />
          Move both
        </label>
        <button
          type="button"
          class="button"
          disabled={isNow}
          onClick={() => setParams({ validAt: undefined, knownAt: undefined }, { replace: true })}
        >
          Now
        </button>
      </div>
    </fieldset>
  );
}

/** Nothing was known before the first memory was recorded. */
const within = ({ first }: ClockRange, moment: string | undefined): string | undefined =>
  moment === undefined ? undefined : new Date(Math.max(first, Date.parse(moment))).toISOString();

function Clock({
  label,
  hint,
  range,
  moment,
  onMove,
}: {
  label: string;
  hint: string;
  range: ClockRange;
  moment: string | undefined;
  onMove: (moment: string | undefined) => void;
}) {
  const [moved, setMoved] = useState<number>();
  const position = moved ?? positionOf(range, moment);
  useEffect(() => {
    if (moved === undefined) return;
    const timer = setTimeout(() => onMove(momentAt(range, moved)), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [moved]);
  // What the address says holds once it says something else.
  useEffect(() => setMoved(undefined), [moment, range.first, range.now]);
  const text = (value: number) => {
    // The moment itself, where the clock has not been moved: it may lie between two steps.
    const shown = moved === undefined ? moment : momentAt(range, value);
    return shown === undefined ? 'now' : describeMoment(shown);
  };
  return (
    <div class="graph-clock" title={`${label}: ${hint}`}>
      <Slider
        label={label}
        min={0}
        max={range.last}
        value={position}
        text={text}
        onMove={setMoved}
        onSet={(value) => {
          setMoved(value);
          onMove(momentAt(range, value));
        }}
      />
    </div>
  );
}
