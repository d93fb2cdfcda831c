import { createHash, timingSafeEqual } from 'node:crypto';
import type { Plugin } from 'graphql-yoga';
import type { Metrics } from '../telemetry/metrics.ts';

const PATH = '/metrics';

/** Serves the process's metrics to clients that have the token, or to all where none is set. */
export const useMetricsEndpoint = (metrics: Metrics): Plugin => ({
  async onRequest({ request, url, fetchAPI, endResponse }) {
    if (url.pathname !== PATH) return;
    const answer = (status: number, text: string, headers: Record<string, string>) =>
      endResponse(new fetchAPI.Response(text, { status, headers: { 'cache-control': 'no-store', ...headers } }));
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return answer(405, 'Metrics are read with GET.\n', { allow: 'GET, HEAD' });
    }
    if (metrics.token !== undefined && !isSame(request.headers.get('authorization') ?? '', `Bearer ${metrics.token}`)) {
      const sentence = 'Metrics need the header Authorization: Bearer with the token of METRICS_TOKEN.\n';
      return answer(401, sentence, { 'www-authenticate': 'Bearer', 'content-type': 'text/plain' });
    }
    answer(200, await metrics.text(), { 'content-type': metrics.contentType });
  },
});

/** Compares digests, so that the time it takes does not show how much is right. */
function isSame(given: string, wanted: string): boolean {
  const [left, right] = [given, wanted].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(left as Buffer, right as Buffer);
}
