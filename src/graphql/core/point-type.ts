import { InvalidInput } from '../../kernel/errors.ts';
import { parseInput } from '../../kernel/input.ts';
import { isNow } from '../../kernel/point.ts';
import type { Window } from '../../model/paging/window.ts';
import { builder } from './builder.ts';
import type { Context } from './context.ts';
import { defineInput, moment, optional } from './input.ts';
import type { Snapshot } from './snapshot.ts';

const PointInput = defineInput(
  'PointInTime',
  'A point on both clocks. It applies to everything nested below it, and ids read there carry it.',
  {
    validAt: optional(
      moment,
      'The moment in the world that is asked about. Default: `knownAt`. It may be in the future.',
    ),
    knownAt: optional(
      moment,
      'The answer uses what the service knew at this moment. Default: now. A moment in the future is INVALID_INPUT.',
    ),
  },
);
/** The input type behind every `at`. */
export const PointInTimeInput = PointInput.type;

export const atDescription = 'Read the graph as it was at this point in time, instead of now.';

/** The argument `at` of a field. */
export const atArgument = builder.args((t) => ({
  at: t.field({ type: PointInTimeInput, description: atDescription }),
}));

type GivenPoint = { validAt?: Date | null; knownAt?: Date | null } | null | undefined;
/** The value of {@link atArgument}. */
export interface AtArgument {
  at?: GivenPoint;
}

/**
 * The graph a field reads: at the point given, else at that of a cursor's first page, else at the parent's.
 * Throws InvalidInput for moments beyond the years 1 to 9999; rejects with it for a `knownAt` in the future.
 */
export function snapshotAt(
  context: Context,
  at: GivenPoint,
  parent?: Snapshot,
  window?: Window,
): Snapshot | Promise<Snapshot> {
  if (at) {
    const { validAt, knownAt } = parseInput(PointInput.check, at, ['at']);
    const snapshot = context.at({ ...(validAt && { validAt }), ...(knownAt && { knownAt }) });
    // This machine's clock may be behind the database's, and that behind what has been recorded.
    return knownAt && knownAt.getTime() > Date.now() ? refuseFuture(context, knownAt).then(() => snapshot) : snapshot;
  }
  if (window?.point && !isNow(window.point)) return context.at(window.point);
  return parent ?? context.at();
}

async function refuseFuture({ reads }: Context, knownAt: Date): Promise<void> {
  if (knownAt <= (await reads.now())) return;
  throw new InvalidInput([
    { path: ['at', 'knownAt'], message: `${knownAt.toISOString()} is in the future: knownAt must not be after now.` },
  ]);
}
