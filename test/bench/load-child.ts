// Sends requests over a fixed number of kept-alive connections, one after another on each, for so many seconds. Told by
// message what to send where; answers by message. Sockets are written and read bare, so that little time is spent here.
import { connect, type Socket } from 'node:net';
import type { Load, LoadResult } from './load.ts';

const END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** Where the response that begins `buffer` ends; -1: not yet all there. */
function endOf(buffer: Buffer): number {
  const head = buffer.indexOf(END);
  if (head < 0) return -1;
  const headers = buffer.toString('latin1', 0, head).toLowerCase();
  const length = /content-length: (\d+)/.exec(headers)?.[1];
  if (length !== undefined) {
    const end = head + END.length + Number(length);
    return buffer.length >= end ? end : -1;
  }
  // A body in chunks ends with an empty one, and nothing else is sent before the next request.
  return buffer.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK) ? buffer.length : -1;
}

async function run({ url, bodies, seconds, connections, first, requests }: Load): Promise<LoadResult> {
  const { hostname, port, pathname } = new URL(url);
  const texts = bodies.map((body) =>
    Buffer.from(
      `POST ${pathname} HTTP/1.1\r\nhost: ${hostname}:${port}\r\nconnection: keep-alive\r\naccept: application/json\r\n` +
        `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  );
  const times: number[] = [];
  let next = first;
  let failed = 0;
  let failure = '';
  const start = performance.now();
  const until = seconds ? start + seconds * 1000 : Number.POSITIVE_INFINITY;
  const last = requests ? first + requests : Number.POSITIVE_INFINITY;
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const socket: Socket = connect(Number(port), hostname);
      socket.setNoDelay(true);
      let sent = 0;
      let received: Buffer = Buffer.alloc(0);
      const send = () => {
        if (performance.now() >= until || next >= last) {
          socket.end();
          return resolve();
        }
        received = Buffer.alloc(0);
        sent = performance.now();
        socket.write(texts[next++ % texts.length] as Buffer);
      };
      socket.on('connect', send);
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the server closed a connection')));
      socket.on('data', (chunk: Buffer) => {
        received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
        const end = endOf(received);
        if (end < 0) return;
        times.push(performance.now() - sent);
        if (received.toString('latin1', 9, 12) !== '200' || received.includes('"errors"')) {
          failed++;
          failure ||= received.toString('utf8', 0, 2_000);
        }
        send();
      });
    });
  await Promise.all(Array.from({ length: connections }, one));
  const took = performance.now() - start;
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return {
    requests: times.length,
    perSecond: (times.length / took) * 1000,
    p50: at(0.5),
    p99: at(0.99),
    failed,
    failure,
  };
}

process.on('message', (load: Load) => {
  run(load).then(
    (result) => process.send?.(result),
    (error: Error) => process.send?.({ error: error.message }),
  );
});
