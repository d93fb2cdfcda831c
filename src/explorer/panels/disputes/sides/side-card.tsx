import type { MemoryStatus } from '../../../../client/operations/types.ts';
import { plainId } from '../../../core/point.ts';
import { percent, shortened } from '../../../core/text.ts';
import { StatusBadge, TypeBadge } from '../../../parts/badges.tsx';
import { Span } from '../../../parts/date-time.tsx';
import { MemoryLink } from '../../../parts/memory-card.tsx';
import { Moment } from '../../../parts/moment.tsx';
import type { Side } from './becoming.ts';
import { piecesOf } from './clause.ts';

const EXCERPT = 300;

/** Where a side comes from, in words: who said it, in what, and in which conversation. */
function sourceOf({ context, message, conversation }: Side): string[] {
  const said = [message?.name ?? context.speaker, context.source, conversation?.title ?? context.conversationId];
  return said.filter((each): each is string => typeof each === 'string' && each !== '');
}

/** One side of a pair: what it says, since when, how certain it is, and where it comes from. */
export function SideCard({
  side,
  name,
  usual,
  clause,
}: {
  side: Side;
  /** What it is called, such as `First`. */
  name: string;
  /** The status that is not worth saying here. */
  usual: MemoryStatus;
  /** The part of it that is marked. */
  clause?: string;
}) {
  const source = sourceOf(side);
  return (
    <div class={`side-card border-${side.type.toLowerCase()}`}>
      <p class="card-badges">
        <b>{name}</b>
        <TypeBadge type={side.type} />
        {side.status !== usual && <StatusBadge status={side.status} />}
      </p>
      <Content side={side} clause={clause} />
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
          {percent(side.confidence)}
          {side.confidence !== side.statedConfidence && `, stated ${percent(side.statedConfidence)}`}
        </dd>
        <dt>From</dt>
        <dd>{source.length > 0 ? <bdi>{source.join(', ')}</bdi> : 'not noted'}</dd>
        {side.user && (
          <>
            <dt>About</dt>
            <dd>
              <bdi>{side.user.externalId}</bdi>
            </dd>
          </>
        )}
      </dl>
      {side.message?.text && (
        <blockquote class="side-excerpt" dir="auto">
          {shortened(side.message.text, EXCERPT)}
        </blockquote>
      )}
    </div>
  );
}

function Content({ side: { id, content }, clause }: { side: Side; clause: string | undefined }) {
  const pieces = clause === undefined ? undefined : piecesOf(content, clause);
  return (
    <>
      <p class={pieces ? 'memory-content' : 'memory-content side-clamped'} dir="auto">
        <MemoryLink id={plainId(id)}>
          {pieces ? (
            <>
              {pieces.before}
              <mark>{pieces.clause}</mark>
              {pieces.after}
            </>
          ) : (
            content
          )}
        </MemoryLink>
      </p>
      {clause !== undefined && !pieces && (
        <p class="quiet side-clause" dir="auto">
          … <mark>{clause}</mark> …
        </p>
      )}
    </>
  );
}
