import type { Plugin } from 'graphql-yoga';
import { encodingFor } from '../answers/compress.ts';
import { GraphiqlPage } from '../graphiql/page.ts';
import { hasForm } from './has-form.ts';

/**
 * Serves GraphiQL to browsers that open an address where GraphQL is. All that read it share its bytes, and those that
 * have it already are told so.
 */
export function useGraphiql(endpoint: string, isServed: boolean): Plugin<object, { isShared?: boolean }> {
  if (!isServed) return {};
  let page: GraphiqlPage | undefined;
  return {
    async onRequest({ request, url, fetchAPI, endResponse, serverContext }) {
      if (!/^(?:GET|HEAD)$/.test(request.method) || !request.headers.get('accept')?.includes('text/html')) return;
      if (!url.pathname.replace(/\/$/, '').endsWith(endpoint)) return;
      page ??= new GraphiqlPage();
      const accepted = encodingFor(request.headers.get('accept-encoding'));
      const { bytes, etag, encoding } = await page.form(accepted === 'deflate' ? undefined : accepted);
      const headers = {
        etag,
        // It changes with the server alone: a browser asks whether it has.
        'cache-control': 'no-cache',
        vary: 'Accept, Accept-Encoding',
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': await page.policy,
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        ...(encoding && { 'content-encoding': encoding }),
      };
      if (hasForm(request.headers.get('if-none-match'), etag)) {
        return endResponse(new fetchAPI.Response(null, { status: 304, headers }));
      }
      serverContext.isShared = true;
      const body = request.method === 'HEAD' ? null : (bytes as Uint8Array<ArrayBuffer>);
      endResponse(new fetchAPI.Response(body, { headers: { ...headers, 'content-length': String(bytes.length) } }));
    },
  };
}
