import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { readOnce } from '../../db/read-transaction.ts';
import { NOW } from '../../db/reading.ts';
import { uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { ChatProviderUnavailable } from '../../kernel/errors.ts';
import { presentSql } from '../../model/memory/columns.ts';
import type { Quoted } from '../../model/summary/lines.ts';
import { memories } from '../../tables/memory.ts';
import type { ChatModel } from '../chat/chat.ts';
import { ChatFailed } from '../chat/failure.ts';
import type { Phrase } from './run.ts';

const m = under(memories, 'm');

/** The most characters of a summary that a model has phrased. */
const MOST_CHARACTERS = 2_000;
/** The most tokens of an answer, with what a model thinks to itself. */
const ANSWER_TOKENS = 2_000;

const phrased = z.object({
  summary: z.string().describe('What the sentences say together: one to five sentences, in the language they are in.'),
});

const TASK =
  'You are shown sentences that a companion remembers, with the day since when each is so. Say in one to five plain sentences ' +
  'what they say together. Say nothing that they do not say, leave out nothing that matters, keep names and numbers, and ' +
  'where they disagree, say that the later one holds.';

const doneBefore = 'What was made before is kept: call it again later.';
const failures: Record<ChatFailed['kind'], string> = {
  unavailable: `The chat model does not answer. ${doneBefore}`,
  paused: `The chat model has failed just before, and is not asked for now. ${doneBefore}`,
  refused: `The chat model has refused to answer, or not answered in the form that was asked for. ${doneBefore}`,
  budget: `The workspace has used up its tokens of the day: see CHAT_DAILY_TOKENS. ${doneBefore}`,
  cancelled: `The question to the chat model was cancelled. ${doneBefore}`,
};

/**
 * Has a chat model say what sentences say together, in at most 2,000 characters. Right before each try it is looked whether
 * all of them still hold: what is forgotten is not sent. Throws ChatProviderUnavailable where there is no model.
 */
export function phraseBy(chat: ChatModel | null): Phrase {
  if (!chat) {
    throw new ChatProviderUnavailable(
      'No chat model is configured: see CHAT_PROVIDER and CHAT_MODEL, or use the method EXTRACTIVE.',
    );
  }
  return async (tenant, quoted) => {
    const data = async () => ((await readOnce(tenant, (tx) => allHold(tx, quoted))) ? dataOf(quoted) : undefined);
    try {
      const options = { workspace: tenant, name: 'summary', maxTokens: ANSWER_TOKENS };
      const answer = await chat.ask(phrased, TASK, data, options);
      return answer && cut(answer.summary.replaceAll('\0', '').trim());
    } catch (error) {
      throw error instanceof ChatFailed ? new ChatProviderUnavailable(failures[error.kind]) : error;
    }
  };
}

const dataOf = (quoted: readonly Quoted[]) => ({
  sentences: quoted.map(({ sentence, validFrom }) => ({ since: validFrom.toISOString().slice(0, 10), text: sentence })),
});

/** At most so many characters; undefined: there is nothing. */
function cut(text: string): string | undefined {
  if (text === '') return undefined;
  return text.length <= MOST_CHARACTERS ? text.toWellFormed() : `${text.slice(0, MOST_CHARACTERS - 1).toWellFormed()}…`;
}

async function allHold(tx: Transaction, quoted: readonly Quoted[]): Promise<boolean> {
  const ids = uuids(quoted.map(({ id }) => id));
  const [row] = await tx.rows<{ count: number }>(sql`
    select count(*)::int as count from ${aliased(m)}
    where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${ids}) and ${presentSql(m, NOW)}`);
  return row?.count === quoted.length;
}
