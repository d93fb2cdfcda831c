import { sql } from 'drizzle-orm';
import { NOW } from '../../db/reading.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, insertSelect, names, pick, type RowOf, set, under, valueFor } from '../../db/typed-sql.ts';
import { InvalidInput, NotFound } from '../../kernel/errors.ts';
import type { GivenId } from '../../kernel/input.ts';
import { messages } from '../../tables/conversation.ts';
import { extractions } from '../../tables/proposal.ts';
import { type ConversationOf, type ConversationRow, lockConversation } from '../conversation/conversations.ts';

// How far conversations have been read: one run at a time reads on, and moves the mark with what it stores.

/** So many messages a model is asked about at once. */
export const MOST_MESSAGES = 20;
/** So many bytes of them are read at once, or one message. */
const MOST_BYTES = 512 * 1024;
/** A message that is being streamed keeps those behind it waiting, for so long at most: then nobody finishes it. */
const UNFINISHED_SECONDS = 3_600;

const x = under(extractions, 'x');
const g = under(messages, 'g');

/** Where a run begins to read. */
export type Start =
  /** Behind what was read. */
  | { after: 'mark' }
  /** Behind a message, also what was read before. */
  | { after: 'message'; id: GivenId }
  /** Behind a position. */
  | { after: 'position'; position: number };

/** What a run is to read next, which no other does meanwhile. */
export interface Claimed {
  conversation: ConversationRow;
  /** Messages in order, with their positions. */
  messages: { id: string; position: number }[];
}

const marked = fields({
  ...pick(x, 'position', 'claim'),
  isClaimed: sql<boolean>`${x.claim} is not null and ${x.claimedUntil} > ${NOW}`,
});

const next = fields({
  ...pick(g, 'id', 'position'),
  isUnfinished: sql<boolean>`not ${g.isFinal} and ${g.updatedAt} > ${NOW} - make_interval(secs => ${sql.raw(String(UNFINISHED_SECONDS))})`,
  isBeyond: sql<boolean>`sum(coalesce(octet_length(${g.content}), 0)) over (order by ${g.position}) > ${sql.raw(String(MOST_BYTES))}`,
});

/**
 * Claims the next messages of a conversation for so many seconds: after that the run has died. `isDead` says of a claim that
 * nobody has it any more. `'busy'`: another run reads it. Null: there is nothing to be read. Throws NotFound, Forbidden and
 * InvalidInput.
 */
export async function claimMessages(
  tx: WriteTransaction,
  of: ConversationOf,
  start: Start,
  claim: string,
  seconds: number,
  isDead: (claim: string) => boolean,
): Promise<Claimed | 'busy' | null> {
  const conversation = await lockConversation(tx, of);
  const [mark] = await tx.rows<RowOf<typeof marked>>(sql`
    select ${marked} from ${aliased(x)}
    where ${x.workspaceId} = ${tx.workspaceId} and ${x.conversationId} = ${conversation.id}::uuid`);
  if (mark?.claim && mark.isClaimed && !isDead(mark.claim)) return 'busy';
  const after = await positionOf(tx, conversation, start, mark?.position ?? -1);
  const rows = await tx.rows<RowOf<typeof next>>(sql`
    select ${next} from (
      select * from ${aliased(g)}
      where ${g.workspaceId} = ${tx.workspaceId} and ${g.conversationId} = ${conversation.id}::uuid
        and ${g.position} > ${valueFor(messages.position, after)}
      order by ${g.position} limit ${sql.raw(String(MOST_MESSAGES))}) g
    order by ${g.position}`);
  const stop = rows.findIndex(({ isUnfinished, isBeyond }, place) => isUnfinished || (isBeyond && place > 0));
  const read = stop < 0 ? rows : rows.slice(0, stop);
  if (read.length === 0) return null;
  const until = sql`${NOW} + make_interval(secs => ${seconds})`;
  await tx.rows(sql`
    ${insertSelect(
      extractions,
      {
        workspaceId: valueFor(extractions.workspaceId, tx.workspaceId),
        conversationId: valueFor(extractions.conversationId, conversation.id),
        position: valueFor(extractions.position, -1),
        readAt: sql`null`,
        claim: sql`${claim}::uuid`,
        claimedUntil: until,
      },
      sql``,
    )}
    on conflict (${names(extractions, 'workspaceId', 'conversationId')})
    do update set ${set(extractions, { claim: sql`${claim}::uuid`, claimedUntil: until })}`);
  return { conversation, messages: read.map(({ id, position }) => ({ id, position })) };
}

/** Behind which position a run reads. Throws NotFound, and InvalidInput where the message is of another conversation. */
async function positionOf(tx: WriteTransaction, { id }: ConversationRow, start: Start, mark: number): Promise<number> {
  if (start.after === 'mark') return mark;
  if (start.after === 'position') return start.position;
  const { uuid, given } = start.id;
  const columns = fields(pick(g, 'conversationId', 'position'));
  const [row] = await tx.rows<RowOf<typeof columns>>(sql`
    select ${columns} from ${aliased(g)} where ${g.workspaceId} = ${tx.workspaceId} and ${g.id} = ${uuid}::uuid`);
  if (!row) throw new NotFound('message', [given]);
  if (row.conversationId === id) return row.position;
  const message = 'It is a message of another conversation: give one of the conversation that is read.';
  throw new InvalidInput([{ path: ['input', 'sinceId'], message }]);
}

const isClaim = (tx: WriteTransaction, conversationId: string, claim: string) =>
  sql`${x.workspaceId} = ${tx.workspaceId} and ${x.conversationId} = ${conversationId}::uuid and ${x.claim} = ${claim}::uuid`;

const released = { claim: sql`null`, claimedUntil: sql`null` };

/** Moves the mark up to a position, and ends the claim; false where another run has it meanwhile: then nothing may be stored. */
export async function moveMark(
  tx: WriteTransaction,
  conversationId: string,
  claim: string,
  position: number,
): Promise<boolean> {
  const moved = await tx.rows(sql`
    update ${aliased(x)} set ${set(extractions, {
      position: sql`greatest(${x.position}, ${valueFor(extractions.position, position)})`,
      readAt: NOW,
      ...released,
    })} where ${isClaim(tx, conversationId, claim)} returning 1`);
  return moved.length > 0;
}

/** Ends a claim: what it was for is read by the next run. */
export const releaseClaim = (tx: WriteTransaction, conversationId: string, claim: string): Promise<unknown> =>
  tx.rows(sql`update ${aliased(x)} set ${set(extractions, released)} where ${isClaim(tx, conversationId, claim)}`);
