import type { Plugin } from 'graphql-yoga';

const allowed = new Set(['application/json', 'application/graphql', 'application/graphql+json']);

/**
 * Refuses bodies that a page of any other site could make a browser send without asking (forms and plain text):
 * a server on a developer's machine must not be changed by a web page.
 */
export const useJsonRequests = (): Plugin => ({
  // For every path: Yoga also answers at others, such as /graphql/ and /any/graphql.
  onRequestParse({ request, fetchAPI, endResponse }) {
    if (request.method !== 'POST') return;
    const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
    if (allowed.has(type)) return;
    endResponse(
      fetchAPI.Response.json(
        {
          errors: [
            {
              message: `The content type ${JSON.stringify(type)} is not accepted: send application/json.`,
              extensions: { code: 'INVALID_INPUT' },
            },
          ],
        },
        { status: 415 },
      ),
    );
  },
});
