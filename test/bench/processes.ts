import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;

/** A server in a process of its own. */
export interface ServerProcess {
  /** Where it takes requests. */
  url: string;
  process: ChildProcess;
  stop(): Promise<void>;
}

/**
 * Starts a program of Node and waits until it prints its address. `args` begin with the file, relative to this folder.
 */
export async function startServer(args: readonly string[], env: Record<string, string>): Promise<ServerProcess> {
  const child = spawn(process.execPath, args, {
    cwd: here,
    env: { ...process.env, NODE_ENV: 'production', GRAPHILE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let printed = '';
  const url = await new Promise<string>((resolve, reject) => {
    const take = (chunk: Buffer) => {
      printed += chunk;
      const found = /http:\/\/\S+/.exec(printed);
      if (!found) return;
      // What it logs from then on is read, but not kept: that would slow down what is measured.
      child.stdout?.off('data', take).resume();
      resolve(found[0]);
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', (chunk: Buffer) => {
      printed += chunk;
    });
    child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}: ${printed}`)));
  });
  return {
    url,
    process: child,
    async stop() {
      if (child.exitCode !== null) return;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await gone;
      clearTimeout(late);
    },
  };
}

/**
 * The service, as an operator starts it, for the workspace `bench`. `flags` are Node's own, `settings` its. Unless these
 * say otherwise it makes no vectors: those of a filled workspace would be made in the background of what is measured.
 */
export const startService = (
  databaseUrl: string,
  flags: readonly string[] = [],
  settings: Record<string, string> = {},
): Promise<ServerProcess> =>
  startServer([...flags, '../../src/main.ts'], {
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_SIZE: '16',
    WORKSPACE: 'bench',
    EMBEDDING_PROVIDER: 'none',
    PORT: '0',
    GRAPHIQL: 'false',
    ...settings,
  });

/** The service of another checkout, as an operator starts it; `database` are the settings that say where its data is. */
export const startCheckout = (folder: string, database: Record<string, string>): Promise<ServerProcess> =>
  startServer([join(folder, 'src/main.ts')], {
    ...database,
    WORKSPACE: 'bench',
    DEMO: 'false',
    GRAPHIQL: 'false',
    PORT: '0',
  });

/** PostGraphile on the same tables; within a workspace it runs as the service's role, else past row-level security. */
export function startPostGraphile(databaseUrl: string, workspaceId?: string): Promise<ServerProcess> {
  const folder = join(here, 'postgraphile');
  if (!existsSync(join(folder, 'node_modules'))) {
    console.log('(installing PostGraphile)');
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'ignore' });
  }
  return startServer(['postgraphile/server.mjs'], {
    DATABASE_URL: databaseUrl,
    ...(workspaceId && { WORKSPACE_ID: workspaceId }),
  });
}

/**
 * The statements written by hand, behind bare node:http; with tenancy they run as the service's role in a transaction.
 */
export const startByHand = (databaseUrl: string, workspaceId: string, tenancy: boolean): Promise<ServerProcess> =>
  startServer(['by-hand-server.ts'], {
    DATABASE_URL: databaseUrl,
    WORKSPACE_ID: workspaceId,
    TENANCY: tenancy ? '1' : '',
  });

/** Sends a document that must not fail, and returns its data. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
export async function ask(url: string, query: string, variables: unknown = {}): Promise<any> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(60_000),
  });
  const { data, errors } = (await response.json()) as { data: unknown; errors?: { message: string }[] };
  if (errors) throw new Error(errors[0]?.message);
  return data;
}
