import { hrefTo } from '../../core/route.ts';
import { shortened } from '../../core/text.ts';
import { MemoryCard, MemoryLink } from '../../parts/memory-card.tsx';
import { Scroll } from '../../parts/scroll.tsx';
import { Marked } from './marked.tsx';
import { shownPart, unmarked } from './marks.ts';
import { type Found, partsOf, shown, type Weights } from './score.ts';
import { PartNumbers, type Scale, ScoreBar, ScoreTable } from './score-bar.tsx';

const stemsOf = ({ explanation }: Found): string[] =>
  explanation.terms.filter(({ isOfName }) => !isOfName).map(({ term }) => term);

/** A memory that was found: its words marked, and its score as stacked parts. */
export function Result({
  found,
  weights,
  scale,
  place,
}: {
  found: Found;
  weights: Weights;
  scale: Scale;
  place?: number;
}) {
  const parts = partsOf(found, weights);
  const { node, explanation } = found;
  const text = shownPart(node.content, explanation.excerpt);
  return (
    <MemoryCard memory={node} content={<Marked text={text} stems={stemsOf(found)} />}>
      <div class="score-line">
        <p class="score">
          {place !== undefined && <span class="place">{place}.</span>} <b>{shown(found.score)}</b>
        </p>
        <ScoreBar score={found.score} parts={parts} scale={scale} />
      </div>
      <PartNumbers parts={parts} />
      <Sources found={found} />
      <details>
        <summary>How it adds up</summary>
        <Scroll label={`How the score ${shown(found.score)} adds up`}>
          <ScoreTable found={found} weights={weights} />
        </Scroll>
        <OfOrder found={found} />
      </details>
    </MemoryCard>
  );
}

/** Where its numbers come from: words, entities, cues, and what spread to it. */
function Sources({ found }: { found: Found }) {
  const { terms, cues, spreadFrom } = found.explanation;
  const ofNames = terms.filter(({ isOfName }) => isOfName).map(({ term }) => term);
  const elsewhere = unmarked(found.node.content, stemsOf(found));
  const entities = found.node.entities.nodes;
  return (
    <dl class="sources">
      {terms.length > 0 && (
        <>
          <dt>Words</dt>
          <dd>
            {terms.map(({ term, weight, frequency, isOfName }) => (
              <span key={term} class="chip" title={`It weighs ${shown(weight)}: the rarer, the more.`}>
                {term}
                {frequency > 1 && ` ×${frequency}`}
                {isOfName && ' (a name)'}
                {!isOfName && elsewhere.includes(term) && ' (not marked)'}
              </span>
            ))}
          </dd>
        </>
      )}
      {cues.length > 0 && (
        <>
          <dt>Cues</dt>
          <dd>
            {cues.map(({ name, factor }) => (
              <span key={name} class="chip" title={cueTexts[name]}>
                {name} ×{factor}
              </span>
            ))}
          </dd>
        </>
      )}
      {entities.length > 0 && (
        <>
          <dt>Mentions</dt>
          <dd>
            {entities.map(({ id, name, type }) => (
              <a key={id} class="chip" href={hrefTo('graph', id)} title={`Show this ${type} in the graph`}>
                {name}
                {isNamed(name, ofNames) && ' (named)'}
              </a>
            ))}
          </dd>
        </>
      )}
      {spreadFrom.length > 0 && (
        <>
          <dt>Spread from</dt>
          <dd>
            {spreadFrom.map(({ id, content }) => (
              <p key={id}>
                <MemoryLink id={id}>{shortened(content, 120)}</MemoryLink>
              </p>
            ))}
          </dd>
        </>
      )}
    </dl>
  );
}

/** Whether one of these words is in a name, as far as its spelling says. */
const isNamed = (name: string, stems: readonly string[]): boolean =>
  stems.length > 0 && unmarked(name, stems).length < stems.length;

const cueTexts: Readonly<Record<string, string>> = {
  speaker: 'The question names a speaker, and this is from that speaker.',
  time: 'The question asks for a time, and this states one.',
  date: 'The question names a time, and this became true then.',
  self: 'The question says I or we, and this is from the user.',
  question: 'It is itself a question.',
  ended: 'It is no longer true at that point in time.',
};

/** What decides its place beside the score. */
function OfOrder({ found: { score, explanation } }: { found: Found }) {
  const { variety, rerank } = explanation;
  return (
    <>
      {variety !== 1 && (
        <p class="quiet">
          Its place is by {shown(score)} × {shown(variety)} = {shown(score * variety)}, since something like it comes
          before.
        </p>
      )}
      {rerank !== null && <p class="quiet">A reranker gave it {shown(rerank)}, which comes before the score.</p>}
    </>
  );
}
