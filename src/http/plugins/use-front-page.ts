import type { Plugin } from 'graphql-yoga';

/**
 * Leads browsers from `/` to GraphiQL, and says to any other client where GraphQL is. The address is a relative one, so
 * that a proxy may serve all of this below a path of its own.
 */
export const useFrontPage = (endpoint: string, graphiql: boolean): Plugin => ({
  onRequest({ request, url, fetchAPI, endResponse }) {
    // With a query Yoga may have something to say to it.
    if (url.pathname !== '/' || url.search !== '' || !/^(?:GET|HEAD)$/.test(request.method)) return;
    const headers = { vary: 'accept', 'cache-control': 'no-store' };
    if (graphiql && request.headers.get('accept')?.includes('text/html')) {
      return endResponse(
        new fetchAPI.Response(null, { status: 302, headers: { ...headers, location: endpoint.slice(1) } }),
      );
    }
    endResponse(
      new fetchAPI.Response(`Palimpsest answers GraphQL at ${endpoint}: send a POST with JSON.\n`, {
        headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' },
      }),
    );
  },
});
