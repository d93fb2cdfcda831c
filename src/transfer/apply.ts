import { momentIn, type WriteTransaction } from '../db/transaction.ts';
import { ensureCompanion, findCompanion, upsertCompanion } from '../domain/companion/companions.ts';
import { setPolicy } from '../domain/decay/policies.ts';
import { upsertEntities } from '../domain/entity/upsert.ts';
import { relate } from '../domain/relation/relations.ts';
import { knownUsers, upsertUsers } from '../domain/user/users.ts';
import type { GivenId } from '../kernel/input.ts';
import { applyConversations, applyMessages, applyTurns } from './apply-conversations.ts';
import { applyDated, type Dated, refuseFuture } from './apply-decisions.ts';
import { applyFindings } from './apply-findings.ts';
import { applyMemories } from './apply-memories.ts';
import { applyProposals } from './apply-proposals.ts';
import { applyWorkingMemories } from './apply-working-memories.ts';
import { Counts } from './counts.ts';
import type {
  CompanionItem,
  ConversationItem,
  EntityItem,
  FindingItem,
  Item,
  MemoryItem,
  MessageItem,
  Numbered,
  PolicyItem,
  ProposalItem,
  RelationItem,
  TurnItem,
  UserItem,
  WorkingMemoryItem,
} from './format/items.ts';
import { LineProblem } from './format/items.ts';

/**
 * By the key a file gives a memory: the one that was there and says the same. Holds such memories alone, so that it
 * stays small; all others keep their key.
 */
export type Redirects = ReadonlyMap<string, string>;

export interface Applied {
  counts: Counts;
  redirects: Redirects;
}

const isDated = (item: Item): item is Dated =>
  item.kind === 'memory'
    ? item.memory.slot != null
    : ['correction', 'retraction', 'reversion', 'contradiction', 'resolution', 'reopening'].includes(item.kind);

type Of<I extends Item> = readonly Numbered<I>[];

/**
 * Makes what a run of lines says, in some ten statements for each companion it names: companions first,
 * relations, findings and conversations last.
 * What is there already stays as it is, except that companions and users become what is said of them.
 * Throws LineProblem, and what the operations throw.
 */
export async function applyItems(tx: WriteTransaction, items: Of<Item>, earlier: Redirects): Promise<Applied> {
  const counts = new Counts();
  const redirects = new Map<string, string>();
  const of = <I extends Item>(kind: I['kind']) => items.filter((each): each is Numbered<I> => each.item.kind === kind);
  const memories = of<MemoryItem>('memory');
  const standing = (key: string) => redirects.get(key) ?? earlier.get(key) ?? key;
  await applyCompanions(tx, of<CompanionItem>('companion'), counts);
  await applyUsers(tx, of<UserItem>('user'), counts);
  await applyPolicies(tx, of<PolicyItem>('policy'), counts);
  for (const [companion, group] of Map.groupBy(of<EntityItem>('entity'), ({ item }) => item.companion)) {
    const companionId = await ensureCompanion(tx, { key: companion });
    const made = await upsertEntities(
      tx,
      companionId,
      group.map(({ item }) => item),
    );
    for (const isMade of made) counts.add('entity', isMade);
  }
  const plain = memories.filter(({ item }) => !item.memory.slot);
  for (const [companion, group] of Map.groupBy(plain, ({ item }) => item.companion)) {
    await applyMemories(tx, companion, group, counts, redirects);
  }
  const dated = items.filter((each): each is Numbered<Dated> => isDated(each.item));
  await applyDated(tx, dated, standing, counts, redirects);
  const relations = of<RelationItem>('relation');
  refuseEndsBelow(items);
  await applyRelations(tx, relations, standing, counts);
  await applyFindings(tx, of<FindingItem>('finding'), standing, counts);
  await applyConversations(tx, of<ConversationItem>('conversation'), counts);
  await applyMessages(tx, of<MessageItem>('message'), standing, counts);
  await applyProposals(tx, of<ProposalItem>('proposal'), standing, counts);
  await applyTurns(tx, of<TurnItem>('turn'), counts);
  await applyWorkingMemories(tx, of<WorkingMemoryItem>('workingMemory'), counts);
  return { counts, redirects };
}

async function applyCompanions(tx: WriteTransaction, companions: Of<CompanionItem>, counts: Counts): Promise<void> {
  for (const { item } of companions) {
    const ref = { key: item.key };
    counts.add('companion', (await findCompanion(tx, ref)) === undefined);
    await upsertCompanion(tx, ref, item.changes);
  }
}

async function applyPolicies(tx: WriteTransaction, policies: Of<PolicyItem>, counts: Counts): Promise<void> {
  const now = policies.length > 0 ? await momentIn(tx) : new Date();
  for (const { line, item } of policies) {
    const { type, changes, recordedAt } = item;
    refuseFuture(line, recordedAt, now);
    const apply = (tx: WriteTransaction) => setPolicy(tx, type, changes);
    counts.add('policy', await (recordedAt ? tx.asOf(recordedAt, apply) : apply(tx)));
  }
}

async function applyUsers(tx: WriteTransaction, users: Of<UserItem>, counts: Counts): Promise<void> {
  if (users.length === 0) return;
  // Of a user named twice the last line counts.
  const byId = new Map(users.map(({ item }) => [item.externalId, item]));
  const known = await knownUsers(tx, [...byId.keys()]);
  await upsertUsers(tx, [...byId.values()]);
  counts.add('user', true, byId.size - known.size);
  counts.add('user', false, users.length - byId.size + known.size);
}

/** A line names memories above it: not one further down, which is only there because both are made together. */
function refuseEndsBelow(items: Of<Item>): void {
  const places = new Map<string, number>();
  for (const [place, { item }] of items.entries()) {
    if (item.kind === 'memory' && !places.has(item.memory.past.id)) places.set(item.memory.past.id, place);
  }
  for (const [place, { line, item }] of items.entries()) {
    const named = namedBy(item);
    const below = named.find(({ uuid }) => (places.get(uuid) ?? 0) > place);
    if (below)
      throw new LineProblem(
        line,
        `The memory ${below.given} comes later in the file: memories must come before what names them.`,
      );
  }
}

/** The memories that a line which is applied behind all memories names. */
function namedBy(item: Item): readonly GivenId[] {
  switch (item.kind) {
    case 'relation':
      return [item.from, item.to];
    case 'finding':
      return [item.memory, item.by];
    case 'message':
      return item.memory ? [item.memory] : [];
    case 'proposal':
      return [item.memory, item.other, ...item.sources.map(({ memory }) => memory)].filter((each) => each !== null);
    default:
      return [];
  }
}

async function applyRelations(
  tx: WriteTransaction,
  relations: Of<RelationItem>,
  standing: (key: string) => string,
  counts: Counts,
): Promise<void> {
  const edges = relations.flatMap(({ item }) => {
    const { from, to } = item;
    const [fromId, toId] = [standing(from.uuid), standing(to.uuid)];
    // Two memories of the file that say the same are one now, and need no relation.
    if (fromId === toId && from.uuid !== to.uuid) return [];
    return [{ ...item, from: { ...from, uuid: fromId }, to: { ...to, uuid: toId }, path: [] }];
  });
  const made = (await relate(tx, edges, 'skip')).filter((id) => id !== null).length;
  counts.add('relation', true, made);
  counts.add('relation', false, relations.length - made);
}
