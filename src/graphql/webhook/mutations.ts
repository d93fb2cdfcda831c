import { MAX_URL, readUrl } from '../../domain/webhook/address.ts';
import { MAX_RETRIED, retryDeliveries } from '../../domain/webhook/deliveries.ts';
import { Created, createWebhook, deleteWebhook, MAX_WEBHOOKS } from '../../domain/webhook/webhooks.ts';
import { InvalidInput } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import { checkCount } from '../../kernel/input.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { id, ids, many, optional, required, text } from '../core/input.ts';
import { defineMutation } from '../core/mutation.ts';
import { forReaders } from '../core/scope-note.ts';
import { MemoryEventKindEnum } from '../event/type.ts';
import { readDelivery, readWebhook, Webhook, WebhookDelivery } from './type.ts';

defineMutation('createWebhook', {
  scope: 'ADMIN',
  description:
    'Has events of the workspace sent to an address from now on, each in the transaction that writes it, and repeated ' +
    `for 24 hours until the receiver answers 2xx. A workspace has at most ${MAX_WEBHOOKS}; more is LIMIT_EXCEEDED.`,
  input: 'Where to send what.',
  fields: {
    url: required(text('url', MAX_URL), 'Where to, http:// or https://', {
      more: 'Neither user nor password; no address of a private network, unless the operator allows these.',
    }),
    kinds: optional(many(MemoryEventKindEnum), 'Only events of these kinds. Default: all.'),
    companion: optional(
      CompanionRefInput,
      'Only events of memories of this companion. An unknown key creates one. Default: all.',
    ),
  },
  payload: builder.objectRef<{ webhookId: string }>('CreateWebhookPayload').implement({
    description: 'The webhook that was created, and its secret.',
    fields: (t) => ({
      webhook: t.field({
        type: Webhook,
        description: 'The webhook.',
        resolve: ({ webhookId }, _args, context) => readWebhook(context, webhookId),
      }),
      secret: t.string({
        nullable: true,
        description:
          'What requests are signed with, `whsec_…`. It is shown this once. Null where the answer to an idempotencyKey is repeated.',
        resolve: (created) => Created.secretOf(created),
      }),
    }),
  }),
  audited: ({ webhookId }) => encodeId('Webhook', webhookId),
  check: async (_tenant, { url, kinds }, { webhooks }) => {
    readUrl(url, webhooks, ['input', 'url']);
    if (kinds?.length === 0) {
      throw new InvalidInput([
        { path: ['input', 'kinds'], message: 'At least one kind is expected. Leave it out for all kinds.' },
      ]);
    }
  },
  run: (tx, { url, kinds, companion }) =>
    createWebhook(tx, { url: new URL(url).href, kinds: kinds ?? null, companion: companion ?? null }),
});

defineMutation('deleteWebhook', {
  scope: 'ADMIN',
  description:
    'Deletes a webhook and its deliveries, in batches. What is being sent just then may still arrive. If it is ' +
    'interrupted, call it again: it continues with what is left.',
  input: 'The webhook to delete.',
  fields: { id: required(id('Webhook'), 'Its id, `whk_…`. An unknown one is NOT_FOUND.') },
  payload: builder.objectRef<{ deletedId: string }>('DeleteWebhookPayload').implement({
    description: 'What was deleted.',
    fields: (t) => ({
      deletedId: t.id({
        description: 'The id the webhook had.',
        resolve: ({ deletedId }) => encodeId('Webhook', deletedId),
      }),
    }),
  }),
  audited: ({ deletedId }) => encodeId('Webhook', deletedId),
  runInBatches: (tenant, { id }) => deleteWebhook(tenant, id),
});

defineMutation('retryDeliveries', {
  scope: 'ADMIN',
  description:
    'Puts deliveries that FAILED back to be sent, for another 24 hours: those given, or else the oldest ' +
    `${MAX_RETRIED.toLocaleString('en')}; call it again for more. They are sent with what waits, in the order of the ` +
    'events. It is tried at once, and a webhook that was inactive is active again.',
  input: 'Which deliveries to send again.',
  fields: {
    webhookId: required(id('Webhook'), 'The webhook, `whk_…`. An unknown one is NOT_FOUND.'),
    ids: optional(
      ids('WebhookDelivery'),
      `Only these, \`whd_…\`: at most ${MAX_RETRIED.toLocaleString('en')}. One that is no delivery of the webhook is ` +
        'NOT_FOUND; one that did not fail stays as it is.',
    ),
  },
  limit: (given) => checkCount('ids', MAX_RETRIED, given.ids?.length ?? 0),
  payload: builder.objectRef<{ webhookId: string; deliveryIds: string[] }>('RetryDeliveriesPayload').implement({
    description: 'What is sent again.',
    fields: (t) => ({
      deliveries: t.field({
        type: [WebhookDelivery],
        ...forReaders(`The deliveries that were put back, in order: at most ${MAX_RETRIED.toLocaleString('en')}.`),
        resolve: ({ deliveryIds }, _args, context) => deliveryIds.map((each) => readDelivery(context, each)),
      }),
    }),
  }),
  audited: ({ webhookId }) => encodeId('Webhook', webhookId),
  run: async (tx, { webhookId, ids: given }) => ({
    webhookId: webhookId.uuid,
    deliveryIds: await retryDeliveries(tx, webhookId, given ?? null),
  }),
});
