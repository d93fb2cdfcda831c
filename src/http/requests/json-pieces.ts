import { sign } from './json-tokens.ts';
import { type Inexact, type JsonBounds, JsonWalk, type Value } from './json-walk.ts';
import { Pieces } from './turns.ts';

/** So many bytes are parsed at once: a few milliseconds, whatever they are. */
const PIECE_BYTES = 65_536;

type Made = unknown[] | Record<string, unknown>;

/** Any bounds: what is parsed has been walked over before. */
const none: JsonBounds = {
  values: Number.POSITIVE_INFINITY,
  containers: Number.POSITIVE_INFINITY,
  members: Number.POSITIVE_INFINITY,
  items: Number.POSITIVE_INFINITY,
  depth: Number.POSITIVE_INFINITY,
  text: Number.POSITIVE_INFINITY,
};

/** What JSON.parse makes of a value, made in pieces that take turns with other work. The value is JSON. */
export async function parseInPieces(bytes: Buffer, span: { start: number; end: number }): Promise<unknown> {
  if (span.end - span.start <= PIECE_BYTES) return JSON.parse(bytes.toString('utf8', span.start, span.end));
  const pieces = new Pieces();
  const maker = new Maker(bytes);
  await pieces.rest();
  await new JsonWalk(bytes, span, none, (value) => maker.take(value)).run(pieces);
  return maker.made;
}

/** The first number of a value that would not be kept, but where doubles are taken. The value is JSON. */
export async function findInexact(
  bytes: Buffer,
  span: { start: number; end: number },
  takesDoubles: (path: readonly (string | number)[]) => boolean,
): Promise<Inexact | undefined> {
  const walk = new JsonWalk(bytes, span, none, () => {});
  walk.takesDoubles = takesDoubles;
  await walk.run(new Pieces());
  return walk.inexact;
}

/**
 * Makes values while they are walked over. Neighbours are parsed together, up to a piece; a container is made by itself
 * only where it is more than that.
 */
class Maker {
  /** The whole value. */
  made: unknown;
  readonly #bytes: Buffer;
  /** By level: the container that is being made, and its latest values that are not parsed yet. */
  readonly #containers: (Made | undefined)[] = [];
  readonly #unparsed: ({ start: number; end: number; isKeyed: boolean } | undefined)[] = [];

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take({ level, keyAt, start, end }: Value): void {
    const whole = this.#containers[level];
    if (whole) this.#parse(level + 1);
    // Of one that is not made by itself, all is parsed with what is around it.
    else this.#unparsed[level + 1] = undefined;
    this.#containers[level] = undefined;
    if (level === 0) {
      this.made = whole ?? this.#json(start, end);
    } else if (whole) {
      this.#parse(level);
      put(this.#containerOf(level, keyAt >= 0), keyAt >= 0 ? this.#keyBetween(keyAt, start) : undefined, whole);
    } else {
      const unparsed = this.#unparsed[level] ?? { start: keyAt >= 0 ? keyAt : start, end, isKeyed: keyAt >= 0 };
      unparsed.end = end;
      this.#unparsed[level] = unparsed;
      if (end - unparsed.start > PIECE_BYTES) this.#parse(level);
    }
  }

  /** Parses what is not parsed yet of the values of a level, and adds it to their container. */
  #parse(level: number): void {
    const unparsed = this.#unparsed[level];
    this.#unparsed[level] = undefined;
    if (!unparsed) return;
    const { start, end, isKeyed } = unparsed;
    const text = this.#bytes.toString('utf8', start, end);
    const part = JSON.parse(isKeyed ? `{${text}}` : `[${text}]`) as Made;
    const container = this.#containerOf(level, isKeyed);
    if (Array.isArray(part)) for (const value of part) put(container, undefined, value);
    else for (const key of Object.keys(part)) put(container, key, part[key]);
  }

  #containerOf(level: number, isObject: boolean): Made {
    const container = this.#containers[level - 1] ?? (isObject ? {} : []);
    this.#containers[level - 1] = container;
    return container;
  }

  #keyBetween(keyAt: number, start: number): string {
    return JSON.parse(this.#bytes.toString('utf8', keyAt, this.#bytes.lastIndexOf(sign.colon, start)));
  }

  #json(start: number, end: number): unknown {
    return JSON.parse(this.#bytes.toString('utf8', start, end));
  }
}

/** Adds a value as JSON.parse does: `__proto__` is a key like any other. */
function put(container: Made, key: string | undefined, value: unknown): void {
  if (Array.isArray(container)) container.push(value);
  else if (key !== '__proto__') container[key as string] = value;
  else Object.defineProperty(container, key, { value, writable: true, enumerable: true, configurable: true });
}
