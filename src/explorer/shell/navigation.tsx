import { useEffect, useRef } from 'preact/hooks';
import { hrefTo } from '../core/route.ts';
import { panels } from '../panels/index.ts';
import { Icon } from '../parts/icon.tsx';

/** Leads to the panels. */
export function Navigation({ current }: { current: string | undefined }) {
  const side = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a phone they are in a line that is wider than the page.
    side.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [current]);
  return (
    <nav ref={side} class="side" aria-label="Panels">
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
}
