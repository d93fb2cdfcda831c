import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { shortened } from '../../core/text.ts';
import { ticks } from './axis.ts';
import { type Item, isWithin, type Lane, lanes, type Range } from './lanes.ts';

const LANE = 46;
const TOP = 26;
const RADIUS = 5;
/** A drag shorter than this is a click. */
const LEAST_DRAG = 6;

/** The width of an element, as it is now. */
function useWidth(): [RefObject<HTMLDivElement | null>, number] {
  const element = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(800);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.max(200, entry.contentRect.width)));
    if (element.current) observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [element, width];
}

export interface ChartProps {
  items: readonly Item[];
  shown: readonly Lane[];
  range: Range;
  /** Before this moment not all is loaded; undefined: all is. */
  loadedFrom: number | undefined;
  onZoom: (range: Range) => void;
}

/**
 * Lanes of what happened. It is for those who look and point: the list below it says the same, so that nothing in it
 * takes the focus. Dragging over it zooms.
 */
export function Chart({ items, shown, range, loadedFrom, onZoom }: ChartProps) {
  const [element, width] = useWidth();
  const [dragged, setDragged] = useState<{ from: number; to: number }>();
  const start = useRef<number | undefined>(undefined);
  const height = TOP + shown.length * LANE;
  const place = (moment: number) => ((moment - range.from) * width) / (range.until - range.from);
  const moment = (x: number) => range.from + (x * (range.until - range.from)) / width;
  const xOf = (event: PointerEvent) => event.clientX - (element.current?.getBoundingClientRect().left ?? 0);
  const end = () => {
    start.current = undefined;
    setDragged(undefined);
  };
  return (
    <div
      ref={element}
      class="time-chart"
      aria-hidden="true"
      onPointerDown={(event) => {
        if (event.button === 0 && event.pointerType === 'mouse') start.current = xOf(event);
      }}
      onPointerMove={(event) => {
        const from = start.current;
        if (from !== undefined && Math.abs(xOf(event) - from) > LEAST_DRAG) setDragged({ from, to: xOf(event) });
      }}
      onPointerUp={() => {
        if (dragged) {
          const [from, until] = [dragged.from, dragged.to].sort((a, b) => a - b).map(moment) as [number, number];
          onZoom({ from, until });
        }
        end();
      }}
      onPointerLeave={end}
    >
      {/* A link in it would be dragged instead of the span. */}
      <svg
        aria-hidden="true"
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        onDragStart={(event) => event.preventDefault()}
      >
        <Axis range={range} width={width} height={height} place={place} />
        {loadedFrom !== undefined && loadedFrom > range.from && (
          <rect class="not-loaded" x={0} y={TOP} width={Math.min(width, place(loadedFrom))} height={height - TOP} />
        )}
        {shown.map((lane, index) => (
          <LaneOf
            key={lane}
            lane={lane}
            y={TOP + index * LANE}
            width={width}
            items={items}
            range={range}
            place={place}
          />
        ))}
        {dragged && (
          <rect
            class="dragged"
            x={Math.min(dragged.from, dragged.to)}
            y={0}
            width={Math.abs(dragged.to - dragged.from)}
            height={height}
          />
        )}
      </svg>
    </div>
  );
}

type Place = (moment: number) => number;

const Axis = ({ range, width, height, place }: { range: Range; width: number; height: number; place: Place }) => (
  <g class="axis">
    {ticks(range, width).map(({ at, text }) => (
      <g key={at}>
        <line x1={place(at)} x2={place(at)} y1={TOP - 6} y2={height} />
        <text
          x={place(at)}
          y={TOP - 11}
          text-anchor={place(at) < 30 ? 'start' : place(at) > width - 30 ? 'end' : 'middle'}
        >
          {text}
        </text>
      </g>
    ))}
  </g>
);

const LaneOf = ({
  lane,
  y,
  width,
  items,
  range,
  place,
}: {
  lane: Lane;
  y: number;
  width: number;
  items: readonly Item[];
  range: Range;
  place: Place;
}) => (
  <g class={`lane lane-${lane}`}>
    <line class="lane-line" x1={0} x2={width} y1={y + 31} y2={y + 31} />
    {apart(items, lane, range, place).map(({ item, others }) => (
      <Mark
        key={item.id}
        item={item}
        others={others}
        y={y + 31}
        from={Math.max(-9, place(item.from ?? item.at))}
        at={place(item.at)}
      />
    ))}
    <text class="lane-label" x={4} y={y + 15}>
      {lanes[lane].label}
    </text>
  </g>
);

/** The newest of those that would be drawn over each other, with how many others there are: so many marks can be drawn. */
function apart(items: readonly Item[], lane: Lane, range: Range, place: Place): { item: Item; others: number }[] {
  const marks = new Map<string | number, { item: Item; others: number }>();
  for (const item of items) {
    if (item.lane !== lane || !isWithin(item, range)) continue;
    const where = item.from === undefined ? Math.round(place(item.at) / 2) : item.id;
    const mark = marks.get(where);
    if (mark) mark.others++;
    else marks.set(where, { item, others: 0 });
  }
  return [...marks.values()];
}

/** A moment is a dot, and what lasts a bar from where it began. */
const Mark = ({ item, others, y, from, at }: { item: Item; others: number; y: number; from: number; at: number }) => (
  <a href={item.href} tabindex={-1}>
    <rect
      class="time-mark"
      x={from - RADIUS}
      y={y - RADIUS}
      width={at - from + 2 * RADIUS}
      height={2 * RADIUS}
      rx={RADIUS}
      data-id={item.id}
    >
      <title>
        {item.kind}, {new Date(item.at).toLocaleString()}: {shortened(item.text, 200)}
        {others > 0 && ` (and ${others} more: zoom in)`}
      </title>
    </rect>
  </a>
);
