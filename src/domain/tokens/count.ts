import { Turns } from '../../kernel/turns.ts';

/** The encoding that tokens are counted by: that of OpenAI's models since GPT-4o. */
export const ENCODING = 'o200k_base';

/** What a tokenizer takes time for grows with the square of a run without a boundary: longer runs are counted in parts. */
const LONGEST_RUN = 400;
/** So many characters are counted at once. */
const PIECE = 8_000;

/**
 * Where no token goes across: behind a letter and before what is neither letter, mark nor apostrophe; and behind an end of
 * line, before what is no white space, end of line or slash. By the pattern that the encoding splits words with.
 */
const BOUNDARY = /(?<=\p{L})(?=[^\p{L}\p{M}'’])|(?<=\n)(?=[^\s/])/gu;

let counter: Promise<(text: string) => number> | undefined;

/** Loaded when it is first needed: it takes some 0.2 s and 50 MB. */
const load = () =>
  import('gpt-tokenizer/encoding/o200k_base').then(
    // What looks like a mark of the model's own is text, too.
    ({ countTokens }) =>
      (text: string) =>
        countTokens(text, { disallowedSpecial: new Set() }),
  );

function* boundariesOf(text: string): Generator<number> {
  for (const { index } of text.matchAll(BOUNDARY)) yield index;
  yield text.length;
}

/** The parts of a text that are counted by themselves. */
function* piecesOf(text: string): Generator<string> {
  let from = 0;
  let end = 0;
  for (const index of boundariesOf(text)) {
    const isLong = index - end > LONGEST_RUN;
    if (end > from && (isLong || index - from > PIECE)) {
      yield text.slice(from, end);
      from = end;
    }
    while (index - from > LONGEST_RUN && isLong) {
      const to = wholeCharacter(text, from + LONGEST_RUN);
      yield text.slice(from, to);
      from = to;
    }
    end = index;
  }
  if (end > from) yield text.slice(from, end);
}

const wholeCharacter = (text: string, at: number): number => (/[\udc00-\udfff]/.test(text[at] ?? '') ? at - 1 : at);

/** How many tokens a text is, counted in turns with other work. */
export async function countTokens(text: string): Promise<number> {
  counter ??= load();
  const count = await counter;
  const turns = new Turns();
  let total = 0;
  for (const piece of piecesOf(text)) {
    await turns.next();
    total += count(piece);
  }
  return total;
}
