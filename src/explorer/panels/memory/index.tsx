import { momentOf, plainId, pointOf } from '../../core/point.ts';
import { route } from '../../core/route.ts';
import { useList } from '../../core/use-list.ts';
import { useQuery } from '../../core/use-query.ts';
import { MemoryCard } from '../../parts/memory-card.tsx';
import { Pager } from '../../parts/pager.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { Actions } from './actions/index.tsx';
import { memoryView, recentMemories } from './model/documents.ts';
import type { Looked, Memory, View } from './model/types.ts';
import { PointBanner } from './point-banner.tsx';
import { Believed } from './sections/believed.tsx';
import { Entities } from './sections/entities.tsx';
import { History } from './sections/history.tsx';
import { Importance } from './sections/importance.tsx';
import { Relations } from './sections/relations.tsx';
import { Source } from './sections/source.tsx';
import { Statement } from './sections/statement.tsx';
import { Suspect } from './sections/suspect.tsx';
import { Versions } from './sections/versions.tsx';

/** One memory: what it says, its versions and history, why it is believed as far as it is, and what can be done. */
export default function MemoryPanel() {
  const { id, params } = route.value;
  if (id === undefined) return <Recent />;
  return <OneMemory key={plainId(id)} id={id} at={pointOf(id, params)} />;
}

function OneMemory({ id, at }: Looked) {
  const variables = { id, ...(at && { at }) };
  const query = useQuery(memoryView, variables, { everything: true });
  return (
    <Panel
      title="Memory"
      intro="What it says, since when, why it is believed, and what it is related to."
      query={{ document: memoryView, variables }}
    >
      <PointBanner at={at} />
      <Answer query={query}>
        {(data) =>
          data.memory ? (
            <Shown looked={{ id, at }} memory={data.memory} viewer={data.viewer} />
          ) : (
            <Empty title="There is no such memory">
              It has been forgotten, has not been there at this point in time, or the address is wrong.
            </Empty>
          )
        }
      </Answer>
    </Panel>
  );
}

function Shown({ looked, memory, viewer }: { looked: Looked; memory: Memory; viewer: View['viewer'] }) {
  const policy = viewer.workspace.decayPolicies.find(({ type }) => type === memory.type);
  const moment = momentOf(looked.at, Date.now());
  const mayWrite = viewer.scopes.includes('WRITE');
  return (
    <div class="memory">
      <Statement memory={memory} at={looked.at} />
      {looked.at === undefined && mayWrite && <Actions memory={memory} policy={policy} />}
      {memory.suspect && <Suspect memory={memory} />}
      <Versions memory={memory} at={looked.at} />
      <div class="memory-two">
        <Believed memory={memory} at={looked.at} moment={moment} />
        {policy && <Importance looked={looked} memory={memory} policy={policy} moment={moment} />}
      </div>
      <Relations looked={looked} memory={memory} mayWrite={mayWrite} />
      <div class="memory-two">
        <Source memory={memory} />
        <Entities memory={memory} />
      </div>
      <History looked={looked} />
    </div>
  );
}

function Recent() {
  const list = useList(recentMemories, {}, ({ memories }) => memories);
  return (
    <Panel title="Memory" intro="Choose a memory to see all of it." query={{ document: recentMemories }}>
      <Answer
        query={{
          ...list,
          data: list.hasAnswer ? list : undefined,
          error: list.nodes.length > 0 ? undefined : list.error,
        }}
      >
        {({ nodes }) => (
          <>
            {nodes.length === 0 && <Empty title="There are no memories yet" />}
            {nodes.map((memory) => (
              <MemoryCard key={memory.id} memory={memory} />
            ))}
            <Pager list={list} of="memories" />
          </>
        )}
      </Answer>
    </Panel>
  );
}
