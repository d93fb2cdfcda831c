import { plainId } from '../../core/point.ts';
import { percent, shortened } from '../../core/text.ts';
import { StatusBadge, TypeBadge } from '../../parts/badges.tsx';
import { Span } from '../../parts/date-time.tsx';
import { MemoryLink } from '../../parts/memory-card.tsx';
import { Moment } from '../../parts/moment.tsx';
import type { Side } from './types.ts';

const EXCERPT = 300;

/** Where a side comes from, in words: who said it, in what, and in which conversation. */
function sourceOf({ context, message, conversation }: Side): string[] {
  const said = [message?.name ?? context.speaker, context.source, conversation?.title ?? context.conversationId];
  return said.filter((each): each is string => typeof each === 'string' && each !== '');
}

/** One side of a dispute: what it says, since when, how certain it is, and where it comes from. */
export function SideCard({ side, name }: { side: Side; name: string }) {
  const source = sourceOf(side);
  return (
    <div class={`side-card border-${side.type.toLowerCase()}`}>
      <p class="card-badges">
        <b>{name}</b>
        <TypeBadge type={side.type} />
        {side.status !== 'DISPUTED' && <StatusBadge status={side.status} />}
      </p>
      <p class="memory-content">
        <MemoryLink id={plainId(side.id)}>{side.content}</MemoryLink>
      </p>
      <dl class="pairs">
        <dt>True</dt>
        <dd>
          <Span from={side.validFrom} until={side.validUntil} />
        </dd>
        <dt>Learned</dt>
        <dd>
          <Moment value={side.recordedAt} />
        </dd>
        <dt>Confidence</dt>
        <dd>
          {percent(side.confidence)}, stated {percent(side.statedConfidence)}
        </dd>
        <dt>From</dt>
        <dd>{source.length > 0 ? source.join(', ') : 'not noted'}</dd>
        {side.user && (
          <>
            <dt>About</dt>
            <dd>{side.user.externalId}</dd>
          </>
        )}
      </dl>
      {side.message?.text && <blockquote class="side-excerpt">{shortened(side.message.text, EXCERPT)}</blockquote>}
    </div>
  );
}
