import { median, onPostgresql, timed } from './databases.ts';
import { FORMULA, pageBy } from './formula.ts';
import { asOwner, fillCompanion, settle } from './generate.ts';
import { type BenchService, serve } from './service.ts';

const MEMORIES = Number(process.env.MEMORIES ?? 1_000_000);

async function measureOrder({ tenant, send }: BenchService): Promise<void> {
  const page = (companion: string, field: string) => timed(() => send(pageBy(companion, field))).then(({ ms }) => ms);
  const [decayed, indexed]: [number[], number[]] = [[], []];
  for (let round = 0; round < 30; round++) {
    decayed.push(await page('small', 'IMPORTANCE'));
    indexed.push(await page('small', 'RECORDED_AT'));
  }
  console.log(
    `first page by decayed importance, companion of 10,000: ${median(decayed).toFixed(1)} ms; by recordedAt ${median(indexed).toFixed(1)} ms; ratio ${(median(decayed) / median(indexed)).toFixed(2)}`,
  );
  const [large, scan]: [number[], number[]] = [[], []];
  for (let round = 0; round < 7; round++) {
    large.push(await page('large', 'IMPORTANCE'));
    scan.push(
      (
        await timed(() =>
          asOwner(
            tenant.database,
            `set max_parallel_workers_per_gather = 0; set jit = off; select sum(${FORMULA}) from memories; reset max_parallel_workers_per_gather; reset jit`,
          ),
        )
      ).ms,
    );
  }
  console.log(
    `the same, companion of ${MEMORIES}: ${median(large).toFixed(0)} ms; one bare sequential scan with the formula ${median(scan).toFixed(0)} ms; ratio ${(median(large) / median(scan)).toFixed(2)}`,
  );
}

/** Pages ordered by importance as it has decayed, which no index gives. */
export async function run(): Promise<void> {
  await onPostgresql(async (database) => {
    const service = await serve(database);
    await fillCompanion(service.tenant, 'small', 10_000);
    await fillCompanion(service.tenant, 'large', MEMORIES);
    await settle(database);
    await measureOrder(service);
    await service.stop();
  });
}
