/** How many different words there are; the n-th is used about 1/n as often as the first. */
const VOCABULARY = 30_000;

/** Numbers from 0 to 1 that look random; the same seed gives the same. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** A word of the made-up language: two or three syllables that spell its rank. */
function word(rank: number): string {
  let text = '';
  for (let left = rank + 60; left > 0; left = Math.floor(left / 60))
    text += `${'bdfgklmnprst'[left % 12]}${'aeiou'[Math.floor((left % 60) / 12)]}`;
  return `${text}k`;
}

/** Contents of `length` characters of words whose frequencies fall as 1/rank (Zipf); the same seed gives the same. */
export function* contents(length: number, seed = 1): Generator<string, never> {
  const next = numbers(seed);
  for (;;) {
    let text = '';
    while (text.length < length) text += `${text && ' '}${word(Math.floor(VOCABULARY ** next()))}`;
    yield text.slice(0, length).trimEnd();
  }
}
