import { sql } from 'drizzle-orm';
import type { Database } from '../../src/db/database.ts';
import { write } from '../../src/db/write.ts';
import { hashedVector } from '../../src/domain/embedding/hashing.ts';
import { type Embeddable, keepVectors } from '../../src/domain/embedding/vectors.ts';
import { openWorkspace } from '../../src/domain/workspace/workspaces.ts';
import { encodeId } from '../../src/kernel/ids.ts';
import { median, onEachDatabase, p95, timed } from './databases.ts';
import { settle } from './generate.ts';
import { fillConversations, questionsOf } from './recall-data.ts';
import { noteStatements, timedStatements } from './replay.ts';
import { type BenchService, serve } from './service.ts';

const QUESTIONS = 200;
const WARM_UP = 50;
const BATCH = 500;

/** The memories of each companion; those of the first have vectors, as the default settings make them. */
const sizes = {
  postgresql: { middle: 6_000, large: 190_000, small: 4_000 },
  embedded: { middle: 3_000, large: 190_000 },
};
/** The memories of another workspace in the same tables. */
const BESIDE = 20_000;

const RECALL = `query ($query: String!, $key: String!) {
  recall(input: { query: $query, companion: { key: $key } }, first: 20) { nodes { id content } } }`;

/** Gives a companion's memories the vectors of the local embedder. */
async function embed({ tenant }: BenchService, key: string): Promise<void> {
  const memories = await write(tenant, (tx) =>
    tx.rows<Embeddable>(sql`
      select m.id as "memoryId", m.companion_id as "companionId", m.user_id as "userId", m.content
      from memories m join companions c on c.workspace_id = m.workspace_id and c.id = m.companion_id
      where m.workspace_id = ${tx.workspaceId} and c.key = ${key}`),
  );
  const { dimension } = tenant.embedding ?? { dimension: 0 };
  if (dimension === 0) return;
  for (let from = 0; from < memories.length; from += BATCH) {
    const batch = memories.slice(from, from + BATCH);
    for (const memory of batch) memory.embedding = hashedVector(memory.content, dimension);
    await write(tenant, (tx) => keepVectors(tx, batch));
  }
}

/** What recalls took, and what their statements took alone, in ms; question by question. */
interface Times {
  ours: number[];
  bare: number[];
  /** How many statements each had, and how many memories it found. */
  counts: number[];
  found: number[];
}

/** Asks a companion over HTTP, and each time has the same statements run again without the service. */
async function measure(service: BenchService, noted: ReturnType<typeof noteStatements>, key: string): Promise<Times> {
  const questions = await questionsOf(service.tenant, key, WARM_UP + QUESTIONS);
  const times: Times = { ours: [], bare: [], counts: [], found: [] };
  for (const [index, query] of questions.entries()) {
    const { ms, result } = await timed(() => service.send(RECALL, { query, key }));
    const statements = noted.latest;
    const replayed = await timedStatements(service.tenant, statements);
    const ids = new Set(replayed.rows.map((row) => encodeId('Memory', row['m.id'] as string)));
    const nodes: { id: string }[] = result.recall.nodes;
    if (nodes.length === 0) throw new Error(`nothing was recalled for: ${query}`);
    if (!nodes.every(({ id }) => ids.has(id))) throw new Error(`the statements found something else for: ${query}`);
    if (index < WARM_UP) continue;
    times.ours.push(ms);
    times.bare.push(replayed.ms);
    times.counts.push(statements.length);
    times.found.push(nodes.length);
  }
  return times;
}

export const ratioOf = ({ ours, bare }: Times): number => median(ours) / median(bare);

function said(times: Times): string {
  const { ours, bare, counts, found } = times;
  const mean = (numbers: number[]) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  return `ratio ${ratioOf(times).toFixed(2)}: p50 ${median(ours).toFixed(1)} ms, p95 ${p95(ours).toFixed(1)} ms over HTTP; its ${mean(counts).toFixed(1)} statements alone p50 ${median(bare).toFixed(1)} ms, p95 ${p95(bare).toFixed(1)} ms; ${mean(found).toFixed(1)} memories found`;
}

/** Measures each of some companions, which have so many memories, in a workspace that has them all, `beside` another. */
export async function measureCompanions(
  database: Database,
  companions: Readonly<Record<string, number>>,
  beside = 0,
): Promise<ReadonlyMap<string, Times>> {
  const noted = noteStatements(database);
  const service = await serve(noted);
  try {
    for (const [key, memories] of Object.entries(companions)) await fillConversations(service.tenant, key, memories);
    const other = await openWorkspace(noted, 'beside', 'beside', service.tenant.embedding ?? null);
    await fillConversations(other, 'other', beside);
    await embed(service, 'middle');
    await settle(database);
    const measured = new Map<string, Times>();
    for (const key of Object.keys(companions)) measured.set(key, await measure(service, noted, key));
    return measured;
  } finally {
    await service.stop();
  }
}

/** `recall` of 20 with content, by default settings over HTTP, against its statements, alone through the driver. */
export async function run(): Promise<void> {
  await onEachDatabase(async (database, name) => {
    const companions: Readonly<Record<string, number>> = sizes[database.kind];
    for (const [key, times] of await measureCompanions(database, companions, BESIDE)) {
      const vectors = key === 'middle' ? 'with vectors' : 'without vectors';
      console.log(`${name}, companion of ${companions[key]} ${vectors}: ${said(times)}`);
    }
  });
}
