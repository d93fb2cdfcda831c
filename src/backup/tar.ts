/** A file or folder of a tar archive (POSIX ustar). */
export interface Entry {
  /** Relative, with `/`, at most 100 bytes; a folder's ends with `/`. */
  path: string;
  /** Permission bits. */
  mode: number;
  /** Bytes; 0 for a folder. */
  size: number;
}

export const BLOCK_BYTES = 512;
/** What an archive ends with. */
export const END = Buffer.alloc(2 * BLOCK_BYTES);
const NAME_BYTES = 100;

/** The bytes between a file of so many and the next block. */
export const padding = (size: number): Buffer => Buffer.alloc((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);

/** The block in front of an entry. Throws RangeError where the format has no room for its path. */
export function headerOf({ path, mode, size }: Entry): Buffer {
  if (Buffer.byteLength(path) > NAME_BYTES) throw new RangeError(`too long for an archive: ${path}`);
  const header = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;
  header.write(path, 0);
  header.write(octal(mode, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(size, 11), 124);
  header.write(octal(0, 11), 136);
  header.write(path.endsWith('/') ? '5' : '0', 156);
  header.write('ustar\0' + '00', 257);
  header.write(`${sumOf(header).toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

/** Reads the block in front of an entry; undefined where the archive ends there, or it is none. */
export function readHeader(header: Buffer): Entry | undefined {
  const text = (from: number, length: number) => {
    const field = header.toString('utf8', from, from + length);
    const end = field.indexOf('\0');
    return end < 0 ? field : field.slice(0, end);
  };
  const number = (from: number, length: number) => Number.parseInt(text(from, length), 8);
  if (text(257, 6) !== 'ustar' || number(148, 8) !== sumOf(header)) return undefined;
  return { path: text(0, NAME_BYTES), mode: number(100, 8), size: number(124, 12) };
}

/** All bytes added up, those of the sum itself counted as spaces. */
function sumOf(header: Buffer): number {
  let sum = 8 * 0x20;
  for (const [at, byte] of header.entries()) if (at < 148 || at >= 156) sum += byte;
  return sum;
}
