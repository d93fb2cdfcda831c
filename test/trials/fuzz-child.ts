import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { WATCHED, watch } from './watch.ts';

/** The server under trial, and what it has said. */
export interface ServerChild {
  port: number;
  dimension: number;
  process: ChildProcess;
  /** What it has logged. */
  logged: string[];
  /** Why it would have crashed. */
  crashed: string[];
  ask<T>(what: 'violations' | 'memory' | 'stop'): Promise<T>;
}

/** Starts fuzz-server.ts; `settings` are those of src/config.ts. */
export async function startFuzzServer(settings: Record<string, string>): Promise<ServerChild> {
  const child = fork(join(import.meta.dirname, 'fuzz-server.ts'), {
    env: { ...process.env, ...settings },
    execArgv: WATCHED,
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  const [logged, crashed]: string[][] = [[], []];
  let next = 0;
  const started = Promise.withResolvers<{ url: string; dimension: number }>();
  child.on('exit', (code, signal) => {
    const error = new Error(`The server has ended (${signal ?? code}): ${logged?.slice(-3).join('\n')}`);
    started.reject(error);
    for (const { reject } of waiting.values()) reject(error);
  });
  child.on(
    'message',
    (message: { id?: number; value?: unknown; error?: string; logged?: string; crashed?: string; url?: string }) => {
      if (message.url) started.resolve(message as { url: string; dimension: number });
      if (message.logged !== undefined) logged?.push(message.logged);
      if (message.crashed !== undefined) crashed?.push(message.crashed);
      if (message.id === undefined) return;
      const waiter = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) waiter?.reject(new Error(message.error));
      else waiter?.resolve(message.value as never);
    },
  );
  child.stderr?.on('data', (text) => process.stderr.write(String(text).replace(/^HEAP \d+\n/gm, '')));
  const { url, dimension } = await started.promise;
  watch.begin(child, url);
  return {
    port: Number(new URL(url).port),
    dimension,
    process: child,
    logged: logged as string[],
    crashed: crashed as string[],
    ask: (what) =>
      new Promise((resolve, reject) => {
        if (what === 'stop') watch.leave(url);
        const id = next++;
        waiting.set(id, { resolve, reject });
        child.send({ id, ask: what });
      }),
  };
}
