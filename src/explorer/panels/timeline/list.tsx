import { shortened } from '../../core/text.ts';
import { DateTime } from '../../parts/date-time.tsx';
import { type Item, lanes } from './lanes.ts';

/** So many characters of each are shown. */
const LENGTH = 240;
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
                {shortened(item.text, LENGTH)}
              </a>
            ) : (
              shortened(item.text, LENGTH)
            )}
          </p>
          {item.detail && <p class="quiet">{item.detail}</p>}
        </div>
      </li>
    ))}
  </ol>
);
