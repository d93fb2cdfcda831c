import { p95 } from './databases.ts';
import { type Outcome, writeFacts, writeMessages, writeTurns } from './findings/sets.ts';

const { env } = process;

const THRESHOLDS = [0.3, 0.5, 0.7, 0.8];
const KINDS = ['UPDATE', 'CONFLICT', 'NEGATION', 'SAME'];

/** From this score on a finding is shown, and from that on a NEGATION opens a contradiction where it may. */
const SUGGESTED = 0.5;
const OPENED = 0.8;

const found = (outcomes: readonly Outcome[], least: number, kind?: string): number =>
  outcomes.filter(({ best }) => best && best.score >= least && (!kind || best.kind === kind)).length;
const share = (part: number, whole: number): string => (part / whole).toFixed(2);
const perThousand = (part: number, whole: number): string => ((1000 * part) / whole).toFixed(1);
const byKind = (outcomes: readonly Outcome[], least: number): string =>
  KINDS.map((kind) => `${kind} ${found(outcomes, least, kind)}`).join(', ');

function printFacts(outcomes: readonly Outcome[]): void {
  const { updates = [], contradictions = [], others = [] } = Object.groupBy(outcomes, ({ label }) => label);
  console.log(
    `facts: ${updates.length} updates, ${contradictions.length} contradictions, ${others.length} others, some of them without their label`,
  );
  for (const least of THRESHOLDS) {
    const shares = [updates, contradictions].map((of) => share(found(of, least), of.length));
    const rest = perThousand(found(others, least), others.length);
    console.log(`  found at ≥ ${least}: updates ${shares[0]}, contradictions ${shares[1]}, others ${rest} of 1,000`);
  }
  console.log(`  updates by kind, at ≥ ${SUGGESTED}: ${byKind(updates, SUGGESTED)}`);
  console.log(`  contradictions by kind, at ≥ ${SUGGESTED}: ${byKind(contradictions, SUGGESTED)}`);
  console.log(`  others by kind, at ≥ ${SUGGESTED}: ${byKind(others, SUGGESTED)}`);
  printTimes(outcomes);
}

function printTurns(outcomes: readonly Outcome[]): void {
  console.log(`turns of LoCoMo: ${outcomes.length}`);
  for (const least of THRESHOLDS) {
    console.log(
      `  found at ≥ ${least}: ${perThousand(found(outcomes, least), outcomes.length)} of 1,000: ${byKind(outcomes, least)}`,
    );
  }
  const opened = found(outcomes, OPENED, 'NEGATION');
  console.log(`  opened (NEGATION ≥ ${OPENED}): ${perThousand(opened, outcomes.length)} of 1,000`);
  printTimes(outcomes);
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

function printTimes(outcomes: readonly Outcome[]): void {
  const whole = outcomes.map(({ readMs, searchMs, compareMs }) => readMs + searchMs + compareMs);
  const pairs = outcomes.reduce((sum, each) => sum + each.pairs, 0);
  const compared = outcomes.reduce((sum, { compareMs }) => sum + compareMs, 0);
  console.log(
    `  time: reading ${mean(outcomes.map(({ readMs }) => readMs)).toFixed(2)} ms a text, ${(compared / pairs).toFixed(3)} ms a pair; ` +
      `all of a text ${mean(whole).toFixed(2)} ms, p95 ${p95(whole).toFixed(2)} ms`,
  );
}

function printPartners(file: string): void {
  const partners = writeMessages(file);
  for (const [group, of] of Map.groupBy(partners, (partner) => partner.group)) {
    const hits = of.filter(({ isFound }) => isFound).length;
    console.log(
      `earlier message among the 20 candidates of the later, ${group}: ${share(hits, of.length)} of ${of.length}`,
    );
  }
}

/**
 * `findings`: what the rules find, with candidates from a plain index in memory. FACTS names short facts of which some are
 * labelled as updates and contradictions, LOCOMO and BEAM the files that other benchmarks have (JSON Lines); their
 * licences keep them out of this repository.
 */
export async function run(): Promise<void> {
  if (env.FACTS) printFacts(writeFacts(env.FACTS));
  else console.log('(facts are left out: FACTS names no file)');
  if (env.LOCOMO) printTurns(writeTurns(env.LOCOMO));
  else console.log('(turns are left out: LOCOMO names no file)');
  if (env.BEAM) printPartners(env.BEAM);
  else console.log('(messages are left out: BEAM names no file)');
}
