import { Scroll } from '../../parts/scroll.tsx';

interface Histogram {
  /** How many memories have an importance of 0 to 1, 1 to 2 … 9 to 10. */
  bands: readonly number[];
  mean: number;
}

const bandName = (band: number) => `${band}–${band + 1}`;

/** How many memories have which importance before and after: as bars, and as a table. */
export function BeforeAndAfter({ before, after }: { before: Histogram; after: Histogram }) {
  const most = Math.max(1, ...before.bands, ...after.bands);
  return (
    <section class="card histogram" aria-label="Importance before and after">
      <p class="histogram-legend">
        <span>
          <span class="swatch swatch-before" aria-hidden="true" /> As stored, mean <b>{before.mean.toFixed(2)}</b>
        </span>
        <span>
          <span class="swatch swatch-after" aria-hidden="true" /> At that moment, mean <b>{after.mean.toFixed(2)}</b>
        </span>
      </p>
      <div class="histogram-bars" aria-hidden="true">
        {before.bands.map((count, band) => (
          <div key={band} class="histogram-band">
            <div class="histogram-pair">
              <Bar count={count} most={most} kind="before" />
              <Bar count={after.bands[band] ?? 0} most={most} kind="after" />
            </div>
            <span>{bandName(band)}</span>
          </div>
        ))}
      </div>
      <p class="quiet histogram-axis" aria-hidden="true">
        importance
      </p>
      <details>
        <summary>As a table</summary>
        <Scroll label="Memories by importance">
          <table>
            <thead>
              <tr>
                <th scope="col">Importance</th>
                {before.bands.map((_count, band) => (
                  <th key={band} scope="col">
                    {bandName(band)}
                  </th>
                ))}
                <th scope="col">Mean</th>
              </tr>
            </thead>
            <tbody>
              <Row label="Memories as stored" histogram={before} />
              <Row label="Memories at that moment" histogram={after} />
            </tbody>
          </table>
        </Scroll>
      </details>
    </section>
  );
}

const Bar = ({ count, most, kind }: { count: number; most: number; kind: 'before' | 'after' }) => (
  <div class="histogram-bar">
    {count > 0 && <span>{count.toLocaleString()}</span>}
    <div class={`bar bar-${kind}`} style={{ height: `${(100 * count) / most}%` }} />
  </div>
);

const Row = ({ label, histogram }: { label: string; histogram: Histogram }) => (
  <tr>
    <th scope="row">{label}</th>
    {histogram.bands.map((count, band) => (
      <td key={band}>{count.toLocaleString()}</td>
    ))}
    <td>{histogram.mean.toFixed(2)}</td>
  </tr>
);
