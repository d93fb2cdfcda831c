/** The number that an input says; null where it says none, which the server refuses or takes as left out. */
export const numberOf = (text: string | undefined): number | null =>
  text === undefined || text.trim() === '' ? null : Number(text);

/** The kinds of corrections and retractions, as one chooses among them. */
export const correctionKinds = [
  { value: 'MISTAKE', text: 'It was never true (MISTAKE)' },
  { value: 'CHANGE', text: 'It was true, and has changed (CHANGE)' },
] as const;
