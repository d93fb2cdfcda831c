import { useList } from '../../../core/use-list.ts';
import { Pager } from '../../../parts/pager.tsx';
import { Empty, Failed, Loading } from '../../../parts/states.tsx';
import { variablesOf } from './asked.ts';
import { FindingCard } from './card.tsx';
import { findings } from './documents.ts';

/** Findings that wait for a verdict, the likeliest first, or those judged, the latest first. */
export function FindingList({ isJudged, mayWrite }: { isJudged: boolean; mayWrite: boolean | undefined }) {
  const variables = variablesOf(isJudged);
  const list = useList(findings, variables, (data) => data.findings);
  if (list.error !== undefined && list.nodes.length === 0) return <Failed error={list.error} retry={list.reload} />;
  if (!list.hasAnswer) return <Loading />;
  if (list.nodes.length === 0)
    return <None isJudged={isJudged} isFiltered={'kinds' in variables || 'minScore' in variables} />;
  return (
    <>
      {list.nodes.map((finding) => (
        <FindingCard key={finding.id} finding={finding} mayWrite={mayWrite} />
      ))}
      <Pager list={list} of={isJudged ? 'judged findings' : 'findings to judge'} />
    </>
  );
}

function None({ isJudged, isFiltered }: { isJudged: boolean; isFiltered: boolean }) {
  if (isFiltered) return <Empty title={isJudged ? 'None of those judged fits' : 'None to judge fits'} />;
  if (isJudged) return <Empty title="Nothing has been judged yet" />;
  return (
    <Empty title="Nothing waits to be judged">
      When a memory is written that seems to repeat, update or deny an older one, the two come here. Look for more
      compares memories that were there before.
    </Empty>
  );
}
