import { useEffect, useMemo, useRef } from 'preact/hooks';
import { keyChanges } from '../../core/api.ts';
import { live } from '../../core/live.ts';
import { companion, user } from '../../core/route.ts';
import { theme } from '../../core/theme.ts';
import { useQuery } from '../../core/use-query.ts';
import { Drawing } from './draw/drawing.ts';
import { readPalette } from './draw/palette.ts';
import { GraphSession } from './load/session.ts';
import { type ClockRange, rangeOf } from './model/clock.ts';
import { beginnings } from './model/documents.ts';
import { type At, everyStatus } from './model/moment.ts';
import { viewOf } from './model/view.ts';
import type { Address } from './view/address.ts';

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
  const changes = useRef(live.value);
  useEffect(() => {
    if (changes.current !== live.value) void session.load();
    changes.current = live.value;
  }, [session, live.value]);
  return session;
}

/** What is drawn and listed of a session. */
export function useView(session: GraphSession, filters: Address['filters']) {
  const now = session.now.value;
  const past = session.past.value;
  const drawing = useMemo(() => new Drawing(), [session]);
  const view = useMemo(() => now && past && viewOf(now, past, filters), [now, past, JSON.stringify(filters)]);
  useEffect(() => {
    if (view) drawing.show(view);
  }, [drawing, view]);
  useEffect(() => () => drawing.end(), [drawing]);
  const palette = useMemo(readPalette, [theme.value]);
  const nodes = useMemo(() => new Map(view?.nodes.map((node) => [node.id, node])), [view]);
  return { drawing, view, palette, nodes };
}

/** Over which the clocks go: from the first that was true or recorded to now. */
export function useClocks(): { valid: ClockRange; known: ClockRange } {
  const { data } = useQuery(beginnings, { statuses: everyStatus });
  return useMemo(() => {
    const now = Date.now();
    const recorded = Date.parse(data?.recorded.nodes[0]?.recordedAt ?? '') || now;
    const valid = Date.parse(data?.valid.nodes[0]?.validFrom ?? '') || now;
    return { valid: rangeOf(Math.min(valid, recorded), now), known: rangeOf(recorded, now) };
  }, [data]);
}

/** The point that is asked for. A clock that was not moved is at now, also where the other one is not. */
export const pointOf = ({ validAt, knownAt }: Address, now: number): At => {
  if (validAt === undefined && knownAt === undefined) return undefined;
  return { validAt: validAt ?? new Date(now).toISOString(), ...(knownAt !== undefined && { knownAt }) };
};
