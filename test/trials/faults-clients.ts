import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ground, Outcome } from './faults.ts';
import { connectionsOf, mb, PROBE, residentOf } from './faults-load.ts';
import { ServerProcess } from './server-process.ts';
import { percentile, toNumber } from './support.ts';

/** How much more memory is normal: what is compiled and kept while a service is in use. */
const MORE_IS_NORMAL = 64 * 2 ** 20;

interface Trouble {
  server: ServerProcess;
  facts: string[];
  broken: string[];
}

/**
 * Runs something against a server, and looks whether others are served meanwhile, and memory and connections come back.
 */
async function trouble(settings: Record<string, string>, run: (trouble: Trouble) => Promise<void>): Promise<Outcome> {
  const server = await ServerProcess.start(settings);
  const [facts, broken]: string[][] = [[], []];
  const times: number[] = [];
  const refused: Record<string, number> = {};
  let most = 0;
  let isOver = false;
  try {
    for (let warm = 0; warm < 50; warm++) await server.ask(PROBE);
    const before = { ...(await server.memory()), ...connectionsOf(server) };
    const others = (async () => {
      while (!isOver) {
        const started = performance.now();
        const { status, errors } = await server.ask(PROBE);
        times.push(performance.now() - started);
        const what = `${status} ${errors?.[0]?.extensions?.code ?? ''}`.trim();
        if (status !== 200) refused[what] = (refused[what] ?? 0) + 1;
        most = Math.max(most, residentOf(server));
        await sleep(20);
      }
    })();
    await run({ server, facts: facts as string[], broken: broken as string[] });
    isOver = true;
    await others;
    let after = { ...(await server.memory()), ...connectionsOf(server) };
    for (let wait = 0; wait < 20 && after.connections > before.connections + 4; wait++) {
      await sleep(500);
      after = { ...(await server.memory()), ...connectionsOf(server) };
    }
    facts?.push(
      `others meanwhile: ${times.length} requests, 99 of 100 within ${percentile(times, 0.99).toFixed(0)} ms, the slowest ${percentile(times, 1).toFixed(0)} ms${Object.keys(refused).length > 0 ? `, refused ${JSON.stringify(refused)}` : ''}`,
      `heap ${mb(before.heapUsed)} before, ${mb(after.heapUsed)} after; buffers ${mb(before.arrayBuffers)} and ${mb(after.arrayBuffers)}; process ${mb(before.rss)}, at most ${mb(most)}, and ${mb(after.rss)} after`,
      `connections ${before.connections} before, ${after.connections} after; open files ${before.files} and ${after.files}`,
    );
    if (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers > MORE_IS_NORMAL)
      broken?.push('memory is not back to normal');
    if (after.connections > before.connections + 4) broken?.push(`${after.connections} connections are left`);
    const { status, errors } = await server.ask(PROBE);
    if (status !== 200 || errors)
      broken?.push(`afterwards: ${status} ${JSON.stringify(errors)} ${server.complaints.slice(-500)}`);
  } finally {
    await server.kill();
  }
  return { facts: facts as string[], broken: broken as string[] };
}

/** A bare connection, what has come on it, and whether it is over. */
function open(
  server: ServerProcess,
  reads = true,
): { socket: Socket; received: () => string; closed: Promise<number> } {
  const { hostname, port } = new URL(server.url);
  const started = performance.now();
  const socket = connect(Number(port), hostname);
  let received = '';
  if (reads) {
    socket.on('data', (chunk: Buffer) => {
      if (received.length < 10_000) received += chunk;
    });
  } else socket.pause();
  socket.on('error', () => {});
  const closed = new Promise<number>((resolve) => socket.on('close', () => resolve(performance.now() - started)));
  return { socket, received: () => received, closed };
}

const post = (body: string) =>
  `POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

const statusOf = (received: string) => /^HTTP\/1.1 (\d+)/.exec(received)?.[1] ?? 'nothing';

function tally(values: readonly string[]): string {
  const counts = Map.groupBy(values, (value) => value);
  return [...counts].map(([value, of]) => `${value}: ${of.length}`).join(', ');
}

const TIMEOUT_MS = 5_000;

export const slowReaders = ({ settings }: Ground): Promise<Outcome> =>
  trouble({ ...settings, REQUEST_TIMEOUT_MS: `${TIMEOUT_MS}` }, async ({ server, facts, broken }) => {
    const content = 'A long memory. '.repeat(6_000);
    for (let at = 0; at < 40; at++) {
      await server.ask('mutation ($input: CreateMemoryInput!) { createMemory(input: $input) { __typename } }', {
        input: { companion: { key: 'long' }, type: 'EXPERIENCE', content: `${at} ${content}` },
      });
    }
    // Larger than what the system holds for a socket, by far, and less than one answer may have.
    const body = JSON.stringify({
      query: '{ memories(first: 40) { nodes { a: content b: content c: content d: content } } }',
    });
    const count = toNumber('FAULTS_READERS', 20);
    const clients = Array.from({ length: count }, () => open(server, false));
    for (const { socket } of clients) socket.write(post(body));
    const ended = Promise.all(clients.map(({ closed }) => closed));
    await sleep(3_000);
    facts.push(
      `${count} clients asked for some ${Math.round((content.length * 160) / 1e6)} MB each and read nothing: the process holds ${mb(residentOf(server))}`,
    );
    await sleep(2 * TIMEOUT_MS + 5_000);
    const { connections } = connectionsOf(server);
    facts.push(
      `${(3_000 + 2 * TIMEOUT_MS + 5_000) / 1_000} s later ${connections} connections are open (REQUEST_TIMEOUT_MS=${TIMEOUT_MS})`,
    );
    if (connections > 6) broken.push('clients that do not read are not cut off');
    for (const { socket } of clients) socket.destroy();
    await ended;
  });

export const slowSenders = ({ settings }: Ground): Promise<Outcome> =>
  trouble({ ...settings, REQUEST_TIMEOUT_MS: `${TIMEOUT_MS}` }, async ({ server, facts, broken }) => {
    const count = toNumber('FAULTS_SENDERS', 500);
    const body = JSON.stringify({ query: '{ viewer { scopes } }' });
    const whole = post(body);
    const head = whole.indexOf('\r\n\r\n') + 4;
    const clients = Array.from({ length: count }, (_, at) => {
      const client = open(server);
      // Half of them are slow with their headers, half with their bodies.
      let sent = at % 2 === 0 ? 0 : head;
      client.socket.write(whole.slice(0, sent));
      const timer = setInterval(
        () => client.socket.writable && client.socket.write(whole[sent++ % whole.length] as string),
        1_000,
      );
      client.closed.then(() => clearInterval(timer));
      return client;
    });
    const giveUp = sleep(30_000, -1);
    const times = await Promise.all(clients.map(({ closed }) => Promise.race([closed, giveUp])));
    facts.push(
      `${count} clients: ${tally(clients.map(({ received }) => statusOf(received())))}; cut off after ${percentile(times, 0).toFixed(0)} to ${percentile(times, 1).toFixed(0)} ms (REQUEST_TIMEOUT_MS=${TIMEOUT_MS})`,
    );
    if (times.includes(-1)) broken.push('clients that send a byte a second are not cut off');
    if (clients.some(({ received }) => statusOf(received()) !== '408'))
      broken.push('not all of them were told why (408)');
    for (const { socket } of clients) socket.destroy();
  });

export const tooLargeBodies = ({ settings }: Ground): Promise<Outcome> =>
  trouble(settings, async ({ server, facts, broken }) => {
    const size = toNumber('FAULTS_BODY_BYTES', 1_000_000_000);
    const block = Buffer.alloc(1_000_000, 'x');
    for (const kind of ['announced', 'in chunks'] as const) {
      const client = open(server);
      const start = 'POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n';
      client.socket.write(
        kind === 'announced' ? `${start}Content-Length: ${size}\r\n\r\n` : `${start}Transfer-Encoding: chunked\r\n\r\n`,
      );
      let sent = 0;
      let isClosed = false;
      client.closed.then(() => {
        isClosed = true;
      });
      while (sent < size && !isClosed && client.socket.writable) {
        const isFull =
          kind === 'announced'
            ? !client.socket.write(block)
            : !client.socket.write(
                Buffer.concat([Buffer.from(`${block.length.toString(16)}\r\n`), block, Buffer.from('\r\n')]),
              );
        sent += block.length;
        if (isFull) await Promise.race([once(client.socket, 'drain').catch(() => {}), client.closed]);
      }
      await Promise.race([client.closed, sleep(5_000)]);
      const status = statusOf(client.received());
      facts.push(
        `${kind}: ${Math.round(sent / 1e6)} MB were taken; answered ${status}; the process holds ${mb(residentOf(server))}`,
      );
      if (status !== '413') broken.push(`a body of ${size} bytes ${kind} was answered ${status}, not 413`);
      if (sent > 200_000_000) broken.push(`${Math.round(sent / 1e6)} MB of it were read`);
      client.socket.destroy();
    }
  });

export const manyConnections = ({ settings }: Ground): Promise<Outcome> =>
  trouble(settings, async ({ server, facts, broken }) => {
    const count = toNumber('FAULTS_CONNECTIONS', 10_000);
    const clients: ReturnType<typeof open>[] = [];
    let closed = 0;
    for (let at = 0; at < count; at++) {
      const client = open(server);
      client.closed.then(() => closed++);
      clients.push(client);
      if (at % 200 === 199) await sleep(20);
    }
    await sleep(2_000);
    const { connections } = connectionsOf(server);
    facts.push(
      `${count} connections opened: ${connections} are held, ${closed} were closed at once; the process holds ${mb(residentOf(server))}`,
    );
    const asked = clients.filter(({ socket }) => !socket.destroyed).slice(0, 200);
    for (const { socket } of asked) socket.write(post(JSON.stringify({ query: '{ viewer { scopes } }' })));
    await sleep(5_000);
    const answered = tally(asked.map(({ received }) => statusOf(received())));
    facts.push(`of ${asked.length} that then asked: ${answered}`);
    if (!answered.startsWith('200: ') || answered.includes(','))
      broken.push('connections that are held are not answered');
    for (const { socket } of clients) socket.destroy();
    await Promise.all(clients.map((client) => client.closed));
  });
