import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { ConfigError } from '../../kernel/config-error.ts';
import { parseId } from '../../kernel/ids.ts';

/** How many questions one run asks. */
export const MOST_QUESTIONS = 20_000;
/** How many characters a line of the file may have. */
const MOST_IN_LINE = 1_000_000;
/** How many memories a question may expect. */
const MOST_EXPECTED = 100;

const key = z.string().min(1).max(500);
const moment = z.iso.datetime({ offset: true });

const isMemory = (id: string) => parseId(id)?.type === 'Memory';

const shape = z
  .strictObject({
    question: z.string().trim().min(1).max(10_000),
    companion: key.optional(),
    user: key.optional(),
    group: z.string().trim().min(1).max(100).optional(),
    at: z
      .union([
        moment.transform((validAt) => ({ validAt })),
        z.strictObject({ validAt: moment.optional(), knownAt: moment.optional() }),
      ])
      .optional(),
    memories: z.array(z.string().refine(isMemory, 'the id of a memory, `mem_…`, is expected')).default([]),
    contents: z.array(z.string().trim().min(1).max(100_000)).default([]),
  })
  .refine(
    ({ memories, contents }) => memories.length + contents.length > 0,
    'memories or contents must say what is to be found',
  )
  .refine(
    ({ memories, contents }) => memories.length + contents.length <= MOST_EXPECTED,
    `at most ${MOST_EXPECTED} memories and contents are expected`,
  );

/** A question, whom it is asked, and what answers it. */
export interface EvalQuestion {
  question: string;
  /** The key of a companion, and the external id of a user. */
  companion: string;
  user?: string | undefined;
  /** Questions of a group get figures of their own. */
  group?: string | undefined;
  /** When it is asked about; default: now. */
  at?: { validAt?: string | undefined; knownAt?: string | undefined } | undefined;
  /** The ids of memories, `mem_…`, and parts of their contents: all of them are to be found. */
  memories: string[];
  contents: string[];
}

/**
 * Reads questions, a JSON object a line; empty lines are passed over. `companion` is asked where a line names none. Throws
 * ConfigError for a file that cannot be read, and for the first line that is wrong, by its number.
 */
export async function readQuestions(file: string, companion: string | undefined): Promise<EvalQuestion[]> {
  const questions: EvalQuestion[] = [];
  const stream = createReadStream(file, 'utf8');
  let number = 0;
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      number++;
      if (line.trim() === '') continue;
      if (questions.length === MOST_QUESTIONS)
        throw new ConfigError(`${file} has more than ${MOST_QUESTIONS} questions.`);
      questions.push(questionOf(line, `${file}, line ${number}`, companion));
    }
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${file} cannot be read: ${(error as Error).message}.`, { cause: error });
  } finally {
    stream.destroy();
  }
  if (questions.length === 0) throw new ConfigError(`${file} has no questions.`);
  return questions;
}

function questionOf(line: string, where: string, byDefault: string | undefined): EvalQuestion {
  if (line.length > MOST_IN_LINE) throw new ConfigError(`${where}: more than ${MOST_IN_LINE} characters.`);
  let given: unknown;
  try {
    given = JSON.parse(line);
  } catch (error) {
    throw new ConfigError(`${where}: no JSON.`, { cause: error });
  }
  const { data, error } = shape.safeParse(given);
  if (error) {
    const issues = error.issues.map(({ path, message }) => `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`);
    throw new ConfigError(`${where}: ${issues.join('; ')}.`);
  }
  const companion = data.companion ?? byDefault;
  if (companion === undefined) throw new ConfigError(`${where}: no companion. Name one there, or by --companion.`);
  return { ...data, companion };
}
