import { once } from 'node:events';
import net from 'node:net';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import type postgres from 'postgres';
import type { Reach } from './database-url.ts';

/** The message that asks a server for TLS, before anything else: its length, and the number of the request. */
const TLS_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
/** The byte by which a server agrees. */
const AGREES = 'S'.charCodeAt(0);

/** What postgres.js has made of its options and hands to whoever opens its sockets. */
type Parsed = Pick<postgres.ParsedOptions, 'host' | 'port'> & { path?: string | false };

/**
 * Opens the sockets of a session in place of postgres.js, which does not say which it uses: one host after the other,
 * encrypted as the URL says.
 */
export class Sockets {
  readonly #reach: Reach;
  readonly #timeoutMs: number;
  readonly #unreachable = Promise.withResolvers<never>();
  #next = 0;
  #failures = 0;
  #current: Duplex | undefined;

  /** `timeoutMs`: how long a handshake may take. */
  constructor(reach: Reach, timeoutMs: number) {
    this.#reach = reach;
    this.#timeoutMs = timeoutMs;
    this.#unreachable.promise.catch(() => {});
  }

  /** Rejects when as many sockets have failed as there are hosts: of several, postgres.js would try them without end. */
  get unreachable(): Promise<never> {
    return this.#unreachable.promise;
  }

  /** The socket that was opened last. */
  get current(): Duplex {
    return this.#current as Duplex;
  }

  /** To the host that comes next. If that fails, the socket fails, and postgres.js tries another host. */
  async open({ host, port, path }: Parsed): Promise<Duplex> {
    const { ssl, sslnegotiation } = this.#reach.options as { ssl?: false | Encryption; sslnegotiation?: string };
    if (path) return this.#keep(net.connect(path), 1);
    const at = this.#next;
    this.#next = (at + 1) % port.length;
    const socket = net.connect(port[at] as number, host[at] as string).setNoDelay();
    // It holds back what is written until it is connected.
    if (!ssl) return this.#keep(Object.assign(socket, { host: host[at], port: port[at] }), port.length);
    try {
      const isDirect = sslnegotiation === 'direct';
      return this.#keep(await encrypted(socket, host[at] as string, ssl, isDirect, this.#timeoutMs), port.length);
    } catch (error) {
      socket.destroy();
      return this.#keep(broken(error as Error), port.length);
    }
  }

  #keep(socket: Duplex, hosts: number): Duplex {
    this.#current = socket;
    socket.once('error', (error) => {
      if (++this.#failures >= hosts) this.#unreachable.reject(error);
    });
    return socket;
  }
}

type Encryption = 'prefer' | tls.ConnectionOptions;

async function encrypted(
  socket: net.Socket,
  host: string,
  encryption: Encryption,
  isDirect: boolean,
  timeoutMs: number,
): Promise<Duplex> {
  const ending = new AbortController();
  const timeout = setTimeout(() => ending.abort(timedOut(host)), timeoutMs);
  socket.once('close', () => ending.abort(endedEarly()));
  const on = (emitter: Duplex, event: string) =>
    once(emitter, event, ending).catch((error) => {
      throw ending.signal.aborted ? ending.signal.reason : error;
    });
  try {
    await on(socket, 'connect');
    if (!isDirect) {
      socket.write(TLS_REQUEST);
      const [answer] = (await on(socket, 'data')) as [Buffer];
      // Bytes beyond the answer would have come from somebody in between.
      if (answer.length !== 1) throw endedEarly();
      if (answer[0] !== AGREES) {
        if (encryption === 'prefer') return socket;
        throw endedEarly();
      }
    }
    const secure = tls.connect({
      socket,
      ...(!net.isIP(host) && { servername: host }),
      ...(isDirect && { ALPNProtocols: ['postgresql'] }),
      ...(encryption === 'prefer' ? { rejectUnauthorized: false } : encryption),
    });
    await on(secure, 'secureConnect');
    return secure;
  } finally {
    clearTimeout(timeout);
    socket.removeAllListeners('close');
  }
}

const endedEarly = () =>
  Object.assign(new Error('The server ended the connection before secure TLS connection was established'), {
    code: 'ECONNRESET',
  });

const timedOut = (host: string) =>
  Object.assign(new Error(`connect CONNECT_TIMEOUT ${host}`), { code: 'CONNECT_TIMEOUT' });

/** A socket that accepts what is written, and fails in the next turn, when its listeners have been added. */
function broken(error: Error): Duplex {
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  setImmediate(() => socket.destroy(error));
  return socket;
}
