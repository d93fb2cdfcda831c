import { type ExecutionArgs, type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { currentWork, follow, followed } from '../telemetry/current-work.ts';
import { currentRequest } from '../telemetry/request-record.ts';
import type { Tracing, Work } from '../telemetry/tracing.ts';

/**
 * Makes spans of requests, of their operations and of the resolvers that take time. The last of the plugins: what is
 * done around the execution is part of the operation.
 */
export const useTracing = (tracing: Tracing, endpoints: readonly string[]): Plugin => ({
  instrumentation: {
    async request({ request }, wrapped) {
      // Probes and scrapes would be most of what there is to see.
      const { pathname } = new URL(request.url);
      if (!endpoints.includes(pathname)) return wrapped();
      const work = tracing.begin(
        `${request.method} ${pathname}`,
        { 'http.request.method': request.method, 'url.path': pathname },
        request.headers,
      );
      if (!work) return wrapped();
      const record = currentRequest.getStore();
      if (record) record.traceId = work.traceId;
      try {
        await currentWork.run(work, wrapped);
      } finally {
        end(work);
      }
    },
  },
  onSchemaChange: ({ schema }) => traceResolvers(schema),
  onExecute({ executeFn, setExecuteFn }) {
    const above = currentWork.getStore();
    if (!above) return;
    setExecuteFn(async (args: ExecutionArgs) => {
      const { operationType = 'operation', operationName } = currentRequest.getStore() ?? {};
      const work = above.begin(operationName ? `${operationType} ${operationName}` : operationType, {
        'graphql.operation.type': operationType,
        ...(operationName && { 'graphql.operation.name': operationName }),
      });
      return followed(work, () => executeFn(args));
    });
  },
});

/** Ends the request's own span with what its record has. */
function end(work: Work): void {
  const { id, route, status, codes, outcome, principal, operationName } = currentRequest.getStore() ?? {};
  work.set({
    ...(route === 'mcp' && { 'mcp.method.name': operationName }),
    'palimpsest.request.id': id,
    'http.response.status_code': status,
    'palimpsest.workspace.id': principal?.workspaceId,
    ...(codes?.size && { 'palimpsest.error.codes': [...codes] }),
  });
  work.end(outcome === 'error' ? [...(codes ?? [])].join(' ') || 'error' : undefined);
}

// biome-ignore lint/suspicious/noExplicitAny: as graphql has it
type Resolver = GraphQLFieldResolver<any, any, any, any>;
const traced = new WeakSet<Resolver>();

/** Has the schema's own resolvers followed within requests that are traced. */
function traceResolvers(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      if (!field.resolve || traced.has(field.resolve)) continue;
      field.resolve = following(`${type.name}.${field.name}`, field.resolve);
      traced.add(field.resolve);
    }
  }
}

const following =
  (name: string, resolve: Resolver): Resolver =>
  (...args) =>
    follow(name, () => resolve(...args));
