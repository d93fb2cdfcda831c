/** Numbers for some memories of a list, by {@link keyOf} their ids; cursors keep them in this order. */
export type Kept = ReadonlyMap<string, number>;

/** The most memories of a list that are kept. */
export const MAX_KEPT = 50;

/** The end of an id, which is random: enough to tell memories of one list apart. */
const keyOf = (memoryId: string): string => memoryId.slice(-12);

/** Makes it of ids and numbers, which are rounded as in cursors. */
export const keep = (numbers: readonly (readonly [memoryId: string, value: number])[]): Kept =>
  new Map(numbers.map(([id, value]) => [keyOf(id), Math.fround(value)]));

/** The number of a memory; null if it has none. */
export const keptOf = (kept: Kept | null, memoryId: string): number | null => kept?.get(keyOf(memoryId)) ?? null;

/** The place of a memory among those kept, from 0; Infinity if it is not kept. */
export function placesIn(kept: Kept | null): (memoryId: string) => number {
  const places = new Map([...(kept ?? new Map<string, number>()).keys()].map((key, place) => [key, place]));
  return (memoryId) => places.get(keyOf(memoryId)) ?? Number.POSITIVE_INFINITY;
}

const PACKED = 10;

/** The text for a cursor: ten bytes a memory. */
export function packed(kept: Kept | null): string {
  const bytes = Buffer.alloc((kept?.size ?? 0) * PACKED);
  for (const [at, [key, value]] of [...(kept ?? [])].entries()) {
    bytes.write(key, at * PACKED, 'hex');
    bytes.writeFloatLE(value, at * PACKED + 6);
  }
  return bytes.toString('base64url');
}

/** Reads such a text; null if it is empty or not valid. */
export function unpacked(text: string): Kept | null {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length === 0 || bytes.length % PACKED > 0 || bytes.length > MAX_KEPT * PACKED) return null;
  const entries = Array.from({ length: bytes.length / PACKED }, (_, at): [string, number] => [
    bytes.toString('hex', at * PACKED, at * PACKED + 6),
    bytes.readFloatLE(at * PACKED + 6),
  ]);
  return entries.every(([, value]) => Number.isFinite(value)) ? new Map(entries) : null;
}
