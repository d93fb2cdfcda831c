import { dayText, minuteText } from '../../../core/moments.ts';
import { momentOf, type Point, plainId } from '../../../core/point.ts';
import type { Params } from '../../../core/route.ts';
import { hrefTo } from '../../../core/route.ts';
import { StatusBadge } from '../../../parts/badges.tsx';
import { Span } from '../../../parts/date-time.tsx';
import { Moment } from '../../../parts/moment.tsx';
import type { Memory, Version } from '../model/types.ts';
import { kindOf, type Line, lineOf, type VersionKind } from '../model/version-line.ts';

const words: Record<VersionKind, string> = {
  FIRST: 'First said',
  CHANGE: 'CHANGE: what was true before had ended',
  MISTAKE: 'MISTAKE: what was said before was never true',
};

/** The versions of a memory on one line of time; each can be opened. */
export function Versions({ memory, at }: { memory: Memory; at: Point | undefined }) {
  const { nodes, totalCount } = memory.versions;
  const line = lineOf(nodes, momentOf(at, Date.now()));
  return (
    <section class="card" aria-labelledby="versions-title">
      <h2 id="versions-title">{totalCount === 1 ? 'One version' : `${totalCount} versions`}</h2>
      <ol class="versions">
        {nodes.map((version) => (
          <VersionRow
            key={version.id}
            version={version}
            kind={kindOf(version, nodes)}
            line={line}
            at={at}
            isShown={plainId(version.id) === plainId(memory.id)}
          />
        ))}
      </ol>
      <div class="version-axis" aria-hidden="true">
        {line.ticks.map((tick) => (
          <span key={tick}>{dayText(tick)}</span>
        ))}
      </div>
      <p class="quiet legend">
        <span>
          <span class="legend-bar" aria-hidden="true" /> true in the world
        </span>
        <span>
          <span class="legend-point" aria-hidden="true">
            ●
          </span>{' '}
          learned
        </span>
        <span>
          <span class="legend-end" aria-hidden="true">
            ✕
          </span>{' '}
          no longer believed
        </span>
        <span>
          <span class="legend-now" aria-hidden="true" /> {at ? 'the moment shown' : 'now'}
        </span>
      </p>
      {nodes.length < totalCount && <p class="quiet">The first {nodes.length} are shown.</p>}
    </section>
  );
}

interface RowProps {
  version: Version;
  kind: VersionKind;
  line: Line;
  at: Point | undefined;
  isShown: boolean;
}

const VersionRow = ({ version, kind, line, at, isShown }: RowProps) => (
  <li class={`version ${isShown ? 'version-shown' : ''}`}>
    <p>
      <a
        class="memory-link"
        href={hrefTo('memory', plainId(version.id), at as Params)}
        aria-current={isShown ? 'true' : undefined}
      >
        {version.content}
      </a>
    </p>
    <p class="facts">
      <StatusBadge status={version.status} />
      <span class={`version-kind kind-${kind.toLowerCase()}`}>{words[kind]}</span>
    </p>
    <Track version={version} line={line} />
    <p class="quiet facts">
      <span>
        true <Span from={version.validFrom} until={version.validUntil} />
      </span>
      <span>
        learned <Moment value={version.recordedAt} />
      </span>
      {version.retractedAt && (
        <span>
          not believed since <Moment value={version.retractedAt} />
        </span>
      )}
    </p>
  </li>
);

function Track({
  version: { validFrom, validUntil, recordedAt, retractedAt, status },
  line,
}: Omit<RowProps, 'kind' | 'at' | 'isShown'>) {
  const from = line.place(validFrom);
  const until = validUntil === null ? 100 : line.place(validUntil);
  const isOver = status === 'CORRECTED' || status === 'RETRACTED';
  return (
    <div class="track" aria-hidden="true">
      <span
        class={`bar ${isOver ? 'bar-over' : ''} ${validUntil === null ? 'bar-open' : ''}`}
        style={{ left: `${from}%`, width: `${Math.max(0.6, until - from)}%` }}
      />
      <span class="point-learned" style={{ left: `${line.place(recordedAt)}%` }} title={minuteText(recordedAt)}>
        ●
      </span>
      <span class="point-now" style={{ left: `${line.now}%` }} />
      {retractedAt && (
        <span class="point-over" style={{ left: `${line.place(retractedAt)}%` }} title={minuteText(retractedAt)}>
          ✕
        </span>
      )}
    </div>
  );
}
