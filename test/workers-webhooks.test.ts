import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { patience } from './support/calibration.ts';
import { createTestDatabase } from './support/database.ts';
import { type Receiver, startReceiver } from './support/receiver.ts';
import { send, useProcesses } from './support/server-process.ts';
import { askDocument } from './support/workers.ts';

vi.setConfig({ testTimeout: patience(120_000) });
const launch = useProcesses();
let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.stop());

const CREATE = `mutation ($content: String!) { createMemory(input: {companion: {key: "iris"}, type: FACT, content: $content}) {
  __typename } }`;
const HOOK = `mutation ($url: String!) { createWebhook(input: {url: $url}) {
  ... on CreateWebhookPayload { webhook { id } } ... on Error { message } } }`;
const DELIVERIES = '{ webhooks { nodes { deliveries(first: 100) { nodes { eventId status attempts } } } } }';

describe.skipIf(!process.env.TEST_DATABASE_URL)('with workers', () => {
  test('each event is sent to each webhook, and not by each worker', async () => {
    const { url: databaseUrl, directUrl } = await createTestDatabase();
    const server = launch({
      WORKERS: '3',
      DATABASE_URL: databaseUrl,
      DIRECT_DATABASE_URL: directUrl,
      EMBEDDING_PROVIDER: 'none',
      WEBHOOK_PRIVATE_ADDRESSES: 'true',
      METRICS: 'true',
    });
    onTestFinished(() => void server.child.kill('SIGKILL'));
    const url = await server.ready;
    for (const path of ['/one', '/other']) {
      const { body } = await askDocument(url, HOOK, { url: new URL(path, receiver.url).href });
      expect(body.data.createWebhook.webhook.id).toMatch(/^whk_/);
    }
    const COUNT = 30;
    // On connections of their own, which the workers take in turn.
    const written = Array.from({ length: COUNT }, (_, n) => askDocument(url, CREATE, { content: `Number ${n}.` }));
    for (const { body } of await Promise.all(written)) expect(body.errors).toBeUndefined();
    const hooks = async (): Promise<{ eventId: string; status: string; attempts: number }[][]> => {
      const { body } = await askDocument(url, DELIVERIES);
      return body.data.webhooks.nodes.map((hook: { deliveries: { nodes: object[] } }) => hook.deliveries.nodes);
    };
    const isDelivered = async () => {
      const all = (await hooks()).flat();
      expect(all).toHaveLength(2 * COUNT);
      expect(all.filter(({ status }) => status !== 'DELIVERED')).toEqual([]);
    };
    await vi.waitFor(isDelivered, { timeout: patience(60_000), interval: 100 });
    const [one = []] = await hooks();
    const inOrder = one.map(({ eventId }) => eventId).toReversed();
    for (const path of ['/one', '/other']) {
      const sent = receiver.received.filter((each) => each.path === path);
      expect(sent.map(({ headers }) => headers['webhook-id'])).toEqual(inOrder);
    }
    const { body } = await send(new URL('/metrics', url), { headers: { connection: 'close' } });
    expect(body).toContain(`palimpsest_webhook_deliveries_total{outcome="delivered"} ${2 * COUNT}\n`);
  });
});
