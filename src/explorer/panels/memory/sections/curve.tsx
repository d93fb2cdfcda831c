import { dayText } from '../../../core/moments.ts';
import { Scroll } from '../../../parts/scroll.tsx';
import { type CurvePoint, HEIGHT, polyline, WIDTH } from '../model/importance-curve.ts';

interface Props {
  past: readonly CurvePoint[];
  next: readonly CurvePoint[];
  /** Milliseconds. */
  now: number;
  /** Below it the memory is archived by decayImportance; null: never. */
  archiveBelow: number | null;
}

/** Two curves over the past and the next year, and their numbers as a table. */
export function Curve({ past, next, now, archiveBelow }: Props) {
  const points = [...past, ...next];
  const from = points[0]?.at ?? now;
  const until = next.at(-1)?.at ?? now;
  const solid = points.map(({ at, asItIs }) => ({ at, value: asItIs }));
  const dashed = next.map(({ at, asItIs, reinforced }) => ({ at, value: reinforced ?? asItIs }));
  const nowX = ((now - from) / Math.max(1, until - from)) * WIDTH;
  return (
    <figure class="curve">
      <div class="curve-scale" aria-hidden="true">
        <span>10</span>
        <span>5</span>
        <span>0</span>
      </div>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        <path class="curve-grid" d={`M0 0H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT}H${WIDTH}`} />
        <path class="curve-now" d={`M${nowX} 0V${HEIGHT}`} />
        {archiveBelow !== null && (
          <path class="curve-archive" d={`M0 ${HEIGHT - archiveBelow * (HEIGHT / 10)}H${WIDTH}`} />
        )}
        <polyline class="curve-reinforced" points={polyline(dashed, from, until)} />
        <polyline class="curve-line" points={polyline(solid, from, until)} />
      </svg>
      <div class="curve-axis" aria-hidden="true">
        <span>{dayText(from)}</span>
        <span class="curve-today" style={{ left: `${nowX / 10}%` }}>
          {nowX > 300 && nowX < 700 ? dayText(now) : ''}
        </span>
        <span>{dayText(until)}</span>
      </div>
      <figcaption class="quiet legend">
        <span>
          <span class="legend-line" aria-hidden="true" /> as it is
        </span>
        <span>
          <span class="legend-line legend-dashed" aria-hidden="true" /> reinforced on {dayText(now)}
        </span>
        {archiveBelow !== null && (
          <span>
            <span class="legend-line legend-archive" aria-hidden="true" /> archived below {archiveBelow}
          </span>
        )}
      </figcaption>
      <details>
        <summary>The numbers as a table</summary>
        <Numbers points={points} />
      </details>
    </figure>
  );
}

const Numbers = ({ points }: { points: readonly CurvePoint[] }) => (
  <Scroll label="Importance at moments">
    <table class="numbers">
      <thead>
        <tr>
          <th scope="col">Day</th>
          <th scope="col">As it is</th>
          <th scope="col">Reinforced</th>
        </tr>
      </thead>
      <tbody>
        {points.map(({ at, asItIs, reinforced }) => (
          <tr key={at}>
            <th scope="row">
              <time dateTime={new Date(at).toISOString()}>{dayText(at)}</time>
            </th>
            <td>
              <data value={asItIs}>{asItIs.toFixed(2)}</data>
            </td>
            <td>{reinforced === null ? 'past' : <data value={reinforced}>{reinforced.toFixed(2)}</data>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
);
