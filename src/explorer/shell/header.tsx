import { isLive } from '../core/live.ts';
import { hrefTo } from '../core/route.ts';
import { switchTheme, theme } from '../core/theme.ts';
import { Icon } from '../parts/icon.tsx';
import { Choices } from './choices.tsx';
import { Search } from './search.tsx';
import { showShortcuts } from './shortcuts.tsx';

/** What is above every panel: what is looked at, and by whom. */
export const Header = () => (
  <header class="top">
    <a class="brand" href={hrefTo('')}>
      <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
        <rect class="mark-below" x="4" y="8" width="18" height="20" rx="4" />
        <rect class="mark-above" x="10" y="4" width="18" height="20" rx="4" />
      </svg>
      Palimpsest
    </a>
    <Search />
    <Choices />
    <div class="top-buttons">
      {isLive.value && (
        <span class="live" title="Changes arrive by themselves.">
          <span class="live-dot" aria-hidden="true" /> Live
        </span>
      )}
      <button
        type="button"
        class="icon-button"
        aria-label={theme.value === 'dark' ? 'Light colours' : 'Dark colours'}
        onClick={switchTheme}
      >
        <Icon name={theme.value === 'dark' ? 'sun' : 'moon'} />
      </button>
      <button type="button" class="icon-button" aria-label="Keyboard shortcuts" onClick={showShortcuts}>
        <Icon name="keyboard" />
      </button>
    </div>
  </header>
);
