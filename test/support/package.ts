import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect } from 'vitest';
import { patience } from './calibration.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** What `npm pack` says of what it has packed. */
interface Packed {
  filename: string;
  size: number;
  unpackedSize: number;
  files: { path: string }[];
}

export interface Library {
  packed: Packed;
  /** A project that has nothing but the library. */
  project: string;
  /** Where the library is in it. */
  installed: string;
}

/** No program takes so long; npm without a network says so long before. */
const LONGEST_RUN_MS = 180_000;
const offline = ['--prefer-offline', '--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--fetch-timeout=30000'];
const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];

/** What npm tells the programs that it runs is not meant for an npm that they run. */
const kept = (name: string) =>
  !/^(?:npm_|NODE_|VITEST|TEST)/i.test(name) ||
  /^(?:npm_config_(?:registry|cache|userconfig|cafile)|NODE_EXTRA_CA_CERTS)$/i.test(name);

/** Runs a program to its end; its exit code, and what it says on standard output and standard error. */
export async function runToEnd(program: string, args: readonly string[], cwd: string, input = '', settings = {}) {
  const env = { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => kept(name))), ...settings };
  const child = spawn(program, args, { cwd, env, timeout: patience(LONGEST_RUN_MS) });
  let [said, complaints] = ['', ''];
  child.stdout.on('data', (text) => {
    said += text;
  });
  child.stderr.on('data', (text) => {
    complaints += text;
  });
  child.stdin.end(input);
  const [code, signal] = await once(child, 'close');
  return { code: code ?? signal, said, complaints };
}

/** The same of a program that must not fail: what it says on standard output. */
export async function run(...call: Parameters<typeof runToEnd>): Promise<string> {
  const { code, said, complaints } = await runToEnd(...call);
  expect(code, `${call[0]} ${call[1].join(' ')}: ${said}${complaints}`).toBe(0);
  return said;
}

export function sizeOf(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

export const readJson = (file: string) => JSON.parse(readFileSync(file, 'utf8'));

/** Packs the library, and installs it into an empty project, before the tests of a file; all of it goes with them. */
export function useLibrary(): Library {
  const folder = mkdtempSync(join(tmpdir(), 'palimpsest-package-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const project = join(folder, 'project');
  const library = { project, installed: join(project, 'node_modules/palimpsest') } as Library;
  beforeAll(async () => {
    library.packed = await pack(folder);
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module', private: true }));
    await run('npm', ['install', ...offline, ...quiet, join(folder, library.packed.filename)], project);
  }, patience(300_000));
  return library;
}

/** In a copy, since packing puts another package.json in place for a moment. */
async function pack(folder: string): Promise<Packed> {
  const copy = join(folder, 'copy');
  mkdirSync(copy);
  const needed = [
    'package.json',
    '.npmrc',
    'tsconfig.json',
    'README.md',
    'LICENSE',
    '.ci',
    'bin',
    'docs',
    'drizzle',
    'src',
  ];
  for (const name of needed) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const said = await run('npm', ['pack', '--json', '--pack-destination', folder], copy);
  expect(readJson(join(copy, 'package.json'))).toEqual(readJson(join(root, 'package.json')));
  const answer = JSON.parse(said.slice(said.search(/^[[{]\s*$/m)));
  return (Array.isArray(answer) ? answer[0] : Object.values(answer)[0]) as Packed;
}

/** Puts packages that are here for development beside the library, as a project has them that uses both. */
export function placeBeside(project: string, names: readonly string[]): void {
  for (const name of names) {
    const place = join(project, 'node_modules', name);
    mkdirSync(dirname(place), { recursive: true });
    rmSync(place, { recursive: true, force: true });
    symlinkSync(realpathSync(join(root, 'node_modules', name)), place);
  }
}

/** What is of the project that is compiled, where it is not as usual. */
interface Options {
  module: 'nodenext' | 'esnext';
  moduleResolution?: 'bundler';
  skipLibCheck?: boolean;
  lib?: string[];
  types?: string[];
}

/** What the compiler finds wrong with files of a project, in them or in whatever they lead to: a line each. */
export async function complaintsOf(project: string, files: readonly string[], options: Options): Promise<string[]> {
  const compilerOptions = {
    ...{ target: 'es2024', lib: ['es2025', 'esnext.disposable'], types: ['node'] },
    ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false },
    ...{ noEmit: true, allowImportingTsExtensions: true },
    ...options,
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const tsc = join(root, 'node_modules/.bin/tsc');
  const { said } = await runToEnd(tsc, ['--project', 'tsconfig.json', '--pretty', 'false'], project);
  return said.split('\n').filter((line) => line !== '' && !line.startsWith(' '));
}
