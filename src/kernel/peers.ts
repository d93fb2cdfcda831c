/** What processes that serve one port tell each other of one matter. It is plain JSON, and may be lost when one of them ends. */
export interface Channel<T> {
  /** Tells all others. */
  tell(what: T): void;
  /** From now on `take` gets what others tell. */
  listen(take: (what: T) => void): void;
}

/** The other processes that serve the same port. */
export interface Peers {
  /** The channel of a name: those of one name are one. */
  channel<T>(name: string): Channel<T>;
}

/** Where one process serves alone. */
export const noPeers: Peers = { channel: () => ({ tell() {}, listen() {} }) };
