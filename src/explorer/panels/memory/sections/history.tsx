import { plainId } from '../../../core/point.ts';
import { hrefTo } from '../../../core/route.ts';
import { useList } from '../../../core/use-list.ts';
import { MemoryLink } from '../../../parts/memory-card.tsx';
import { Moment } from '../../../parts/moment.tsx';
import { Pager } from '../../../parts/pager.tsx';
import { Failed, Loading } from '../../../parts/states.tsx';
import { memoryHistory } from '../model/documents.ts';
import { changesInWords, kindWords, othersOf } from '../model/event-words.ts';
import type { HistoryEvent, Looked } from '../model/types.ts';

const none = { nodes: [], totalCount: 0, pageInfo: { hasNextPage: false, endCursor: null } };

/** What happened to the memory and all its versions, the oldest first. */
export function History({ looked: { id, at } }: { looked: Looked }) {
  const list = useList(memoryHistory, { id, ...(at && { at }) }, ({ memory }) => memory?.history ?? none, {
    everything: true,
  });
  return (
    <section class="card" aria-labelledby="history-title">
      <h2 id="history-title">History</h2>
      {list.error !== undefined && list.nodes.length === 0 && <Failed error={list.error} retry={list.reload} />}
      {!list.hasAnswer && list.error === undefined && <Loading />}
      <ol class="history">
        {list.nodes.map((event) => (
          <Event key={event.id} event={event} self={id} />
        ))}
      </ol>
      {list.nodes.length > 0 && <Pager list={list} of="events, the oldest first" />}
    </section>
  );
}

const Event = ({ event, self }: { event: HistoryEvent; self: string }) => (
  <li class="event">
    <p class="facts">
      <b>{kindWords[event.kind]}</b>
      <Moment value={event.at} />
      <span class="quiet">
        by <code>{event.actor}</code>
        {event.session && <> in session {event.session.externalId}</>}
      </span>
    </p>
    {event.reason && <p>“{event.reason}”</p>}
    {changesInWords(event).map((words) => (
      <p key={words} class="change">
        {words}
      </p>
    ))}
    <Others event={event} self={self} />
  </li>
);

/** The other memories that an event is about. */
function Others({ event, self }: { event: HistoryEvent; self: string }) {
  const { kind, relation, contradiction, finding } = event;
  if (contradiction) {
    const { memory, by } = contradiction;
    const other = plainId(memory.id) === plainId(self) ? by : memory;
    return (
      <p class="quiet">
        with <MemoryLink id={plainId(other.id)}>{other.content}</MemoryLink>{' '}
        <a href={hrefTo('disputes', plainId(contradiction.id))}>See the dispute</a>
      </p>
    );
  }
  if (finding) {
    const { memory, by, reason } = finding;
    const other = plainId(memory.id) === plainId(self) ? by : memory;
    return (
      <p class="quiet">
        {reason}, with <MemoryLink id={plainId(other.id)}>{other.content}</MemoryLink>
      </p>
    );
  }
  if (relation && (kind === 'RELATED' || kind === 'UNRELATED')) {
    return (
      <p class="quiet">
        <MemoryLink id={plainId(relation.from.id)}>{relation.from.content}</MemoryLink> {relation.type.toLowerCase()}{' '}
        <MemoryLink id={plainId(relation.to.id)}>{relation.to.content}</MemoryLink>
      </p>
    );
  }
  return (
    <>
      {othersOf(event).map((other) => (
        <p key={other.id} class="quiet">
          <a href={hrefTo('memory', other.id)}>{other.what}</a>
        </p>
      ))}
    </>
  );
}
