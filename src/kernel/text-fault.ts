/** What is wrong with a text that PostgreSQL cannot hold, or that has too many UTF-16 code units. */
export function faultOf(text: string, max: number): string | undefined {
  if (text.length > max) return `At most ${max} characters are allowed.`;
  if (text.includes('\0')) return 'The character NUL (U+0000) is not allowed.';
  if (!text.isWellFormed()) return 'The text has half of a surrogate pair: send well-formed Unicode.';
  return undefined;
}
