import { LineProblem } from './items.ts';

/** The longest line that is read: more than all bounds of what a line may say add up to. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

export interface Line {
  /** Counted from 1, blank lines included. */
  number: number;
  text: string;
  /** The bytes read so far, this line included. */
  end: number;
}

/**
 * The lines of UTF-8 text that are not blank, one in memory at a time. Only a line feed ends a line: JSON may hold the
 * other characters that Node's readline ends one at. Throws LineProblem.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let number = 0;
  let end = 0;
  let parts: Uint8Array[] = [];
  let held = 0;
  const hold = (part: Uint8Array) => {
    parts.push(part);
    held += part.length;
    if (held > MAX_LINE_BYTES) {
      throw new LineProblem(
        number + 1,
        `A line may have at most ${MAX_LINE_BYTES} bytes. Does the file have one JSON object per line?`,
      );
    }
  };
  const finish = (): Line => {
    number++;
    end += held;
    const bytes = Buffer.concat(parts);
    parts = [];
    held = 0;
    try {
      return { number, text: decoder.decode(bytes).trim(), end };
    } catch {
      throw new LineProblem(number, 'This is not UTF-8.');
    }
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let feed = chunk.indexOf(10); feed !== -1; feed = chunk.indexOf(10, from)) {
      hold(chunk.subarray(from, feed + 1));
      from = feed + 1;
      const line = finish();
      if (line.text !== '') yield line;
    }
    if (from < chunk.length) hold(chunk.subarray(from));
  }
  const line = finish();
  if (line.text !== '') yield line;
}
