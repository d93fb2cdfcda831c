/**
 * A text without differences of case, by Unicode's full case folding (Unicode Standard, section 3.13, C and F of
 * CaseFolding.txt): `Straße` and `STRASSE` become equal, as do final and other sigmas. Beyond it the dot that folding
 * leaves of `İ` goes, so that `İzmir` is `izmir`; the dotless `ı` remains a letter of its own.
 */
export const foldCase = (text: string): string =>
  // There and back again: capitals of several letters (ß, ŉ, ligatures) are only met on the way up.
  text
    .split('ı')
    .map((part) => part.toLowerCase().toUpperCase().toLowerCase())
    .join('ı')
    .replaceAll('ς', 'σ')
    .replaceAll('i\u0307', 'i');

/**
 * A text in the compatible forms of its characters (NFKC): `ﬁ` as `fi`, `Ａ` as `A`, an accent in one character with its
 * letter. What separates thousands, and would become a blank, is a comma.
 */
export const foldWidth = (text: string): string =>
  text.replaceAll(/(?<=\d)[\u00a0\u2009\u202f’](?=\d{3}(?!\d))/g, ',').normalize('NFKC');
