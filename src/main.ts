import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { explain } from './cli/explain.ts';
import { run } from './cli/program.ts';
import type { Surroundings } from './cli/surroundings.ts';
import { hastenImports } from './db/internals/hasten-imports.ts';

const STOP_TIMEOUT_MS = 10_000;

/** Resolves at SIGTERM or SIGINT; a second one, or too long a wait, ends the process at once. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    const onSignal = () => {
      resolve();
      setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
      process.once('SIGTERM', () => process.exit(1)).once('SIGINT', () => process.exit(1));
    };
    process.once('SIGTERM', onSignal).once('SIGINT', onSignal);
  });
}

function startApart(args: readonly string[], env: NodeJS.ProcessEnv, log: string): Promise<void> {
  const out = openSync(log, 'a');
  const program = [...process.execArgv, fileURLToPath(import.meta.url), ...args];
  const child = spawn(process.execPath, program, {
    env,
    detached: true,
    windowsHide: true,
    stdio: ['ignore', out, out],
  });
  closeSync(out);
  child.unref();
  return new Promise((resolve) => {
    child.once('exit', () => resolve()).once('error', () => resolve());
  });
}

const surroundings: Surroundings = {
  env: process.env,
  isTerminal: process.stderr.isTTY,
  untilStopped,
  pid: process.pid,
  startApart,
  onExit: (run) => void process.once('exit', run),
  onLostFailure: (take) => void process.on('unhandledRejection', take),
};

hastenImports();
try {
  await run(process.argv.slice(2), surroundings);
} catch (error) {
  const sentence = explain(error);
  if (sentence) console.error(sentence);
  process.exitCode = 1;
}
