import { useState } from 'preact/hooks';
import { change } from '../../../core/change.ts';
import { plainId } from '../../../core/point.ts';
import type { Params } from '../../../core/route.ts';
import { useList } from '../../../core/use-list.ts';
import { confirm } from '../../../parts/confirm.tsx';
import { MemoryCard } from '../../../parts/memory-card.tsx';
import { notifyDone, notifyFailure } from '../../../parts/outcome.ts';
import { Pager } from '../../../parts/pager.tsx';
import { Slider } from '../../../parts/slider.tsx';
import { Failed, Loading } from '../../../parts/states.tsx';
import { relateMemories, unrelateMemories } from '../actions/documents.ts';
import { memoryRelations } from '../model/documents.ts';
import type { Looked, Memory, RelationEdge } from '../model/types.ts';

type Type = RelationEdge['node']['type'];
const types: readonly Type[] = ['FOLLOWS', 'ELABORATES', 'REFERENCES', 'CAUSES', 'CONTRADICTS', 'CORRECTS'];
/** Those that are not ended by hand: a decision does. */
const ofDecisions: readonly Type[] = ['CONTRADICTS', 'CORRECTS'];

const none = { edges: [], totalCount: 0, pageInfo: { hasNextPage: false, endCursor: null } };

/** How the memory is related to others, both ways, the strongest first. */
export function Relations({
  looked: { id, at },
  memory,
  mayWrite,
}: {
  looked: Looked;
  memory: Memory;
  mayWrite: boolean;
}) {
  const [direction, setDirection] = useState('');
  const [type, setType] = useState('');
  const [minStrength, setMinStrength] = useState(0);
  const list = useList(
    memoryRelations,
    {
      id,
      ...(at && { at }),
      ...(direction && { direction: direction as RelationEdge['direction'] }),
      ...(type && { types: [type as Type] }),
      ...(minStrength > 0 && { minStrength }),
    },
    (data) => {
      const { edges, totalCount, pageInfo } = data.memory?.relations ?? none;
      return { nodes: edges, totalCount, pageInfo };
    },
    { everything: true },
  );
  return (
    <section class="card" aria-labelledby="relations-title">
      <h2 id="relations-title">Relations</h2>
      <div class="relation-filters">
        <select aria-label="Direction" value={direction} onChange={(event) => setDirection(event.currentTarget.value)}>
          <option value="">Both directions</option>
          <option value="OUT">From this memory</option>
          <option value="IN">To this memory</option>
        </select>
        <select aria-label="Type of relation" value={type} onChange={(event) => setType(event.currentTarget.value)}>
          <option value="">All types</option>
          {types.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
        <Slider
          label="At least this strong"
          min={0}
          max={1}
          step={0.05}
          value={minStrength}
          text={(value) => value.toFixed(2)}
          onSet={setMinStrength}
        />
      </div>
      {list.error !== undefined && list.nodes.length === 0 && <Failed error={list.error} retry={list.reload} />}
      {!list.hasAnswer && list.error === undefined && <Loading />}
      <ul class="relations">
        {list.nodes.map((edge) => (
          <Relation key={edge.node.id} edge={edge} memory={memory} at={at} mayEnd={mayWrite && !at} />
        ))}
      </ul>
      <Pager list={list} of="relations" />
    </section>
  );
}

function Relation({
  edge,
  memory,
  at,
  mayEnd,
}: {
  edge: RelationEdge;
  memory: Memory;
  at: Looked['at'];
  mayEnd: boolean;
}) {
  const { direction, node, neighbor } = edge;
  const verb = node.type.toLowerCase();
  return (
    <li class="relation">
      <p class="relation-how">
        <b>{direction === 'OUT' ? `This ${verb}` : `${verb.charAt(0).toUpperCase()}${verb.slice(1)} this`}</b>
        <span aria-hidden="true">{direction === 'OUT' ? '→' : '←'}</span>
        <meter min={0} max={1} value={node.strength} aria-label="Strength" />
        <span class="quiet">{node.strength.toFixed(2)}</span>
        {mayEnd && !ofDecisions.includes(node.type) && (
          <button type="button" class="button" onClick={() => void end(edge, memory)}>
            End this relation
          </button>
        )}
      </p>
      <MemoryCard memory={{ ...neighbor, id: plainId(neighbor.id) }} params={at as Params} />
    </li>
  );
}

/** Ends a relation; to undo that, the same one is made again. */
async function end({ direction, node, neighbor }: RelationEdge, memory: Memory): Promise<void> {
  const isYes = await confirm({
    title: 'End this relation?',
    effects: (
      <>
        <p>
          “{memory.content}” and “{neighbor.content}” are no longer related by {node.type}. It can still be seen in the
          past.
        </p>
        <p>Undo makes a new relation of the same type and strength.</p>
      </>
    ),
    action: 'End it',
  });
  if (!isYes) return;
  const [fromId, toId] = direction === 'OUT' ? [memory.id, neighbor.id] : [neighbor.id, memory.id];
  const { type, strength, metadata } = node;
  try {
    await change(unrelateMemories, { relationId: node.id });
    const undo = () => change(relateMemories, { fromId, toId, type, strength, metadata });
    notifyDone('The relation is ended.', undo, 'The two are related again.');
  } catch (error) {
    notifyFailure(error);
  }
}
