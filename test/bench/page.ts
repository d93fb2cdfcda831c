import { openWorkspace } from '../../src/domain/workspace/workspaces.ts';
import { median, onPostgresql } from './databases.ts';
import { fillGraph } from './graph-data.ts';
import { LoadGenerator } from './load.ts';
import { fillOther } from './neighbors.ts';
import { ask, type ServerProcess, startByHand, startService } from './processes.ts';

const ROUNDS = Number(process.env.ROUNDS ?? 7);
const SECONDS = Number(process.env.SECONDS ?? 4);
const CONNECTIONS = 16;

const PAGE = '{ memories(first: 100) { nodes { id content type recordedAt } } }';

/** Requests a second of each, in alternating rounds. */
async function measurePage(servers: Record<string, { server: ServerProcess; path: string; body: string }>) {
  const generator = new LoadGenerator();
  const perSecond = new Map<string, number[]>();
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [name, { server, path, body }] of Object.entries(servers)) {
        const load = {
          url: `${server.url}${path}`,
          bodies: [body],
          connections: CONNECTIONS,
          first: 0,
          seconds: SECONDS,
        };
        const result = await generator.send(load);
        if (round > 0) perSecond.set(name, [...(perSecond.get(name) ?? []), result.perSecond]);
      }
    }
  } finally {
    generator.stop();
  }
  return perSecond;
}

/** The newest 100 memories over HTTP, against the same statement by hand behind node:http, with and without tenancy. */
export async function run(): Promise<void> {
  await onPostgresql(async (database, _name, databaseUrl) => {
    const { workspaceId } = await openWorkspace(database, 'bench', 'bench');
    await fillOther(database);
    await fillGraph({ database, workspaceId, actor: 'bench' });
    const service = await startService(databaseUrl);
    const byHand = await startByHand(databaseUrl, workspaceId, false);
    const tenant = await startByHand(databaseUrl, workspaceId, true);
    try {
      const { memories } = await ask(service.url, PAGE);
      const response = await fetch(`${byHand.url}/page`, { method: 'POST', body: '{}' });
      const { data } = (await response.json()) as { data: { memories: { content: string }[] } };
      const contents = (of: { content: string }[]) => of.map(({ content }) => content).join();
      if (contents(memories.nodes) !== contents(data.memories)) throw new Error('other memories by hand');
      const results = await measurePage({
        service: { server: service, path: '', body: JSON.stringify({ query: PAGE }) },
        tenant: { server: tenant, path: '/page', body: '{}' },
        byHand: { server: byHand, path: '/page', body: '{}' },
      });
      const of = (name: string) => results.get(name) ?? [];
      const ratio = (name: string) =>
        median(of('service').map((own, round) => own / (of(name)[round] ?? 0))).toFixed(2);
      console.log(
        `page of 100 memories: ${ratio('tenant')} × the requests a second by hand with tenancy, ${ratio('byHand')} × without ` +
          `(${['service', 'tenant', 'byHand'].map((name) => median(of(name)).toFixed(0)).join(', ')} requests/s)`,
      );
    } finally {
      await Promise.all([service.stop(), byHand.stop(), tenant.stop()]);
    }
  });
}
