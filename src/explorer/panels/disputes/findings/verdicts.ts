import { dayText } from '../../../core/moments.ts';
import { inOrder, underDispute } from '../sides/becoming.ts';
import type { Finding, Verdict } from './types.ts';

/** What each verdict is called. */
export const verdictNames: Readonly<Record<Verdict, string>> = {
  SUCCEEDS: 'It has changed',
  CORRECTS: 'The older is wrong',
  CONTRADICTS: 'One of them is wrong',
  SAME: 'They say the same',
  UNRELATED: 'They are unrelated',
};

export const verdicts = Object.keys(verdictNames) as Verdict[];

/** What a verdict will do, for who knows nothing but the two texts. */
export function effectOf(finding: Finding, verdict: Verdict): string {
  const { memory, by, verdict: before, score } = finding;
  if (verdict === 'CORRECTS') return 'It was never true, and is no longer believed. The newer one stays.';
  if (verdict === 'SAME') {
    return 'The older one stays, and counts as used once more. The newer one goes to the archive: it is not recalled.';
  }
  if (verdict === 'UNRELATED') return 'Both stay as they are. This pair is not suggested again.';
  if (verdict === 'CONTRADICTS') {
    const less =
      before === null
        ? `the older one is believed ${underDispute(memory, by, score)}, the newer one ${underDispute(by, memory, score)}`
        : 'both are believed less';
    return `It is not known which: a dispute is opened. Until it is decided ${less}.`;
  }
  const order = inOrder(memory, by);
  if (!order) return 'One was true until the other one was.';
  const day = dayText(order.later.validFrom);
  return order.earlier === memory
    ? `The older one was true until ${day}. From then on the newer one is.`
    : `The newer one, which begins before the older one, was true until ${day}. From then on the older one is.`;
}

/** Why a verdict is not possible, as the server would say; undefined where it is. */
export const refusalOf = ({ memory, by }: Finding, verdict: Verdict): string | undefined =>
  verdict === 'SUCCEEDS' && !inOrder(memory, by) ? 'Both begin at the same moment.' : undefined;

/** What has been judged, in words. */
export const judgedWords: Readonly<Record<Verdict, string>> = {
  SUCCEEDS: 'It has changed: one was true until the other one is',
  CORRECTS: 'The older one is wrong, and no longer believed',
  CONTRADICTS: 'One of them is wrong: their dispute decides which',
  SAME: 'They say the same: the older one stays, the newer one is archived',
  UNRELATED: 'They are unrelated: both stay',
};

/** What is so again once a verdict is taken back. */
export const undoneWords: Readonly<Record<Exclude<Verdict, 'UNRELATED'>, string>> = {
  SUCCEEDS: 'Neither ends where the other one begins any more.',
  CORRECTS: 'The older one is believed again.',
  CONTRADICTS: 'Their dispute is dismissed.',
  SAME: 'The newer one is out of the archive again.',
};
