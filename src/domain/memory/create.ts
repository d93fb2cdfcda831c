import { sql } from 'drizzle-orm';
import type { WriteTransaction } from '../../db/transaction.ts';
import { newId } from '../../kernel/ids.ts';
import { inTurns } from '../../kernel/turns.ts';
import type { CompanionRef } from '../../model/companion/ref.ts';
import { foldContent } from '../../model/memory/fold.ts';
import { ensureCompanion } from '../companion/companions.ts';
import { keepVectors } from '../embedding/vectors.ts';
import { mention } from '../entity/mention.ts';
import { noteEvents } from '../event/record.ts';
import { openSlots } from '../slot/slots.ts';
import { SlotWriter } from '../slot/writer.ts';
import { ensureUsers, userRefKey } from '../user/users.ts';
import { findSame, insertMemories } from './insert.ts';
import type { CreatedMemory, NewMemory } from './new-memory.ts';
import { draftMemories, planMemories } from './plan.ts';

/** From so many memories at once it is worth planning their statements again. */
const MANY = 250;

/**
 * Makes memories of one companion, in order, in a constant number of statements. The same content of the same type
 * for the same user, where it is ACTIVE or DISPUTED at the new one's `validFrom`, is returned as it is; not so an
 * EXPERIENCE, since an event may repeat. With a slot it goes to that slot's time line. Companions and users named by
 * unknown keys are created. Lineages that the caller is going to change as well are locked `besides`.
 * Throws NotFound and InvalidInput (`root` leads to the memory of an index).
 */
export async function createMemories(
  tx: WriteTransaction,
  companion: CompanionRef,
  memories: readonly NewMemory[],
  root: (index: number) => readonly (string | number)[],
  besides: readonly string[] = [],
): Promise<CreatedMemory[]> {
  const folds = await inTurns(memories, ({ content }) => foldContent(content));
  // Plans are kept for a session: what was planned for a few rows, keys' checks too, would read many from end to end.
  if (memories.length >= MANY) await tx.rows(sql`discard plans`);
  const companionId = await ensureCompanion(tx, companion);
  const users = await ensureUsers(
    tx,
    memories.flatMap(({ user }) => (user ? [user] : [])),
  );
  const userOf = ({ user }: NewMemory) => (user ? (users.get(userRefKey(user)) as string) : null);
  const refs = memories.flatMap((memory) => (memory.slot ? [{ userId: userOf(memory), slot: memory.slot }] : []));
  const slots = refs.length + besides.length > 0 ? await openSlots(tx, companionId, refs, besides) : undefined;
  const stamp = await tx.stamp(slots?.timeLines.latest);
  const writer = slots && new SlotWriter(slots, companionId, stamp);
  const drafts = draftMemories(memories, { companionId, stamp, userOf, newId, root }, folds);
  const plan = planMemories(drafts, await findSame(tx, companionId, drafts), writer);
  await insertMemories(tx, plan.rows);
  await keepVectors(tx, plan.vectors);
  noteEvents(tx, plan.events);
  await writer?.write(tx);
  await mention(tx, companionId, plan.mentions);
  return plan.created;
}
