import { expect, vi } from 'vitest';
import { patience } from './calibration.ts';

// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
type Untyped = any;

/** A subscription over the wire, as its text is. */
export interface Stream {
  status: number;
  /** What came as `next`, in its order. */
  events: Untyped[];
  /** All that was sent. */
  readonly text: string;
  /** It ended with `complete`. */
  readonly isComplete: boolean;
  readonly isOver: boolean;
  /** Waits until there are so many events. */
  count(count: number): Promise<Untyped[]>;
  /** Waits for its end, and returns its last event. */
  over(): Promise<Untyped>;
  /** Takes what is sent from now on, where it began without. */
  read(): void;
  close(): void;
}

interface Options {
  variables?: object;
  headers?: Record<string, string>;
  /** Take nothing of it until `read` is called. */
  isPaused?: boolean;
}

const WITHIN = { timeout: patience(30_000), interval: 10 };

/** Subscribes by a POST, as graphql-sse's distinct connections do; resolves when it has been answered. */
export async function subscribe(
  url: string,
  query: string,
  { variables = {}, headers = {}, isPaused = false }: Options = {},
): Promise<Stream> {
  const stop = new AbortController();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: JSON.stringify({ query, variables }),
    signal: stop.signal,
  });
  const events: Untyped[] = [];
  let text = '';
  let isComplete = false;
  let isOver = false;
  const take = async () => {
    let rest = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const part = decoder.decode(chunk, { stream: true });
      text += part;
      rest += part;
      const blocks = rest.split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const [event, data = ''] = block.split('\n');
        if (event === 'event: next') events.push(JSON.parse(data.replace(/^data: /, '')));
        if (event === 'event: complete') isComplete = true;
      }
    }
  };
  const read = () => {
    take().then(
      () => {
        isOver = true;
      },
      () => {
        isOver = true;
      },
    );
  };
  if (!isPaused) read();
  return {
    status: response.status,
    events,
    get text() {
      return text;
    },
    get isComplete() {
      return isComplete;
    },
    get isOver() {
      return isOver;
    },
    async count(count) {
      await vi.waitFor(() => expect(events.length).toBeGreaterThanOrEqual(count), WITHIN);
      return events;
    },
    async over() {
      await vi.waitFor(() => expect(isOver).toBe(true), WITHIN);
      return events.at(-1);
    },
    read,
    close: () => stop.abort(),
  };
}
