import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { bootstrap, type Figures, measureNames } from '../../../src/model/evaluation/measures.ts';

/** What was measured of a set on a database. */
export interface Measured {
  set: string;
  database: string;
  /** Its kind and version. */
  system: string;
  memories: number;
  vectors: { embedded: number; pending: number; model: string | null };
  groups: Record<string, Figures>;
  /** Of a recall, p50 and p95 in milliseconds. */
  ms: { p50: number; p95: number };
}

/** The figures of a run, and of what machine and day they are. */
export interface Report {
  on: string;
  machine: string;
  measured: Measured[];
}

export const reportOf = (measured: Measured[]): Report => ({
  on: new Date().toISOString().slice(0, 10),
  machine: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'an unknown processor'}, Node ${process.versions.node}`,
  measured,
});

const part = (value: number): string => value.toFixed(3).replace(/^0/, '');
const between = ([low, high]: readonly [number, number]): string => `${part(low)}–${part(high)}`;

/** Prints the figures of a set, and what has changed since an earlier run that asked the same questions. */
export function print(measured: Measured, earlier?: Measured): void {
  const { set, system, memories, vectors, groups, ms } = measured;
  console.log(
    `\n${set}, ${system}: ${memories} memories; vectors of ${vectors.model}: ${vectors.embedded} made, ` +
      `${vectors.pending} pending; recall p50 ${ms.p50.toFixed(1)} ms, p95 ${ms.p95.toFixed(1)} ms`,
  );
  if (vectors.pending > 0) console.log('(those pending were waited for RECALL_WAIT_S seconds, and are left out)');
  for (const [group, figures] of Object.entries(groups)) {
    const means = measureNames.map((name) => `${name} ${figures[name].toFixed(3)}`);
    means[measureNames.indexOf('R@10')] += ` [${between(figures.interval)}]`;
    const since = change(figures, earlier?.groups[group]);
    console.log(`${group.padEnd(26)} ${String(figures.questions).padStart(4)}  ${means.join('  ')}${since}`);
  }
}

/** How much more R@10 is than in an earlier run, and between which that is with 95 % probability, question by question. */
function change({ each }: Figures, earlier: Figures | undefined): string {
  if (earlier?.each.length !== each.length) return '';
  const differences = each.map((value, index) => value - (earlier.each[index] as number));
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
  const mean = differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
  const [low, high] = bootstrap(differences);
  return `  R@10 ${signed(mean)} [${signed(low)}, ${signed(high)}]`;
}

/** What the tables of a set are called, and the groups that have a row; the first column of each row. */
const rows: Record<string, Record<string, string>> = {
  locomo: { all: 'LoCoMo, categories 1–4', adversarial: '… adversarial' },
  together: { all: 'LoCoMo in one companion' },
  beam: { all: 'BEAM', 'contradiction resolution': '… contradictions: all@10 is both sides' },
  mixed: { all: 'mixed', long: '… answered by long memories', short: '… by short ones' },
  'made-up': { all: 'made-up' },
  paraphrases: { all: '40 paraphrases, English' },
  'own-paraphrases': {
    English: '15 more, English',
    German: '15, German',
    Spanish: '15, Spanish',
    French: '15, French',
  },
};
const shown = ['R@5', 'R@10', 'hit@5', 'hit@10', 'all@10', 'MRR'] as const;

/** The figures as tables in Markdown. */
export function tablesOf({ on, machine, measured }: Report): string {
  const systems = [...new Set(measured.map(({ system }) => system))];
  const models = [...new Set(measured.map(({ vectors }) => `\`${vectors.model}\``))];
  const lines = [
    `On ${on}, ${machine}; ${systems.join(', ')}; vectors of ${models.join(', ')}.`,
    '',
    `| set | database | questions | ${shown.join(' | ')} | p50, p95 in ms |`,
    `|---|---|---|${shown.map(() => '---').join('|')}|---|`,
  ];
  for (const [set, groups] of Object.entries(rows)) {
    for (const [group, title] of Object.entries(groups)) {
      for (const each of measured.filter((one) => one.set === set && one.groups[group])) {
        const figures = each.groups[group] as Figures;
        const means = shown.map(
          (name) => part(figures[name]) + (name === 'R@10' ? ` (${between(figures.interval)})` : ''),
        );
        const times = `${each.ms.p50.toFixed(0)}, ${each.ms.p95.toFixed(0)}`;
        lines.push(`| ${title} | ${each.database} | ${figures.questions} | ${means.join(' | ')} | ${times} |`);
      }
    }
  }
  const pending = measured.filter(({ vectors }) => vectors.pending > 0);
  lines.push(
    '',
    pending.length === 0
      ? 'Every memory had its vector.'
      : `Without a vector were: ${pending.map((one) => `${one.vectors.pending} of ${one.memories} (${one.set}, ${one.database})`).join('; ')}.`,
    '',
    ...byCategory(measured),
  );
  return lines.join('\n');
}

/** R@10 of each category of the sets that have any. */
function byCategory(measured: readonly Measured[]): string[] {
  const lines = ['| R@10 by category | database | |', '|---|---|---|'];
  for (const { set, database, groups } of measured.filter(({ set }) => ['locomo', 'beam', 'made-up'].includes(set))) {
    const categories = Object.entries(groups).filter(([group]) => group !== 'all');
    const means = categories.map(([group, figures]) => `${group} ${part(figures['R@10'])}`).join(', ');
    lines.push(`| ${rows[set]?.all} | ${database} | ${means} |`);
  }
  return lines;
}

const marked = /(<!-- written by `npm run bench -- recall-quality` -->\n)[\s\S]*?(<!-- end -->)/;

/** Writes the tables into a document, between its markers. */
export function writeInto(file: URL, report: Report): void {
  const text = readFileSync(file, 'utf8');
  if (!marked.test(text)) throw new Error(`${file.pathname} has no place for the figures: ${marked}`);
  writeFileSync(
    file,
    text.replace(marked, (_, before, after) => `${before}\n${tablesOf(report)}\n\n${after}`),
  );
}
