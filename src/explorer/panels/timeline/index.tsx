import { useEffect, useRef, useState } from 'preact/hooks';
import { route, setParams } from '../../core/route.ts';
import { useQuery } from '../../core/use-query.ts';
import { asParam, CheckGroup, valuesIn } from '../../parts/check-group.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Empty, Failed, Loading } from '../../parts/states.tsx';
import { DAY } from './axis.ts';
import { Chart } from './chart.tsx';
import { Conversation } from './conversation.tsx';
import { extent, recorded } from './documents.ts';
import { isWithin, type Lane, laneNames, lanes, type Range, usual } from './lanes.ts';
import { Happenings } from './list.tsx';
import { RangeButtons, rangeIn, show } from './range.tsx';
import { type Loaded, useSources } from './sources.ts';
import { CALM_MS } from './use-changes.ts';

/** So many are listed at once. */
const PAGE = 50;
/** So many pages of a span are loaded by themselves to fill the list; a button loads further ones. */
const MOST_BY_ITSELF = 5;

/** What happened, in its order; or one conversation. */
export default function TimelinePanel() {
  const { id } = route.value;
  return id === undefined ? <TimeLine /> : <Conversation key={id} id={id} />;
}

function TimeLine() {
  const { params } = route.value;
  const chosen = valuesIn(params.lanes, laneNames);
  const shown = chosen.length > 0 ? chosen : usual;
  const range = rangeIn(params);
  const whole = useWhole();
  const loaded = useSources(shown, range);
  const span = range && { from: new Date(range.from).toISOString(), until: new Date(range.until).toISOString() };
  return (
    <Panel
      title="Time line"
      intro="What happened, by when the service learned it: the newest first."
      query={{ document: recorded, variables: span ? { range: span } : {} }}
    >
      <section class="card time-card" aria-label="Lanes">
        <CheckGroup
          label="Show"
          options={laneNames.map((value) => ({ value, text: lanes[value].label }))}
          chosen={shown}
          onSet={(wanted) => setParams({ lanes: isUsual(wanted) ? undefined : asParam(wanted) }, { replace: true })}
        />
        <RangeButtons range={range ?? whole} whole={whole} />
        <Chart
          items={loaded.items}
          shown={shown}
          range={range ?? whole}
          loadedFrom={loaded.loadedFrom}
          onZoom={(zoomed) => show(zoomed, whole)}
        />
        <p class="quiet">
          Drag over it to zoom. A mark leads to its memory or conversation, as the list below does.
          {loaded.loadedFrom !== undefined &&
            ' What is shaded is not loaded yet: the list below has a button for more.'}
        </p>
      </section>
      <Listed key={`${shown} ${params.from} ${params.until}`} loaded={loaded} range={range} />
    </Panel>
  );
}

const isUsual = (wanted: readonly Lane[]) => wanted.length === 0 || wanted.join() === usual.join();

/** From the oldest that there is until now. */
function useWhole(): Range {
  const { data } = useQuery(extent, {}, { calmMs: CALM_MS });
  const [now] = useState(Date.now);
  const oldest = [data?.memories.nodes[0]?.recordedAt, data?.conversations.nodes[0]?.createdAt];
  const from = Math.min(now - DAY, ...oldest.filter((moment) => moment !== undefined).map(Date.parse));
  const margin = (now - from) / 40;
  return { from: from - margin, until: now + margin };
}

/** What is loaded of the span, page by page. */
function Listed({ loaded, range }: { loaded: Loaded; range: Range | undefined }) {
  const [pages, setPages] = useState(1);
  const { items, loadedFrom, isLoading, errors, eventsRead } = loaded;
  const within = range ? items.filter((item) => isWithin(item, range)) : items;
  // What is older may still have something before it that is not loaded.
  const sure = loadedFrom === undefined ? within : within.filter(({ at }) => at >= loadedFrom);
  const page = sure.slice(0, pages * PAGE);
  const isMissing = loadedFrom !== undefined && page.length === sure.length && (!range || loadedFrom > range.from);
  const byItself = useRef(0);
  const isShort = isMissing && page.length < pages * PAGE;
  useEffect(() => {
    if (!isShort || isLoading || errors.length > 0 || byItself.current >= MOST_BY_ITSELF) return;
    byItself.current++;
    loaded.more();
  }, [isShort, page.length, pages, isLoading, errors.length]);
  const more = () => {
    byItself.current = 0;
    setPages(isShort ? pages : pages + 1);
    if (isShort) loaded.more();
  };
  const failed = errors.length > 0 && <Failed error={errors[0]} retry={loaded.reload} />;
  if (page.length === 0) {
    if (failed) return failed;
    return isLoading ? <Loading /> : <Empty title="Nothing happened then">Show more lanes, or a longer span.</Empty>;
  }
  return (
    <>
      {failed}
      {eventsRead && (
        <div class="pager">
          <p class="quiet">
            The server lists events from the oldest on: the first {eventsRead.read.toLocaleString()} of{' '}
            {eventsRead.of.toLocaleString()} are shown.
          </p>
          <button type="button" class="button" disabled={isLoading} onClick={loaded.moreEvents}>
            Read later ones
          </button>
        </div>
      )}
      <Happenings items={page} />
      <div class="pager">
        <p class="quiet">{page.length} shown</p>
        {(isMissing || page.length < sure.length) && (
          <button type="button" class="button" disabled={isLoading} onClick={more}>
            {isLoading ? 'Loading…' : 'More'}
          </button>
        )}
      </div>
    </>
  );
}
