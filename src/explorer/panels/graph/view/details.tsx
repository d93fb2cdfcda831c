import { hrefTo, type Params } from '../../../core/route.ts';
import { percent, shortened } from '../../../core/text.ts';
import { StatusBadge, SuspectBadge, TypeBadge } from '../../../parts/badges.tsx';
import { Span } from '../../../parts/date-time.tsx';
import { describeMoment } from '../model/clock.ts';
import type { EntityNode, GraphEdge, GraphNode, MemoryNode, View } from '../model/view.ts';
import { nameOf } from '../model/view.ts';

const MOST_EDGES = 30;
const NAME_LENGTH = 90;
const LENGTH = 1_200;

export interface DetailsProps {
  node: GraphNode | undefined;
  view: View;
  nodeOf: (id: string) => GraphNode | undefined;
  isOpened: boolean;
  /** What links to a memory carry, such as the moment. */
  params: Params;
  onSelect: (id: string | undefined) => void;
  onOpen: (id: string) => void;
  onCenter: (id: string) => void;
}

/** What is known of the node that is selected, and where it leads. */
export function Details(props: DetailsProps) {
  const { node, view, nodeOf, isOpened, params, onSelect, onOpen, onCenter } = props;
  if (!node) {
    return (
      <section class="card graph-details" aria-label="Selected node">
        <p class="quiet">
          Click a node in the picture, or choose one in the list: it is shown here, and its neighbours appear.
        </p>
      </section>
    );
  }
  const edges = view.edges.filter(({ from, to }) => from === node.id || to === node.id);
  return (
    <section class="card graph-details" aria-label="Selected node">
      {node.kind === 'memory' ? <MemoryHead node={node} /> : <EntityHead node={node} />}
      <p class="graph-buttons">
        {node.kind === 'memory' && (
          <a class="button" href={hrefTo('memory', node.id, params)}>
            Open
          </a>
        )}
        <button type="button" class="button" disabled={isOpened} onClick={() => onOpen(node.id)}>
          {isOpened ? 'Expanded' : 'Expand'}
        </button>
        <button type="button" class="button" onClick={() => onCenter(node.id)}>
          Centre
        </button>
        <a class="button" href={hrefTo('graph', node.id, params)}>
          Start here
        </a>
      </p>
      {node.kind === 'memory' && <MemoryFacts node={node} params={params} />}
      {edges.length > 0 && (
        <ul class="graph-edges" aria-label="Its relations">
          {edges.slice(0, MOST_EDGES).map((edge) => (
            <Edge key={edge.id} edge={edge} of={node.id} nodeOf={nodeOf} onSelect={onSelect} />
          ))}
          {edges.length > MOST_EDGES && <li class="quiet">and {edges.length - MOST_EDGES} more</li>}
        </ul>
      )}
    </section>
  );
}

function MemoryHead({ node: { memory, past } }: { node: MemoryNode }) {
  const { content } = memory;
  return (
    <>
      <p class="card-badges">
        <TypeBadge type={memory.type} />
        {past.faint === 'not known yet' ? (
          <span class="badge status-past">Not known yet</span>
        ) : (
          <StatusBadge status={memory.status} />
        )}
        {past.isSuspect && <SuspectBadge />}
        {past.finding && (
          <a class="badge status-suspect" href={hrefTo('disputes', past.finding)}>
            ≟ To judge
          </a>
        )}
      </p>
      <p class="memory-content">{shortened(content, LENGTH)}</p>
    </>
  );
}

function MemoryFacts({ node: { memory }, params }: { node: MemoryNode; params: Params }) {
  return (
    <dl class="pairs graph-pairs">
      <dt>True</dt>
      <dd>
        <Span from={memory.validFrom} until={memory.validUntil} />
      </dd>
      <dt>Recorded</dt>
      <dd>{describeMoment(memory.recordedAt)}</dd>
      {memory.retractedAt && (
        <>
          <dt>Believed until</dt>
          <dd>{describeMoment(memory.retractedAt)}</dd>
        </>
      )}
      <dt>Confidence</dt>
      <dd>{percent(memory.confidence)}</dd>
      <dt>Importance</dt>
      <dd>{memory.importance.toFixed(1)} of 10</dd>
      <dt>Of</dt>
      <dd>
        {memory.companion.name ?? memory.companion.key}
        {memory.user && `, about ${memory.user.externalId}`}
      </dd>
      {memory.entities.length > 0 && (
        <>
          <dt>Mentions</dt>
          <dd class="graph-mentions">
            {memory.entities.map(({ id, name }) => (
              <a key={id} href={hrefTo('graph', id, params)}>
                {name}
              </a>
            ))}
          </dd>
        </>
      )}
    </dl>
  );
}

const EntityHead = ({ node: { entity } }: { node: EntityNode }) => (
  <>
    <p class="card-badges">
      <span class="badge">■ {entity.type}</span>
    </p>
    <p class="memory-content">{entity.name}</p>
  </>
);

function Edge({
  edge,
  of,
  nodeOf,
  onSelect,
}: {
  edge: GraphEdge;
  of: string;
  nodeOf: (id: string) => GraphNode | undefined;
  onSelect: (id: string) => void;
}) {
  const isOut = edge.from === of;
  const id = isOut ? edge.to : edge.from;
  const other = nodeOf(id);
  if (!other) return null;
  const word = edge.type.toLowerCase();
  return (
    <li class={edge.past.faint === undefined ? undefined : 'graph-row-faint'}>
      <span class={edge.type === 'CONTRADICTS' ? 'warning' : 'quiet'}>
        {isOut ? `${word} →` : `← ${word}`}
        {edge.type !== 'MENTIONS' && ` ${edge.strength.toFixed(2)}`}
      </span>{' '}
      <button type="button" class="link" onClick={() => onSelect(id)}>
        {shortened(nameOf(other), NAME_LENGTH)}
      </button>
    </li>
  );
}
