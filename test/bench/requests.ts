import { CONNECTIONS, Contest, type Name, type Results, ratioTo } from './contest.ts';
import { contestants, type Question } from './contestants.ts';
import { median, onPostgresql } from './databases.ts';
import { MEMORIES } from './graph-data.ts';

const ROUNDS = Number(process.env.ROUNDS ?? 7);
const SECONDS = Number(process.env.SECONDS ?? 4);

const names = Object.keys(contestants) as Name[];

function report(question: Question, results: Results): void {
  const of = (name: Name, figure: 'perSecond' | 'p50' | 'p99') =>
    median((results.get(name) ?? []).map((result) => result[figure]));
  const ratio = (against: Name) => ratioTo(against, results).toFixed(2);
  console.log(
    `${question}: ${ratio('postGraphile')} × PostGraphile 5 without tenancy (with it: ${ratio('tenantPostGraphile')} ×), ` +
      `${ratio('bare')} × by hand without tenancy (with it: ${ratio('tenantBare')} ×); ` +
      `p99 ${(of('service', 'p99') / of('service', 'p50')).toFixed(1)} × p50`,
  );
  for (const name of names) {
    console.log(
      `  ${contestants[name].name}: ${of(name, 'perSecond').toFixed(0)} requests/s, p50 ${of(name, 'p50').toFixed(1)} ms, p99 ${of(name, 'p99').toFixed(1)} ms`,
    );
  }
}

/**
 * Q1, one memory with its ten strongest relations, and Q2, ten relations → neighbour → five relations → neighbour: the
 * service (tenancy on) against PostGraphile and statements by hand, each one process on the same database, over 16
 * connections; medians of alternating rounds. PostGraphile and the statements by hand run past row-level security and
 * outside of any transaction, and once more, for information, in a transaction as the service's role.
 */
export async function run(): Promise<void> {
  await onPostgresql(async (database, _name, databaseUrl) => {
    const contest = await Contest.open(database, databaseUrl, names);
    try {
      console.log(`${MEMORIES} memories; ${ROUNDS} rounds of ${SECONDS} s, ${CONNECTIONS} connections`);
      for (const question of ['Q1', 'Q2'] as const) report(question, await contest.measure(question, ROUNDS, SECONDS));
    } finally {
      await contest.stop();
    }
  });
}
