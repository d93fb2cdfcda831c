import type { LoneAnswer, LoneRead, Row } from './database.ts';
import { isOutdated, type OneMessage } from './internals/one-message.ts';
import { lengthOf, rowOf } from './values.ts';

/** How a session sends a read that is the only one of its transaction. */
interface Way {
  readonly message: OneMessage;
  /** A statement that comes before all others. */
  readonly before: string | undefined;
  readonly prepare: boolean;
  /** Is called with the length of each row; false: the rest is dropped. */
  onLength(bytes: number): boolean;
}

/** Sends it in one message. `commitsFirst`: another transaction of the session is to be committed before. */
export async function sendAlone(way: Way, read: LoneRead, commitsFirst: boolean): Promise<LoneAnswer> {
  const { message, before, prepare, onLength } = way;
  const statements = [...(before ? [{ text: before, params: [] }] : []), read.enter, read.statement];
  const last = statements.length - 1;
  const answers: unknown[][] = statements.map(() => []);
  try {
    await message.send(statements, prepare, commitsFirst, (at, values, columns) => {
      if (at === last && !onLength(lengthOf(values))) return;
      answers[at]?.push(rowOf(values, columns, at === last ? read.mode : 'objects'));
    });
    return { began: answers[last - 1]?.[0] as Row, rows: answers[last] as unknown[] };
  } catch (error) {
    // Tables have changed since it was prepared: nothing of it has been run.
    if (isOutdated(error) && message.forget()) return sendAlone(way, read, false);
    throw error;
  }
}
