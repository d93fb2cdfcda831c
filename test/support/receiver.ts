import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that a receiver of webhooks has got. */
export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** How a receiver answers a request; undefined: with 204. */
export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

export interface Receiver {
  url: string;
  /** What has come, in order. */
  received: Received[];
  /** Decides how a request is answered; `never` leaves it without an answer. */
  reply: (request: Received) => Reply | undefined | 'never' | Promise<Reply | undefined>;
  stop(): Promise<void>;
}

/** A server that gets webhooks, on the loopback interface. */
export async function startReceiver(
  listenOn: (listener: RequestListener) => Server = (listener) => createServer(listener),
): Promise<Receiver> {
  const receiver = { received: [], reply: () => undefined } as Partial<Receiver> as Receiver;
  const server = listenOn((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', async () => {
      const got = { path: request.url as string, headers: request.headers, body: Buffer.concat(pieces).toString() };
      receiver.received.push(got);
      const reply = await receiver.reply(got);
      if (reply === 'never') return;
      response.writeHead(reply?.status ?? 204, reply?.headers).end(reply?.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  receiver.stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return receiver;
}
