import { type Found, type PartName, partLabels, partsOf, type ScorePart, shown, type Weights } from './score.ts';

/** Parts below this are not drawn and not named beside the bar. */
const LEAST = 0.0005;

/** From how far below 0 to how far above it scores go, for bars that can be compared. */
export interface Scale {
  least: number;
  most: number;
}

const sum = (parts: readonly ScorePart[]) => parts.reduce((total, { value }) => total + value, 0);

/** The scale on which all of these fit. */
export function scaleOf(parts: readonly (readonly ScorePart[])[]): Scale {
  const ups = parts.map((each) => sum(each.filter(({ value }) => value > 0)));
  return { least: Math.min(0, ...parts.map(sum)), most: Math.max(0.001, ...ups) };
}

interface Segment {
  part: ScorePart;
  from: number;
  width: number;
}

/** What adds is stacked from 0; what takes away goes back from there, so that the end is the score. */
function segmentsOf(parts: readonly ScorePart[]): Segment[] {
  let end = 0;
  const adding = parts.filter(({ value }) => value > LEAST);
  const taking = parts.filter(({ value }) => value < -LEAST);
  return [...adding, ...taking].map((part) => {
    const from = Math.min(end, end + part.value);
    end += part.value;
    return { part, from, width: Math.abs(part.value) };
  });
}

/** A score as stacked parts. The numbers are in its name, and in the list below it. */
export function ScoreBar({ score, parts, scale }: { score: number; parts: readonly ScorePart[]; scale: Scale }) {
  const place = (value: number) => (100 * (value - scale.least)) / (scale.most - scale.least);
  const segments = segmentsOf(parts);
  const named = segments.map(({ part }) => `${partLabels[part.name].toLowerCase()} ${shown(part.value)}`).join(', ');
  return (
    <svg
      class="score-bar"
      viewBox="0 0 100 10"
      preserveAspectRatio="none"
      role="img"
      aria-label={`Score ${shown(score)}: ${named}`}
    >
      {segments.map(({ part, from, width }) => (
        <rect
          key={part.name}
          class={`part part-${part.name} ${part.value < 0 ? 'part-taking' : ''}`}
          x={place(from)}
          width={place(from + width) - place(from)}
          y={part.value < 0 ? 5.5 : 1}
          height={part.value < 0 ? 3.5 : 8}
        >
          <title>
            {partLabels[part.name]} {shown(part.value)}
          </title>
        </rect>
      ))}
      <rect class="score-end" x={place(score) - 0.2} width={0.4} y={0} height={10} />
    </svg>
  );
}

const Swatch = ({ name }: { name: PartName }) => <span class={`swatch swatch-${name}`} aria-hidden="true" />;

/** The parts with their numbers. */
export const PartNumbers = ({ parts }: { parts: readonly ScorePart[] }) => (
  <ul class="part-numbers" aria-label="Parts of the score">
    {parts
      .filter(({ value }) => Math.abs(value) > LEAST)
      .map(({ name, value }) => (
        <li key={name}>
          <Swatch name={name} /> {partLabels[name]} <b>{shown(value)}</b>
        </li>
      ))}
  </ul>
);

/** The whole sum, each part with how it comes about. */
export function ScoreTable({ found, weights }: { found: Found; weights: Weights }) {
  const parts = partsOf(found, weights);
  return (
    <table class="score-table">
      <thead>
        <tr>
          <th scope="col">Part</th>
          <th scope="col">How</th>
          <th scope="col">Adds</th>
        </tr>
      </thead>
      <tbody>
        {parts.map(({ name, value, how }) => (
          <tr key={name}>
            <th scope="row">
              <Swatch name={name} /> {partLabels[name]}
            </th>
            <td>{how}</td>
            <td data-part={value}>{shown(value)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" colSpan={2}>
            Score
          </th>
          <td data-score={found.score}>{shown(found.score)}</td>
        </tr>
      </tfoot>
    </table>
  );
}
