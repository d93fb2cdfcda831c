import { promisify } from 'node:util';
import { brotliCompress, constants, deflate, gzip } from 'node:zlib';

/** The ways an answer can be compressed, the best first. */
const encodings = ['br', 'gzip', 'deflate'] as const;
export type Encoding = (typeof encodings)[number];

/** How many answers are compressed at once: each takes a thread of its own for as long. */
const MOST_AT_ONCE = 2;
/** Above it takes many times as long to make an answer a few per cent smaller. */
const LEVEL = 4;

/** The encoding for a client that sent this Accept-Encoding; undefined: none. */
export function encodingFor(accepted: string | null): Encoding | undefined {
  if (!accepted) return undefined;
  const weights = new Map(
    accepted.split(',').map((part) => {
      const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
      const weight = parameters.find((text) => text.startsWith('q='))?.slice(2);
      return [name, weight === undefined ? 1 : Number(weight)];
    }),
  );
  const weightOf = (name: string) => weights.get(name) ?? weights.get('*') ?? 0;
  return encodings
    .filter((name) => weightOf(name) > 0 && weightOf(name) >= (weights.get('identity') ?? 0))
    .reduce<Encoding | undefined>(
      (best, name) => (best !== undefined && weightOf(best) >= weightOf(name) ? best : name),
      undefined,
    );
}

const brotli = (bytes: Buffer, quality: number) =>
  promisify(brotliCompress)(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });

/** Compresses in another thread. */
export const compressed = (bytes: Buffer, encoding: Encoding, level = LEVEL): Promise<Buffer> => {
  if (encoding === 'br') return brotli(bytes, level);
  return encoding === 'gzip' ? promisify(gzip)(bytes, { level }) : promisify(deflate)(bytes, { level });
};

/** Compresses a few answers at once; one that comes while these are at it goes as it is. */
export class Compressor {
  #running = 0;

  /** undefined: it is to be sent as it is. */
  async compress(bytes: Buffer, encoding: Encoding): Promise<Buffer | undefined> {
    if (this.#running >= MOST_AT_ONCE) return undefined;
    this.#running++;
    try {
      return await compressed(bytes, encoding);
    } finally {
      this.#running--;
    }
  }
}
