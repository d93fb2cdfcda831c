import { Assembler } from 'stream-json/assembler.js';
import { jsonParser, type Token } from 'stream-json/core/parser.js';
import { LineProblem } from '../format/items.ts';
import { isObject, type Json } from './values.ts';

/** One message, conversation or memory of a file of another program's. */
export interface Entry {
  value: Json;
  /** The object whose list it is in, as far as it was read by then; empty where it is in none. */
  of: Json;
  /** Its place in that list. */
  index: number;
  /** Which of those lists, counted from 1 through the file; 0: it is in none. */
  list: number;
  /** Counted from 1 through the file. */
  number: number;
  /** The bytes read so far. */
  end: number;
}

/** Lists that other programs wrap what they hand out in. */
const LISTS = new Set([
  'results', // mem0
  'memories',
  'facts', // Zep
  'edges',
  'messages',
  'data', // OpenAI
  'items',
  'conversations',
  'threads',
  'chats',
  'conversation_messages', // AI SDK tools
  'mastra_threads',
  'mastra_messages',
]);

/** More than any conversation of a person has. */
const MAX_ENTRY_BYTES = 64 * 2 ** 20;

/**
 * The entries of JSON, one in memory at a time: the elements of a list, the objects of JSON Lines, and the elements of
 * the lists that these have under a name of {@link LISTS}. Throws LineProblem.
 */
export async function* readEntries(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Entry> {
  const text = new Text(chunks);
  const parse = jsonParser({ streamValues: false, jsonStreaming: true });
  const read = new Reading();
  const problem = (message: string) => new LineProblem(read.number + 1, message);
  let from = 0;
  try {
    for await (const { piece, begin, end } of text.pieces()) {
      for (const token of tokensOf(parse, piece, { begin, end })) {
        read.assembler.consume(token);
        for (const entry of read.complete()) {
          yield { ...entry, end };
          from = end;
        }
      }
      if (end - from > MAX_ENTRY_BYTES) throw problem(`An entry may have at most ${MAX_ENTRY_BYTES} bytes.`);
    }
  } catch (error) {
    throw error instanceof Unparsable ? problem(error.message) : error;
  }
  if (read.isWithin) throw problem('The file ends here, within it.');
}

class Unparsable extends Error {}

/** What a parser makes of the next piece. */
function tokensOf(parse: Parser, piece: string, { begin, end }: { begin: number; end: number }): readonly Token[] {
  try {
    const tokens = parse(piece);
    return typeof tokens === 'object' && 'values' in tokens ? tokens.values : [];
  } catch (error) {
    // What the piece says before that is lost with it.
    throw new Unparsable(`This is not JSON (${(error as Error).message}, in bytes ${begin} to ${end} of the file).`);
  }
}
type Parser = ReturnType<typeof jsonParser>;

/** The text of a file in pieces of at most a line, so that what is wrong can be found. */
class Text {
  readonly #chunks: AsyncIterable<Uint8Array>;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks;
  }

  async *pieces(): AsyncGenerator<{ piece: string; begin: number; end: number }> {
    let begin = 0;
    for await (const chunk of this.#chunks) {
      for (let from = 0; from < chunk.length; ) {
        const feed = chunk.indexOf(10, from);
        const until = feed === -1 ? chunk.length : feed + 1;
        const end = begin + until - from;
        yield { piece: this.#decode(chunk.subarray(from, until)), begin, end };
        [begin, from] = [end, until];
      }
    }
    this.#decode();
  }

  #decode(bytes?: Uint8Array): string {
    try {
      return bytes ? this.#decoder.decode(bytes, { stream: true }) : this.#decoder.decode();
    } catch {
      throw new Unparsable('This is not UTF-8.');
    }
  }
}

/** What has been put together, and which entries of it are whole. */
class Reading {
  readonly assembler = new Assembler();
  number = 0;
  #lists = 0;
  #index = 0;
  /** The object that has a list which is being read, and the list. */
  #of: Json = {};
  #list: unknown;

  get isWithin(): boolean {
    return this.assembler.depth > 0;
  }

  *complete(): Generator<Omit<Entry, 'end'>> {
    const { depth, current, stack, done } = this.assembler;
    if (depth === 1 && Array.isArray(current) && current.length > 0) {
      yield* this.#expand(current.pop());
    } else if (depth === 2 && Array.isArray(current) && current.length > 0 && isListOf(stack)) {
      if (this.#list !== current) this.#begin(stack.at(-2) as Json, current);
      yield this.#entry(current.pop());
    } else if (depth === 0 && done && !Array.isArray(current)) {
      // Of one whose lists have been read nothing is left.
      if (current !== this.#of) yield* this.#expand(current);
    }
  }

  /** The entries of the lists that a whole object has, or the object. */
  *#expand(value: unknown): Generator<Omit<Entry, 'end'>> {
    const lists = isObject(value) ? Object.keys(value).filter((key) => isListIn(key, value)) : [];
    if (lists.length === 0) {
      this.#begin({}, undefined);
      yield this.#entry(value);
    }
    for (const list of lists.map((key) => (value as Json)[key] as unknown[])) {
      this.#begin(value as Json, list);
      for (const each of list) yield this.#entry(each);
    }
  }

  #begin(of: Json, list: unknown): void {
    // Entries that are in no list are counted through the file.
    if (list !== undefined || this.#list !== undefined) this.#index = 0;
    this.#of = of;
    this.#list = list;
    if (list !== undefined) this.#lists++;
  }

  #entry(value: unknown): Omit<Entry, 'end'> {
    this.number++;
    if (!isObject(value)) throw new LineProblem(this.number, 'This is not a JSON object.');
    return {
      value,
      of: this.#of,
      index: this.#index++,
      list: this.#list === undefined ? 0 : this.#lists,
      number: this.number,
    };
  }
}

const isListIn = (key: string, of: Json): boolean =>
  LISTS.has(key) && Array.isArray(of[key] ?? []) && (key !== 'data' || of.object === 'list') && !('role' in of);

/** Whether a list is one of those, by the objects that it is in, and their keys. */
function isListOf(stack: readonly unknown[]): boolean {
  const [of, key] = stack.slice(-2);
  return isObject(of) && typeof key === 'string' && isListIn(key, of);
}
