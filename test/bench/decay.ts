import { appRole, STAMP_SETTING, WORKSPACE_SETTING } from '../../src/db/columns.ts';
import type { Tenant } from '../../src/db/transaction.ts';
import { median, onPostgresql, p95, timed } from './databases.ts';
import { FORMULA, pageBy, UNTIL } from './formula.ts';
import { asOwner, fillCompanion, settle } from './generate.ts';
import { type BenchService, serve } from './service.ts';

const MEMORIES = Number(process.env.MEMORIES ?? 1_000_000);
const SMALL = 10_000;
const ROUNDS = 3;

const DECAY = `mutation { decayImportance(input: {companion: {key: "large"}, until: "${UNTIL}"}) {
  ... on Error { message } ... on DecayImportancePayload { report { examined decayed archived } } } }`;

/** The memories of the large companion below what archives a tenth of them: half of the FACTs. */
const FADED = `workspace_id = $ws and archived_at is null and type = 'FACT' and importance < 5
  and companion_id = (select id from companions where workspace_id = $ws and key = 'large')`;

/** As the application, in its workspace, with the triggers that keep history. */
async function asApplication({ database, workspaceId }: Tenant, statements: string): Promise<void> {
  await asOwner(
    database,
    `begin; set local role ${appRole.name}; set local ${WORKSPACE_SETTING} = '${workspaceId}';
     set local ${STAMP_SETTING} = '${new Date().toISOString()}'; ${statements.replaceAll('$ws', `'${workspaceId}'`)}; commit`,
  );
}

/** Takes out of the archive what is in it, without a trace. */
async function restore({ database, workspaceId }: Tenant): Promise<void> {
  await asOwner(
    database,
    `set session_replication_role = replica; truncate events, memories_history;
     update memories set archived_at = null, known_from = recorded_at
     where workspace_id = '${workspaceId}' and archived_at is not null; reset session_replication_role`,
  );
  await settle(database);
}

async function measureDecay(service: BenchService): Promise<void> {
  const { tenant, send } = service;
  // Half of the FACTs lie below 5; until then they fade by a factor the same for all.
  await send('mutation { setDecayPolicy(input: {type: FACT, halfLifeDays: null, archiveBelow: 5}) { __typename } }');
  const [ours, byHand, rss]: [number[], number[], number[]] = [[], [], []];
  let report: unknown;
  for (let round = 0; round < ROUNDS; round++) {
    await restore(tenant);
    byHand.push(
      (
        await timed(() =>
          asApplication(
            tenant,
            `select sum(${FORMULA}) from memories where workspace_id = $ws; update memories set archived_at = now() where ${FADED}`,
          ),
        )
      ).ms,
    );
    await restore(tenant);
    const before = process.memoryUsage().rss;
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss);
    }, 20);
    const { ms, result } = await timed(() => send(DECAY));
    clearInterval(watch);
    rss.push((most - before) / 2 ** 20);
    ours.push(ms);
    report = result.decayImportance.report;
  }
  console.log(
    `decayImportance: ${JSON.stringify(report)} in ${(median(ours) / 1000).toFixed(1)} s; the scan and one UPDATE by hand of these rows ${(median(byHand) / 1000).toFixed(1)} s; ratio ${(median(ours) / median(byHand)).toFixed(2)}`,
  );
  console.log(`  the process grew by ${rss.map((mib) => mib.toFixed(0)).join(', ')} MiB meanwhile`);
  await restore(tenant);
  const read = () => timed(() => send(pageBy('small', 'RECORDED_AT'))).then(({ ms }) => ms);
  const idle: number[] = [];
  for (let n = 0; n < 400; n++) idle.push(await read());
  const busy: number[] = [];
  let isDone = false;
  const decaying = send(DECAY).then(() => {
    isDone = true;
  });
  while (!isDone) busy.push(await read());
  await decaying;
  console.log(
    `  other requests meanwhile: p95 ${p95(busy).toFixed(1)} ms (${busy.length}); idle ${p95(idle).toFixed(1)} ms; ratio ${(p95(busy) / p95(idle)).toFixed(2)}`,
  );
}

/** `decayImportance` over many memories, against the bare statements, and what others wait for meanwhile. */
export async function run(): Promise<void> {
  await onPostgresql(async (database) => {
    const service = await serve(database);
    await fillCompanion(service.tenant, 'small', SMALL);
    await fillCompanion(service.tenant, 'large', MEMORIES);
    await settle(database);
    await measureDecay(service);
    await service.stop();
  });
}
