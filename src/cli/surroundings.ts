/** What a command has of the process it runs in; main.ts alone touches the process itself. */
export interface Surroundings {
  env: Record<string, string | undefined>;
  /** A person reads standard error. */
  isTerminal: boolean;
  /** Listens to signals from now on: resolves at the first one that ends a program. */
  untilStopped(): Promise<void>;
  /** From now on promises that fail unseen do not end the process; `take` is told why they failed. */
  onLostFailure(take: (reason: unknown) => void): void;
}

/** A signal that is aborted when the process is told to stop. */
export function stopSignal({ untilStopped }: Surroundings): AbortSignal {
  const stopping = new AbortController();
  untilStopped().then(() => stopping.abort());
  return stopping.signal;
}
