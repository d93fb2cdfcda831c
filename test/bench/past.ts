import { median, onPostgresql, timed } from './databases.ts';
import { addRevisions, fillCompanion, settle } from './generate.ts';
import { serve } from './service.ts';

const MEMORIES = Number(process.env.MEMORIES ?? 1_000_000);
const ROUNDS = 60;

/** Memories are recorded one a second from 2025-01-01 on, and revised in the four days after. */
const pointsOf = (memories: number) => ({
  'a third through': new Date(Date.UTC(2025, 0, 1) + (memories / 3) * 1_000).toISOString(),
  'between two revisions': new Date(Date.UTC(2025, 0, 3)).toISOString(),
  'after the last': new Date(Date.UTC(2025, 5, 1)).toISOString(),
});

const PAGE = `query ($at: PointInTime) {
  memories(companion: {key: "middle"}, first: 20, at: $at) { nodes { id content status importance confidence } } }`;

/**
 * A page at a past `knownAt`, in a companion of a tenth of all memories, four of ten revised, against the page at now.
 */
export async function run(): Promise<void> {
  await onPostgresql(async (database) => {
    const { tenant, send, stop } = await serve(database);
    for (const [key, share] of [
      ['middle', 0.1],
      ['others', 0.9],
    ] as const) {
      await fillCompanion(tenant, key, MEMORIES * share);
      await addRevisions(tenant, key, { each: 10, rounds: 4 });
    }
    await settle(database);
    for (const [name, knownAt] of Object.entries(pointsOf(MEMORIES * 0.1))) {
      const [then, now]: [number[], number[]] = [[], []];
      for (let round = 0; round < ROUNDS; round++) {
        then.push((await timed(() => send(PAGE, { at: { knownAt } }))).ms);
        now.push((await timed(() => send(PAGE))).ms);
      }
      console.log(
        `page of 20 of 100,000 as known ${name} (${knownAt}): ${median(then).toFixed(1)} ms; at now ${median(now).toFixed(1)} ms; ratio ${(median(then) / median(now)).toFixed(2)}`,
      );
    }
    await stop();
  });
}
