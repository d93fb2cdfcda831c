import { useState } from 'preact/hooks';
import { change } from '../../core/change.ts';
import type { ResultOf } from '../../core/graphql.ts';
import { useQuery } from '../../core/use-query.ts';
import { notifyFailure } from '../../parts/outcome.ts';
import { Scroll } from '../../parts/scroll.tsx';
import { Answer } from '../../parts/states.tsx';
import { notify } from '../../parts/toast.tsx';
import { retry, webhooks } from './documents.ts';

type Webhook = ResultOf<typeof webhooks>['webhooks']['nodes'][number];

/** Where events are sent: how much waits, what has failed, and a button that sends that again. */
export function Webhooks() {
  const query = useQuery(webhooks, {}, { everything: true, calmMs: 5_000 });
  return (
    <section class="card">
      <h2>Webhooks</h2>
      <Answer query={query}>
        {({ webhooks: { nodes } }) =>
          nodes.length === 0 ? (
            <p>
              There are none. The mutation <code>createWebhook</code> makes one.
            </p>
          ) : (
            <Table webhooks={nodes} />
          )
        }
      </Answer>
    </section>
  );
}

const Table = ({ webhooks: all }: { webhooks: readonly Webhook[] }) => (
  <Scroll label="Webhooks">
    <table>
      <thead>
        <tr>
          <th scope="col">Address</th>
          <th scope="col">Events</th>
          <th scope="col">Waiting</th>
          <th scope="col">Failed</th>
        </tr>
      </thead>
      <tbody>
        {all.map((webhook) => (
          <tr key={webhook.id}>
            <th scope="row">
              {webhook.url}
              {!webhook.isActive && ' (inactive)'}
            </th>
            <td>
              {webhook.kinds?.map((kind) => kind.toLowerCase()).join(', ') ?? 'all'}
              {webhook.companion && ` of ${webhook.companion.key}`}
            </td>
            <td>{webhook.pending.totalCount.toLocaleString()}</td>
            <td>
              <Failed webhook={webhook} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
);

function Failed({ webhook: { id, url, failed } }: { webhook: Webhook }) {
  const [isSending, setSending] = useState(false);
  if (failed.totalCount === 0) return <>0</>;
  const why = failed.nodes[0]?.lastError;
  const send = async () => {
    setSending(true);
    await sendAgain(id);
    setSending(false);
  };
  return (
    <>
      {failed.totalCount.toLocaleString()}
      {why && <span class="quiet">: {why}</span>}{' '}
      <button
        type="button"
        class="button"
        aria-label={`Send again to ${url}`}
        disabled={isSending}
        onClick={() => void send()}
      >
        Send again
      </button>
    </>
  );
}

async function sendAgain(webhookId: string): Promise<void> {
  try {
    const { retryDeliveries } = await change(retry, { webhookId });
    if (retryDeliveries.__typename !== 'RetryDeliveriesPayload') return;
    notify(`${retryDeliveries.deliveries.length.toLocaleString()} deliveries are sent again.`);
  } catch (error) {
    notifyFailure(error);
  }
}
