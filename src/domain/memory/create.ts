import { sql } from 'drizzle-orm';
import type { WriteTransaction } from '../../db/transaction.ts';
import { newId } from '../../kernel/ids.ts';
import { inTurns } from '../../kernel/turns.ts';
import type { CompanionRef } from '../../model/companion/ref.ts';
import { beyond } from '../../model/restriction/allowed.ts';
import { latest } from '../belief/lock.ts';
import { ensureCompanion } from '../companion/companions.ts';
import { keepVectors } from '../embedding/vectors.ts';
import { mention } from '../entity/mention.ts';
import { noteEvents } from '../event/record.ts';
import { openSlots } from '../slot/slots.ts';
import { SlotWriter } from '../slot/writer.ts';
import { ensureUsers, userRefKey } from '../user/users.ts';
import { mergeDuplicates, type SaidAgain } from './duplicate.ts';
import { findSame, insertMemories } from './insert.ts';
import type { CreatedMemory, NewMemory } from './new-memory.ts';
import { draftMemories, planMemories, type Same, wantMemory } from './plan.ts';

/** From so many memories at once it is worth planning their statements again. */
const MANY = 250;

/**
 * Makes memories of one companion, in order, in a constant number of statements. The same content of the same type
 * for the same user, where it is ACTIVE or DISPUTED at the new one's `validFrom` or the new one lasts until it began,
 * takes over what the new one brings along, and is returned; not so an EXPERIENCE, since an event may repeat, nor for
 * who may not read: that would tell what is there. With a slot it goes to that slot's time line. Companions and users
 * named by unknown keys are created. Lineages that the caller is going to change as well are locked `besides`.
 * Throws NotFound, Forbidden and InvalidInput (`root` leads to the memory of an index).
 */
export async function createMemories(
  tx: WriteTransaction,
  companion: CompanionRef,
  memories: readonly NewMemory[],
  root: (index: number) => readonly (string | number)[],
  besides: readonly string[] = [],
): Promise<CreatedMemory[]> {
  // Plans are kept for a session: what was planned for a few rows, keys' checks too, would read many from end to end.
  if (memories.length >= MANY) await tx.rows(sql`discard plans`);
  const companionId = await ensureCompanion(tx, companion);
  const users = await ensureUsers(
    tx,
    memories.flatMap(({ user }) => (user ? [user] : [])),
  );
  if (tx.restriction?.users && memories.some(({ user }) => !user)) {
    throw beyond('a memory that it makes must name one of its users.');
  }
  const userOf = ({ user }: NewMemory) => (user ? (users.get(userRefKey(user)) as string) : null);
  const refs = memories.flatMap((memory) => (memory.slot ? [{ userId: userOf(memory), slot: memory.slot }] : []));
  const slots = refs.length + besides.length > 0 ? await openSlots(tx, companionId, refs, besides) : undefined;
  const wanted = await inTurns(memories, (memory, index) => wantMemory(memory, index, userOf(memory)));
  const existing = tx.isBlind ? new Map<number, Same>() : await findSame(tx, companionId, wanted);
  const replaced = [...existing].flatMap(([index, { knownFrom }]) => (memories[index]?.past ? [] : [{ knownFrom }]));
  const stamp = await tx.stamp(latest([...replaced, { knownFrom: slots?.timeLines.latest }]));
  const writer = slots && new SlotWriter(slots, companionId, stamp, tx.isBlind);
  const drafts = draftMemories(wanted, { companionId, stamp, newId, root });
  const plan = planMemories(drafts, existing, writer);
  await insertMemories(tx, plan.rows);
  await keepVectors(tx, plan.vectors);
  noteEvents(tx, plan.events);
  await writer?.write(tx);
  const merges = await tx.unrestricted(() => mergeDuplicates(tx, plan.again));
  for (const [nth, { index }] of plan.again.entries()) Object.assign(plan.created[index] as CreatedMemory, merges[nth]);
  await mention(tx, companionId, [...plan.mentions, ...plan.again.flatMap(mentionedAgain)]);
  const rows = new Map(plan.rows.map((row) => [row.id, row]));
  for (const made of plan.created) made.row = made.duplicate ? null : (rows.get(made.id) ?? null);
  return plan.created;
}

const mentionedAgain = ({ memoryId, again: { entities } }: SaidAgain) =>
  (entities ?? []).map((entity) => ({ ...entity, memoryId }));
