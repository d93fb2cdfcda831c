import { Contest, ratioTo } from './contest.ts';
import { onPostgresql } from './databases.ts';
import { MEMORIES } from './graph-data.ts';
import { measureCompanions, ratioOf as ratioOfRecall } from './recall.ts';
import { measureWrites, ratioOf as ratioOfWrites } from './write.ts';

const ROUNDS = 3;
const SECONDS = 2;

/** What was measured last, against the same SQL by hand with tenancy; a ratio twice as bad fails. */
const stated = {
  Q1: { ratio: 0.45, of: 'the requests a second of the same SQL by hand', higherIsBetter: true },
  Q2: { ratio: 0.45, of: 'the requests a second of the same SQL by hand', higherIsBetter: true },
  recall: { ratio: 2, of: 'the time of its statements alone', higherIsBetter: false },
  createMemories: { ratio: 0.6, of: 'the rows a second of one INSERT by hand for each table', higherIsBetter: true },
} as const;

function judge(name: keyof typeof stated, ratio: number): boolean {
  const { ratio: expected, of, higherIsBetter } = stated[name];
  const [bound, holds] = higherIsBetter ? [expected / 2, ratio >= expected / 2] : [expected * 2, ratio <= expected * 2];
  const least = higherIsBetter ? 'at least' : 'at most';
  console.log(
    `${name}: ${ratio.toFixed(2)} × ${of}; stated ${expected}, ${least} ${bound}${holds ? '' : ': TOO SLOW'}`,
  );
  return holds;
}

/**
 * A small measurement of what must not become slow unnoticed, on PostgreSQL, in filled workspaces; ends the process
 * with 1 where something takes more than twice what is stated of it.
 */
export async function run(): Promise<void> {
  const verdicts: boolean[] = [];
  await onPostgresql(async (database, _name, databaseUrl) => {
    const contest = await Contest.open(database, databaseUrl, ['service', 'tenantBare']);
    try {
      console.log(`${MEMORIES} memories; ${ROUNDS} rounds of ${SECONDS} s`);
      for (const question of ['Q1', 'Q2'] as const) {
        verdicts.push(judge(question, ratioTo('tenantBare', await contest.measure(question, ROUNDS, SECONDS))));
      }
    } finally {
      await contest.stop();
    }
  });
  await onPostgresql(async (database) => {
    for (const times of (await measureCompanions(database, { middle: 3_000 })).values()) {
      verdicts.push(judge('recall', ratioOfRecall(times)));
    }
  });
  await onPostgresql(async (database) => {
    verdicts.push(judge('createMemories', ratioOfWrites(await measureWrites(database, ROUNDS))));
  });
  if (verdicts.includes(false)) process.exitCode = 1;
}
