import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Drawing } from '../draw/drawing.ts';
import type { Palette } from '../draw/palette.ts';
import { CROWD, type Picture } from '../draw/picture.ts';
import type { Shown } from '../draw/styles.ts';
import type { Differences } from '../model/differences.ts';
import type { GraphNode } from '../model/view.ts';
import { PicturePlace } from './picture-place.tsx';

export interface StageProps {
  drawing: Drawing;
  palette: Palette;
  isTinted: boolean;
  selected: string | undefined;
  /** Where the clocks are, in words. */
  when: string;
  /** Undefined: the moment of the clocks alone is shown. Otherwise now is beside it, and what differs is marked. */
  differences: Differences | undefined;
  /** How many nodes are shown. */
  count: number;
  nodeOf: (id: string) => GraphNode | undefined;
  onPick: (id: string) => void;
  /** Called with the picture that the buttons move. */
  onThere: (picture: Picture | undefined) => void;
  /** What is said of it, over the picture. */
  children: ComponentChildren;
}

/** One picture, or two side by side that move together. */
export function Stage(props: StageProps) {
  const { drawing, palette, isTinted, selected, when, differences, nodeOf, onPick, onThere } = props;
  const [leader, setLeader] = useState<Picture>();
  const marked = differences ? marksOf(differences) : NONE;
  const shown = (side: Shown['side']): Shown => ({
    side,
    palette,
    isTinted: isTinted && !differences,
    isNamed: !differences,
    isCrowded: props.count > CROWD,
    selected,
    marked,
  });
  const rest = { drawing, nodeOf, onPick };
  return (
    <div class={differences ? 'graph-stage graph-stage-two' : 'graph-stage'}>
      <div class="graph-side">
        {differences && <h2>Then: {when}</h2>}
        <PicturePlace
          {...rest}
          shown={shown('past')}
          label={`Picture of the graph, ${when}. The list has the same in words.`}
          onThere={(picture) => {
            setLeader(picture);
            onThere(picture);
          }}
        />
      </div>
      {differences && leader && (
        <div class="graph-side">
          <h2>Now</h2>
          <PicturePlace {...rest} shown={shown('now')} label="Picture of the graph as it is now." leader={leader} />
        </div>
      )}
      {props.children}
      <Buttons picture={leader} />
    </div>
  );
}

const NONE: Shown['marked'] = new Map();
const cache = new WeakMap<Differences, Shown['marked']>();

/** Which nodes differ, and how. */
function marksOf(differences: Differences): Shown['marked'] {
  const known = cache.get(differences);
  if (known) return known;
  const marks: Shown['marked'] = new Map(
    (['added', 'ended', 'changed'] as const).flatMap((how) =>
      differences[how].map(({ memory }) => [memory.id, how] as const),
    ),
  );
  cache.set(differences, marks);
  return marks;
}

const Buttons = ({ picture }: { picture: Picture | undefined }) => (
  <div class="graph-zoom">
    <button type="button" class="icon-button" aria-label="Zoom in" onClick={() => picture?.zoomIn()}>
      +
    </button>
    <button type="button" class="icon-button" aria-label="Zoom out" onClick={() => picture?.zoomOut()}>
      −
    </button>
    <button type="button" class="button" onClick={() => picture?.fit()}>
      Fit
    </button>
  </div>
);
