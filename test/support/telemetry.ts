import { randomUUID } from 'node:crypto';
import type { Database } from '../../src/db/database.ts';
import type { Tenant } from '../../src/db/transaction.ts';
import { openWorkspace } from '../../src/domain/workspace/workspaces.ts';
import { type AccessScope, scopes } from '../../src/graphql/core/context.ts';
import { createService } from '../../src/http/server.ts';
import { openTelemetry } from '../../src/http/telemetry/open.ts';
import { readConfig } from '../../src/library/config.ts';
import { localEmbeddings } from './embeddings.ts';
import type { Answer } from './service.ts';

/** A word that must never be told. */
export const MARKER = 'Qx7Secret';

/** A line of the log, read. */
export type Line = Record<string, unknown>;

/** A service that tells of itself as the settings say. Callers are of `acme` unless `x-test-workspace` says. */
export async function openTold(database: Database, env: Record<string, string> = {}) {
  const lines: string[] = [];
  const telemetry = await openTelemetry(readConfig(env).telemetry, database, {
    isTerminal: false,
    stream: { write: (line) => lines.push(line) },
  });
  const embeddings = await localEmbeddings(env.EMBEDDING_PROVIDER ? env : {}, telemetry.logger.warn);
  const tenants = new Map<string, Promise<Tenant>>();
  const tenant = (name: string) => {
    const known = tenants.get(name) ?? openWorkspace(database, name, 'operator', embeddings.model);
    tenants.set(name, known);
    return known;
  };
  const service = createService({
    database,
    embeddings,
    graphiql: true,
    log: telemetry.logger.error,
    telemetry,
    async authenticate(request) {
      const name = request.headers.get('x-test-workspace') ?? 'acme';
      const granted = new Set((request.headers.get('x-test-scopes')?.split(' ') ?? scopes) as AccessScope[]);
      const { workspaceId } = await tenant(name);
      return { workspaceId, credential: `key of ${name}`, actor: 'tester', scopes: granted };
    },
  });
  const served = await Promise.all(['acme', 'globex'].map(tenant));
  telemetry.serves(async () => served, embeddings);
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    service.fetch('http://test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return {
    telemetry,
    service,
    tenant,
    post,
    get: (path: string, headers: Record<string, string> = {}) => service.fetch(`http://test${path}`, { headers }),
    async send(query: string, variables: Record<string, unknown> = {}, headers: Record<string, string> = {}) {
      return (await (await post({ query, variables }, headers)).json()) as Answer;
    },
    /** What has been logged so far, raw. */
    lines,
    /** The same, read, since this was asked last. */
    logged: () => lines.splice(0).map((line) => JSON.parse(line) as Line),
  };
}

export type Told = Awaited<ReturnType<typeof openTold>>;

/** Lets the database refuse memories and name their contents: `breaks` by a constraint, `raises` by a trigger. */
export async function refuseSomeMemories(database: Database): Promise<void> {
  const connection = await database.connect();
  await connection.script(`
    alter table memories add constraint memories_hush check (content not like '%breaks%');
    create function hush() returns trigger language plpgsql as $$
      begin raise exception 'this says %', new.content; end $$;
    create trigger hush before insert on memories for each row when (new.content like '%raises%') execute function hush()`);
  connection.release();
}

export const CREATE = `mutation Remember($input: CreateMemoryInput!) { createMemory(input: $input) {
  __typename ... on CreateMemoryPayload { memory { id } } ... on Error { message } } }`;

/** Everything a caller can put a word of theirs into, some of it going wrong. Returns what was answered. */
export async function whisper({ post, send, get }: Told): Promise<unknown[]> {
  const input = (said: string) => ({
    companion: { key: `${MARKER} companion` },
    user: { externalId: `${MARKER} user` },
    content: `${MARKER} ${said} ${randomUUID()}`,
    summary: `${MARKER} summary`,
    slot: `${MARKER}.slot ${said}`,
    type: 'FACT',
    context: { [MARKER]: MARKER },
    entities: [{ name: `${MARKER} entity`, type: 'PERSON' }],
    idempotencyKey: `${MARKER} key ${randomUUID()}`,
  });
  const answers: unknown[] = [];
  for (const said of ['is said', 'breaks', 'raises']) answers.push(await send(CREATE, { input: input(said) }));
  const headers = { 'x-request-id': `${MARKER} with spaces`, traceparent: MARKER, tracestate: MARKER, cookie: MARKER };
  const documents: [string, Record<string, unknown>?][] = [
    [
      `query ($q: String!) { recall(input: {query: $q, companion: {key: "${MARKER} companion"}}) { edges { node { content } } } }`,
      { q: `${MARKER} said` },
    ],
    [`{ memories(companion: {key: "${MARKER} companion"}, filter: {text: "${MARKER}"}) { nodes { content } } }`],
    [`{ node(id: "mem_${MARKER}") { id } ${MARKER}: memories { totalCount } }`],
    [`{ ${MARKER} }`],
    [`{ memories(first: "${MARKER}") { totalCount } }`],
    [`query ($first: Int) { memories(first: $first) { totalCount } }`, { first: MARKER }],
    [`{ memories { totalCount } "${MARKER}`],
    [`mutation { forgetMemories(input: {ids: ["${MARKER}"]}) { __typename } }`],
    [`mutation { deleteCompanion(input: {companion: {key: "${MARKER}"}}) { __typename } }`],
  ];
  for (const [query, variables] of documents) answers.push(await send(query, variables, headers));
  const others = [
    post({ query: '{ memories { totalCount } }', operationName: MARKER }),
    post(`{"query": ${MARKER}`),
    post(MARKER, { 'content-type': `text/${MARKER}` }),
    post({ query: '{ memories { totalCount } }', [MARKER]: MARKER }),
    get(`/graphql?query={${MARKER}}&variables={"${MARKER}":`),
    get(`/${MARKER}`),
  ];
  for (const other of others) answers.push(await (await other).text());
  return answers;
}
