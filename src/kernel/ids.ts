import { stringify, v7 } from 'uuid';
import { InvalidInput } from './errors.ts';
import { formatPoint, type PointInTime, parsePoint, theNow } from './point.ts';

/**
 * Public ids follow the TypeID form (github.com/jetify-com/typeid): a prefix that names the type, and the UUID in
 * Crockford's base 32, 26 characters, so that ids sort as they were made and survive a double click. What is read at
 * another point in time than now has that point behind an `@`.
 */
export const prefixes = {
  Workspace: 'wsp',
  Companion: 'cmp',
  User: 'usr',
  Memory: 'mem',
  MemoryRelation: 'rel',
  Entity: 'ent',
  Contradiction: 'con',
  Finding: 'fnd',
  Profile: 'prf',
  MemoryEvent: 'evt',
  Conversation: 'cnv',
  WorkingMemory: 'wrk',
  Session: 'ses',
  Message: 'msg',
  Proposal: 'prp',
  Webhook: 'whk',
  WebhookDelivery: 'whd',
} as const;
export type NodeType = keyof typeof prefixes;

const types = new Map(Object.entries(prefixes).map(([type, prefix]) => [prefix as string, type as NodeType]));
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const HYPHEN = 45;
const DIGITS = new Map([...ALPHABET].map((character, digit) => [character, BigInt(digit)]));
const UUID_FORM = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;
const FORM = /^([a-z]+)_([0-7][0-9a-hjkmnp-tv-z]{25})(?:@(.+))?$/;

/** A new key: a UUID that sorts by the time it was made. */
export const newId = (): string => v7();

/** When a key was made, to the millisecond. */
export const momentOfId = (uuid: string): Date => new Date(Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16));

/** What a hexadecimal digit stands for, by its character code. */
const NIBBLES = Uint8Array.from({ length: 128 }, (_, code) => Number.parseInt(String.fromCharCode(code), 16) || 0);
/** Two characters for each ten bits. */
const PAIRS = Array.from({ length: 1024 }, (_, bits) => `${ALPHABET[bits >> 5]}${ALPHABET[bits & 31]}`);

/** A UUID in 26 characters. */
export function encodeUuid(uuid: string): string {
  let text = '';
  let bits = 0;
  let held = 2; // 128 bits in 26 digits of 5: two zero bits come first
  for (let place = 0; place < uuid.length; place++) {
    const code = uuid.charCodeAt(place);
    if (code === HYPHEN) continue;
    bits = (bits << 4) | (NIBBLES[code] as number);
    held += 4;
    if (held < 10) continue;
    held -= 10;
    text += PAIRS[bits >> held];
    bits &= (1 << held) - 1;
  }
  return text;
}

/** What {@link encodeUuid} made, or undefined where it did not. */
export function decodeUuid(text: string): string | undefined {
  if (!UUID_FORM.test(text)) return undefined;
  let value = 0n;
  for (const character of text) value = (value << 5n) | (DIGITS.get(character) as bigint);
  const bytes = new Uint8Array(16);
  for (let i = 15; i >= 0; i--) {
    bytes[i] = Number(value & 255n);
    value >>= 8n;
  }
  try {
    return stringify(bytes);
  } catch {
    return undefined;
  }
}

/** The public id of a row of `type`, read at `point`. */
export function encodeId(type: NodeType, uuid: string, point: PointInTime = theNow): string {
  const at = formatPoint(point);
  return `${prefixes[type]}_${encodeUuid(uuid)}${at && `@${at}`}`;
}

export interface DecodedId {
  type: NodeType;
  uuid: string;
  /** The point in time the id carries; now for a plain one. */
  point: PointInTime;
}

/** What a public id says, or undefined where it has not the form of one. */
export function parseId(id: string): DecodedId | undefined {
  const match = FORM.exec(id);
  const type = types.get(match?.[1] ?? '');
  if (!match || !type) return undefined;
  const point = match[3] === undefined ? theNow : parsePoint(match[3]);
  const uuid = decodeUuid(match[2] as string);
  return point && uuid ? { type, uuid, point } : undefined;
}

/** Reads an id of any type. Throws {@link InvalidInput} where it is none. */
export function decodeAnyId(id: string, path: readonly (string | number)[]): DecodedId {
  const decoded = parseId(id);
  if (decoded) return decoded;
  throw new InvalidInput([
    {
      path,
      message:
        `${quote(id)} is not an id. Ids are opaque: pass one unchanged, e.g. ` +
        `${encodeId('Memory', '01890a5d-ac96-774b-bcce-b302099a8057')}.`,
    },
  ]);
}

/** Reads the id of a `type`. Throws {@link InvalidInput} where it is none, or one of another type. */
export function decodeId(type: NodeType, id: string, path: readonly (string | number)[]): DecodedId {
  const decoded = decodeAnyId(id, path);
  if (decoded.type === type) return decoded;
  throw new InvalidInput([
    { path, message: `${quote(id)} is the id of a ${decoded.type}; a ${type} is expected here (${prefixes[type]}_…).` },
  ]);
}

const quote = (text: string) => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
