import { sql } from 'drizzle-orm';
import { readConfig } from '../../src/config.ts';
import { type AccessScope, scopes } from '../../src/context.ts';
import type { Tenant } from '../../src/db/scope.ts';
import { write } from '../../src/db/scope.ts';
import { json } from '../../src/db/sql.ts';
import { Embeddings } from '../../src/embedding/embeddings.ts';
import { newId } from '../../src/ids.ts';
import { createService, listen } from '../../src/server.ts';
import { openWorkspace } from '../../src/workspace/operations.ts';
import { median, onEachDatabase, timed } from './databases.ts';

const MEMORIES = 1_000;
const ROUNDS = 7;

const CREATE = `mutation ($input: CreateMemoriesInput!) {
  createMemories(input: $input) { __typename ... on CreateMemoriesPayload { memories { id } } ... on Error { message } }
}`;

/** 1,000 memories with two entities each and a relation to the one before. */
function batch(round: number) {
  return {
    companion: { key: 'iris' },
    user: { externalId: 'maya' },
    memories: Array.from({ length: MEMORIES }, (_, n) => ({
      ref: `${n}`,
      type: 'FACT',
      content: `Round ${round}, statement ${n}: the delivery of part ${n * 7919} goes to hall ${n % 17} before noon`,
      context: { conversationId: `round-${round}`, turnNumber: n },
      entities: [
        { type: 'place', name: `hall ${n % 17}` },
        { type: 'part', name: `part ${n % 97}` },
      ],
    })),
    relations: Array.from({ length: MEMORIES - 1 }, (_, n) => ({
      from: { ref: `${n + 1}` },
      to: { ref: `${n}` },
      type: 'FOLLOWS',
    })),
  };
}

/** The baseline: the same contents by one INSERT written by hand, into the same tables, without entities or relations. */
async function insertByHand(tenant: Tenant, companionId: string, round: number): Promise<void> {
  const rows = batch(round).memories.map(({ content, context }) => ({ id: newId(), line: newId(), content, context }));
  await write(tenant, async (tx) => {
    await tx.rows(sql`
      with r as (select * from jsonb_to_recordset(${json(rows)}) as r (id uuid, line uuid, content text, context jsonb)),
      l as (insert into lineages (workspace_id, id, companion_id) select ${tx.workspaceId}, line, ${companionId}::uuid from r)
      insert into memories (workspace_id, id, lineage_id, companion_id, type, content, content_fold, context, confidence,
        importance, importance_as_of, valid_from, recorded_at, updated_at, known_from)
      select ${tx.workspaceId}, id, line, ${companionId}::uuid, 'FACT', content, md5(content), context, 1, 5, now(), now(),
        now(), now(), now() from r`);
  });
}

/** `createMemories` with 1,000 memories, over HTTP, against one INSERT by hand; medians of alternating rounds. */
export async function run(): Promise<void> {
  await onEachDatabase(async (database, name) => {
    const embeddings = await Embeddings.open(readConfig(process.env).embedding, console.error);
    const tenant = await openWorkspace(database, 'bench', 'bench', embeddings.model);
    const principal = { workspaceId: tenant.workspaceId, actor: 'bench', scopes: new Set<AccessScope>(scopes) };
    const service = createService({
      database,
      embeddings,
      authenticate: () => principal,
      graphiql: false,
      log: console.error,
    });
    const { url, stop } = await listen(service, 0);
    const post = async (round: number) => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: CREATE, variables: { input: batch(round) } }),
      });
      const { data } = (await response.json()) as {
        data: { createMemories: { memories?: unknown[]; message?: string } };
      };
      if (data.createMemories.memories?.length !== MEMORIES) throw new Error(data.createMemories.message);
    };
    await post(0);
    const [companion] = await write(tenant, (tx) => tx.rows<{ id: string }>(sql`select id from companions`));
    const ours: number[] = [];
    const byHand: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      ours.push((await timed(() => post(round))).ms);
      byHand.push((await timed(() => insertByHand(tenant, companion?.id as string, round + 1_000))).ms);
    }
    await stop();
    const [mine, baseline] = [median(ours), median(byHand)];
    console.log(
      `${name}: 1,000 memories, 2,000 mentions, 999 relations by one createMemories over HTTP: ${mine.toFixed(0)} ms; ` +
        `one INSERT by hand of the memories alone: ${baseline.toFixed(0)} ms; ratio ${(mine / baseline).toFixed(2)}`,
    );
  });
}
