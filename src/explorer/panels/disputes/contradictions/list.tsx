import { useList } from '../../../core/use-list.ts';
import { Pager } from '../../../parts/pager.tsx';
import { Empty, Failed, Loading } from '../../../parts/states.tsx';
import { ContradictionCard } from './card.tsx';
import { contradictions } from './documents.ts';
import type { Contradiction, Status } from './types.ts';

const OPEN: Status[] = ['OPEN'];
const DECIDED: Status[] = ['RESOLVED', 'DISMISSED'];

/** What was decided last comes first. */
const newestDecisions = (decided: readonly Contradiction[]) =>
  decided.toSorted((a, b) => Date.parse(b.resolvedAt ?? '') - Date.parse(a.resolvedAt ?? ''));

/** Contradictions that are open, or decided, the most recently opened first. */
export function ContradictionList({ isOpen, mayWrite }: { isOpen: boolean; mayWrite: boolean | undefined }) {
  const list = useList(contradictions, { statuses: isOpen ? OPEN : DECIDED }, (data) => data.contradictions);
  if (list.error !== undefined && list.nodes.length === 0) return <Failed error={list.error} retry={list.reload} />;
  if (!list.hasAnswer) return <Loading />;
  if (list.nodes.length === 0) {
    return isOpen ? (
      <Empty title="Nothing is disputed">
        Two memories that cannot both be true come here, until somebody decides.
      </Empty>
    ) : (
      <Empty title="Nothing has been decided yet" />
    );
  }
  return (
    <>
      {(isOpen ? list.nodes : newestDecisions(list.nodes)).map((dispute) => (
        <ContradictionCard key={dispute.id} dispute={dispute} mayWrite={mayWrite} />
      ))}
      <Pager list={list} of={isOpen ? 'open disputes' : 'decided disputes'} />
    </>
  );
}
