/** Lines of a plan that say what is asked of each row. */
const PER_ROW = /^\s*(?:Filter|Join Filter|Recheck Cond): /;

/** What is cheap, and differs from one transaction to the next: the clock, and the workspace that policies look at. */
const FREE = new Set([
  'now',
  'clock_timestamp',
  'statement_timestamp',
  'current_setting',
  'date_trunc',
  'nullif',
  'timestamp',
]);

const LITERAL = String.raw`'(?:[^']|'')*'(?:::"?[a-z_]+"?(?:\([^)]*\))?(?:\[\])?)?`;
const PARAMETER = String.raw`\$\d+|\(InitPlan \d+\)\.col\d+|\d+(?:\.\d+)?|true|false|NULL(?:::[a-z_]+)?`;
const CONSTANT = String.raw`(?:${LITERAL}|${PARAMETER})(?:::[a-z_]+(?:\[\])?)?`;
const CALL = new RegExp(String.raw`\b([a-z_][a-z0-9_]*)\(((?:${CONSTANT})(?:, (?:${CONSTANT}))*)\)`, 'g');
/** A list read into another type, element by element. */
const CAST_LIST = /\(\(InitPlan \d+\)\.col\d+\)::[a-z_ ]+\[\]/g;

/**
 * What the conditions of a plan compute for each row though it is the same for all: functions of constants and parameters,
 * of which the planner folds only those that PostgreSQL calls immutable.
 */
export function constantCalls(plan: readonly string[]): string[] {
  const calls = plan
    .filter((line) => PER_ROW.test(line))
    .flatMap((line) => [
      ...[...line.matchAll(CALL)].filter(([, name]) => !FREE.has(name as string)).map(([call]) => call),
      ...(line.match(CAST_LIST) ?? []),
    ]);
  return [...new Set(calls)];
}
