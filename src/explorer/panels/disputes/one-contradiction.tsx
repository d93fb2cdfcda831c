import { useQuery } from '../../core/use-query.ts';
import { Answer, Empty } from '../../parts/states.tsx';
import { ContradictionCard } from './contradiction-card.tsx';
import { oneContradiction } from './documents.ts';

/** The contradiction that an address names. */
export function OneContradiction({ id, mayWrite }: { id: string; mayWrite: boolean | undefined }) {
  const query = useQuery(oneContradiction, { id }, { everything: true });
  return (
    <Answer query={query}>
      {({ node }) =>
        node && 'status' in node ? (
          <ContradictionCard dispute={node} mayWrite={mayWrite} />
        ) : (
          <Empty title="There is no such dispute">One of its memories may have been forgotten.</Empty>
        )
      }
    </Answer>
  );
}
