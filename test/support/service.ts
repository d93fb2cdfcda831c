import { afterAll, beforeAll, expect } from 'vitest';
import type { Tenant } from '../../src/db/transaction.ts';
import type { Embeddings } from '../../src/domain/embedding/embeddings.ts';
import type { Reranker } from '../../src/domain/rerank/reranker.ts';
import { openWorkspace } from '../../src/domain/workspace/workspaces.ts';
import { type AccessScope, type Principal, scopes } from '../../src/graphql/core/context.ts';
import type { DocumentLimits } from '../../src/graphql/cost/limits.ts';
import { createService, type Service, type ServiceOptions } from '../../src/http/server.ts';
import type { Restriction } from '../../src/kernel/principal.ts';
import { openTestDatabase, recordStatements } from './database.ts';
import type { DataOf } from './document-types.ts';
import { localEmbeddings } from './embeddings.ts';

// biome-ignore lint/suspicious/noExplicitAny: of a document that is put together the shape is not known
type Untyped = any;

/** What GraphQL answered. */
export interface Answer<Data = Untyped> {
  data: Data;
  errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
  extensions?: { failures?: { path: (string | number)[]; code: string; message: string }[] };
}

export interface Caller {
  /** The workspace the credential belongs to; each name is one. Default `acme`. */
  workspace?: string;
  /** What the credential may do. Default: everything. */
  scopes?: readonly AccessScope[];
  /** What of the workspace it sees. Default: all. */
  restriction?: Restriction | null;
}

export interface TestService {
  /** Sends a document and returns the whole answer, whose data has the document's type. */
  send<const Q extends string>(
    query: Q,
    variables?: Record<string, unknown>,
    caller?: Caller,
  ): Promise<Answer<DataOf<Q> | null>>;
  /** Sends a document that must not fail, and returns its data. */
  run<const Q extends string>(query: Q, variables?: Record<string, unknown>, caller?: Caller): Promise<DataOf<Q>>;
  /** The same of a document that is put together while the test runs. */
  sendUntyped(query: string, variables?: Record<string, unknown>, caller?: Caller): Promise<Answer>;
  runUntyped(query: string, variables?: Record<string, unknown>, caller?: Caller): Promise<Untyped>;
  /** The messages the document sends to the database, begin and commit included. It must not fail. */
  statementsOf(query: string, variables?: Record<string, unknown>, caller?: Caller): Promise<string[]>;
  /** How many they are. */
  countStatements(query: string, variables?: Record<string, unknown>, caller?: Caller): Promise<number>;
  /** Where a workspace's rows are, for operations called directly. */
  tenant(workspace?: string): Promise<Tenant>;
  service: Service;
  /** What has been logged. */
  logged: string[];
}

interface UsedService extends TestService {
  /** The same where the executor answers every document. */
  plain: TestService;
}

/**
 * A service on a database of this file's own, for all its tests; `limits` for documents that ask more than clients may.
 */
export function useService(limits?: DocumentLimits): UsedService {
  const test = {} as UsedService;
  let database: RecordedDatabase;
  beforeAll(async () => {
    database = recordStatements(await openTestDatabase());
    const embeddings = await localEmbeddings();
    const plain = serviceOn(database, embeddings, 'acme', limits, null, { requests: { compiledReads: false } });
    Object.assign(test, serviceOn(database, embeddings, 'acme', limits), { plain });
    for (const each of [test, plain]) await each.tenant();
  });
  afterAll(() => database.close());
  return test;
}

type RecordedDatabase = ReturnType<typeof recordStatements>;

/** A service on a database that may have others, with settings of its own. Callers are of `acme` unless they say. */
export function serviceOn(
  database: RecordedDatabase,
  embeddings: Embeddings,
  acme = 'acme',
  limits?: DocumentLimits,
  reranker: Reranker | null = null,
  options: Pick<ServiceOptions, 'requests' | 'webhooks' | 'chat'> = {},
): TestService {
  const workspaces = new Map<string, Promise<Tenant>>();
  const logged: string[] = [];
  const tenant = (name = acme) => {
    const known = workspaces.get(name) ?? openWorkspace(database, name, 'operator', embeddings.model);
    workspaces.set(name, known);
    return known;
  };
  const authenticate = async (request: Request): Promise<Principal> => {
    const { workspaceId } = await tenant(request.headers.get('x-test-workspace') ?? acme);
    const given = request.headers.get('x-test-scopes');
    return {
      workspaceId,
      credential: 'tester',
      actor: 'tester',
      scopes: new Set((given === null ? scopes : given.split(' ')) as AccessScope[]),
      restriction: JSON.parse(request.headers.get('x-test-restriction') ?? 'null'),
    };
  };
  const service = createService({
    database,
    authenticate,
    embeddings,
    reranker,
    graphiql: true,
    ...options,
    ...(limits && { limits }),
    log: (text) => logged.push(text),
  });
  const test: TestService = {
    service,
    logged,
    tenant,
    send: (...document) => test.sendUntyped(...document),
    run: (...document) => test.runUntyped(...document),
    async sendUntyped(query, variables = {}, { workspace = acme, scopes: granted = scopes, restriction } = {}) {
      const response = await service.fetch('http://test/graphql', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-test-workspace': workspace,
          'x-test-scopes': granted.join(' '),
          ...(restriction && { 'x-test-restriction': JSON.stringify(restriction) }),
        },
        body: JSON.stringify({ query, variables }),
      });
      return (await response.json()) as Answer;
    },
    async runUntyped(query, variables, caller) {
      const answer = await test.sendUntyped(query, variables, caller);
      expect(answer.errors, JSON.stringify(answer.errors)).toBeUndefined();
      return answer.data;
    },
    async statementsOf(query, variables, caller) {
      const before = database.statements.length;
      await test.runUntyped(query, variables, caller);
      return database.statements.slice(before);
    },
    async countStatements(...document) {
      return (await test.statementsOf(...document)).length;
    },
  };
  return test;
}
