import { factorOf, holds, type Opposed, reckon } from '../../../core/confidence.ts';
import { type Point, plainId } from '../../../core/point.ts';
import { hrefTo, type Params } from '../../../core/route.ts';
import { percent } from '../../../core/text.ts';
import { MemoryLink } from '../../../parts/memory-card.tsx';
import { Moment } from '../../../parts/moment.tsx';
import type { Dispute, Memory, Version } from '../model/types.ts';
import { Findings } from './findings.tsx';

/** A dispute as this memory sees it. */
interface Seen {
  dispute: Dispute;
  other: Version;
  opposed: Opposed;
  /** Whether it lowers the confidence at the moment that is looked at. */
  isCounted: boolean;
}

const number = (value: number) => String(Math.round(value * 1e4) / 1e4);

function seen(memory: Memory, dispute: Dispute, moment: number): Seen {
  const isMemory = plainId(dispute.memory.id) === plainId(memory.id);
  const own = isMemory || plainId(dispute.by.id) === plainId(memory.id);
  const other = isMemory ? dispute.by : dispute.memory;
  return {
    dispute,
    other,
    opposed: { strength: dispute.strength, by: other.statedConfidence },
    isCounted: own && holds(memory, moment) && holds(other, moment),
  };
}

/** Why the memory is believed as far as it is: its disputes, and the formula with their numbers. */
export function Believed({ memory, at, moment }: { memory: Memory; at: Point | undefined; moment: number }) {
  const disputes = memory.open.nodes.map((dispute) => seen(memory, dispute, moment));
  const counted = disputes.filter(({ isCounted }) => isCounted).map(({ opposed }) => opposed);
  return (
    <section class="card believed" aria-labelledby="believed-title">
      <h2 id="believed-title">Why it is believed</h2>
      <p class="big">
        <data value={memory.confidence}>{percent(memory.confidence)}</data>
        <span class="quiet">confidence</span>
      </p>
      {memory.retractedAt && (
        <p>
          It is no longer believed:{' '}
          {memory.status === 'CORRECTED' ? 'another version took its place' : 'it was retracted'}. This is how certain
          it was said to be.
        </p>
      )}
      <Formula stated={memory.statedConfidence} opposed={counted} />
      {disputes.map((each) => (
        <OpenDispute key={each.dispute.id} seen={each} at={at} />
      ))}
      {memory.open.totalCount > disputes.length && (
        <p>
          Of {memory.open.totalCount} disputes {disputes.length} are shown.
        </p>
      )}
      {/* What was found is known now alone. */}
      {!at && <Findings memory={memory} />}
      {memory.decided.nodes.length > 0 && (
        <p class="quiet">
          Decided before:{' '}
          {memory.decided.nodes.map(({ id, resolution }) => (
            <a key={id} class="spaced" href={hrefTo('disputes', plainId(id))}>
              {String(resolution).toLowerCase().replaceAll('_', ' ')}
            </a>
          ))}
        </p>
      )}
    </section>
  );
}

function Formula({ stated, opposed }: { stated: number; opposed: readonly Opposed[] }) {
  const { a, product, confidence } = reckon(stated, opposed);
  if (opposed.length === 0) {
    return (
      <p>
        It was stated with a confidence of <b>{number(stated)}</b>, and nothing that is open contradicts it.
      </p>
    );
  }
  return (
    <div class="formula">
      <p>
        It was stated with a confidence of <b>{number(stated)}</b>. Each open dispute lowers it, the more strongly the
        other side contradicts it and the more certain that is:
      </p>
      <p class="formula-line">
        P = {opposed.map(({ strength, by }) => `(1 − ${number(strength)} · ${number(Math.min(by, 0.99))})`).join(' · ')}{' '}
        = {number(opposed.reduce((all, each) => all * factorOf(each), 1))}
      </p>
      <p class="formula-line">
        a · P / (1 − a + a · P) = {number(a)} · {number(product)} / (1 − {number(a)} + {number(a)} · {number(product)})
        ={' '}
        <data class="formula-result" value={confidence}>
          {number(confidence)}
        </data>
      </p>
      <p class="quiet">
        a is the stated confidence of this memory, at most 0.99; in P each factor is 1 − strength · stated confidence of
        the other side.
      </p>
    </div>
  );
}

const OpenDispute = ({ seen: { dispute, other, opposed, isCounted }, at }: { seen: Seen; at: Point | undefined }) => (
  <article class="dispute-line">
    <p>
      <MemoryLink id={plainId(other.id)} params={at as Params}>
        {other.content}
      </MemoryLink>
    </p>
    <p class="quiet facts">
      <span>strength {number(opposed.strength)}</span>
      <span>stated with {number(opposed.by)}</span>
      <span>
        open since <Moment value={dispute.openedAt} />
      </span>
      {!isCounted && <span>does not count: it is about another version, or one side is not true at this moment</span>}
    </p>
    {dispute.reason && <p>“{dispute.reason}”</p>}
    {!at && (
      <p>
        <a class="button" href={hrefTo('disputes', plainId(dispute.id))}>
          Decide it
        </a>
      </p>
    )}
  </article>
);
