import { hrefTo } from '../core/route.ts';
import { panels } from '../panels/index.ts';
import { Icon } from '../parts/icon.tsx';

/** Leads to the panels. */
export const Navigation = ({ current }: { current: string | undefined }) => (
  <nav class="side" aria-label="Panels">
    <ul>
      {panels
        .filter(({ isHidden }) => !isHidden)
        .map(({ route, title, icon }) => (
          <li key={route}>
            <a href={hrefTo(route)} aria-current={route === current ? 'page' : undefined}>
              <Icon name={icon} /> {title}
            </a>
          </li>
        ))}
    </ul>
  </nav>
);
