import { readFileSync } from 'node:fs';
import { Embeddings } from '../../src/domain/embedding/embeddings.ts';
import { openWorkspace } from '../../src/domain/workspace/workspaces.ts';
import { type AccessScope, scopes } from '../../src/graphql/core/context.ts';
import { createService, listen } from '../../src/http/server.ts';
import { readConfig } from '../../src/library/config.ts';
import { median, onEachDatabase, timed } from './databases.ts';

/** The parts of a LoCoMo conversation that are written. */
interface Conversation {
  id: string;
  turns: { dia_id: string; session: number; datetime: string; speaker: string; text: string; caption?: string }[];
}

const BATCH = 500;

const CREATE = `mutation ($input: CreateMemoriesInput!) {
  createMemories(input: $input) { __typename ... on CreateMemoriesPayload { memories { id } } ... on Error { message } }
}`;

const PAGE = `query ($companion: CompanionRef!, $after: String) {
  memories(companion: $companion, first: 100, after: $after, orderBy: { field: VALID_FROM, direction: ASC }) {
    pageInfo { hasNextPage endCursor }
    nodes { id content context }
  }
}`;

const TRAVERSE = `query ($companion: CompanionRef!, $after: String) {
  memories(companion: $companion, first: 20, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges { node { id relations(first: 5, types: [FOLLOWS], direction: OUT) {
      edges { neighbor { id relations(first: 5, types: [FOLLOWS], direction: OUT) {
        edges { neighbor { id relations(first: 5, types: [FOLLOWS], direction: OUT) {
          edges { neighbor { id content } } } } } } } } } } }
  }
}`;

/** The turns of a batch as memories, each following the one before in its session. */
function toInput({ id, turns }: Conversation, start: number, previous: { id: string; session: number } | undefined) {
  const batch = turns.slice(start, start + BATCH);
  const relations = batch.flatMap((turn, n): object[] => {
    const before = batch[n - 1];
    if (before)
      return before.session === turn.session
        ? [{ from: { ref: turn.dia_id }, to: { ref: before.dia_id }, type: 'FOLLOWS' }]
        : [];
    return previous?.session === turn.session
      ? [{ from: { ref: turn.dia_id }, to: { id: previous.id }, type: 'FOLLOWS' }]
      : [];
  });
  const memories = batch.map((turn, n) => ({
    ref: turn.dia_id,
    type: 'EXPERIENCE',
    content: turn.text + (turn.caption ? ` [shares ${turn.caption}]` : ''),
    validFrom: `${turn.datetime}Z`,
    context: {
      conversationId: `session-${turn.session}`,
      turnNumber: start + n,
      speaker: turn.speaker,
      source: turn.dia_id,
    },
  }));
  return { companion: { key: id }, memories, relations };
}

/**
 * Real conversations, turn by turn, over HTTP: written, read back page by page, and traversed three levels deep.
 * LOCOMO names the LoCoMo file (JSON Lines); its licence keeps it out of this repository.
 */
export async function run(): Promise<void> {
  const file = process.env.LOCOMO;
  if (!file) {
    console.log('left out: LOCOMO does not name a LoCoMo file (JSON Lines)');
    return;
  }
  const conversations = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Conversation);
  await onEachDatabase(async (database, name) => {
    const embeddings = await Embeddings.open(readConfig(process.env).embedding, console.error);
    const { workspaceId } = await openWorkspace(database, 'bench', 'bench', embeddings.model);
    const principal = { workspaceId, credential: 'bench', actor: 'bench', scopes: new Set<AccessScope>(scopes) };
    const service = createService({
      database,
      embeddings,
      authenticate: () => principal,
      graphiql: false,
      log: console.error,
    });
    const { url, stop } = await listen(service, 0);
    // biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
    const send = async (query: string, variables: unknown): Promise<any> => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      });
      const { data, errors } = (await response.json()) as { data: unknown; errors?: { message: string }[] };
      if (errors) throw new Error(errors[0]?.message);
      return data;
    };
    /** Reads a list to its end; returns the time of each page and all of its nodes. */
    const readAll = async (query: string, key: string) => {
      const times: number[] = [];
      const pages: { edges?: { node: unknown }[]; nodes?: unknown[] }[] = [];
      for (let after: string | null = null, more = true; more; ) {
        const { ms, result } = await timed(() => send(query, { companion: { key }, after }));
        times.push(ms);
        pages.push(result.memories);
        ({ endCursor: after, hasNextPage: more } = result.memories.pageInfo);
      }
      return { times, nodes: pages.flatMap(({ nodes, edges }) => nodes ?? edges?.map(({ node }) => node) ?? []) };
    };
    let turns = 0;
    const written = await timed(async () => {
      for (const conversation of conversations) {
        let previous: { id: string; session: number } | undefined;
        for (let start = 0; start < conversation.turns.length; start += BATCH) {
          const input = toInput(conversation, start, previous);
          const { createMemories } = await send(CREATE, { input });
          if (!createMemories.memories) throw new Error(createMemories.message);
          const last = conversation.turns[Math.min(start + BATCH, conversation.turns.length) - 1];
          previous = { id: createMemories.memories.at(-1).id, session: last?.session as number };
          turns += createMemories.memories.length;
        }
      }
    });
    const pages: number[] = [];
    const traversals: number[] = [];
    for (const conversation of conversations) {
      const read = await readAll(PAGE, conversation.id);
      const contents = (read.nodes as { context: { source: string } }[]).map(({ context }) => context.source);
      if (new Set(contents).size !== conversation.turns.length)
        throw new Error(`${conversation.id} came back incomplete`);
      pages.push(...read.times);
      traversals.push(...(await readAll(TRAVERSE, conversation.id)).times);
    }
    await stop();
    const baseline = median(pages);
    console.log(
      `${name}: ${turns} memories written in ${(written.ms / 1000).toFixed(1)} s; page of 100: ${baseline.toFixed(1)} ms; ` +
        `page of 20 with three levels of relations: ${median(traversals).toFixed(1)} ms (ratio ${(median(traversals) / baseline).toFixed(2)})`,
    );
  });
}
