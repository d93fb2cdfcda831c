import { useMemo, useRef } from 'preact/hooks';
import { halfLifeOf } from '../../../core/importance.ts';
import { useQuery } from '../../../core/use-query.ts';
import { useRevision } from '../../../core/use-revision.ts';
import { Failed, Loading } from '../../../parts/states.tsx';
import { memoryImportance } from '../model/documents.ts';
import { type CurvePoint, future, pastMoments } from '../model/importance-curve.ts';
import type { DecayPolicy, Looked, Memory } from '../model/types.ts';
import { Curve } from './curve.tsx';

interface Props {
  looked: Looked;
  memory: Memory;
  policy: DecayPolicy;
  /** The moment that is looked at, in milliseconds. */
  moment: number;
}

type Past = `p${0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11}`;
const nameOf = (index: number) => `p${index}` as Past;

/** The curve goes to another moment at most once in so many milliseconds, however much others change. */
const CALM_MS = 5_000;

/** What the curve is drawn from; undefined while it is asked for. It stays while it is asked for again. */
function useCurve({ looked: { id, at }, memory, policy, moment }: Props) {
  const { recordedAt, lastAccessedAt } = memory;
  const revision = useRevision(CALM_MS);
  const [now, moments] = useMemo(
    () => [moment, pastMoments(recordedAt, lastAccessedAt, moment)] as const,
    [revision, JSON.stringify(at), recordedAt, lastAccessedAt],
  );
  const names = Object.fromEntries(moments.map((each, index) => [nameOf(index), new Date(each).toISOString()]));
  const variables = { id, ...(at && { at }), now: new Date(now).toISOString(), ...(names as Record<Past, string>) };
  const query = useQuery(memoryImportance, variables, { everything: true });
  const kept = useRef<{ past: CurvePoint[]; next: CurvePoint[]; now: number } | undefined>(undefined);
  const answer = query.data?.memory;
  const drawn = useRef(answer);
  // Of the moments that it was asked for: those may be others by now.
  if (answer && answer !== drawn.current) {
    drawn.current = answer;
    kept.current = {
      past: moments.map((each, index) => ({ at: each, asItIs: answer[nameOf(index)], reinforced: null })),
      next: future(policy, answer.now, answer.accessCount, now),
      now,
    };
  }
  return { curve: kept.current, error: query.error, reload: query.reload };
}

const rounded = (value: number) => String(Math.round(value * 100) / 100);
const days = (value: number) => `${Math.round(value)} days`;

/** How much the memory mattered, and will matter: as it is, and if it is reinforced today. */
export function Importance(props: Props) {
  const { curve, error, reload } = useCurve(props);
  const { memory, policy } = props;
  return (
    <section class="card" aria-labelledby="importance-title">
      <h2 id="importance-title">How much it matters</h2>
      <p class="big">
        <data value={memory.importance}>{memory.importance.toFixed(1)}</data>
        <span class="quiet">importance of 10</span>
      </p>
      {error !== undefined && <Failed error={error} retry={reload} />}
      {!curve && error === undefined && <Loading />}
      {curve && <Curve {...curve} archiveBelow={policy.archiveBelow} />}
      {curve && <Words memory={memory} policy={policy} next={curve.next} />}
    </section>
  );
}

function Words({ memory, policy, next }: { memory: Memory; policy: DecayPolicy; next: readonly CurvePoint[] }) {
  const [now, later] = [halfLifeOf(policy, memory.accessCount), halfLifeOf(policy, memory.accessCount + 1)];
  const last = next.at(-1);
  if (now === null || later === null || !last) {
    return <p>Memories of the type {memory.type} do not decay: it stays as it is.</p>;
  }
  return (
    <>
      <p>
        In a year it is <b>{rounded(last.asItIs)}</b>, and <b>{rounded(last.reinforced ?? last.asItIs)}</b> if it is
        reinforced today.
      </p>
      <p class="quiet">
        What is above {policy.floor} halves every {days(now)}: {policy.halfLifeDays} · (1 + {policy.accessStretch} ·
        ln(1 + {memory.accessCount})) after {memory.accessCount} {memory.accessCount === 1 ? 'access' : 'accesses'}.
        With one more it is {days(later)}.
      </p>
    </>
  );
}
