import { sql } from 'drizzle-orm';
import { readOnce } from '../../db/read-transaction.ts';
import { moment, uuids } from '../../db/sql.ts';
import type { Tenant, WriteTransaction } from '../../db/transaction.ts';
import { aliased, set, under, valueFor } from '../../db/typed-sql.ts';
import { write } from '../../db/write.ts';
import { DomainError } from '../../kernel/errors.ts';
import { encodeId, newId } from '../../kernel/ids.ts';
import { type AskedPair, type Outcome, outcomesOf, PAIR_TASK, pairAnswers } from '../../model/finding/answer.ts';
import { type FindingKind, findingKind, findings } from '../../tables/finding.ts';
import type { ChatModel } from '../chat/chat.ts';
import { ChatFailed } from '../chat/failure.ts';
import { kindOf, noteFound } from './events.ts';
import { judgeFindings } from './judge.ts';
import {
  type AskedFinding,
  askedOf,
  type ClaimedFinding,
  claimFindings,
  finish,
  lockClaimed,
  postpone,
  release,
} from './pending.ts';

const f = under(findings, 'f');

/** How long a worker has beyond the model's deadline, for what it reads and writes. */
const SPARE_SECONDS = 60;
/** The most tokens of an answer of five pairs, with what a model thinks to itself. */
const ANSWER_TOKENS = 4_000;

/** What confirms findings: asked over the network, and never within a transaction. */
export interface Confirming {
  tenant: Tenant;
  chat: Pick<ChatModel, 'actor' | 'ask'>;
  /** How long one question may take, in milliseconds. */
  deadlineMs: number;
  signal?: AbortSignal | undefined;
}

/**
 * Has the model look at the findings of one memory that wait for it, and writes down what it says. Returns how many were
 * looked at; 0: nothing is due. What a process leaves that dies is claimed again once its time is over. Throws
 * {@link ChatFailed}; what was claimed waits then, for a while or for the next day, or is given up.
 */
export async function confirmNext({ tenant: given, chat, deadlineMs, signal }: Confirming): Promise<number> {
  const tenant = { ...given, actor: chat.actor };
  const claim = newId();
  const seconds = Math.ceil(deadlineMs / 1_000) + SPARE_SECONDS;
  const ids = await write(tenant, (tx) => claimFindings(tx, claim, seconds));
  if (ids.length === 0) return 0;
  let sent: AskedFinding[] = [];
  // Read right before each try: what was forgotten meanwhile is not sent.
  const read = async () => {
    sent = await readOnce(tenant, (tx) => askedOf(tx, ids, claim));
    return sent.length > 0 ? dataOf(sent) : undefined;
  };
  try {
    const options = { workspace: tenant, name: 'pairs', maxTokens: ANSWER_TOKENS, signal };
    const answer = await chat.ask(pairAnswers, PAIR_TASK, read, options);
    const outcomes = outcomesOf(sent.map(pairOf), answer?.pairs ?? []);
    const byId = new Map(sent.map(({ id }, index) => [id, outcomes.get(index + 1)]));
    await apply(tenant, ids, claim, byId);
  } catch (error) {
    await write(tenant, (tx) => later(tx, ids, claim, error));
    throw error;
  }
  return ids.length;
}

/** When findings are asked about again that were not answered. */
function later(tx: WriteTransaction, ids: readonly string[], claim: string, error: unknown): Promise<unknown> {
  if (!(error instanceof ChatFailed)) return postpone(tx, ids, claim, 'unavailable');
  const { kind } = error;
  return kind === 'refused' || kind === 'unavailable' ? postpone(tx, ids, claim, kind) : release(tx, ids, claim);
}

const pairOf = (asked: AskedFinding): AskedPair => ({
  kind: kindOf(asked),
  reason: asked.reason,
  texts: [asked.memoryText, asked.byText, asked.olderContent, asked.newerContent],
});

const dataOf = (sent: readonly AskedFinding[]) => {
  const [{ newerContent, newerFrom }] = sent as [AskedFinding];
  return {
    newer: { text: newerContent, since: newerFrom.toISOString() },
    pairs: sent.map(({ olderContent, olderFrom, memoryText, byText }, index) => ({
      pair: index + 1,
      older: { text: olderContent, since: olderFrom.toISOString() },
      partOfOlder: memoryText,
      partOfNewer: byText,
    })),
  };
};

/**
 * Writes down what the model says: all of it, or nothing. Where what would follow cannot be done, as with memories that cannot
 * be contradicted, findings are confirmed, and nothing is judged.
 */
async function apply(
  tenant: Tenant,
  ids: readonly string[],
  claim: string,
  outcomes: ReadonlyMap<string, Outcome | undefined>,
): Promise<void> {
  const run = (mayJudge: boolean) => write(tenant, (tx) => applyIn(tx, ids, claim, outcomes, mayJudge));
  try {
    await run(true);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    await run(false);
  }
}

async function applyIn(
  tx: WriteTransaction,
  ids: readonly string[],
  claim: string,
  outcomes: ReadonlyMap<string, Outcome | undefined>,
  mayJudge: boolean,
): Promise<void> {
  const rows = await lockClaimed(tx, ids, claim);
  const isOpen = rows.filter(({ stands }) => stands);
  const unanswered = isOpen.filter(({ id }) => !outcomes.get(id)).map(({ id }) => id);
  const confirmed: Confirmed[] = [];
  for (const row of isOpen) {
    const outcome = outcomes.get(row.id);
    if (outcome?.is === 'confirmed') {
      await confirm(tx, row, outcome);
      confirmed.push({ row, kind: outcome.kind, score: outcome.score });
      const opens = mayJudge && row.opens && outcome.kind !== 'SAME';
      if (opens) await judgeFindings(tx, [given(row.id)], 'CONTRADICTS', null);
    }
    // Nobody has seen a candidate, so nobody needs to see that it was none.
    if (outcome?.is === 'refuted' && !row.isHidden && mayJudge) {
      await judgeFindings(tx, [given(row.id)], 'UNRELATED', outcome.reason);
    }
  }
  await stamp(tx, confirmed);
  await postpone(tx, unanswered, claim, 'refused');
  const done = rows.map(({ id }) => id).filter((id) => !unanswered.includes(id));
  await finish(tx, done, claim);
}

const given = (uuid: string) => ({ uuid, given: encodeId('Finding', uuid) });

/** A finding that a model has confirmed, and what it says of it. */
interface Confirmed {
  row: ClaimedFinding;
  kind: FindingKind;
  score: number;
}

/** Shows a finding as what the model says of it. */
const confirm = (
  tx: WriteTransaction,
  { id }: ClaimedFinding,
  { kind, score, reason }: Outcome & { is: 'confirmed' },
): Promise<unknown> =>
  tx.rows(sql`
    update ${aliased(f)} set ${set(findings, {
      kind: valueFor(findings.kind, findingKind[kind]),
      score: valueFor(findings.score, score),
      reason: valueFor(findings.reason, reason),
      isHidden: sql`false`,
      confirmedBy: valueFor(findings.confirmedBy, tx.actor),
    })}
    where ${f.workspaceId} = ${tx.workspaceId} and ${f.id} = ${id}::uuid`);

/** Says when it was, once all locks are taken. What is shown from now on is found now: no page before has it. */
async function stamp(tx: WriteTransaction, confirmed: readonly Confirmed[]): Promise<void> {
  if (confirmed.length === 0) return;
  const now = moment(await tx.stamp());
  const shown = confirmed.filter(({ row }) => row.isHidden);
  const [all, hidden] = [confirmed, shown].map((some) => uuids(some.map(({ row }) => row.id)));
  await tx.rows(sql`
    update ${aliased(f)} set ${set(findings, {
      confirmedAt: now,
      foundAt: sql`case when ${f.id} = any(${hidden}) then ${now} else ${f.foundAt} end`,
    })}
    where ${f.workspaceId} = ${tx.workspaceId} and ${f.id} = any(${all})`);
  noteFound(
    tx,
    shown.map(({ row, kind, score }) => ({ ...row, kind: findingKind[kind], score })),
  );
}
