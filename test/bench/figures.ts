import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';

const DOCUMENT = join(import.meta.dirname, '../../docs/benchmarks.md');

/** What a benchmark prints of itself, not of what it measures: how far it is, and what it leaves out. */
const isAside = (line: string): boolean => /^\s*\d+ s: |^\(|^\s*$/.test(line);

const cell = (text: string): string => text.trim().replaceAll('|', '\\|');

/**
 * What a benchmark has printed, as it stands in the document: when, where and of which code; what has no value, in a
 * sentence; and a table of the lines `what: figures`, those indented as parts of the one before.
 */
export function figuresOf(name: string, lines: readonly string[], where: string): string {
  const said = lines.filter((line) => !isAside(line));
  const headings = said.filter((line) => !line.includes(': ')).map((line) => line.replace(/:$/, ''));
  const rows = said
    .filter((line) => line.includes(': '))
    .map((line) => {
      const at = line.indexOf(': ');
      return `| ${line.startsWith(' ') ? '… ' : ''}${cell(line.slice(0, at))} | ${cell(line.slice(at + 2))} |`;
    });
  const about = headings.length > 0 ? ` ${headings.map(cell).join('; ')}.` : '';
  return `\`npm run bench -- ${name}\`, ${where}.${about}\n\n| | |\n|---|---|\n${rows.join('\n')}`;
}

const markers = (name: string) => [`<!-- figures of ${name} -->`, `<!-- end of ${name} -->`] as const;

/** What comes behind the figures of all benchmarks. */
const BEHIND = '\n## Tried\n';

/** The document with the figures of a benchmark between its markers; those that it has no place for yet get one. */
export function withFigures(document: string, name: string, figures: string): string {
  const [begin, end] = markers(name);
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from >= 0 && to > from) return `${document.slice(0, from + begin.length)}\n${figures}\n${document.slice(to)}`;
  const at = document.indexOf(BEHIND);
  if (at < 0) throw new Error(`docs/benchmarks.md has no place for ${name}: ${begin} and ${end}.`);
  return `${document.slice(0, at)}\n### ${name}\n\n${begin}\n${figures}\n${end}\n${document.slice(at)}`;
}

/** The day, the machine and the code. */
function whereabouts(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
  const isChanged = git('status', '--porcelain', '--', '../../src') !== '';
  const code = `${git('rev-parse', '--short', 'HEAD')}${isChanged ? ' with changes' : ''}`;
  const [load = 0] = loadavg();
  return (
    `${new Date().toISOString().slice(0, 10)}, commit ${code}, ${availableParallelism()} cores, ` +
    `Node ${process.versions.node}, load ${load.toFixed(1)} at the end`
  );
}

/** Runs a benchmark, and puts what it prints into docs/benchmarks.md. */
export async function writtenDown(name: string, run: () => Promise<void>): Promise<void> {
  const lines: string[] = [];
  const { log } = console;
  console.log = (...parts: unknown[]) => {
    lines.push(...parts.join(' ').split('\n'));
    log(...parts);
  };
  try {
    await run();
  } finally {
    console.log = log;
  }
  writeFileSync(DOCUMENT, withFigures(readFileSync(DOCUMENT, 'utf8'), name, figuresOf(name, lines, whereabouts())));
}
