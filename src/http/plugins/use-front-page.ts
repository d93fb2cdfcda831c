import type { Plugin } from 'graphql-yoga';
import { type Doors, FRONT_PAGE_POLICY, frontPage } from '../front-page/page.ts';

/**
 * Shows browsers that open `/` what there is to look at, and says to any other client where GraphQL is. Addresses are
 * relative ones, so that a proxy may serve all of this below a path of its own.
 */
export function useFrontPage(doors: Doors): Plugin {
  const hasPage = doors.graphiql || doors.explorer;
  const page = hasPage ? frontPage(doors) : '';
  return {
    onRequest({ request, url, fetchAPI, endResponse }) {
      // With a query Yoga may have something to say to it.
      if (url.pathname !== '/' || url.search !== '' || !/^(?:GET|HEAD)$/.test(request.method)) return;
      const answer = (text: string, headers: Record<string, string>) => {
        const all = { vary: 'accept', 'cache-control': 'no-store', ...headers };
        endResponse(new fetchAPI.Response(request.method === 'HEAD' ? null : text, { headers: all }));
      };
      if (hasPage && request.headers.get('accept')?.includes('text/html')) {
        return answer(page, {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': FRONT_PAGE_POLICY,
          'x-frame-options': 'DENY',
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
        });
      }
      answer(`Palimpsest answers GraphQL at ${doors.endpoint}: send a POST with JSON.\n`, {
        'content-type': 'text/plain; charset=utf-8',
      });
    },
  };
}
