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

/**
 * The longest beginning within `max`, where characters from U+0250 on, which tokenisers spend more on, count as three.
 */
function beginningOf(text: string, max: number): string {
  if (text.length * 3 <= max) return text;
  let spent = 0;
  let end = 0;
  for (const character of text) {
    spent += character < '\u0250' ? 1 : 3 * character.length;
    if (spent > max) return text.slice(0, end);
    end += character.length;
  }
  return text;
}

/** Consecutive runs of texts, each of at most so many texts and characters; a longer text goes alone. */
export function* batchesOf(texts: readonly string[], most: { texts: number; characters: number }): Generator<string[]> {
  let batch: string[] = [];
  let characters = 0;
  for (const text of texts) {
    if (batch.length > 0 && (batch.length >= most.texts || characters + text.length > most.characters)) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(text);
    characters += text.length;
  }
  if (batch.length > 0) yield batch;
}
