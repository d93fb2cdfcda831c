import { type SQL, sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { Tenant } from '../../src/db/transaction.ts';
import { write } from '../../src/db/write.ts';
import type { Embeddings } from '../../src/domain/embedding/embeddings.ts';
import { hashedVector } from '../../src/domain/embedding/hashing.ts';
import { keepVectorsUp } from '../../src/domain/embedding/upkeep-loop.ts';
import { patience } from './calibration.ts';
import { openTestDatabase, recordStatements } from './database.ts';
import { localEmbeddings } from './embeddings.ts';
import { type OpenAiServer, startOpenAiServer } from './openai-server.ts';
import { serviceOn, type TestService } from './service.ts';

/** What the server's vectors have, and what it is called. */
export const DIMENSION = 64;
export const MODEL = 'text-embedding-3-small';

/** The vector that the server gives a text. */
export const vectorOf = (text: string, dimension = DIMENSION) => hashedVector(text, dimension);

export interface VectorService extends TestService {
  embeddings: Embeddings;
  /** What the embeddings have logged. */
  said: string[];
  /** Keeps the vectors of its workspaces, as a server does; ends with the test. */
  keepUp(...workspaces: string[]): Promise<{ stop(): Promise<void> }>;
}

export interface Provider extends OpenAiServer {
  /** The settings that lead to it. */
  settings(env?: Record<string, string>): Record<string, string>;
  /** A service under such settings, or others; `workspace` is what callers are of unless they say. */
  open(workspace: string, env?: Record<string, string>): Promise<VectorService>;
  database: ReturnType<typeof recordStatements>;
}

/** A server of OpenAI's protocol, and a database of this file's own, for as many services as tests open. */
export function useProvider(): Provider {
  const provider = {} as Provider;
  const running: { stop(): Promise<void> }[] = [];
  beforeAll(async () => {
    const server = await startOpenAiServer({ dimension: DIMENSION });
    const database = recordStatements(await openTestDatabase());
    const settings = (env = {}) => ({
      EMBEDDING_PROVIDER: 'openai',
      OPENAI_BASE_URL: server.url,
      OPENAI_API_KEY: 'sk-hush-hush',
      EMBEDDING_DIMENSION: `${DIMENSION}`,
      EMBEDDING_DEADLINE_MS: `${patience(10_000)}`,
      ...env,
    });
    const open = async (workspace: string, env: Record<string, string> = settings()) => {
      const said: string[] = [];
      const embeddings = await localEmbeddings(env, (text) => said.push(text));
      const service = serviceOn(database, embeddings, workspace);
      await service.tenant();
      const keepUp = async (...workspaces: string[]) => {
        const tenants = await Promise.all(
          (workspaces.length ? workspaces : [workspace]).map((name) => service.tenant(name)),
        );
        const upkeep = keepVectorsUp(
          async () => tenants,
          embeddings,
          (text) => said.push(text),
        );
        running.push(upkeep);
        return upkeep;
      };
      return Object.assign(service, { embeddings, said, keepUp });
    };
    Object.assign(provider, server, { settings, open, database });
  });
  afterEach(async () => {
    provider.misbehave(null);
    await Promise.all(running.splice(0).map((upkeep) => upkeep.stop()));
    provider.embedded.clear();
    provider.requests.length = 0;
  });
  afterAll(async () => {
    await provider.stop();
    await provider.database.close();
  });
  return provider;
}

const REMEMBER = `mutation ($input: CreateMemoryInput!) {
  createMemory(input: $input) { ... on CreateMemoryPayload { memory { id } } ... on Error { message } }
}`;

/** Makes a FACT of iris, which must succeed; returns its id. */
export async function remember(
  service: TestService,
  content: string,
  input: Record<string, unknown> = {},
  workspace?: string,
) {
  const variables = { input: { companion: { key: 'iris' }, type: 'FACT', content, ...input } };
  const { createMemory } = await service.runUntyped(REMEMBER, variables, workspace ? { workspace } : {});
  expect(createMemory.message).toBeUndefined();
  return createMemory.memory.id as string;
}

const STATUS = '{ viewer { embedding { provider model dimension embedded pending owed } } }';

/** What viewer.embedding says. */
export async function statusOf(service: TestService, workspace?: string) {
  return (await service.run(STATUS, {}, workspace ? { workspace } : {})).viewer.embedding as {
    provider: string;
    model: string | null;
    dimension: number | null;
    embedded: number;
    pending: number;
    owed: number;
  };
}

/** Waits until a workspace has so many vectors, and so many are pending. */
export const untilEmbedded = (service: TestService, embedded: number, pending = 0, workspace?: string) =>
  expect
    .poll(() => statusOf(service, workspace), { timeout: patience(20_000), interval: 50 })
    .toMatchObject({ embedded, pending });

const RECALL = `query ($input: RecallInput!) {
  recall(input: $input) {
    mode weights { vector lexical } edges { node { id content } explanation { similarity } }
  }
}`;

/** What iris recalls: ids and contents, best first, by what, and how similar their vectors are. */
export async function recall(service: TestService, input: Record<string, unknown>, workspace?: string) {
  const variables = { input: { companion: { key: 'iris' }, ...input } };
  const found = (await service.run(RECALL, variables, workspace ? { workspace } : {})).recall;
  const edges = found.edges as { node: { id: string; content: string }; explanation: { similarity: number | null } }[];
  return {
    mode: found.mode as string,
    weights: found.weights as { vector: number; lexical: number },
    ids: edges.map(({ node }) => node.id),
    contents: edges.map(({ node }) => node.content),
    similarities: edges.map(({ explanation }) => explanation.similarity),
  };
}

const SIMILAR = `query ($id: ID!, $first: Int!, $minSimilarity: Float, $at: PointInTime) {
  memory(id: $id, at: $at) { similar(first: $first, minSimilarity: $minSimilarity) { similarity memory { id content } } }
}`;

/** The memories similar to one, the most similar first. */
export async function similarTo(service: TestService, id: string, args: Record<string, unknown> = {}) {
  const { memory } = await service.run(SIMILAR, { id, first: 10, ...args });
  return memory?.similar as { similarity: number; memory: { id: string; content: string } }[];
}

/** Runs a statement as the workspace. */
export const rowsOf = <Row = Record<string, unknown>>(tenant: Tenant, statement: SQL) =>
  write(tenant, (tx) => tx.rows<Row>(statement));

/** The vectors there are: how many of which model, the most first. */
export const vectorsOf = (tenant: Tenant) =>
  rowsOf<{ model: string; dimension: number; count: number }>(
    tenant,
    sql`select model, dimension, count(*)::int as count from memory_embeddings group by 1, 2 order by 3 desc, 1, 2`,
  );

/** How long something took, in milliseconds, and what came of it. */
export async function timed<T>(run: () => Promise<T>): Promise<{ ms: number; value: T }> {
  const began = performance.now();
  const value = await run();
  return { ms: performance.now() - began, value };
}
