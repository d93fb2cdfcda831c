/** The largest whole number that no other is taken for. */
export const MOST_EXACT = Number.MAX_SAFE_INTEGER;

/** What to do with a whole number that would be changed. */
export const inexact = (given: string): string =>
  `${given.length > 40 ? `${given.slice(0, 40)}…` : given} is beyond ±${MOST_EXACT} (2^53 − 1) and would be changed: ` +
  'send it as a string, in quotes.';

/**
 * Whether a number as it is written is kept: a whole number written with its digits alone is, up to ±(2^53 − 1). With a
 * fraction or an exponent it is a measure, and only a whole number that would come back as another is not kept.
 */
export const isKept = (written: string): boolean =>
  /^-?\d+$/.test(written) ? Number.isSafeInteger(Number(written)) : comesBack(written);

/** Whether a number as it is written comes back as the same number, or has a fraction, which is kept to 17 digits. */
export function comesBack(written: string): boolean {
  const number = Number(written);
  if (!Number.isInteger(number) || Number.isSafeInteger(number)) return true;
  return plain(written) === plain(String(number));
}

/** The digits of a number and its power of ten, the same for each way to write it. */
function plain(written: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(written) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
