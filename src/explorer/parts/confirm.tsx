import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { Dialog } from './dialog.tsx';

export interface Question {
  /** What is about to be done, e.g. `Keep “…”?`. */
  title: string;
  /** What it will do, in words: what changes, what is no longer believed, whether it can be undone. */
  effects: ComponentChildren;
  /** The text of the button that does it. */
  action: string;
  /** Whether it cannot be undone. Default: false. */
  isFinal?: boolean | undefined;
}

const asked = signal<(Question & { answer(yes: boolean): void }) | undefined>(undefined);

/** Says what something will do, and asks whether to do it. Escape says no. */
export function confirm(question: Question): Promise<boolean> {
  asked.peek()?.answer(false);
  return new Promise((resolve) => {
    asked.value = {
      ...question,
      answer(yes) {
        asked.value = undefined;
        resolve(yes);
      },
    };
  });
}

/** There is one in the page. */
export function ConfirmDialog() {
  const question = asked.value;
  if (!question) return null;
  const { title, effects, action, isFinal = false, answer } = question;
  return (
    <Dialog title={title} onClose={() => answer(false)}>
      <p class="quiet">What it will do:</p>
      <div class="effects">{effects}</div>
      {isFinal && <p class="warning">This cannot be undone.</p>}
      <footer>
        <button type="button" class="button" onClick={() => answer(false)}>
          Cancel
        </button>
        <button type="button" class={`button ${isFinal ? 'button-final' : 'button-main'}`} onClick={() => answer(true)}>
          {action}
        </button>
      </footer>
    </Dialog>
  );
}
