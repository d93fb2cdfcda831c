import { weightOf } from './tokens.ts';

/** Words that deny in other languages, so that a text of theirs in an English workspace is not taken for English. */
const denials =
  `kein(?:e[rnms]?)?|nicht|nie|niemals|ne|pas|jamais|rien|nunca|ningún|nadie|nada|jamás|non|mai|niente|niet|
  geen|nooit|inte|ikke|aldrig|ingen|não|nem|nincs|nigdy|nikdy|değil|yok|tidak|bukan|không|не|нет`.replaceAll(
    /\s*\n\s*/g,
    '',
  );
const foreignDenials = new RegExp(String.raw`(?:^|\s)(?:${denials})(?![\p{L}\p{N}-])`, 'iu');
/** A text of no more words may have none of them: "Prefers tea". */
const FEW_WORDS = 4;

/** Common words of English that other languages have, too. */
const shared = new Set('a an in no me he so was die man hat on as or is am at do en la et te will had come'.split(' '));

/** Whether a text search configuration is that of English. */
export const isEnglish = (textSearchConfig: string): boolean => /^(?:pg_catalog\.)?english$/.test(textSearchConfig);

/** A text of several words without one of the common words of English is hardly English. */
export function looksEnglish(text: string): boolean {
  const isLatin = !/[^\p{sc=Latin}\p{sc=Greek}\p{sc=Common}\p{sc=Inherited}]/u.test(text);
  if (!isLatin || foreignDenials.test(text)) return false;
  const words = text.toLowerCase().match(/[\p{L}']+/gu) ?? [];
  return (
    words.length <= FEW_WORDS || /[:=]/.test(text) || words.some((word) => weightOf(word) < 1 && !shared.has(word))
  );
}
