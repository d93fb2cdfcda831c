import type { RowMode } from './database.ts';
import type { Column } from './internals/one-message.ts';
import { parseTimestamp, TIMESTAMPTZ } from './timestamp.ts';

/** How values are read from text, by the OID of their type, as postgres.js does; others stay text. */
const parsers: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [16, (text) => text === 't'],
  ...[21, 23, 26, 700, 701].map((type) => [type, Number] as const),
  ...[114, 3802].map((type) => [type, JSON.parse] as const),
  [TIMESTAMPTZ, parseTimestamp],
]);

/** A row of its values as text. */
export function rowOf(values: readonly (string | null)[], columns: readonly Column[], mode: RowMode): unknown {
  const read = values.map((text, index) => {
    if (text === null) return null;
    const parse = parsers.get((columns[index] as Column).type);
    return parse ? parse(text) : text;
  });
  return mode === 'arrays' ? read : Object.fromEntries(columns.map(({ name }, index) => [name, read[index]]));
}

/** About what a value takes besides its characters. */
const VALUE_BYTES = 8;

/** The characters of a row's texts, and about what its other values take. */
export function lengthOf(row: object): number {
  let length = 0;
  for (const name in row) {
    const value = row[name as never] as unknown;
    length += VALUE_BYTES + (typeof value === 'string' ? value.length : 0);
  }
  return length;
}
