import { signal } from '@preact/signals';
import { announce } from './announce.tsx';
import { Icon } from './icon.tsx';

interface Toast {
  id: number;
  text: string;
  tone: 'done' | 'failed';
  undo: (() => unknown) | undefined;
}

const SHOWN_MS = 8_000;
/** Longer, since there is something to decide. */
const UNDO_SHOWN_MS = 30_000;
const MOST = 4;

const toasts = signal<readonly Toast[]>([]);
let nextId = 0;

/** Says what has been done, for a while; `undo` takes it back, and is offered as a button. */
export function notify(
  text: string,
  { undo, tone = 'done' }: { undo?: () => unknown; tone?: Toast['tone'] } = {},
): void {
  const id = nextId++;
  toasts.value = [...toasts.value, { id, text, tone, undo }].slice(-MOST);
  announce(text);
  setTimeout(() => dismiss(id), undo ? UNDO_SHOWN_MS : SHOWN_MS);
}

function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

/** There is one in the page. */
export const Toasts = () => (
  <section class="toasts" aria-label="Messages">
    {toasts.value.map(({ id, text, tone, undo }) => (
      <div key={id} class={`toast toast-${tone}`}>
        <p>{text}</p>
        {undo && (
          <button
            type="button"
            class="button"
            onClick={() => {
              dismiss(id);
              undo();
            }}
          >
            Undo
          </button>
        )}
        <button type="button" class="icon-button" aria-label="Close this message" onClick={() => dismiss(id)}>
          <Icon name="close" />
        </button>
      </div>
    ))}
  </section>
);
