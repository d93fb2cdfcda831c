import {
  countDeliveries,
  DELIVERY_ORDER,
  type DeliveryRow,
  deliveriesById,
  deliveryPages,
  statusOf,
} from '../../domain/webhook/deliveries.ts';
import { countWebhooks, WEBHOOK_ORDER, type WebhookRow, webhookPage, webhooksById } from '../../domain/webhook/list.ts';
import { KEPT_DAYS } from '../../domain/webhook/retention.ts';
import { MAX_WEBHOOKS } from '../../domain/webhook/webhooks.ts';
import { NotFound } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import type { DeliveryStatus } from '../../tables/webhook.ts';
import { Companion, toCompanion } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { connectionType } from '../core/connection-type.ts';
import type { Context } from '../core/context.ts';
import { defineEnum, optional } from '../core/input.ts';
import { defineList, ofWorkspace } from '../core/list.ts';
import { Node, type NodeValue, nodeRef } from '../core/node.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { MemoryEventKindEnum } from '../event/type.ts';

/** A webhook as it was read, and the graph it was read from. */
interface WebhookNode extends WebhookRow, NodeValue {}

const toWebhook = (at: Snapshot, row: WebhookRow): WebhookNode => ({ ...row, at });

async function loadWebhook(at: Snapshot, uuid: string): Promise<WebhookNode | undefined> {
  const row = await at.load('webhook', uuid, (ids) => webhooksById(at.tx, ids));
  return row && toWebhook(at, row);
}

/** A webhook that a mutation has made. Throws NotFound where it has been deleted meanwhile. */
export async function readWebhook(context: Context, uuid: string): Promise<WebhookNode> {
  const found = await loadWebhook(context.at(), uuid);
  if (!found) throw new NotFound('webhook', [encodeId('Webhook', uuid)]);
  return found;
}

export const Webhook = nodeRef<WebhookNode>(
  'Webhook',
  builder.objectRef<WebhookNode>('Webhook').implement({
    description:
      'An address that is sent the events of the workspace, as they are committed, by POST. What is sent has ids and ' +
      'kinds, never contents, and is signed as Standard Webhooks says. It is read as it is now.',
    interfaces: [Node],
    fields: (t) => ({
      url: t.exposeString('url', { description: 'Where events are sent.' }),
      kinds: t.expose('kinds', {
        type: [MemoryEventKindEnum.type],
        nullable: true,
        description: 'The kinds of events it gets. Null: all.',
      }),
      companion: t.field({
        type: Companion,
        nullable: true,
        description: "The companion whose memories' events it gets. Null: those of all.",
        resolve: ({ at, companionId }) => (companionId ? toCompanion(at, companionId) : null),
      }),
      isActive: t.exposeBoolean('isActive', {
        description:
          'False: the receiver answered 410 Gone, and is sent nothing any more. retryDeliveries makes it active again.',
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    }),
  }),
  { id: 'The id of the webhook, `whk_…`.', load: loadWebhook, scope: 'ADMIN' },
);

const DeliveryStatusEnum = defineEnum<DeliveryStatus>('DeliveryStatus', 'How a delivery stands.', {
  PENDING: 'It waits to be sent, or to be sent again.',
  DELIVERED: `The receiver has taken it. It is kept for ${KEPT_DAYS.DELIVERED} days.`,
  FAILED:
    'It was given up: the receiver did not take it in 24 hours, or took nothing for a day while it waited, or answered 410 ' +
    `Gone. It is kept for ${KEPT_DAYS.FAILED} days: see retryDeliveries.`,
});

/** A delivery as it was read, and the graph it was read from. */
interface DeliveryNode extends DeliveryRow, NodeValue {}

const toDelivery = (at: Snapshot, row: DeliveryRow): DeliveryNode => ({ ...row, at });

async function loadDelivery(at: Snapshot, uuid: string): Promise<DeliveryNode | undefined> {
  const row = await at.load('webhook delivery', uuid, (ids) => deliveriesById(at.tx, ids));
  return row && toDelivery(at, row);
}

/** A delivery that a mutation has put back. Throws NotFound where it has been erased meanwhile. */
export async function readDelivery(context: Context, uuid: string): Promise<DeliveryNode> {
  const found = await loadDelivery(context.at(), uuid);
  if (!found) throw new NotFound('delivery', [encodeId('WebhookDelivery', uuid)]);
  return found;
}

export const WebhookDelivery = nodeRef<DeliveryNode>(
  'WebhookDelivery',
  builder.objectRef<DeliveryNode>('WebhookDelivery').implement({
    description:
      'An event that a webhook is sent. Deliveries of a webhook are sent one after the other, in the order of the ' +
      'events; a receiver may get one twice, and knows it by eventId. Forgetting a memory erases its deliveries.',
    interfaces: [Node],
    fields: (t) => ({
      eventId: t.id({
        description: 'The event, `evt_…`: the header `webhook-id` of what is sent.',
        resolve: ({ eventId }) => encodeId('MemoryEvent', eventId),
      }),
      kind: t.expose('kind', { type: MemoryEventKindEnum.type, description: 'What happened.' }),
      attempts: t.exposeInt('attempts', { description: 'How often it was sent, or tried to be.' }),
      status: t.field({
        type: DeliveryStatusEnum.type,
        description: 'How it stands.',
        resolve: (row) => statusOf(row),
      }),
      lastStatusCode: t.exposeInt('lastStatusCode', {
        nullable: true,
        description:
          'The HTTP status of the last answer. Null: it was not tried yet, or the last attempt had no answer.',
      }),
      lastError: t.exposeString('lastError', {
        nullable: true,
        description:
          'Why the last attempt failed. Null: none has, or the last did not. Nothing the receiver wrote is kept.',
      }),
      deliveredAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When the receiver took it. Null: it has not.',
        resolve: (row) => (statusOf(row) === 'DELIVERED' ? row.settledAt : null),
      }),
      nextAttemptAt: t.expose('nextAttemptAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it is tried again. Null: as soon as its turn comes, or not any more.',
      }),
    }),
  }),
  { id: 'Its id, `whd_…`.', load: loadDelivery, scope: 'ADMIN' },
);

defineList('Query', 'webhooks', {
  type: connectionType('Webhook', Webhook, { of: 'webhooks' }),
  description: `The workspace's webhooks, the oldest first: at most ${MAX_WEBHOOKS}.`,
  scope: 'ADMIN',
  order: WEBHOOK_ORDER,
  pages: ({ tx, window }) => ofWorkspace(webhookPage(tx, window)),
  counts: ({ tx, window }) => ofWorkspace(countWebhooks(tx, window.asOf)),
  toNode: toWebhook,
});

defineList(Webhook, 'deliveries', {
  type: connectionType('WebhookDelivery', WebhookDelivery, { of: 'deliveries' }),
  description: 'What it was sent, and is to be sent: the newest event first.',
  args: { status: optional(DeliveryStatusEnum, 'Only deliveries that stand so. Default: all.') },
  order: DELIVERY_ORDER,
  pages: ({ tx, keys, given, window }) => deliveryPages(tx, keys, given.status, window),
  countsNow: true,
  counts: ({ tx, keys, given }) => countDeliveries(tx, keys, given.status),
  toNode: toDelivery,
});
