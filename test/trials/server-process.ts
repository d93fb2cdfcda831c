import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { programEnv } from '../support/program-env.ts';
import { WATCHED, watch } from './watch.ts';

/** How long a server may take to listen. */
const START_TIMEOUT_MS = 180_000;

/** What GraphQL answered; `status` 0: nothing came. */
export interface Reply {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
  data?: any;
  errors?: { message: string; extensions?: { code?: string } }[];
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** The program, as an operator starts it. */
export class ServerProcess {
  readonly process: ChildProcess;
  readonly url: string;
  readonly #ended: Promise<unknown>;
  readonly #complaints: () => string;

  private constructor(child: ChildProcess, url: string, ended: Promise<unknown>, complaints: () => string) {
    this.process = child;
    this.url = url;
    this.#ended = ended;
    this.#complaints = complaints;
  }

  /** Starts it and waits until it listens. */
  static async start(settings: Record<string, string>): Promise<ServerProcess> {
    const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
    const child = spawn(process.execPath, [...WATCHED, main], {
      env: programEnv(settings),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    const ended = once(child, 'close').finally(() => running.delete(child));
    let [said, complaints] = ['', ''];
    child.stderr?.on('data', (text) => {
      complaints = (complaints + text).replace(/^HEAP \d+\n/gm, '').slice(-2_000);
    });
    const url = await new Promise<string>((resolve, reject) => {
      const late = setTimeout(() => {
        // It would keep the folder of the embedded database.
        child.kill('SIGKILL');
        reject(new Error(`It does not listen: ${said} ${complaints}`));
      }, START_TIMEOUT_MS);
      child.stdout?.on('data', (text) => {
        if (said.length < 10_000) said += text;
        const [found] = /http:\/\/\S+?\/graphql/.exec(said) ?? [];
        if (!found) return;
        clearTimeout(late);
        resolve(found);
      });
      ended.then(() => reject(new Error(`It ended: ${said} ${complaints}`)));
    });
    watch.begin(child, url);
    return new ServerProcess(child, url, ended, () => complaints);
  }

  /** What it has said on standard error, the end of it. */
  get complaints(): string {
    return this.#complaints();
  }

  /** What it holds after garbage has been collected. */
  async memory(): Promise<NodeJS.MemoryUsage> {
    const told = Promise.withResolvers<NodeJS.MemoryUsage>();
    let said = '';
    const listen = (text: Buffer) => {
      said += text;
      const found = /^MEMORY (\{.*\})$/m.exec(said)?.[1];
      if (found) told.resolve(JSON.parse(found));
    };
    this.process.stderr?.on('data', listen);
    this.process.kill('SIGUSR2');
    try {
      return await told.promise;
    } finally {
      this.process.stderr?.off('data', listen);
    }
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    watch.leave(this.url);
    this.process.kill(signal);
    await this.#ended;
  }

  /** Sends a document; where no answer comes, that is the answer. */
  async ask(query: string, variables: object = {}, timeoutMs = 20_000): Promise<Reply> {
    try {
      const response = await fetch(this.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      return { status: response.status, ...((await response.json()) as object) };
    } catch {
      return { status: 0 };
    }
  }
}
