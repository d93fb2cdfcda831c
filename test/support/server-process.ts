import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { programEnv } from './program-env.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** What a process has said and how it ended. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface ServerProcess {
  child: ChildProcess;
  ended: Promise<Ended>;
  /** What it has said on standard error so far. */
  said(): string;
  /** Its GraphQL address, when it has said that it is there. */
  ready: Promise<string>;
}

export interface Response {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
  body: any;
}

/** Programs started as an operator does, each ended at the latest when the file's tests are done. */
export function useProcesses() {
  const launched: ChildProcess[] = [];
  afterAll(() => {
    for (const child of launched) child.kill('SIGKILL');
  });
  /** Nothing but `settings` is in its environment. */
  return function launch(settings: Record<string, string>, args: string[] = []): ServerProcess {
    const env = programEnv({ PORT: '0', DEMO: 'false', ...settings });
    const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    launched.push(child);
    let [stdout, stderr] = ['', ''];
    const ready = new Promise<string>((resolve, reject) => {
      child.stdout.on('data', (text) => {
        stdout += text;
        if (/^Database .*\n/m.test(stdout)) resolve(/^GraphQL +(\S+)/m.exec(stdout)?.[1] as string);
      });
      child.once('close', () => reject(new Error(`It ended: ${stderr}`)));
    });
    ready.catch(() => {});
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    const ended = once(child, 'close').then(([code]): Ended => ({ code, stdout, stderr }));
    return { child, ended, ready, said: () => stderr };
  };
}

/** Sends a document to a server. */
export async function post(url: string, query: string, variables: object = {}): Promise<Response> {
  const { status, headers, ...response } = await send(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return { status, headers, body: JSON.parse(response.body) };
}

/** Sends a request; the body is the text of the answer. */
export async function send(url: string | URL, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, body: await response.text() };
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
