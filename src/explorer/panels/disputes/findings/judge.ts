import { run } from '../../../core/api.ts';
import { change } from '../../../core/change.ts';
import { takeBack } from '../../../core/take-back.ts';
import { notifyDone, notifyFailure } from '../../../parts/outcome.ts';
import { notify } from '../../../parts/toast.tsx';
import { judgeFindings, judgementNow } from './documents.ts';
import type { Finding, Judgement, Verdict } from './types.ts';
import { judgedWords, undoneWords } from './verdicts.ts';

/** Judges a finding at once, says so, and offers to take that back. */
export async function judge({ id, verdict: before }: Finding, verdict: Verdict, reason: string): Promise<void> {
  try {
    const judged = await send(id, verdict, reason);
    if (!judged) return;
    const said = `${judgedWords[verdict]}.`;
    if (before === null && verdict === 'UNRELATED') return notify(`${said} It is among the judged ones now.`);
    const undo = () => takeBackVerdict(judged, before);
    notifyDone(said, undo, before === null ? undoneOf(verdict) : `Judged as before: ${judgedWords[before]}.`);
  } catch (error) {
    notifyFailure(error);
  }
}

/** Takes back what a verdict did, unless it has been judged again since. */
export async function undoVerdict({ id, verdict, judgedAt }: Finding): Promise<void> {
  if (verdict === null) return;
  try {
    await takeBackVerdict({ id, verdict, judgedAt }, null);
    notify(undoneOf(verdict));
  } catch (error) {
    notifyFailure(error);
  }
}

const undoneOf = (verdict: Verdict): string => {
  const again = verdict === 'UNRELATED' ? '' : `${undoneWords[verdict]} `;
  return `${again}The pair stays among the judged ones, as unrelated, and can be judged again there.`;
};

async function send(id: string, verdict: Verdict, reason = ''): Promise<Judgement | undefined> {
  const input = { ids: [id], verdict, ...(reason && { reason }) };
  const { judgeFindings: done } = await change(judgeFindings, input);
  return 'findings' in done ? done.findings[0] : undefined;
}

/** What is compared: more may have been asked for. */
const parts = ({ id, verdict, judgedAt }: Judgement) => ({ id, verdict, judgedAt });

/**
 * Judges as it was before, unless it has been judged again since. A finding that was never judged becomes UNRELATED, which
 * takes back all that another verdict did: that something was judged is never taken back.
 */
const takeBackVerdict = (expected: Judgement, before: Verdict | null): Promise<void> =>
  takeBack<object | undefined>(
    parts(expected),
    async () => {
      const { node } = await run(judgementNow, { id: expected.id }, { everything: true });
      return node && 'verdict' in node ? parts(node) : undefined;
    },
    () => send(expected.id, before ?? 'UNRELATED'),
  );
