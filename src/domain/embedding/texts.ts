import type { EmbedOptions } from './embedder.ts';
import type { ModelSettings } from './settings.ts';

/** The texts as a model is given them: cut to its bound, with the prefix of their side of the search. */
export function preparedTexts(
  texts: readonly string[],
  purpose: EmbedOptions['purpose'],
  {
    queryPrefix,
    documentPrefix,
    maxCharacters,
  }: Pick<ModelSettings, 'queryPrefix' | 'documentPrefix' | 'maxCharacters'>,
): string[] {
  const prefix = purpose === 'query' ? queryPrefix : documentPrefix;
  return texts.map((text) => prefix + beginningOf(text, maxCharacters));
}

/** What a character counts, of three that are a token: tokenisers spend more on what is beyond the Latin alphabet. */
const weightOf = (character: string): number => (character < '\u0250' ? 1 : 3 * character.length);

/** About how many tokens a text has, more rather than fewer: a third of its characters, and each from U+0250 on. */
export function tokensOf(text: string): number {
  let weight = 0;
  for (const character of text) weight += weightOf(character);
  return Math.ceil(weight / 3);
}

/** The longest beginning of which the characters count no more than `max`. */
function beginningOf(text: string, max: number): string {
  if (text.length * 3 <= max) return text;
  let spent = 0;
  let end = 0;
  for (const character of text) {
    spent += weightOf(character);
    if (spent > max) return text.slice(0, end);
    end += character.length;
  }
  return text;
}

/** Consecutive runs of texts, each of at most so many texts and of such a size in all; a larger text goes alone. */
export function* batchesOf(
  texts: readonly string[],
  most: { texts: number; size: number },
  sizeOf: (text: string) => number,
): Generator<string[]> {
  let batch: string[] = [];
  let size = 0;
  for (const text of texts) {
    const more = sizeOf(text);
    if (batch.length > 0 && (batch.length >= most.texts || size + more > most.size)) {
      yield batch;
      batch = [];
      size = 0;
    }
    batch.push(text);
    size += more;
  }
  if (batch.length > 0) yield batch;
}
