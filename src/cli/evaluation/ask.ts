import type { Execute } from '../../client/execute.ts';
import { OperationError } from '../../client/operation-error.ts';
import { parseId } from '../../kernel/ids.ts';
import type { Answer } from '../../model/evaluation/measures.ts';
import { EvaluationFailed } from './failed.ts';
import type { EvalQuestion } from './questions.ts';

/** The weights of a recall that are given; those left out are the service's own. */
export type EvalWeights = Partial<Record<'relevance' | 'recency' | 'importance' | 'confidence', number>>;

/** How many memories are asked for: what comes later counts as not found. */
export const FIRST = 50;

const RECALL = `query Eval($input: RecallInput!, $at: PointInTime, $contents: Boolean!) {
  recall(input: $input, at: $at, first: ${FIRST}) { nodes { id content @include(if: $contents) } } }`;

/** What a question found, and how long it took in milliseconds. */
export interface Asked extends Answer {
  question: EvalQuestion;
  ms: number;
}

const PENDING = 'query Pending { viewer { embedding { pending } } }';

/** How many memories have no vector yet: what is found may change once they have one. */
export const pendingVectors = async (execute: Execute): Promise<number> => {
  const { viewer } = await execute<{ viewer: { embedding: { pending: number } } }>(PENDING);
  return viewer.embedding.pending;
};

/** Asks one question after the other. Throws EvaluationFailed where one is refused. */
export async function askAll(
  execute: Execute,
  questions: readonly EvalQuestion[],
  weights: EvalWeights | null,
  signal: AbortSignal,
): Promise<Asked[]> {
  const asked: Asked[] = [];
  // One at a time: how long each takes is measured.
  for (const question of questions) {
    signal.throwIfAborted();
    asked.push(await ask(execute, question, weights));
  }
  return asked;
}

async function ask(execute: Execute, question: EvalQuestion, weights: EvalWeights | null): Promise<Asked> {
  const { question: query, companion, user, at, memories, contents, group = 'others' } = question;
  const input = {
    query,
    companion: { key: companion },
    ...(user !== undefined && { user: { externalId: user } }),
    ...(weights && { weights }),
  };
  const began = performance.now();
  const { nodes } = await recallBy(execute, { input, at: at ?? null, contents: contents.length > 0 }, query);
  const ms = performance.now() - began;
  const ids = nodes.map(({ id }) => uuidOf(id));
  const texts = contents.length > 0 ? nodes.map(({ content = '' }) => folded(content)) : [];
  const found = [
    ...memories.map((id) => ids.indexOf(uuidOf(id))),
    ...contents.map((content) => texts.findIndex((text) => text.includes(folded(content)))),
  ];
  return {
    question,
    group,
    evidence: found.length,
    places: found.filter((place) => place >= 0).sort((a, b) => a - b),
    ms,
  };
}

async function recallBy(execute: Execute, variables: object, query: string) {
  try {
    const { recall } = await execute<{ recall: { nodes: { id: string; content?: string }[] } }>(RECALL, {
      ...variables,
    });
    return recall;
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    throw new EvaluationFailed(`“${query.slice(0, 100)}” was refused: ${error.message}`, { cause: error });
  }
}

/** Of an id of another moment than now, too. */
const uuidOf = (id: string): string => parseId(id)?.uuid ?? id;

/** A text as it is compared: without regard to case and white space. */
const folded = (text: string): string => text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim();
