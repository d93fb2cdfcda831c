import { signal } from '@preact/signals';

const said = signal('');

/** Says something to those who listen rather than look: one short sentence. */
export function announce(sentence: string): void {
  // The same sentence once more is said once more only where the text changes.
  said.value = said.value === sentence ? `${sentence}\u00a0` : sentence;
}

/** There is one in the page. */
export const LiveRegion = () => (
  <div class="visually-hidden" role="status" aria-live="polite">
    {said.value}
  </div>
);
