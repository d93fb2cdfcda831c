import type { ComponentChildren } from 'preact';
import type { ResultOf } from '../../core/graphql.ts';
import { hrefTo } from '../../core/route.ts';
import { useQuery } from '../../core/use-query.ts';
import { memoryStatuses, memoryTypes, StatusBadge, TypeBadge } from '../../parts/badges.tsx';
import { Answer } from '../../parts/states.tsx';
import { kinds, type workspace } from './documents.ts';

/** How much there is. */
export const Counts = ({ data }: { data: ResultOf<typeof workspace> }) => (
  <ul class="tiles workspace-counts" aria-label="Counts">
    <Tile
      label="Memories believed now"
      value={data.believed.totalCount}
      note={`${data.all.totalCount.toLocaleString()} in all`}
    />
    <Tile label="Suspect memories" value={data.suspect.totalCount} note="rest on what is no longer believed" />
    <Tile label="Open disputes" value={data.open.totalCount} href={hrefTo('disputes')} />
    <Tile label="Entities" value={data.entities.totalCount} />
    <Tile label="Companions" value={data.companions.totalCount} />
    <Tile label="Users" value={data.users.totalCount} />
    <Tile
      label="Conversations"
      value={data.conversations.totalCount}
      href={hrefTo('timeline', undefined, { lanes: 'conversations' })}
    />
    <Tile
      label="Sessions open"
      value={data.sessions.totalCount}
      href={hrefTo('timeline', undefined, { lanes: 'sessions' })}
    />
  </ul>
);

function Tile({ label, value, note, href }: { label: string; value: number; note?: string; href?: string }) {
  return (
    <li class="card tile">
      <p class="tile-value">{value.toLocaleString()}</p>
      <p class="tile-label">{href ? <a href={href}>{label}</a> : label}</p>
      {note && <p class="quiet">{note}</p>}
    </li>
  );
}

/** Memories by their status, and the believed ones by their type. */
export function Kinds() {
  const query = useQuery(kinds, {}, { everything: true, calmMs: 5_000 });
  return (
    <Answer query={query}>
      {(data) => (
        <div class="kinds">
          <Bars
            title="All memories by status"
            rows={memoryStatuses.map((status) => ({
              key: status,
              label: <StatusBadge status={status} />,
              count: data[status].totalCount,
            }))}
          />
          <Bars
            title="Memories believed now by type"
            rows={memoryTypes.map((type) => ({
              key: type,
              label: <TypeBadge type={type} />,
              count: data[type].totalCount,
            }))}
          />
        </div>
      )}
    </Answer>
  );
}

interface BarRow {
  key: string;
  label: ComponentChildren;
  count: number;
}

function Bars({ title, rows }: { title: string; rows: readonly BarRow[] }) {
  const most = Math.max(1, ...rows.map(({ count }) => count));
  return (
    <section class="card">
      <h2>{title}</h2>
      <table class="kind-table">
        <tbody>
          {rows.map(({ key, label, count }) => (
            <tr key={key}>
              <th scope="row">{label}</th>
              <td class="kind-count">{count.toLocaleString()}</td>
              <td class="kind-bar" aria-hidden="true">
                <div style={{ width: `${(100 * count) / most}%` }} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
