import { type PGlite, protocol, types } from '@electric-sql/pglite';
import { TOO_MANY_BYTES } from './byte-budget.ts';
import type { RowMode } from './database.ts';
import { readAnswer, type ServerAnswer } from './internals/server-answer.ts';

const { serialize } = protocol;

/** How many rows are read at once where their bytes are bounded: the most that are read beyond the bound. */
const PIECE_ROWS = 64;
/** How many statements are kept prepared. */
const MAX_STATEMENTS = 300;

interface Prepared {
  name: string;
  /** The type of each parameter, an OID. */
  parameters: number[];
}

/**
 * Runs statements on PGlite, each text prepared once: PGlite itself parses and plans a statement each time it runs,
 * which in WebAssembly takes longer than running most of ours.
 */
export class PreparedStatements {
  readonly #pg: PGlite;
  /** By text, the one used longest ago first. */
  readonly #prepared = new Map<string, Prepared>();
  #count = 0;

  constructor(pg: PGlite) {
    this.#pg = pg;
  }

  /**
   * Runs a statement within a transaction. `most`: the most bytes that PostgreSQL may answer to it; beyond that it throws
   * an error with the code {@link TOO_MANY_BYTES}.
   */
  async query(
    text: string,
    params: readonly unknown[],
    mode: RowMode,
    most?: number,
  ): Promise<{ rows: unknown[]; length: number }> {
    const { name, parameters } = await this.#prepare(text);
    const values = params.map((param, index) => serializeParam(param, parameters[index] as number));
    const execute = serialize.execute({ portal: '', rows: most === undefined ? 0 : PIECE_ROWS });
    const first = [serialize.bind({ statement: name, values }), serialize.describe({ type: 'P', name: '' }), execute];
    let answer = await this.#send(first);
    const { columns } = answer;
    const rows = this.#rowsOf(columns, answer.rows, mode);
    let { length } = answer;
    for (;;) {
      if (most !== undefined && length > most) throw tooManyBytes();
      if (!answer.isSuspended) return { rows, length };
      answer = await this.#send([execute]);
      length += answer.length;
      rows.push(...this.#rowsOf(columns, answer.rows, mode));
    }
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
    const prepared = { name, parameters: answer.parameterTypes };
    const [oldest] = this.#prepared;
    if (oldest && this.#prepared.size >= MAX_STATEMENTS) {
      this.#prepared.delete(oldest[0]);
      await this.#send([serialize.close({ type: 'S', name: oldest[1].name })]);
    }
    this.#prepared.set(text, prepared);
    return prepared;
  }

  #rowsOf(columns: ServerAnswer['columns'], rows: ServerAnswer['rows'], mode: RowMode): unknown[] {
    const parsers = columns.map(({ type }) => this.#pg.parsers[type] ?? types.parsers[type]);
    return rows.map((texts) => {
      const values = texts.map((text, index) => {
        const parse = parsers[index];
        return text === null || !parse ? text : parse(text, columns[index]?.type);
      });
      return mode === 'arrays' ? values : Object.fromEntries(columns.map(({ name }, index) => [name, values[index]]));
    });
  }

  /** In one message to the database; throws what it refuses. */
  async #send(parts: readonly Uint8Array[]): Promise<ServerAnswer> {
    return readAnswer(await this.#pg.execProtocolRaw(Buffer.concat([...parts, serialize.sync()]), { syncToFs: false }));
  }
}

const tooManyBytes = () => Object.assign(new Error('More bytes than are left.'), { code: TOO_MANY_BYTES });

function serializeParam(param: unknown, type: number): string | null {
  if (param === null || param === undefined) return null;
  const own = types.serializers[type as keyof typeof types.serializers] as ((value: unknown) => string) | undefined;
  return own ? own(param) : String(param);
}
