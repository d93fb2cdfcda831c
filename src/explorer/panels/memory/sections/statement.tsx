import { type Point, plainId } from '../../../core/point.ts';
import type { Params } from '../../../core/route.ts';
import { hrefTo } from '../../../core/route.ts';
import { StatusBadge, SuspectBadge, TypeBadge } from '../../../parts/badges.tsx';
import { Span } from '../../../parts/date-time.tsx';
import { MemoryLink } from '../../../parts/memory-card.tsx';
import { Moment } from '../../../parts/moment.tsx';
import type { Memory } from '../model/types.ts';

/** What the memory says, of whom, and since when. */
export function Statement({ memory, at }: { memory: Memory; at: Point | undefined }) {
  const isCurrent = plainId(memory.current.id) === plainId(memory.id);
  return (
    <article class={`card statement border-${memory.type.toLowerCase()}`} aria-label="What it says">
      <p class="card-badges">
        <TypeBadge type={memory.type} />
        <StatusBadge status={memory.status} />
        {memory.suspect && <SuspectBadge />}
      </p>
      <p class="statement-content">{memory.content}</p>
      {memory.summary && <p class="quiet">{memory.summary}</p>}
      <dl class="pairs">
        <dt>True</dt>
        <dd>
          <Span from={memory.validFrom} until={memory.validUntil} />
        </dd>
        <dt>Known</dt>
        <dd>
          since <Moment value={memory.recordedAt} />
          {memory.retractedAt && (
            <>
              , and not believed since <Moment value={memory.retractedAt} />
            </>
          )}
        </dd>
        <dt>Companion</dt>
        <dd>{memory.companion.name}</dd>
        <dt>About</dt>
        <dd>{memory.user?.externalId ?? 'no particular user'}</dd>
        <More memory={memory} />
      </dl>
      {!isCurrent && (
        <p>
          The version that is valid says:{' '}
          <MemoryLink id={plainId(memory.current.id)} params={at as Params}>
            {memory.current.content}
          </MemoryLink>
        </p>
      )}
      <p>
        <a class="button" href={hrefTo('graph', plainId(memory.id), at as Params)}>
          Show it in the graph
        </a>
      </p>
    </article>
  );
}

/** What only some memories have. */
const More = ({ memory: { slot, expiresAt, archivedAt } }: { memory: Memory }) => (
  <>
    {slot && (
      <>
        <dt>Answers</dt>
        <dd>
          <code>{slot}</code>, a question with one answer at a time
        </dd>
      </>
    )}
    {expiresAt && (
      <>
        <dt>Expires</dt>
        <dd>
          <Moment value={expiresAt} />
        </dd>
      </>
    )}
    {archivedAt && (
      <>
        <dt>Archived</dt>
        <dd>
          since <Moment value={archivedAt} />
        </dd>
      </>
    )}
  </>
);
