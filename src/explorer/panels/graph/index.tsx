import type { ComponentChildren } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import { type Params, setParams } from '../../core/route.ts';
import { Panel } from '../../parts/panel.tsx';
import { Empty, Failed, Loading } from '../../parts/states.tsx';
import { queryOf } from './asked.ts';
import { CROWD, type Picture } from './draw/picture.ts';
import type { GraphSession } from './load/session.ts';
import { describeMoment } from './model/clock.ts';
import { differencesOf } from './model/differences.ts';
import type { At } from './model/moment.ts';
import { pointOf, useClocks, useSession, useView } from './use-graph.ts';
import { type Address, readAddress, select } from './view/address.ts';
import { Clocks } from './view/clocks.tsx';
import { Details } from './view/details.tsx';
import { FilterBar } from './view/filters.tsx';
import { Legend } from './view/legend.tsx';
import { NodeList } from './view/node-list.tsx';
import { Stage } from './view/stage.tsx';
import { ThenAndNow } from './view/then-and-now.tsx';

/** Memories and how they are related, at a moment of two clocks. */
export default function GraphPanel() {
  const address = readAddress();
  const ranges = useClocks();
  const at = pointOf(address, ranges.known.now);
  const session = useSession(address, at);
  const { isCompared, isTogether, validAt, knownAt, filters, start } = address;
  // Without a graphics card half of the time goes into tints.
  const isTinted = address.isTinted ?? (session.now.value?.size ?? 0) <= CROWD;
  return (
    <Panel
      title="Graph"
      intro="What is remembered, how it is related, and what was believed at another time."
      query={queryOf(start, at)}
      actions={
        <button
          type="button"
          class="button"
          aria-pressed={isCompared}
          disabled={!at && !isCompared}
          title={at ? undefined : 'Move a clock first: it then shows what has changed since.'}
          onClick={() => setParams({ compare: isCompared ? undefined : '1' })}
        >
          Then and now
        </button>
      }
    >
      <div class={isCompared && at ? 'graph graph-two' : 'graph'}>
        <FilterBar start={start} filters={filters} isTinted={isTinted} />
        <Graph address={address} at={at} session={session} isTinted={isTinted}>
          <Clocks validAt={validAt} knownAt={knownAt} {...ranges} isTogether={isTogether} />
          <Legend />
        </Graph>
      </div>
    </Panel>
  );
}

/** What the session has found, or why it has not. */
function Graph({
  address,
  at,
  session,
  isTinted,
  children,
}: {
  address: Address;
  at: At;
  session: GraphSession;
  isTinted: boolean;
  /** What is between the picture and the words. */
  children: ComponentChildren;
}) {
  const { drawing, view, palette, nodes } = useView(session, address.filters);
  const picture = useRef<Picture | undefined>(undefined);
  const now = session.now.value;
  const past = session.past.value;
  const isCompared = address.isCompared && at !== undefined;
  const differences = useMemo(
    () => (isCompared && past && now ? differencesOf(past, now) : undefined),
    [isCompared, past, now],
  );
  const error = session.error.value;
  if (!view || !now || now.size === 0) {
    return (
      <>
        <div class="graph-only">
          {error !== undefined ? (
            <Failed error={error} retry={() => void session.load()} />
          ) : now ? (
            <NothingThere address={address} />
          ) : (
            <Loading what="Loading the graph" />
          )}
        </div>
        {children}
      </>
    );
  }
  const nodeOf = (id: string) => nodes.get(id);
  const params: Params = at ? { validAt: at.validAt, knownAt: at.knownAt } : {};
  const pick = (id: string) => {
    select(id);
    if (!session.opened.peek().has(id)) void session.open(id);
  };
  const when = at ? describePoint(at, address) : 'now';
  return (
    <>
      <Stage
        drawing={drawing}
        palette={palette}
        isTinted={isTinted}
        selected={address.selected}
        when={when}
        differences={differences}
        count={view.nodes.length}
        nodeOf={nodeOf}
        onPick={pick}
        onThere={(there) => {
          picture.current = there;
        }}
      >
        <Notes session={session} />
      </Stage>
      {children}
      <div class="graph-words">
        {error !== undefined && <Failed error={error} retry={() => void session.load()} />}
        {differences && <ThenAndNow differences={differences} when={when} onSelect={select} />}
        <Details
          node={address.selected === undefined ? undefined : nodeOf(address.selected)}
          view={view}
          nodeOf={nodeOf}
          isOpened={session.opened.value.has(address.selected ?? '')}
          params={params}
          onSelect={select}
          onOpen={(id) => void session.open(id)}
          onCenter={(id) => picture.current?.center(id)}
        />
        <NodeList
          view={view}
          selected={address.selected}
          opened={session.opened.value}
          params={params}
          onSelect={select}
          onOpen={pick}
        />
      </div>
    </>
  );
}

/** The point of the clocks in words. A clock that was not moved is not spoken of. */
function describePoint({ validAt, knownAt }: NonNullable<At>, address: Address): string {
  const valid = address.validAt === undefined ? undefined : describeMoment(validAt);
  const known = knownAt === undefined ? undefined : describeMoment(knownAt);
  if (known === undefined) return `true at ${valid}`;
  if (valid === undefined) return `known at ${known}`;
  return valid === known ? known : `true at ${valid}, known at ${known}`;
}

function Notes({ session }: { session: GraphSession }) {
  return (
    <p class="graph-notes quiet" aria-live="polite">
      {session.isLoading.value ? 'Loading…' : restOf(session)}
    </p>
  );
}

/** Says that there is more than the graph begins with, where there is. */
function restOf(session: GraphSession): string | undefined {
  const { isPart, totalCount } = session.found.value;
  if (!isPart) return undefined;
  const all = totalCount === undefined ? '' : ` of ${totalCount.toLocaleString()} memories`;
  return `It begins with a part${all}: expand a node to see what is next to it.`;
}

function NothingThere({ address: { start } }: { address: Address }) {
  if (start.by === 'words') {
    return (
      <Empty title="Nothing is found for these words">
        Where a companion is chosen, it recalls; otherwise memories that have all the words are found.
      </Empty>
    );
  }
  if (start.by === 'importance') {
    return <Empty title="There is nothing to remember yet">Memories appear here once a companion has some.</Empty>;
  }
  return <Empty title="There is no such memory or entity">It may have been forgotten.</Empty>;
}
