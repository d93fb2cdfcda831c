/** Is called when somebody has written events. It must be quick, and must not throw. */
export interface WakeUpListener {
  /**
   * Events of this workspace have been committed, by this process or another. It may be called when there is nothing
   * new, and it may not be called when there is: a process may end between its commit and its message. So who may
   * miss nothing also looks at the workspace's counter now and then; see {@link WakeUps.receivesOthers}.
   */
  woken(workspaceId: string): void;
  /** Messages of other processes may have been lost until now: any workspace may have new events. */
  missed(): void;
}

/** Wakes those who follow what is written, in this process and in others that use the same tables. */
export interface WakeUps {
  /** To be called when a transaction that wrote events has been committed. It never fails, and never waits. */
  announce(workspaceId: string): void;
  /** Calls the listener from now on. Returns what ends that. */
  listen(listener: WakeUpListener): () => void;
  /** Whether messages of other processes arrive now. False while nobody listens, and behind a pooler always. */
  readonly receivesOthers: boolean;
}

/** Where one process alone uses the database. */
export class LocalWakeUps implements WakeUps {
  readonly #listeners = new Set<WakeUpListener>();

  announce(workspaceId: string): void {
    for (const listener of this.#listeners) listener.woken(workspaceId);
  }

  listen(listener: WakeUpListener): () => void {
    // Wrapped, so that one that listens twice is called twice, and each ends alone.
    const own: WakeUpListener = {
      woken: (workspaceId) => listener.woken(workspaceId),
      missed: () => listener.missed(),
    };
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  missed(): void {
    for (const listener of this.#listeners) listener.missed();
  }

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  get receivesOthers(): boolean {
    return true;
  }
}
