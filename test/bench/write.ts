import { Embeddings } from '../../src/domain/embedding/embeddings.ts';
import { openWorkspace } from '../../src/domain/workspace/workspaces.ts';
import { type AccessScope, scopes } from '../../src/graphql/core/context.ts';
import { createService, listen } from '../../src/http/server.ts';
import { readConfig } from '../../src/library/config.ts';
import { median, onEachDatabase, timed } from './databases.ts';
import { insertByHand, readRows, renewed, textsOf } from './write-by-hand.ts';

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

/**
 * `createMemories` with 1,000 memories, over HTTP, against the rows that such a batch leaves, vectors and all, written
 * by one INSERT by hand for each table through the driver; medians of alternating rounds.
 */
export async function run(): Promise<void> {
  await onEachDatabase(async (database, name) => {
    const embeddings = await Embeddings.open(readConfig(process.env).embedding, console.error);
    const tenant = await openWorkspace(database, 'bench', 'bench', embeddings.model);
    const principal = {
      workspaceId: tenant.workspaceId,
      credential: 'bench',
      actor: 'bench',
      scopes: new Set<AccessScope>(scopes),
    };
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
    const before = textsOf(await readRows(tenant));
    await post(1);
    const rows = await readRows(tenant, before);
    const ours: number[] = [];
    const byHand: number[] = [];
    for (let round = 2; round < ROUNDS + 2; round++) {
      ours.push((await timed(() => post(round))).ms);
      const same = renewed(rows, round);
      byHand.push((await timed(() => insertByHand(tenant, same))).ms);
    }
    await stop();
    const [mine, baseline] = [median(ours), median(byHand)];
    const counts = [...rows].map(([table, { length }]) => `${length} ${table}`).join(', ');
    console.log(
      `${name}: ${(baseline / mine).toFixed(2)} × the rows per second of one INSERT by hand for each table: ` +
        `1,000 memories with 2,000 mentions and 999 relations by one createMemories over HTTP ${mine.toFixed(0)} ms; ` +
        `the same rows by hand ${baseline.toFixed(0)} ms (${counts}; postings by trigger, both)`,
    );
  });
}
