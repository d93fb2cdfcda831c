import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const file = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const { version } = JSON.parse(readFileSync(file('package.json'), 'utf8')) as { version: string };

/** Runs a program to its end. */
function run(args: string[], flags: string[] = [], program = 'src/main.ts') {
  const env = { PATH: process.env.PATH };
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, file(program), ...args], {
    encoding: 'utf8',
    env,
  });
  return { status, stdout, stderr };
}

const names = [
  'serve',
  'mcp',
  'import',
  'export',
  'backup',
  'restore',
  'reembed',
  'consolidate',
  'eval',
  'admin',
  'schema',
];
const levels = [
  [],
  ...names.map((name) => [name]),
  ['admin', 'workspace'],
  ['admin', 'key'],
  ['admin', 'workspace', 'delete'],
  ['admin', 'key', 'create'],
];

describe.each(levels.map((path) => ({ path, command: ['palimpsest', ...path].join(' ') })))(
  '$command',
  ({ path, command }) => {
    test('--help says how it is called, on standard output', () => {
      const { status, stdout, stderr } = run([...path, '--help']);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(new RegExp(`^Usage: ${command} `));
      for (const option of ['--help', '--version']) expect(stdout).toContain(`  ${option} `);
    });

    test('--version says the version and nothing else', () => {
      expect(run([...path, '--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
    });
  },
);

test('the help of the program names every command, and that of a command its arguments', () => {
  const { stdout } = run(['--help']);
  for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name} .*\\w$`, 'm'));
  expect(run(['import', '--help']).stdout).toMatch(/<file>[\s\S]*--companion <key>/);
  expect(run(['restore', '--help']).stdout).toMatch(/<file>[\s\S]*--force/);
  expect(run(['admin', 'key', 'create', '--help']).stdout).toMatch(/--scopes <scopes>[\s\S]*--name[\s\S]*--expires/);
});

test.each([
  [
    ['import'],
    'Exactly one file is expected: npm run import -- FILE [--format FORMAT] [--companion KEY] [--user ID] [--remember turns|none]',
  ],
  [
    ['import', 'a', 'b'],
    'Exactly one file is expected: npm run import -- FILE [--format FORMAT] [--companion KEY] [--user ID] [--remember turns|none]',
  ],
  [['export', 'a', '--companion', 'iris'], 'Exactly one file is expected: npm run export -- FILE'],
  [['backup', '--gently', 'a'], 'Exactly one file is expected: npm run backup -- FILE [--force]'],
  [['restore'], 'Exactly one file is expected: npm run restore -- FILE [--force]'],
  [['serve', '--port', '80'], "Unknown option '--port'."],
  [['schema', 'all'], "Too many arguments for 'schema'. Expected 0 arguments but got 1: all."],
])('%j is answered in one line', (args, sentence) => {
  expect(run(args)).toEqual({ status: 1, stdout: '', stderr: `${sentence}\n` });
});

describe('the program that npm links', () => {
  const launcher = 'bin/palimpsest.js';
  /** What a Node says that cannot run TypeScript. */
  const asNode20 = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });
    Object.defineProperty(process, 'version', { value: 'v20.20.2' });`;
  const preload = (source: string) => ['--import', `data:text/javascript,${encodeURIComponent(source)}`];

  test('is the same as main.ts', () => {
    expect(run(['--version'], [], launcher)).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
    expect(run(['export'], [], launcher)).toEqual(run(['export']));
  });

  test.runIf(bundledNode())('goes on with the Node of the package where its own is too old, code and all', () => {
    expect(run(['--version'], preload(asNode20), launcher)).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
    expect(run(['export'], preload(asNode20), launcher)).toEqual(run(['export']));
  });

  test('says what to do where there is no other', () => {
    const alone = `${asNode20}
      import { syncBuiltinESMExports } from 'node:module';
      import fs from 'node:fs';
      const isThere = fs.existsSync;
      fs.existsSync = (file) => !/node(\\.exe)?$/.test(file) && isThere(file);
      syncBuiltinESMExports();`;
    const { status, stdout, stderr } = run(['--version'], preload(alone), launcher);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(
      /^Palimpsest needs Node 22\.18, 24 or 26, and this is v20\.20\.2: install Node 26, or .+\n$/,
    );
  });
});

function bundledNode(): boolean {
  try {
    return createRequire(import.meta.url).resolve('node/package.json') !== '';
  } catch {
    return false;
  }
}
