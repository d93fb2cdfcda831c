import { DatabaseError } from 'pg-protocol';
import type {
  BackendMessage,
  DataRowMessage,
  ParameterDescriptionMessage,
  RowDescriptionMessage,
} from 'pg-protocol/dist/messages';
import { Parser } from 'pg-protocol/dist/parser';

/** What PostgreSQL answers; types are OIDs. */
export interface ServerAnswer {
  /** The types of the statement's parameters, where it was to be described. */
  parameterTypes: number[];
  columns: { name: string; type: number }[];
  /** There are more rows: `execute` goes on with them. */
  isSuspended: boolean;
  /** Bytes of the messages. */
  length: number;
  /** The values in the order of the columns, as text. */
  rows: (string | null)[][];
}

/**
 * Reads the messages of PostgreSQL's protocol; throws the error that they report. Unlike PGlite's parser, which copies
 * each value first, pg-protocol's takes values from where they are, which saves a third of the time of a large answer.
 */
export function readAnswer({ buffer, byteOffset, byteLength }: Uint8Array): ServerAnswer {
  const answer: ServerAnswer = { parameterTypes: [], columns: [], isSuspended: false, length: byteLength, rows: [] };
  let failure: DatabaseError | undefined;
  new Parser().parse(Buffer.from(buffer, byteOffset, byteLength), (message: BackendMessage) => {
    if (message instanceof DatabaseError) failure ??= message;
    else if (message.name === 'dataRow') answer.rows.push((message as DataRowMessage).fields);
    else if (message.name === 'portalSuspended') answer.isSuspended = true;
    else if (message.name === 'rowDescription') {
      const { fields } = message as RowDescriptionMessage;
      answer.columns = fields.map(({ name, dataTypeID }) => ({ name, type: dataTypeID }));
    } else if (message.name === 'parameterDescription') {
      answer.parameterTypes = (message as ParameterDescriptionMessage).dataTypeIDs;
    }
  });
  if (failure) throw failure;
  return answer;
}
