import { type PGlite, protocol, types } from '@electric-sql/pglite';
import { DatabaseError } from 'pg-protocol';
import type {
  BackendMessage,
  DataRowMessage,
  ParameterDescriptionMessage,
  RowDescriptionMessage,
} from 'pg-protocol/dist/messages';
import { Parser } from 'pg-protocol/dist/parser';
import type { RowMode } from './database.ts';

const { serialize } = protocol;

/** How many statements are kept prepared. */
const MAX_STATEMENTS = 300;

interface Prepared {
  name: string;
  /** The type of each parameter, an OID. */
  parameters: number[];
}

/**
 * Runs statements on PGlite, each text prepared once: PGlite itself parses and plans a statement each time it runs, which
 * in WebAssembly takes longer than running most of ours.
 */
export class PreparedStatements {
  readonly #pg: PGlite;
  /** By text, the one used longest ago first. */
  readonly #prepared = new Map<string, Prepared>();
  #count = 0;

  constructor(pg: PGlite) {
    this.#pg = pg;
  }

  async query(text: string, params: readonly unknown[], mode: RowMode): Promise<unknown[]> {
    const { name, parameters } = await this.#prepare(text);
    const values = params.map((param, index) => serializeParam(param, parameters[index] as number));
    const answer = await this.#send([
      serialize.bind({ statement: name, values }),
      serialize.describe({ type: 'P', name: '' }),
      serialize.execute({ portal: '', rows: 0 }),
    ]);
    return this.#rowsOf(answer, mode);
  }

  async #prepare(text: string): Promise<Prepared> {
    const known = this.#prepared.get(text);
    if (known) {
      this.#prepared.delete(text);
      this.#prepared.set(text, known);
      return known;
    }
    const name = `s${this.#count++}`;
    const answer = await this.#send([serialize.parse({ name, text }), serialize.describe({ type: 'S', name })]);
    const described = answer.find((message) => message.name === 'parameterDescription');
    const prepared = { name, parameters: (described as ParameterDescriptionMessage | undefined)?.dataTypeIDs ?? [] };
    const [oldest] = this.#prepared;
    if (oldest && this.#prepared.size >= MAX_STATEMENTS) {
      this.#prepared.delete(oldest[0]);
      await this.#send([serialize.close({ type: 'S', name: oldest[1].name })]);
    }
    this.#prepared.set(text, prepared);
    return prepared;
  }

  #rowsOf(answer: readonly BackendMessage[], mode: RowMode): unknown[] {
    const described = answer.find((message) => message.name === 'rowDescription');
    const { fields } = (described as RowDescriptionMessage | undefined) ?? { fields: [] };
    const names = fields.map(({ name }) => name);
    const parsers = fields.map(({ dataTypeID }) => this.#pg.parsers[dataTypeID] ?? types.parsers[dataTypeID]);
    const rows: unknown[] = [];
    for (const message of answer) {
      if (message.name !== 'dataRow') continue;
      const values = (message as DataRowMessage).fields.map((text: string | null, index) => {
        const parse = parsers[index];
        return text === null || !parse ? text : parse(text, fields[index]?.dataTypeID);
      });
      rows.push(mode === 'arrays' ? values : Object.fromEntries(names.map((name, index) => [name, values[index]])));
    }
    return rows;
  }

  /**
   * In one message to the database; throws what it refuses. The answer is read by pg-protocol: PGlite's own parser copies
   * each value first, which takes a third of the time of a large answer.
   */
  async #send(parts: readonly Uint8Array[]): Promise<BackendMessage[]> {
    const data = await this.#pg.execProtocolRaw(Buffer.concat([...parts, serialize.sync()]), { syncToFs: false });
    const messages: BackendMessage[] = [];
    new Parser().parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength), (message) => messages.push(message));
    const refusal = messages.find((message) => message instanceof DatabaseError);
    if (refusal) throw refusal;
    return messages;
  }
}

function serializeParam(param: unknown, type: number): string | null {
  if (param === null || param === undefined) return null;
  const own = types.serializers[type as keyof typeof types.serializers] as ((value: unknown) => string) | undefined;
  return own ? own(param) : String(param);
}
