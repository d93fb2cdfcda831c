import { connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a PostgreSQL server that can be cut and opened again, and that tells how often it was taken. */
export interface Way {
  /** The server's URL by this way. */
  url: string;
  /** How many connections have been made by it. */
  readonly taken: number;
  open(): Promise<void>;
  /** Cuts it: what is connected is cut off, and new connections are refused. */
  cut(): Promise<void>;
}

interface Options {
  /** It is cut at first. */
  isCut?: boolean;
  /** Greets in the place of the server, as a pooler does: with a process number of its own. */
  greets?: boolean;
}

/** `target`: a URL of PostgreSQL. The port stays the same. */
export async function openProxy(target: string, { isCut = false, greets = false }: Options = {}): Promise<Way> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let listener: Server;
  let own = 0;
  let taken = 0;
  const url = () => Object.assign(new URL(target), { hostname: '127.0.0.1', port: `${own}` }).href;
  const proxy = {
    url: '',
    get taken() {
      return taken;
    },
    async open() {
      listener = createServer((from) => {
        taken++;
        const to = connect(Number(port), hostname);
        for (const socket of [from, to]) {
          sockets.add(socket);
          socket.on('error', () => {});
          socket.on('close', () => {
            sockets.delete(socket);
            from.destroy();
            to.destroy();
          });
        }
        from.pipe(to);
        to.on('data', (data: Buffer) => from.write(greets ? disguise(data) : data));
      });
      await new Promise<void>((resolve) => listener.listen(own, '127.0.0.1', resolve));
      own = (listener.address() as { port: number }).port;
      proxy.url = url();
    },
    async cut() {
      const closed = new Promise((resolve) => listener.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  await proxy.open();
  if (isCut) await proxy.cut();
  return proxy;
}

/** Puts another process number into the message that tells it (BackendKeyData: K, its length of 12). */
function disguise(data: Buffer): Buffer {
  const at = data.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]));
  if (at >= 0) data.writeInt32BE(data.readInt32BE(at + 5) + 1_000_000, at + 5);
  return data;
}
