import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { ConfigError } from '../../kernel/config-error.ts';
import type { Asked } from './ask.ts';
import type { EvalQuestion } from './questions.ts';

/** How many questions that moved are listed in each direction. */
const MOST_LISTED = 20;
const MOST_SHOWN = 100;

const count = z.int().min(0);
const shape = z.object({
  on: z.string(),
  questions: z.array(
    z.object({ key: z.string(), group: z.string(), places: z.array(count), evidence: count.min(1), ms: z.number() }),
  ),
});

/** A run as it was saved. */
export type SavedRun = z.infer<typeof shape>;

/** What makes two questions the same: all but what is expected. */
const keyOf = ({ question, companion, user, at }: EvalQuestion): string =>
  JSON.stringify([companion, user ?? null, question, at?.validAt ?? null, at?.knownAt ?? null]);

/** Writes a run to a file, to be compared with later ones. Throws ConfigError where it cannot be written. */
export async function saveRun(file: string, asked: readonly Asked[]): Promise<void> {
  const run: SavedRun = {
    on: new Date().toISOString(),
    questions: asked.map(({ question, group, places, evidence, ms }) => {
      return { key: keyOf(question), group, places: [...places], evidence, ms: Math.round(ms * 10) / 10 };
    }),
  };
  await writeFile(file, `${JSON.stringify(run)}\n`).catch((error) => {
    throw new ConfigError(`${file} cannot be written: ${error.message}.`, { cause: error });
  });
}

/** Reads a run that was saved. Throws ConfigError where the file cannot be read, or is none. */
export async function readRun(file: string): Promise<SavedRun> {
  const text = await readFile(file, 'utf8').catch((error) => {
    throw new ConfigError(`${file} cannot be read: ${error.message}.`, { cause: error });
  });
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`${file} is no run that was saved: no JSON.`, { cause: error });
  }
  const { data, error } = shape.safeParse(given);
  if (!data) throw new ConfigError(`${file} is no run that was saved: ${error.issues[0]?.message}.`);
  return data;
}

/** Where the first that answers a question is, from 1 on; the last place of all where none was found. */
const rankOf = ({ places: [first] }: { places: readonly number[] }): number =>
  first === undefined ? Number.POSITIVE_INFINITY : first + 1;
const said = (rank: number): string => (Number.isFinite(rank) ? String(rank) : 'not found');

/** What has moved since an earlier run, question by question, as lines: what fell furthest first, then what rose. */
export function movedSince(earlier: SavedRun, asked: readonly Asked[]): string[] {
  const before = new Map(earlier.questions.map((each) => [each.key, each]));
  const moves = asked.flatMap((now) => {
    const then = before.get(keyOf(now.question));
    return then ? [{ question: now.question.question, from: rankOf(then), to: rankOf(now) }] : [];
  });
  const gain = ({ from, to }: (typeof moves)[number]) => 1 / to - 1 / from;
  const fell = moves.filter((move) => gain(move) < 0).sort((a, b) => gain(a) - gain(b));
  const rose = moves.filter((move) => gain(move) > 0).sort((a, b) => gain(b) - gain(a));
  const line = ({ from, to, question }: (typeof moves)[number]) =>
    `  ${said(from)} → ${said(to)}  ${question.length > MOST_SHOWN ? `${question.slice(0, MOST_SHOWN)}…` : question}`;
  return [
    `Since ${earlier.on}, of ${moves.length} questions that both runs asked: ${fell.length} fell, ${rose.length} rose, ` +
      `${moves.length - fell.length - rose.length} stayed.`,
    ...fell.slice(0, MOST_LISTED).map(line),
    ...rose.slice(0, MOST_LISTED).map(line),
  ];
}
