#!/usr/bin/env node
// Starts Palimpsest: the library as it was built, or in a clone its sources, which need a Node that runs TypeScript. Where
// this one cannot, the one that npm has installed along does.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = new URL('../src/main.ts', import.meta.url);
const isClone = existsSync(source);
const main = isClone ? source : new URL('../dist/main.js', import.meta.url);

/** As `engines` of package.json says. */
function canRun() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (!isClone) return major > 22 || (major === 22 && minor >= 2);
  return major >= 26 || major === 24 || (major === 22 && minor >= 18);
}

function bundledNode() {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('node/package.json'));
    const file = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

function runBy(node) {
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both processes, and a second one would end the child at once.
  const isAtTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  process.on('SIGINT', () => isAtTerminal || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => refuse(`${node} does not start (${error.message})`));
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function refuse(why) {
  const orElse = isClone ? ', or run npm install with its scripts and optional packages, which brings it along' : '';
  console.error(`${why}: install Node 26${orElse}.`);
  process.exitCode = 1;
}

const node = canRun() ? undefined : bundledNode();
if (canRun()) await import(main.href);
else if (node) runBy(node);
else refuse(`Palimpsest needs Node ${isClone ? '22.18, 24 or 26' : '22.2 or later'}, and this is ${process.version}`);
