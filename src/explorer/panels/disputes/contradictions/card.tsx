import { useState } from 'preact/hooks';
import { Moment } from '../../../parts/moment.tsx';
import { SideCard } from '../sides/side-card.tsx';
import { decide, reopen } from './decide.tsx';
import { decidedWords, decisions, refusalOf, saysOf } from './effects.ts';
import { MergeDialog } from './merge.tsx';
import type { Contradiction, Resolution } from './types.ts';

const resolutions = Object.keys(decisions) as Resolution[];

/** A contradiction: both sides, and what was decided; who may write can decide it, and undo that. */
export function ContradictionCard({ dispute, mayWrite }: { dispute: Contradiction; mayWrite: boolean | undefined }) {
  const { memory, by, reason, strength, openedAt, status } = dispute;
  const slot = memory.slot ?? by.slot;
  return (
    <article
      class={`card dispute ${status === 'OPEN' ? 'dispute-open' : ''}`}
      tabIndex={-1}
      aria-label={`Dispute: ${memory.content}`}
    >
      <p class="quiet facts">
        <span>
          opened <Moment value={openedAt} />
        </span>
        <span title="1: the two cannot both be true. Less: they might.">strength {strength}</span>
        {slot && (
          <span>
            both are the value of <code>{slot}</code>
          </span>
        )}
      </p>
      {reason && (
        <p class="dispute-reason" dir="auto">
          “{reason}”
        </p>
      )}
      <div class="sides">
        <SideCard side={memory} name="First" usual="DISPUTED" />
        <SideCard side={by} name="Second" usual="DISPUTED" />
      </div>
      {status !== 'OPEN' && <Decided dispute={dispute} mayWrite={mayWrite} />}
      {status === 'OPEN' && mayWrite && <Decisions dispute={dispute} />}
    </article>
  );
}

function Decisions({ dispute }: { dispute: Contradiction }) {
  const [isMerging, setMerging] = useState(false);
  const mergeRefusal = refusalOf(dispute, 'KEEP_MEMORY');
  return (
    <>
      <ul class="decisions" aria-label="Decide">
        {resolutions.map((resolution) => {
          const refusal = refusalOf(dispute, resolution);
          return (
            <li key={resolution}>
              <button
                type="button"
                class="button"
                disabled={refusal !== undefined}
                onClick={() => void decide(dispute, resolution)}
              >
                {decisions[resolution]}
              </button>
              <p class="quiet">{refusal ?? saysOf(dispute, resolution)}</p>
            </li>
          );
        })}
        <li>
          <button type="button" class="button" disabled={mergeRefusal !== undefined} onClick={() => setMerging(true)}>
            Merge
          </button>
          <p class="quiet">{mergeRefusal ?? 'You write one statement that takes the place of both.'}</p>
        </li>
      </ul>
      {isMerging && <MergeDialog dispute={dispute} onClose={() => setMerging(false)} />}
    </>
  );
}

const Decided = ({ dispute, mayWrite }: { dispute: Contradiction; mayWrite: boolean | undefined }) => (
  <div class="decided">
    <p>
      <b>{dispute.resolution && decidedWords(dispute.resolution)}</b>
      {dispute.resolvedAt && (
        <span class="quiet">
          {' '}
          <Moment value={dispute.resolvedAt} />
        </span>
      )}
      {dispute.note && <span> “{dispute.note}”</span>}
    </p>
    {mayWrite && (
      <button type="button" class="button" onClick={() => void reopen(dispute)}>
        Undo this decision
      </button>
    )}
  </div>
);
