import { median, onPostgresql, timed } from './databases.ts';
import { FORMULA, pageBy } from './formula.ts';
import { asOwner, fillCompanion, settle } from './generate.ts';
import { fillOther } from './neighbors.ts';
import { type BenchService, serve } from './service.ts';

const MEMORIES = Number(process.env.MEMORIES ?? 1_000_000);
const SMALL = 10_000;

/** Times of the first page by decayed importance, of one by an index, and of the bare scan that the order needs. */
async function measureCompanion({ tenant, send }: BenchService, key: string, rounds: number): Promise<void> {
  const [row] = await asOwner(
    tenant.database,
    `select id from companions where workspace_id = '${tenant.workspaceId}' and key = '${key}'`,
  );
  const scan = `set max_parallel_workers_per_gather = 0; set jit = off;
    select sum(${FORMULA}) from memories where workspace_id = '${tenant.workspaceId}' and companion_id = '${row?.id}';
    reset max_parallel_workers_per_gather; reset jit`;
  const page = (field: string) => timed(() => send(pageBy(key, field)));
  const times = { decayed: [] as number[], indexed: [] as number[], bare: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    times.decayed.push((await page('IMPORTANCE')).ms);
    times.indexed.push((await page('RECORDED_AT')).ms);
    times.bare.push((await timed(() => asOwner(tenant.database, scan))).ms);
  }
  const [decayed, indexed, bare] = [median(times.decayed), median(times.indexed), median(times.bare)];
  const text = (ms: number) => `${ms.toFixed(1)} ms`;
  console.log(
    `first page by decayed importance, companion ${key}: ${(decayed / bare).toFixed(2)} × one bare scan of it with the formula ` +
      `(${text(decayed)}; the scan ${text(bare)}); less a page by recordedAt, ${text(indexed)}: ${((decayed - indexed) / bare).toFixed(2)} ×`,
  );
}

/** Pages ordered by importance as it has decayed, which no index gives. */
export async function run(): Promise<void> {
  await onPostgresql(async (database) => {
    const service = await serve(database);
    await fillOther(database);
    await fillCompanion(service.tenant, 'small', SMALL);
    await fillCompanion(service.tenant, 'large', MEMORIES);
    await settle(database);
    console.log(`companions: small ${SMALL} memories, large ${MEMORIES}`);
    await measureCompanion(service, 'small', 30);
    await measureCompanion(service, 'large', 7);
    await service.stop();
  });
}
