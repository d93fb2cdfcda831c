import { InvalidInput, LimitExceeded, Unavailable } from '../../kernel/errors.ts';
import { ThreadEnded, WorkThread } from '../../kernel/work-thread.ts';
import type { SchemaAnswer, SchemaRequest } from './schema-thread.ts';

/** How long one check may take: what is usual takes some milliseconds. */
const MOST_MS = 1_000;
/** How many checks may wait for each other, of all workspaces. */
const MOST_WAITING = 1_000;

type Json = Record<string, unknown>;
/** Where in the input the schema and the data stand. */
interface Paths {
  schema: readonly string[];
  data: readonly string[];
}

interface Job {
  run: () => Promise<void>;
}

const thread = new WorkThread<SchemaRequest, SchemaAnswer>(new URL('./schema-thread.ts', import.meta.url), {
  maxOldGenerationSizeMb: 256,
});
const EMPTY: SchemaRequest = { schema: '{}', data: null };

/** What waits, by workspace: each has its turn, however much another one asks. */
const waiting = new Map<string, Job[]>();
let count = 0;
let isBusy = false;

/**
 * Checks that a JSON Schema is one, and data by it, in a thread, so that no schema keeps anybody else waiting. Throws
 * InvalidInput, which says what does not fit and where, and LimitExceeded where the check takes too long.
 */
export async function checkBySchema(workspaceId: string, schema: Json, data: Json | null, paths: Paths): Promise<void> {
  const request = { schema: JSON.stringify(schema), data: data && JSON.stringify(data) };
  const { of, problems } = await inTurn(workspaceId, () => askInTime(request));
  if (problems.length === 0) return;
  throw new InvalidInput(problems.map(({ path, message }) => ({ path: [...paths[of], ...path], message })));
}

async function askInTime(request: SchemaRequest): Promise<SchemaAnswer> {
  // A thread that is still to start takes its time, which is not the schema's.
  await thread.ask(EMPTY);
  let timer: NodeJS.Timeout | undefined;
  const answer = thread.ask(request).catch((error) => {
    // It has taken more memory than it may.
    if (error instanceof ThreadEnded) return undefined;
    throw error;
  });
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, MOST_MS, undefined);
  });
  const told = await Promise.race([answer, late]);
  clearTimeout(timer);
  if (told) return told;
  await thread.end();
  await answer;
  const what = 'Milliseconds that checking data by its schema may take: make the schema simpler, and its patterns';
  throw new LimitExceeded(what, MOST_MS, MOST_MS + 1);
}

function inTurn<T>(workspaceId: string, run: () => Promise<T>): Promise<T> {
  if (count >= MOST_WAITING) throw new Unavailable('Too much data is being checked by schemas: try again.', 1);
  return new Promise<T>((resolve, reject) => {
    const jobs = waiting.get(workspaceId) ?? [];
    waiting.set(workspaceId, jobs);
    jobs.push({ run: () => run().then(resolve, reject) });
    count++;
    if (!isBusy) void work();
  });
}

async function work(): Promise<void> {
  isBusy = true;
  for (;;) {
    const [next] = waiting;
    if (!next) break;
    const [workspaceId, jobs] = next;
    const job = jobs.shift();
    // Those of others come before its next one.
    waiting.delete(workspaceId);
    if (jobs.length > 0) waiting.set(workspaceId, jobs);
    await job?.run();
    count--;
  }
  isBusy = false;
}
