import { useEffect, useRef, useState } from 'preact/hooks';
import type { Drawing } from '../draw/drawing.ts';
import { Picture } from '../draw/picture.ts';
import type { Shown } from '../draw/styles.ts';
import type { GraphNode } from '../model/view.ts';
import { Tip } from './tip.tsx';

export interface PicturePlaceProps {
  drawing: Drawing;
  shown: Shown;
  /** What the picture shows, in words. */
  label: string;
  /** The node of an id. */
  nodeOf: (id: string) => GraphNode | undefined;
  onPick: (id: string) => void;
  /** What this one moves with. */
  leader?: Picture | undefined;
  /** Called with the picture once it is there, and with undefined when it is gone. */
  onThere?: ((picture: Picture | undefined) => void) | undefined;
}

/** A picture of the graph at one moment. The list beside it says the same in words. */
export function PicturePlace(props: PicturePlaceProps) {
  const { drawing, shown, label, nodeOf, leader } = props;
  const latest = useRef(props);
  latest.current = props;
  const element = useRef<HTMLDivElement>(null);
  const picture = useRef<Picture | undefined>(undefined);
  const [pointed, setPointed] = useState<{ id: string; x: number; y: number }>();
  const [failure, setFailure] = useState<unknown>();
  useEffect(() => {
    try {
      const made = new Picture(
        drawing,
        element.current as HTMLDivElement,
        () => latest.current.shown,
        { onPick: (id) => latest.current.onPick(id), onPoint: setPointed },
        leader?.camera,
      );
      picture.current = made;
      latest.current.onThere?.(made);
    } catch (error) {
      setFailure(error);
    }
    return () => {
      latest.current.onThere?.(undefined);
      picture.current?.end();
      picture.current = undefined;
      setPointed(undefined);
    };
  }, [drawing, leader]);
  const graph = drawing.graph.value;
  useEffect(() => picture.current?.show(graph), [graph]);
  const { side, palette, isTinted, isNamed, isCrowded, selected, marked } = shown;
  useEffect(() => picture.current?.refresh(), [side, palette, isTinted, isNamed, isCrowded, selected, marked]);
  const node = pointed && nodeOf(pointed.id);
  return (
    <figure class="graph-picture" aria-label={label}>
      {failure !== undefined && (
        <p class="graph-no-picture">
          This browser does not draw with WebGL, which the picture needs. The list has all that it would show.
        </p>
      )}
      <div
        ref={element}
        class="graph-canvas"
        aria-hidden="true"
        data-resting={drawing.isResting.value}
        onPointerLeave={() => setPointed(undefined)}
      />
      {node && <Tip node={node} side={side} x={pointed.x} y={pointed.y} within={element.current} />}
    </figure>
  );
}
