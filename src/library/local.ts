import { randomUUID } from 'node:crypto';
import { openDatabase, whyFailed } from '../db/open.ts';
import type { Service } from '../http/server.ts';
import { guardProcess } from './lost-failures.ts';
import type { OpenOptions } from './options.ts';
import { readOptions } from './read-options.ts';
import { openService } from './service.ts';

/** What answers requests without a socket. */
interface Local {
  /** Answers a request of somebody else's. */
  answer(request: Request | string | URL, init?: RequestInit): Promise<Response>;
  /** Answers a request of this process's own, who may do everything in its workspace. */
  answerOwn(url: string, init: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

export async function openLocally(options: OpenOptions): Promise<Local> {
  const config = readOptions(options);
  const { log } = options;
  const database = await openDatabase(config);
  const ownKey = randomUUID();
  const stream = log && { write: (line: string) => log(line.trimEnd()) };
  const opened = await openService(config, {
    database,
    ownKey,
    log: { isTerminal: false, ...(stream && { stream }) },
  }).catch(async (error) => {
    await database.close();
    throw whyFailed(error, config);
  });
  const { service, stopWork, finish } = opened;
  const unguard = guardProcess();
  return {
    answer: async (request, init) => plain(await service.fetch(asRequest(request, init))),
    answerOwn: (url, init) => {
      const headers = { ...(init.headers as Record<string, string>), authorization: `Bearer ${ownKey}` };
      return service.fetch(url, { ...init, headers }) as Promise<Response>;
    },
    async close() {
      await stopWork();
      await service.handle.dispose();
      await finish();
      await database.close();
      unguard();
    },
  };
}

const asRequest = (request: Request | string | URL, init: RequestInit | undefined) =>
  request instanceof Request && !init ? request : new Request(request, init);

/** The same answer as the Response that this process has: what stands around it may ask for its own kind. */
async function plain(answer: Awaited<ReturnType<Service['fetch']>>): Promise<Response> {
  const { status, statusText, headers } = answer;
  if (answer.body && headers.get('content-type')?.startsWith('text/event-stream'))
    return new Response(asEvents(answer.body), { status, statusText, headers: [...headers] });
  const body = [101, 204, 205, 304].includes(status) ? null : await answer.arrayBuffer();
  return new Response(body, { status, statusText, headers: [...headers] });
}

/** What is sent little by little; who takes no more of it ends it. */
function asEvents(body: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await chunks.return?.();
    },
  });
}
