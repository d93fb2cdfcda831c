/** How long a piece of work may keep the event loop. */
const PIECE_MS = 8;

const waiting: (() => void)[] = [];
let isScheduled = false;

function next(): void {
  isScheduled = waiting.length > 1;
  if (isScheduled) setImmediate(next);
  waiting.shift()?.();
}

/**
 * Resolves when it is this work's turn. Of all the work of the process that is done in pieces, one piece is done
 * between two looks at the sockets and timers: many large bodies take turns and do not add up.
 */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(next);
  });
}

/** Work that is done in pieces. It begins with {@link rest} where it is more than a piece. */
export class Pieces {
  #began = performance.now();

  /** Whether the event loop has been kept for long enough. */
  isDue(): boolean {
    return performance.now() - this.#began > PIECE_MS;
  }

  async rest(): Promise<void> {
    await turn();
    this.#began = performance.now();
  }
}
