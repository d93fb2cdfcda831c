import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { go, type Params } from '../../../core/route.ts';
import { type GraphNode, nameOf, neighborsOf, type View } from '../model/view.ts';

/** Rows at first, and more with each press of the button. */
const ROWS = 100;
const NAME_LENGTH = 240;

export interface NodeListProps {
  view: View;
  selected: string | undefined;
  opened: ReadonlySet<string>;
  /** What links to a memory carry, such as the moment. */
  params: Params;
  onSelect: (id: string) => void;
  onOpen: (id: string) => void;
}

/** All nodes in words: for keyboards and screen readers the same as the picture. */
export function NodeList(props: NodeListProps) {
  const { view, selected, opened, onSelect } = props;
  const list = useRef<HTMLDivElement>(null);
  const [rows, setRows] = useState(ROWS);
  const neighbors = useMemo(() => neighborsOf(view), [view]);
  const shown = useMemo(() => {
    const first = view.nodes.slice(0, rows);
    const chosen = view.nodes.slice(rows).find(({ id }) => id === selected);
    return chosen ? [chosen, ...first] : first;
  }, [view, rows, selected]);
  const { reached, press } = useKeys(props, shown, neighbors);
  useEffect(() => {
    const row = list.current?.querySelector<HTMLElement>('[aria-selected="true"]');
    if (list.current?.contains(document.activeElement)) row?.focus({ preventScroll: true });
    if (row && list.current) scrollTo(list.current, row);
  }, [selected]);
  return (
    <section class="card graph-list" aria-labelledby="graph-list-title">
      <h2 id="graph-list-title">
        {view.nodes.length.toLocaleString()} {view.nodes.length === 1 ? 'node' : 'nodes'},{' '}
        {view.edges.length.toLocaleString()} {view.edges.length === 1 ? 'relation' : 'relations'}
      </h2>
      <p class="quiet graph-keys" id="graph-keys">
        <kbd>↑</kbd> <kbd>↓</kbd> along the list, <kbd>→</kbd> through neighbours, <kbd>←</kbd> back, <kbd>e</kbd>{' '}
        expands, <kbd>Enter</kbd> opens
      </p>
      <div
        ref={list}
        role="listbox"
        tabIndex={shown.length === 0 ? 0 : -1}
        aria-labelledby="graph-list-title"
        aria-describedby="graph-keys"
        onKeyDown={press}
      >
        {shown.map((node) => (
          <Row
            key={node.id}
            node={node}
            isSelected={node.id === selected}
            isReached={node.id === reached}
            isOpened={opened.has(node.id)}
            neighbors={neighbors.get(node.id)?.length ?? 0}
            onSelect={() => onSelect(node.id)}
          />
        ))}
      </div>
      {view.nodes.length > rows && (
        <button type="button" class="button" onClick={() => setRows((before) => before + ROWS)}>
          Show more of the list
        </button>
      )}
    </section>
  );
}

/** The list scrolls, the page does not. */
function scrollTo(list: HTMLElement, row: HTMLElement): void {
  const { top, bottom } = list.getBoundingClientRect();
  const { top: rowTop, bottom: rowBottom } = row.getBoundingClientRect();
  if (rowTop < top) list.scrollTop -= top - rowTop;
  else if (rowBottom > bottom) list.scrollTop += rowBottom - bottom;
}

/** What keys do in the list, and to which row Tab leads. */
function useKeys(
  { selected, params, onSelect, onOpen }: NodeListProps,
  shown: readonly GraphNode[],
  neighbors: ReadonlyMap<string, readonly string[]>,
) {
  /** Whose neighbours the arrow to the right goes through, and to which it went last. */
  const [anchor, setAnchor] = useState<{ id: string; index: number; at: string }>();
  const index = shown.findIndex(({ id }) => id === selected);
  const reached = shown[Math.max(0, index)]?.id;
  // From elsewhere it goes through the neighbours from there.
  const from = anchor && anchor.at === selected ? anchor : undefined;
  const step = (by: number) => {
    const next = shown[Math.min(shown.length - 1, Math.max(0, index + by))];
    if (next) onSelect(next.id);
  };
  const toNeighbor = (of: string) => {
    const near = neighbors.get(of) ?? [];
    const next = from ? (from.index + 1) % near.length : 0;
    const at = near[next];
    if (at === undefined) return;
    setAnchor({ id: of, index: next, at });
    onSelect(at);
  };
  const keys: Record<string, (id: string) => void> = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    ArrowRight: (id) => toNeighbor(from?.id ?? id),
    ArrowLeft: () => from && onSelect(from.id),
    Home: () => step(-shown.length),
    End: () => step(shown.length),
    Enter: (id) => go(...addressOf(id, params)),
    e: onOpen,
    ' ': onSelect,
  };
  const press = (event: KeyboardEvent) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
    if (!act || reached === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    act(reached);
  };
  return { reached, press };
}

/** Where Enter leads: to the panel of the memory, or to the graph around the entity. */
const addressOf = (id: string, params: Params): [panel: string, id: string, params: Params] =>
  id.startsWith('ent_') ? ['graph', id, params] : ['memory', id, params];

function Row({
  node,
  isSelected,
  isReached,
  isOpened,
  neighbors,
  onSelect,
}: {
  node: GraphNode;
  isSelected: boolean;
  /** Whether Tab leads to it. */
  isReached: boolean;
  isOpened: boolean;
  neighbors: number;
  onSelect: () => void;
}) {
  const { faint, isDisputed, isSuspect, finding } = node.past;
  const notes = [
    faint,
    isDisputed && 'in dispute',
    isSuspect && 'suspect',
    finding && 'to judge',
    `${neighbors} ${neighbors === 1 ? 'neighbour' : 'neighbours'}`,
    isOpened && 'expanded',
  ].filter(Boolean);
  const kind = node.kind === 'memory' ? node.memory.type.toLowerCase() : 'entity';
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list listens to keys
    <div
      role="option"
      tabIndex={isReached ? 0 : -1}
      aria-selected={isSelected}
      class={`graph-row border-${kind}${faint === undefined ? '' : ' graph-row-faint'}`}
      data-id={node.id}
      onClick={onSelect}
    >
      <span class="graph-row-name">{nameOf(node).slice(0, NAME_LENGTH)}</span>
      <span class="quiet graph-row-notes">
        {kind}, {notes.join(', ')}
      </span>
    </div>
  );
}
