import { DateTime } from '../../parts/date-time.tsx';
import { type Item, lanes } from './lanes.ts';

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

/** The same as the chart, in words: the newest first. */
export const Happenings = ({ items }: { items: readonly Item[] }) => (
  <ol class="happenings" aria-label="What happened, the newest first">
    {items.map((item) => (
      <li key={item.id} class={`lane-${item.lane}`}>
        <p class="when">
          <DateTime value={new Date(item.at).toISOString()} /> {time.format(item.at)}
        </p>
        <div>
          <p class="what">
            <span class="lane-badge" title={lanes[item.lane].label}>
              {item.kind}
            </span>
            {item.href ? (
              <a class="memory-link" href={item.href}>
                {short(item.text)}
              </a>
            ) : (
              short(item.text)
            )}
          </p>
          {item.detail && <p class="quiet">{item.detail}</p>}
        </div>
      </li>
    ))}
  </ol>
);

const short = (text: string) => (text.length > 240 ? `${text.slice(0, 240)}…` : text);
