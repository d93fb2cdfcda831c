import { effect, signal } from '@preact/signals';
import { keyChanges, subscribe } from './api.ts';
import { changes } from './documents.ts';
import { hasSubscriptions } from './place.ts';

/** Events of one transaction come together: panels ask once. */
const TOGETHER_MS = 150;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** Panels that asked when the page was opened ask again where the first stream took longer to begin. */
const SLOW_MS = 1_000;

/** Counted up after something may have changed, by others or by a change of one's own. */
export const live = signal(0);
/** Counted up after a change of one's own, which panels show at once. */
export const ownChanges = signal(0);
/** Whether changes arrive by themselves. */
export const isLive = signal(false);

/** Panels ask again, after a mutation of one's own. */
export function refresh(): void {
  ownChanges.value++;
}

/** Listens to what happens from now on, and begins again where it was after the connection was lost. */
export function startLive(): void {
  if (!hasSubscriptions) return;
  let stop = () => {};
  effect(() => {
    keyChanges.value;
    stop();
    stop = listen();
  });
}

function listen(): () => void {
  let after: string | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  let timer = 0;
  let isDue = false;
  let wasLost = false;
  const begunAt = performance.now();
  const ask = () => {
    isDue = false;
    live.value++;
  };
  let end = () => {};
  const begin = () => {
    end = subscribe(
      changes,
      { after },
      {
        onConnected() {
          isLive.value = true;
          // What happened meanwhile does not arrive where no event came before.
          if (wasLost || performance.now() - begunAt > SLOW_MS) live.value++;
        },
        onData({ events }) {
          after = events.cursor;
          pauseMs = FIRST_PAUSE_MS;
          if (!isDue) window.setTimeout(ask, TOGETHER_MS);
          isDue = true;
        },
        onEnd() {
          isLive.value = false;
          wasLost = true;
          timer = window.setTimeout(begin, pauseMs);
          pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
        },
      },
    );
  };
  begin();
  return () => {
    isLive.value = false;
    clearTimeout(timer);
    end();
  };
}
