import { type PGlite, protocol, types } from '@electric-sql/pglite';
import type { RowMode } from './database.ts';
import { readAnswer, type ServerAnswer } from './internals/server-answer.ts';

const { serialize } = protocol;

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
    const prepared = { name, parameters: answer.parameterTypes };
    const [oldest] = this.#prepared;
    if (oldest && this.#prepared.size >= MAX_STATEMENTS) {
      this.#prepared.delete(oldest[0]);
      await this.#send([serialize.close({ type: 'S', name: oldest[1].name })]);
    }
    this.#prepared.set(text, prepared);
    return prepared;
  }

  #rowsOf({ columns, rows }: ServerAnswer, mode: RowMode): unknown[] {
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

function serializeParam(param: unknown, type: number): string | null {
  if (param === null || param === undefined) return null;
  const own = types.serializers[type as keyof typeof types.serializers] as ((value: unknown) => string) | undefined;
  return own ? own(param) : String(param);
}
