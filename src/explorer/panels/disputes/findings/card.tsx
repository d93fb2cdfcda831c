import { useRef, useState } from 'preact/hooks';
import { plainId } from '../../../core/point.ts';
import { hrefTo } from '../../../core/route.ts';
import { percent } from '../../../core/text.ts';
import { seems } from '../../../parts/finding/words.ts';
import { Moment } from '../../../parts/moment.tsx';
import { SideCard } from '../sides/side-card.tsx';
import { judge, undoVerdict } from './judge.ts';
import type { Finding } from './types.ts';
import { effectOf, judgedWords, refusalOf, verdictNames, verdicts } from './verdicts.ts';

/** A finding: both sides, why they were found, and what was judged; who may write can judge it, and take that back. */
export function FindingCard({ finding, mayWrite }: { finding: Finding; mayWrite: boolean | undefined }) {
  const { memory, by, kind, score, reason, foundAt, suggestedSlot, verdict } = finding;
  return (
    <article
      class={`card dispute finding-${kind.toLowerCase()}`}
      tabIndex={-1}
      aria-label={`Finding: ${memory.content}`}
    >
      <div class="finding-head">
        <p>
          <b>The newer one seems to {seems[kind]}</b>
        </p>
        <p class="quiet facts">
          <span title="How sure the rule is that found it. It may be wrong.">{percent(score)} sure</span>
          <span>
            found <Moment value={foundAt} />
          </span>
          {suggestedSlot && (
            <span>
              the older one is the value of <code>{suggestedSlot}</code>
            </span>
          )}
        </p>
        <p class="dispute-reason">
          <span class="quiet">Noticed:</span> <bdi>{reason}</bdi>
        </p>
      </div>
      <div class="sides">
        <SideCard side={memory} name="Older" usual="ACTIVE" clause={finding.memoryText} />
        <SideCard side={by} name="Newer" usual="ACTIVE" clause={finding.byText} />
      </div>
      {verdict !== null && <Judged finding={finding} mayWrite={mayWrite} />}
      {verdict === null && mayWrite && <Verdicts finding={finding} />}
    </article>
  );
}

/** A button for each verdict, with what it will do. It is done at once. */
function Verdicts({ finding }: { finding: Finding }) {
  const [reason, setReason] = useState('');
  const isSending = useRef(false);
  const send = async (work: () => Promise<void>) => {
    // A disabled button would lose the focus.
    if (isSending.current) return;
    isSending.current = true;
    await work();
    isSending.current = false;
  };
  return (
    <div class="verdicts">
      <ul class="decisions" aria-label="What holds?">
        {verdicts
          .filter((verdict) => verdict !== finding.verdict)
          .map((verdict) => {
            const refusal = refusalOf(finding, verdict);
            return (
              <li key={verdict}>
                <button
                  type="button"
                  class="button"
                  disabled={refusal !== undefined}
                  onClick={() => void send(() => judge(finding, verdict, reason.trim()))}
                >
                  {verdictNames[verdict]}
                </button>
                <p class="quiet">{refusal ?? effectOf(finding, verdict)}</p>
              </li>
            );
          })}
      </ul>
      <details class="verdict-reason">
        <summary>Give a reason</summary>
        <input
          type="text"
          aria-label="Reason, kept with the verdict"
          placeholder="It is kept with the verdict that you choose"
          autocomplete="off"
          value={reason}
          onInput={({ currentTarget }) => setReason(currentTarget.value)}
        />
      </details>
    </div>
  );
}

const Judged = ({ finding, mayWrite }: { finding: Finding; mayWrite: boolean | undefined }) => {
  const { verdict, judgedAt, judgedBy, contradiction } = finding;
  return (
    <>
      <div class="decided">
        <p>
          <b>{verdict && judgedWords[verdict]}</b>
          <span class="quiet">
            {' '}
            {judgedAt && <Moment value={judgedAt} />}
            {judgedBy && (
              <>
                , by <bdi>{judgedBy}</bdi>
              </>
            )}
          </span>
        </p>
        <p class="verdict-actions">
          {contradiction && (
            <a class="button" href={hrefTo('disputes', plainId(contradiction.id))}>
              See their dispute
            </a>
          )}
          {mayWrite && verdict !== 'UNRELATED' && (
            <button type="button" class="button" onClick={() => void undoVerdict(finding)}>
              Undo this verdict
            </button>
          )}
        </p>
      </div>
      {mayWrite && (
        <details class="verdict-again">
          <summary>Judge it again</summary>
          <p class="quiet">What the verdict above did is taken back first.</p>
          <Verdicts finding={finding} />
        </details>
      )}
    </>
  );
};
