/** The beginning of a text of which at most `length` characters are shown. */
export const shortened = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length)}…` : text;

/** A share of 0–1 in words. */
export const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** What an error says. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
