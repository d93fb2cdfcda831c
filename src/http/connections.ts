import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { addressOf, networkOf } from './requests/address.ts';

/** How many of something each address has. */
class Counts {
  readonly #most: number;
  readonly #counts = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Counts one more, if there may be. */
  enter(address: string): boolean {
    const before = this.#counts.get(address) ?? 0;
    if (before >= this.#most) return false;
    this.#counts.set(address, before + 1);
    return true;
  }

  leave(address: string): void {
    const left = (this.#counts.get(address) ?? 1) - 1;
    if (left > 0) this.#counts.set(address, left);
    else this.#counts.delete(address);
  }
}

/** Closes each connection above `most` of one address (IPv6: one /64) at once, unanswered. */
export function limitConnections(server: Server, most: number): void {
  const counts = new Counts(most);
  server.on('connection', (socket) => {
    const address = networkOf(socket.remoteAddress ?? '');
    if (address === undefined) return;
    if (!counts.enter(address)) return void socket.destroy();
    socket.once('close', () => counts.leave(address));
  });
}

/**
 * Behind proxies of our own the connections are theirs, and say nothing of who is behind them. A client there takes one
 * for as long as its request does: these are counted. Returns whether one more may be answered.
 */
export function requestLimit(
  most: number,
  trustedProxies: number,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const counts = new Counts(most);
  return (request, response) => {
    const address = addressOf(request, trustedProxies);
    if (address === undefined) return true;
    if (!counts.enter(address)) return false;
    response.once('close', () => counts.leave(address));
    return true;
  };
}
