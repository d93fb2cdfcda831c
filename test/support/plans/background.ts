import { readOnce } from '../../../src/db/read-transaction.ts';
import type { Tenant, Transaction, WriteTransaction } from '../../../src/db/transaction.ts';
import { write } from '../../../src/db/write.ts';
import { hold, settle } from '../../../src/domain/chat/budget.ts';
import { membersOf } from '../../../src/domain/consolidation/members.ts';
import { companionsAfter, lookAt, noteRan } from '../../../src/domain/consolidation/ran.ts';
import { madeOf } from '../../../src/domain/consolidation/standing.ts';
import { takeTurn } from '../../../src/domain/consolidation/turn.ts';
import { eventsBehind } from '../../../src/domain/event/list.ts';
import {
  askedOf,
  claimFindings,
  countUnconfirmed,
  finish,
  lockClaimed,
  postpone,
  release,
} from '../../../src/domain/finding/pending.ts';
import { readTail } from '../../../src/domain/live/feed.ts';
import { claimWebhooks, nextOf } from '../../../src/domain/webhook/claim.ts';
import { noteDelivered } from '../../../src/domain/webhook/outcome.ts';
import { countPending } from '../../../src/domain/webhook/pending.ts';
import { deleteOldDeliveries } from '../../../src/domain/webhook/retention.ts';
import { newId } from '../../../src/kernel/ids.ts';
import { keyOf } from './keys.ts';

/** Statements that no document sends, run as the service runs them. */
export interface Work {
  name: string;
  /** Does it, and says how many rows it was about that are not in its answer; fails where it finds nothing. */
  run: (tenant: Tenant) => Promise<number>;
}

/** The feed's events in the middle, and how wide subscriptions look at once. */
const MIDDLE = 5_000;
const WIDTH = 10_000;
/** How many companions are looked at at once. */
const COMPANIONS = 50;

const found = (rows: { length: number }): number => {
  if (rows.length === 0) throw new Error('nothing was found');
  return 0;
};
const reading = (name: string, read: (tx: Transaction) => Promise<{ length: number }>): Work => ({
  name,
  run: async (tenant) => found(await readOnce(tenant, read)),
});
const writing = (name: string, work: (tx: WriteTransaction) => Promise<number>): Work => ({
  name,
  run: (tenant) => write(tenant, work),
});

/** Where little fits, or nothing, all of the width is looked through. */
const behind = (filter: Parameters<typeof eventsBehind>[1]) => async (tx: Transaction) => {
  await eventsBehind(tx, filter, { after: MIDDLE, upTo: MIDDLE + WIDTH, limit: 16 });
  return [filter];
};

export const backgroundWork: readonly Work[] = [
  writing('claim and deliver', async (tx) => {
    const claim = newId();
    const claimed = await claimWebhooks(tx, claim, 4);
    found(claimed);
    const [{ id: webhookId, deliveryId } = { id: '', deliveryId: '' }] = claimed;
    const taken = { statusCode: 204, error: null, retryAfterMs: null };
    await noteDelivered(tx, { webhookId, deliveryId, claim }, taken, true);
    await noteDelivered(tx, { webhookId, deliveryId, claim }, taken, false);
    return 0;
  }),
  reading('next delivery', async (tx) => [await nextOf(tx, keyOf('webhook', 1))].filter((next) => next !== undefined)),
  {
    name: 'count pending deliveries',
    // Up to so many of each webhook.
    run: async (tenant) => {
      const { pendingDeliveries } = await readOnce(tenant, (tx) => countPending(tx, 100));
      found({ length: pendingDeliveries });
      return pendingDeliveries;
    },
  },
  writing('delete old deliveries', async (tx) => {
    found({ length: await deleteOldDeliveries(tx, 100) });
    return 0;
  }),
  writing('claim findings, and ask about them', async (tx) => {
    const claim = newId();
    const claimed = await claimFindings(tx, claim, 60);
    found(claimed);
    found(await askedOf(tx, claimed, claim));
    found(await lockClaimed(tx, claimed, claim));
    await postpone(tx, claimed, claim, 'refused');
    await release(tx, claimed, claim);
    await finish(tx, claimed, claim);
    return claimed.length;
  }),
  {
    name: 'count findings that are not confirmed',
    run: async (tenant) => {
      const count = await readOnce(tenant, (tx) => countUnconfirmed(tx, 100));
      found({ length: count });
      return count;
    },
  },
  {
    name: 'set tokens aside, and settle them',
    run: async (tenant) => {
      const held = await hold(tenant, 100, 1_000_000);
      if (!('day' in held)) throw new Error('no tokens are left');
      await settle(tenant, held, 50);
      return 0;
    },
  },
  ...[
    { name: 'next companions', which: { after: null, rows: COMPANIONS } },
    { name: 'a companion', which: { id: keyOf('companion', 1) } },
  ].map(({ name, which }) => ({
    name: `look whether to consolidate ${name}`,
    run: async (tenant: Tenant) => {
      found(await readOnce(tenant, (tx) => lookAt(tx, { when: 'threshold', threshold: 100 }, which)));
      // Of each that has memories so many are counted.
      return 'id' in which ? 100 : 500;
    },
  })),
  reading('look which companions were consolidated', (tx) =>
    lookAt(tx, { when: 'daily' }, { after: keyOf('companion', 1), rows: COMPANIONS }),
  ),
  reading('companions, one after another', (tx) =>
    companionsAfter(tx, { after: keyOf('companion', 1), rows: COMPANIONS }),
  ),
  writing('note that memories were consolidated', async (tx) => {
    const id = keyOf('companion', 1);
    await noteRan(tx, { id, given: id }, new Date('2026-06-01'), 100);
    return 0;
  }),
  ...[
    { name: 'nobody', userId: null },
    { name: 'a user', userId: keyOf('user', 7) },
  ].flatMap(({ name, userId }): Work[] => {
    const whose = { companionId: keyOf('companion', 1), userId };
    return [
      reading(`what is made of memories about ${name}`, async (tx) => (await madeOf(tx, whose)).summaries),
      {
        name: `memories about ${name} that are consolidated`,
        run: async (tenant) => found((await membersOf(tenant, whose)).members),
      },
    ];
  }),
  {
    name: 'take the turn to consolidate',
    run: async ({ database }) => {
      const giveBack = await takeTurn(database);
      if (!giveBack) throw new Error('another has it');
      giveBack();
      return 0;
    },
  },
  reading('tail of the feed', async (tx) => (await readTail(tx, MIDDLE, 1_000)).rows),
  reading('events behind a place', behind({})),
  reading('events behind a place, by companion', behind({ companion: { key: 'main' } })),
  reading('events behind a place, by user', behind({ user: { externalId: 'user 7' } })),
  reading('events behind a place, by kind', behind({ kinds: ['RELATED'] })),
];
