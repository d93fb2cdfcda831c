import type { Duplex } from 'node:stream';
import { DatabaseError, serialize } from 'pg-protocol';
import type { BackendMessage, DataRowMessage, RowDescriptionMessage } from 'pg-protocol/dist/messages';
import { Parser } from 'pg-protocol/dist/parser';

/** A statement as a driver sends it. */
export interface Statement {
  readonly text: string;
  readonly params: readonly unknown[];
}

export interface Column {
  readonly name: string;
  /** Its type, an OID. */
  readonly type: number;
}

/** A row as it comes: the values as text. `statement`: the place of the statement that answers it. */
type OnRow = (statement: number, values: readonly (string | null)[], columns: readonly Column[]) => void;

interface Asked {
  readonly text: string;
  readonly name: string;
  readonly isNew: boolean;
  columns: readonly Column[] | undefined;
}

const EXECUTE = serialize.execute();
const DESCRIBE = serialize.describe({ type: 'P' });
const SYNC = serialize.sync();
const COMMIT = serialize.query('commit');

/**
 * Sends several statements as one message, which makes them one transaction: PostgreSQL begins it with the first and
 * ends it with the message, and what follows a statement that fails is not run. postgres.js ends a message after each
 * statement. The socket is that of a session of postgres.js, which must have nothing outstanding: for the time of the
 * message, what comes is read here.
 */
export class OneMessage {
  readonly #socket: Duplex;
  readonly #parser = new Parser();
  /** What has been prepared, by text. */
  readonly #prepared = new Map<string, Pick<Asked, 'name' | 'columns'>>();
  #count = 0;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  /** How many statements it keeps prepared. */
  get prepared(): number {
    return this.#prepared.size;
  }

  /**
   * Resolves when all is done; rejects with what PostgreSQL refuses, and with what `onRow` throws, but only at the end.
   * `prepare`: keep the statements prepared. `commitsFirst`: commit a transaction before.
   */
  send(statements: readonly Statement[], prepare: boolean, commitsFirst: boolean, onRow: OnRow): Promise<void> {
    const asked = statements.map(({ text }): Asked => {
      const known = prepare ? this.#prepared.get(text) : undefined;
      const name = known?.name ?? (prepare ? `one_message_${this.#count++}` : '');
      return { text, name, isNew: !known, columns: known?.columns };
    });
    const parts = asked.flatMap(({ text, name, isNew, columns }, index) => [
      ...(isNew ? [serialize.parse({ name, text })] : []),
      serialize.bind({ statement: name, values: (statements[index] as Statement).params.map(written) }),
      ...(columns ? [] : [DESCRIBE]),
      EXECUTE,
    ]);
    return this.#exchange(Buffer.concat([...(commitsFirst ? [COMMIT] : []), ...parts, SYNC]), (end) => {
      // The commit is another message; its answer is skipped.
      let isCommitting = commitsFirst;
      let failure: Error | undefined;
      let at = 0;
      return (message) => {
        if (isCommitting) {
          isCommitting = message.name !== 'readyForQuery';
          return;
        }
        if (message instanceof DatabaseError) {
          failure ??= message;
          return;
        }
        const current = asked[at] as Asked;
        switch (message.name) {
          case 'parseComplete':
            if (prepare) this.#prepared.set(current.text, current);
            break;
          case 'rowDescription':
            current.columns = columnsOf(message as RowDescriptionMessage);
            if (prepare) this.#prepared.set(current.text, current);
            break;
          case 'dataRow':
            try {
              if (!failure) onRow(at, (message as DataRowMessage).fields, current.columns ?? []);
            } catch (error) {
              failure = error as Error;
            }
            break;
          case 'commandComplete':
            at++;
            break;
          case 'readyForQuery':
            end(failure);
        }
      };
    });
  }

  /** Prepares everything again from now on; false: there was nothing. */
  forget(): boolean {
    const isKept = this.#prepared.size > 0;
    this.#prepared.clear();
    return isKept;
  }

  /** Writes, and reads answers until `end` is called. If the socket closes, its session rejects the statement. */
  #exchange(
    bytes: Buffer,
    reading: (end: (failure: Error | undefined) => void) => (message: BackendMessage) => void,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = this.#socket;
      const others = socket.listeners('data') as ((chunk: Buffer) => void)[];
      const handle = reading((failure) => {
        socket.off('data', read);
        for (const other of others) socket.on('data', other);
        if (failure) reject(failure);
        else resolve();
      });
      const read = (chunk: Buffer) => this.#parser.parse(chunk, handle);
      socket.removeAllListeners('data');
      socket.on('data', read);
      socket.write(bytes);
    });
  }
}

const columnsOf = ({ fields }: RowDescriptionMessage): Column[] =>
  fields.map(({ name, dataTypeID }) => ({ name, type: dataTypeID }));

/** A value as PostgreSQL reads it from text, whatever type its parameter has. */
function written(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return value instanceof Date ? value.toISOString() : String(value);
}

/** PostgreSQL refuses to run what was prepared, since it would answer other columns now. */
export const isOutdated = (error: unknown): boolean =>
  error instanceof DatabaseError && error.routine === 'RevalidateCachedQuery';
