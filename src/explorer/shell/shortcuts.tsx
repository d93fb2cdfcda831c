import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { go } from '../core/route.ts';
import { switchTheme } from '../core/theme.ts';
import { panels } from '../panels/index.ts';
import { Dialog } from '../parts/dialog.tsx';
import { SEARCH_ID } from './search.tsx';

const isShown = signal(false);

export function showShortcuts(): void {
  isShown.value = true;
}

const shortcuts: readonly { key: string; does: string; run(): void }[] = [
  { key: '/', does: 'Ask or search', run: () => document.getElementById(SEARCH_ID)?.focus() },
  ...panels
    .filter(({ isHidden }) => !isHidden)
    .map(({ route, title }, index) => ({ key: String(index + 1), does: `Open ${title}`, run: () => go(route) })),
  { key: 't', does: 'Switch between dark and light colours', run: switchTheme },
  { key: '?', does: 'Show this list', run: showShortcuts },
];

/** Listens to single keys, and shows what they do. */
export function Shortcuts() {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('dialog[open]')) return;
      const shortcut = shortcuts.find(({ key }) => key === event.key);
      if (!shortcut) return;
      event.preventDefault();
      shortcut.run();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
  if (!isShown.value) return null;
  return (
    <Dialog
      title="Keyboard shortcuts"
      onClose={() => {
        isShown.value = false;
      }}
    >
      <dl class="pairs">
        {shortcuts.map(({ key, does }) => (
          <>
            <dt key={`${key} key`}>
              <kbd>{key}</kbd>
            </dt>
            <dd key={key}>{does}</dd>
          </>
        ))}
        <dt>
          <kbd>Esc</kbd>
        </dt>
        <dd>Close a dialog</dd>
      </dl>
    </Dialog>
  );
}

/** Whether a key that is pressed there is meant for a text or a choice. */
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
