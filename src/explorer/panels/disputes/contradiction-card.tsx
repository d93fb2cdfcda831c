import { useState } from 'preact/hooks';
import { Moment } from '../../parts/moment.tsx';
import { decide, reopen } from './decide.tsx';
import { decidedWords, decisions, refusalOf } from './effects.ts';
import { MergeDialog } from './merge.tsx';
import { SideCard } from './sides.tsx';
import type { Contradiction, Resolution } from './types.ts';

const resolutions = Object.keys(decisions) as Resolution[];

/** A contradiction: both sides, and what was decided; who may write can decide it, and undo that. */
export function ContradictionCard({ dispute, mayWrite }: { dispute: Contradiction; mayWrite: boolean | undefined }) {
  const { memory, by, reason, strength, openedAt, status } = dispute;
  const slot = memory.slot ?? by.slot;
  return (
    <article
      class={`card dispute ${status === 'OPEN' ? 'dispute-open' : ''}`}
      aria-label={`Dispute: ${memory.content}`}
    >
      <p class="quiet facts">
        <span>
          opened <Moment value={openedAt} />
        </span>
        <span>strength {strength}</span>
        {slot && (
          <span>
            both answer <code>{slot}</code>
          </span>
        )}
      </p>
      {reason && <p class="dispute-reason">“{reason}”</p>}
      <div class="sides">
        <SideCard side={memory} name="First" />
        <SideCard side={by} name="Second" />
      </div>
      {status !== 'OPEN' && <Decided dispute={dispute} mayWrite={mayWrite} />}
      {status === 'OPEN' && mayWrite && <Decisions dispute={dispute} />}
      {status === 'OPEN' && mayWrite === false && (
        <p class="quiet">To decide it takes a credential with the scope WRITE.</p>
      )}
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
                {decisions[resolution].name}
              </button>
              <p class="quiet">{refusal ?? decisions[resolution].says}</p>
            </li>
          );
        })}
        <li>
          <button type="button" class="button" disabled={mergeRefusal !== undefined} onClick={() => setMerging(true)}>
            Merge
          </button>
          <p class="quiet">{mergeRefusal ?? 'One statement instead of both.'}</p>
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
