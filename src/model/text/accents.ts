const marked = /\p{M}/u;
/** Letters of their own that many people type as the letters beside them. */
const plainLetters: Record<string, string> = {
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  ħ: 'h',
  þ: 'th',
  ı: 'i',
  ё: 'е',
};
const plainLetter = new RegExp(`[${Object.keys(plainLetters).join('')}]`, 'gu');
/** Accents of Latin and Greek letters. In other scripts such marks make another letter: `ガ` is not `カ`. */
const accents = /(?<=[\p{sc=Latin}\p{sc=Greek}][\u0300-\u036f]*)[\u0300-\u036f]/gu;

/** A lower-case text without accents: `tomás` as `tomas`, `łódź` as `lodz`. Each word stays one word. */
export function foldAccents(text: string): string {
  const apart = text.normalize('NFD');
  const bare = marked.test(apart) ? apart.replaceAll(accents, '') : apart;
  return bare.normalize('NFC').replaceAll(plainLetter, (letter) => plainLetters[letter] as string);
}
