import { run } from '../../../core/api.ts';
import { change } from '../../../core/change.ts';
import type { ResultOf } from '../../../core/graphql.ts';
import { takeBack } from '../../../core/take-back.ts';
import { type decision, decisionNow, reopenContradiction } from './documents.ts';

type Decision = ResultOf<typeof decision>;

/** What is compared: more may have been asked for. */
const parts = ({ id, status, resolution, resolvedAt }: Decision) => ({ id, status, resolution, resolvedAt });

/** Opens a dispute again, unless something else has been decided since. */
export const takeBackDecision = (expected: Decision): Promise<void> =>
  takeBack<object | undefined>(
    parts(expected),
    async () => {
      const { node } = await run(decisionNow, { id: expected.id }, { everything: true });
      return node && 'status' in node ? parts(node) : undefined;
    },
    () => change(reopenContradiction, { id: expected.id }),
  );
