import { z } from 'zod';
import { InvalidInput } from '../../kernel/errors.ts';
import { momentInput, parseInput } from '../../kernel/input.ts';
import { isNow, type PointInTime } from '../../kernel/point.ts';
import type { Window } from '../../model/paging/window.ts';
import { builder } from './builder.ts';
import type { Context } from './context.ts';
import type { Snapshot } from './snapshot.ts';

/** The input type behind every `at`. */
export const PointInTimeInput = builder.inputType('PointInTime', {
  description:
    'A point on both clocks. It holds for everything nested below it, and ids of what is read there carry it.',
  fields: (t) => ({
    validAt: t.field({
      type: 'DateTime',
      description: 'The moment of the world that is asked about. Default: `knownAt`. May lie in the future.',
    }),
    knownAt: t.field({
      type: 'DateTime',
      description: 'The moment whose knowledge answers. Default: now. In the future it is INVALID_INPUT.',
    }),
  }),
});

export const atDescription = 'Read the graph as it stood at this point in time instead of now.';

type GivenPoint = { validAt?: Date | null; knownAt?: Date | null } | null | undefined;

/**
 * The graph a field reads: at the point given, else at that of a cursor's first page, else at the parent's.
 * Throws InvalidInput for a `knownAt` in the future, and for moments beyond the years 1 to 9999.
 */
export function snapshotAt(context: Context, at: GivenPoint, parent?: Snapshot, window?: Window): Snapshot {
  if (at) return context.at(checkPoint(at));
  if (window?.point && !isNow(window.point)) return context.at(window.point);
  return parent ?? context.at();
}

const pointInput = z.object({ validAt: momentInput.nullish(), knownAt: momentInput.nullish() });

function checkPoint(at: NonNullable<GivenPoint>): PointInTime {
  const { validAt, knownAt } = parseInput(pointInput, at, ['at']);
  if (knownAt && knownAt.getTime() > Date.now()) {
    throw new InvalidInput([
      { path: ['at', 'knownAt'], message: `${knownAt.toISOString()} lies in the future: what will be known is not.` },
    ]);
  }
  return { ...(validAt && { validAt }), ...(knownAt && { knownAt }) };
}
