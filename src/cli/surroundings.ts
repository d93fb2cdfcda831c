/** What a command has of the process it runs in; main.ts alone touches the process itself. */
export interface Surroundings {
  env: Record<string, string | undefined>;
  /** A person reads standard error. */
  isTerminal: boolean;
  /** Listens to signals from now on: resolves at the first one that ends a program. */
  untilStopped(): Promise<void>;
  /** From now on promises that fail unseen do not end the process; `take` is told why they failed. */
  onLostFailure(take: (reason: unknown) => void): void;
  /** Calls `run` when the process ends, unless it is killed. */
  onExit(run: () => void): void;
  /** The id of the process. */
  pid: number;
  /**
   * Starts the program again as a process of its own, which goes on when this one ends; what it says is appended to the
   * file `log`. Resolves when it ends while this one lives.
   */
  startApart(args: readonly string[], env: Record<string, string | undefined>, log: string): Promise<void>;
}

/** A signal that is aborted when the process is told to stop. */
export function stopSignal({ untilStopped }: Surroundings): AbortSignal {
  const stopping = new AbortController();
  untilStopped().then(() => stopping.abort());
  return stopping.signal;
}
