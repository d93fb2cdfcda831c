import { connect, createServer, type Socket } from 'node:net';

/** Stands between a server and its database, and can be told to let nothing through. */
export interface TrialProxy {
  /** The database's URL, through it. */
  url: string;
  /** Ends every connection, and refuses others. */
  cut(): void;
  /** Keeps connections, takes others, and lets nothing through, as a network does that has lost its way. */
  freeze(): void;
  /** Lets everything through again. */
  restore(): void;
  close(): void;
}

export async function startProxy(databaseUrl: string): Promise<TrialProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let state: 'open' | 'cut' | 'frozen' = 'open';
  const server = createServer((inner) => {
    if (state === 'cut') return void inner.resetAndDestroy();
    const outer = connect(Number(target.port || 5432), target.hostname);
    for (const [one, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(one);
      if (state === 'frozen') one.pause();
      one.on('data', (chunk) => other.write(chunk));
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: Object.assign(new URL(databaseUrl), { host: `127.0.0.1:${port}` }).href,
    cut() {
      state = 'cut';
      for (const socket of sockets) socket.resetAndDestroy();
    },
    freeze() {
      state = 'frozen';
      for (const socket of sockets) socket.pause();
    },
    restore() {
      state = 'open';
      for (const socket of sockets) socket.resume();
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
