import { effect, signal } from '@preact/signals';

const KEY = 'palimpsest:theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

export type Theme = 'dark' | 'light';

const kept = (): Theme | undefined => {
  try {
    const theme = localStorage.getItem(KEY);
    return theme === 'dark' || theme === 'light' ? theme : undefined;
  } catch {
    // A browser may refuse storage.
    return undefined;
  }
};

/** What is shown: what was chosen, or else what the system prefers. */
export const theme = signal<Theme>(kept() ?? (dark.matches ? 'dark' : 'light'));

dark.addEventListener('change', ({ matches }) => {
  if (!kept()) theme.value = matches ? 'dark' : 'light';
});
effect(() => {
  document.documentElement.dataset.theme = theme.value;
});

export function switchTheme(): void {
  theme.value = theme.value === 'dark' ? 'light' : 'dark';
  try {
    localStorage.setItem(KEY, theme.value);
  } catch {
    // It is kept for this page then.
  }
}
