import { getOperationAST } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Principal } from '../../graphql/core/context.ts';
import { currentRequest, type RequestObserver, RequestRecord, type Route } from '../telemetry/request-record.ts';

/** The header that a request's id comes in and is answered in. */
const HEADER = 'x-request-id';

/** Records each request, answers its id, and shows the record to the observers at the end. The first of the plugins. */
export const useRequestRecord = (
  endpoint: string,
  observers: readonly RequestObserver[],
): Plugin<object, { principal?: Principal }> => ({
  instrumentation: {
    async request({ request }, wrapped) {
      const record = new RequestRecord(request.headers.get(HEADER));
      for (const observer of observers) observer.started?.(record);
      try {
        await currentRequest.run(record, wrapped);
      } finally {
        record.end();
        for (const observer of observers) observer.finished(record);
      }
    },
  },
  onRequest({ url: { pathname } }) {
    const record = currentRequest.getStore();
    if (record) record.route = routeOf(pathname, endpoint);
  },
  onValidate({ params: { documentAST }, context }) {
    // The name is taken from the document: the `operationName` of a request may be any text.
    const operation = getOperationAST(
      documentAST,
      (context as { params?: { operationName?: string } }).params?.operationName,
    );
    if (operation) currentRequest.getStore()?.isOf(operation.operation, operation.name?.value);
  },
  onResultProcess({ result }) {
    const record = currentRequest.getStore();
    if (!record) return;
    const { errors = [], extensions } = result as Result;
    for (const error of errors) record.codes.add(error.extensions?.code ?? 'UNCODED');
    for (const { code } of extensions?.failures ?? []) record.codes.add(code);
  },
  onResponse({ request, response, serverContext }) {
    const record = currentRequest.getStore();
    if (!record) return;
    // Yoga answers some before it asks plugins.
    record.route ??= routeOf(new URL(request.url).pathname, endpoint);
    record.principal = serverContext.principal;
    record.status = response.status;
    if (record.codes.size === 0 && response.status >= 400) record.codes.add(`HTTP_${response.status}`);
    response.headers.set(HEADER, record.id);
  },
});

const routes: Readonly<Record<string, Route>> = {
  '/mcp': 'mcp',
  '/health': 'health',
  '/ready': 'ready',
  '/metrics': 'metrics',
};
const routeOf = (pathname: string, endpoint: string): Route =>
  pathname === endpoint ? 'graphql' : (routes[pathname] ?? 'other');

interface Result {
  errors?: readonly { extensions?: { code?: string } }[];
  extensions?: { failures?: readonly { code: string }[] };
}
