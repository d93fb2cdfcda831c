import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { keyChanges } from '../../core/api.ts';
import { plainId } from '../../core/point.ts';
import { companion, user } from '../../core/route.ts';
import { theme } from '../../core/theme.ts';
import { useQuery } from '../../core/use-query.ts';
import { useRevision } from '../../core/use-revision.ts';
import { memoryStatuses } from '../../parts/badges.tsx';
import { Drawing } from './draw/drawing.ts';
import { readPalette } from './draw/palette.ts';
import { GraphSession } from './load/session.ts';
import { type ClockRange, rangeOf } from './model/clock.ts';
import { beginnings, unjudged } from './model/documents.ts';
import type { At } from './model/moment.ts';
import { type Findings, viewOf } from './model/view.ts';
import type { Address } from './view/address.ts';

/** All nodes are read again after a change, but what others change at most once in so many milliseconds. */
const CALM_MS = 5_000;

/** The memories that the address asks for, as they are now and where its clocks are. */
export function useSession(address: Address, at: At): GraphSession {
  const reach = useRef(address.filters);
  reach.current = address.filters;
  const of = JSON.stringify([address.start, companion.value, user.value, keyChanges.value]);
  const session = useMemo(() => new GraphSession(address.start, at, () => reach.current), [of]);
  const isFirst = useRef(true);
  useEffect(() => {
    isFirst.current = true;
    void session.load();
    return () => session.end();
  }, [session]);
  const when = JSON.stringify(at);
  useEffect(() => {
    // A session begins where the clocks are.
    if (!isFirst.current) void session.moveTo(at);
    isFirst.current = false;
  }, [session, when]);
  const revision = useRevision(CALM_MS);
  const seen = useRef(revision);
  useEffect(() => {
    if (seen.current !== revision) void session.load();
    seen.current = revision;
  }, [session, revision]);
  return session;
}

/** What is drawn and listed of a session. */
export function useView(session: GraphSession, filters: Address['filters']) {
  const now = session.now.value;
  const past = session.past.value;
  const drawing = useMemo(() => new Drawing(), [session]);
  const findings = useFindings();
  const view = useMemo(
    () => now && past && viewOf(now, past, filters, findings),
    [now, past, JSON.stringify(filters), findings],
  );
  useEffect(() => {
    if (view) drawing.show(view);
  }, [drawing, view]);
  useEffect(() => () => drawing.end(), [drawing]);
  const palette = useMemo(readPalette, [theme.value]);
  const nodes = useMemo(() => new Map(view?.nodes.map((node) => [node.id, node])), [view]);
  return { drawing, view, palette, nodes };
}

/** What was found of memories, and nobody has judged yet. Without an answer none is marked. */
function useFindings(): Findings {
  const { data } = useQuery(unjudged, {}, { calmMs: CALM_MS });
  return useMemo(() => {
    // Of several the likeliest one stays.
    const likeliest = data?.findings.nodes.toReversed() ?? [];
    return new Map(likeliest.flatMap(({ id, memory, by }) => [memory, by].map((side) => [plainId(side.id), id])));
  }, [data]);
}

/** Over which the clocks go: from the first that was true or recorded to now. */
export function useClocks(): { valid: ClockRange; known: ClockRange } {
  const { data } = useQuery(beginnings, { statuses: memoryStatuses }, { calmMs: CALM_MS });
  // With a later one at each change the clocks would move, and all be asked for again.
  const [now] = useState(Date.now);
  return useMemo(() => {
    const recorded = Date.parse(data?.recorded.nodes[0]?.recordedAt ?? '') || now;
    const valid = Date.parse(data?.valid.nodes[0]?.validFrom ?? '') || now;
    return { valid: rangeOf(Math.min(valid, recorded), now), known: rangeOf(recorded, now) };
  }, [data, now]);
}

/** The point that is asked for. A clock that was not moved is at now, also where the other one is not. */
export const pointOf = ({ validAt, knownAt }: Address, now: number): At => {
  if (validAt === undefined && knownAt === undefined) return undefined;
  return { validAt: validAt ?? new Date(now).toISOString(), ...(knownAt !== undefined && { knownAt }) };
};
