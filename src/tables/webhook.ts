import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  foreignKey,
  index,
  integer,
  primaryKey,
  smallint,
  snakeCase,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { moment, tenantPolicy, workspaceId } from '../db/columns.ts';
import { companions } from './companion.ts';
import { eventKind, events } from './event.ts';

// Both tables have no rule in restriction.ts: a credential restricted to companions or users sees nothing of them.

/** Addresses that are sent what happens. */
export const webhooks = snakeCase.table.withRLS(
  'webhooks',
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    url: text().notNull(),
    /** The kinds of events it gets; null: all. */
    kinds: eventKind().array(),
    /** The companion whose memories' events it gets; null: of all. */
    companionId: uuid(),
    /** `whsec_…`: signs what is sent. It is shown once, when the webhook is made. */
    secret: text().notNull(),
    /** False: the receiver has said that it is gone. Then no deliveries are written. */
    isActive: boolean().notNull().default(true),
    createdAt: moment().notNull(),
    /** How many attempts have failed since the last that did not. */
    failures: integer().notNull().default(0),
    /** Since when all attempts have failed; null: the last did not. */
    failingSince: moment(),
    /** Nothing is sent before. */
    dueAt: moment().notNull(),
    /** Which worker sends now, and until when nobody else does; null: none does. A worker that is late has died. */
    claim: uuid(),
    claimedUntil: moment(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    index('webhooks_companion').on(t.workspaceId, t.companionId),
    foreignKey({
      columns: [t.workspaceId, t.companionId],
      foreignColumns: [companions.workspaceId, companions.id],
    }).onDelete('cascade'),
    tenantPolicy(),
  ],
);

/** How a delivery stands, as its column says it: numbers, which an index is looked up by under row-level security. */
export const deliveryState = { PENDING: 0, DELIVERED: 1, FAILED: 2 } as const;
export type DeliveryStatus = keyof typeof deliveryState;

/** That a webhook is sent an event: written with the event. Forgetting takes it along. */
export const webhookDeliveries = snakeCase.table.withRLS(
  'webhook_deliveries',
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    webhookId: uuid().notNull(),
    eventId: uuid().notNull(),
    /** The event's place in the feed: a webhook gets events in this order. */
    position: bigint({ mode: 'number' }).notNull(),
    /** One of {@link deliveryState}. */
    state: smallint().notNull().default(deliveryState.PENDING),
    /** How often it has been sent, or tried to be. */
    attempts: integer().notNull().default(0),
    /** What the receiver answered last. */
    lastStatusCode: smallint(),
    /** Why the last attempt failed, in words of the service's own. */
    lastError: text(),
    /** Since when it has been waiting to be sent: when it was written, or put back. */
    pendingSince: moment().notNull(),
    /** When it is tried again; null: it has not been tried yet, or is not tried any more. */
    nextAttemptAt: moment(),
    /** When it was delivered, or given up. */
    settledAt: moment(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    // A webhook's deliveries in order, and each event once.
    uniqueIndex('webhook_deliveries_position').on(t.workspaceId, t.webhookId, t.position),
    index('webhook_deliveries_state').on(t.workspaceId, t.webhookId, t.state, t.position),
    index('webhook_deliveries_event').on(t.workspaceId, t.eventId),
    index('webhook_deliveries_settled').on(t.workspaceId, t.state, t.settledAt).where(sql`settled_at is not null`),
    foreignKey({
      columns: [t.workspaceId, t.webhookId],
      foreignColumns: [webhooks.workspaceId, webhooks.id],
    }).onDelete('cascade'),
    foreignKey({
      columns: [t.workspaceId, t.eventId],
      foreignColumns: [events.workspaceId, events.id],
    }).onDelete('cascade'),
    tenantPolicy(),
  ],
);
