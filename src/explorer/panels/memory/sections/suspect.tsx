import { useState } from 'preact/hooks';
import { plainId } from '../../../core/point.ts';
import { useAsking } from '../../../core/use-asking.ts';
import { useRevision } from '../../../core/use-revision.ts';
import { MemoryLink } from '../../../parts/memory-card.tsx';
import { Moment } from '../../../parts/moment.tsx';
import { Failed, Loading } from '../../../parts/states.tsx';
import { type Reason, reasonsOf } from '../model/suspicion.ts';
import type { Memory } from '../model/types.ts';

const stepWords: Record<string, string> = {
  ELABORATES: 'It elaborates',
  REFERENCES: 'It references',
  CAUSES: 'It was caused by',
};

/** What the memory rests on that is no longer sure. */
export function Suspect({ memory: { id } }: { memory: Memory }) {
  const [reasons, setReasons] = useState<readonly Reason[]>();
  const [error, setError] = useState<unknown>();
  const ask = (signal: AbortSignal) =>
    reasonsOf(id, signal).then(
      (found) => {
        if (signal.aborted) return;
        setReasons(found);
        setError(undefined);
      },
      (failure) => {
        if (!signal.aborted) setError(failure);
      },
    );
  useAsking(ask, [id], useRevision());
  return (
    <section class="card suspect" aria-labelledby="suspect-title">
      <h2 id="suspect-title">Why it is suspect</h2>
      <p>It rests on something that is no longer sure. Look at it again, and correct or reinforce it.</p>
      {error !== undefined && <Failed error={error} />}
      {!reasons && error === undefined && <Loading />}
      {reasons?.length === 0 && (
        <p class="quiet">What it rests on is not among the first memories that were looked at.</p>
      )}
      <ul class="reasons">
        {reasons?.map((reason) => (
          <li key={reason.way.map(({ memory }) => memory.id).join()}>
            <Why reason={reason} />
          </li>
        ))}
      </ul>
    </section>
  );
}

const Why = ({ reason: { way, why, unbelieved } }: { reason: Reason }) => (
  <>
    {way.map(({ type, memory }) => (
      <p key={memory.id}>
        {stepWords[type] ?? type} <MemoryLink id={plainId(memory.id)}>{memory.content}</MemoryLink>
      </p>
    ))}
    {unbelieved ? (
      <p>
        When the relation was made, that said: <MemoryLink id={plainId(unbelieved.id)}>{unbelieved.content}</MemoryLink>{' '}
        It {why}
        {unbelieved.retractedAt && (
          <>
            {' '}
            since <Moment value={unbelieved.retractedAt} />
          </>
        )}
        .
      </p>
    ) : (
      <p>That {why}.</p>
    )}
  </>
);
