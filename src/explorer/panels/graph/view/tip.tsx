import { shortened } from '../../../core/text.ts';
import { TypeBadge } from '../../../parts/badges.tsx';
import type { Side } from '../draw/styles.ts';
import type { GraphNode } from '../model/view.ts';

const WIDTH = 300;
const LENGTH = 280;

/** What a node is, beside the pointer. */
export function Tip({
  node,
  side,
  x,
  y,
  within,
}: {
  node: GraphNode;
  side: Side;
  /** The place of the node in the picture, in pixels. */
  x: number;
  y: number;
  within: HTMLElement | null;
}) {
  const { clientWidth = 600, clientHeight = 400 } = within ?? {};
  const isRight = x > clientWidth / 2;
  const isLow = y > clientHeight / 2;
  const { faint, isSuspect, isDisputed, finding } = node[side];
  const notes = [faint, isDisputed && 'in dispute', isSuspect && 'suspect', finding && 'to judge'].filter(Boolean);
  return (
    <div
      class="graph-tip"
      aria-hidden="true"
      style={{
        left: `${isRight ? Math.max(4, x - WIDTH - 18) : Math.min(x + 18, Math.max(4, clientWidth - WIDTH - 4))}px`,
        ...(isLow ? { bottom: `${clientHeight - y + 8}px` } : { top: `${y + 8}px` }),
        maxWidth: `${WIDTH}px`,
      }}
    >
      {node.kind === 'memory' ? <TypeBadge type={node.memory.type} /> : <span class="badge">{node.entity.type}</span>}
      <p>{node.kind === 'memory' ? shortened(node.memory.content, LENGTH) : node.entity.name}</p>
      {notes.length > 0 && <p class="quiet">{notes.join(', ')}</p>}
    </div>
  );
}
