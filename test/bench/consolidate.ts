import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Database } from '../../src/db/database.ts';
import { keepVectorsUp } from '../../src/domain/embedding/upkeep-loop.ts';
import { refreshStatistics } from '../../src/tables/statistics.ts';
import { onEachDatabase } from './databases.ts';
import { remember, untilEmbedded } from './quality/ask.ts';
import { chosenSets } from './quality/chosen.ts';
import { serve } from './service.ts';

const { env } = process;
const MEMORIES = Number(env.MEMORIES ?? 10_000);
const CONSOLIDATE = `mutation ($input: ConsolidateInput!) { consolidate(input: $input) {
  ... on ConsolidatePayload { examined clusterCount created { id } } ... on Error { message } } }`;
const MB = 1024 * 1024;
const LOOK_MS = 50;

/** Runs something; how long it took, the most memory beyond what was held before, and the longest delay of the event loop. */
async function watched<T>(run: () => Promise<T>) {
  const before = process.memoryUsage.rss();
  let most = before;
  const looking = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, LOOK_MS);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const began = performance.now();
  const result = await run();
  const seconds = (performance.now() - began) / 1_000;
  delay.disable();
  clearInterval(looking);
  return { result, seconds, megabytes: (most - before) / MB, delayMs: delay.max / 1e6 };
}

/**
 * Summaries of 10,000 turns of LoCoMo, of one companion and about no particular user: the first run, which makes all of them,
 * and a second one, which finds nothing to do. The bars are 60 s and 300 MB.
 */
async function measure(database: Database, name: string): Promise<void> {
  const [set] = chosenSets(['locomo']);
  if (!set) return;
  const service = await serve(database);
  const upkeep = keepVectorsUp(async () => [service.tenant], service.embeddings, console.error);
  const said = set.conversations.flatMap(({ turns }) => turns);
  const turns = Array.from({ length: MEMORIES }, (_, index) => {
    const { content, context } = said[index % said.length] as (typeof said)[number];
    const round = Math.floor(index / said.length);
    // What says the same would be one memory.
    return {
      name: `${index}`,
      session: `${Math.floor(index / 20)}`,
      content: round > 0 ? `${content} (${round})` : content,
      context,
    };
  });
  await remember(service.send, { companion: 'iris', questions: [], turns });
  await untilEmbedded(service.send, Number(env.RECALL_WAIT_S ?? 1_200));
  await upkeep.stop();
  await refreshStatistics(database);
  const input = { companion: { key: 'iris' } };
  for (const run of ['the first run', 'a second run']) {
    const { result, seconds, megabytes, delayMs } = await watched(() => service.send(CONSOLIDATE, { input }));
    const { examined, clusterCount, created, message } = result.consolidate;
    if (message) throw new Error(message);
    console.log(
      `${name.padEnd(12)} ${run.padEnd(14)} ${examined} memories, ${clusterCount} topics, ${created.length === 200 ? 'more than 200' : created.length} made: ` +
        `${seconds.toFixed(1)} s (at most 60), ${megabytes.toFixed(0)} MB more (at most 300), event loop ${delayMs.toFixed(0)} ms at most`,
    );
  }
  await service.stop();
}

export const run = (): Promise<void> => onEachDatabase(measure);
