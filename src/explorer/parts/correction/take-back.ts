import { run } from '../../core/api.ts';
import { change } from '../../core/change.ts';
import type { ResultOf } from '../../core/graphql.ts';
import { expectState } from '../../core/take-back.ts';
import { revertCorrection, type standing, standingNow } from './documents.ts';

/** A memory with its versions, as far as they say what corrections have made of it. */
export type Standing = ResultOf<typeof standing>;

/** What is compared: more may have been asked for. */
const parts = (memory: Standing | null) =>
  memory && {
    count: memory.versions.totalCount,
    versions: memory.versions.nodes.map(({ id, validUntil, retractedAt }) => ({ id, validUntil, retractedAt })),
  };

/** Throws where a memory stands otherwise than it was left: it has been corrected, retracted or decided since. */
export const expectStanding = (id: string, expected: Standing): Promise<void> =>
  expectState(parts(expected), async () => parts((await run(standingNow, { id }, { everything: true })).memory));

/**
 * Takes the newest correction or retraction of a memory back, but not a later one of somebody else: throws as
 * {@link expectStanding} does. Answers the version that is believed again.
 */
export async function takeBackCorrection(id: string, expected: Standing): Promise<string> {
  await expectStanding(id, expected);
  const { revertCorrection: done } = await change(revertCorrection, { id });
  return 'memory' in done ? done.memory.id : id;
}
