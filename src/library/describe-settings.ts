import { z } from 'zod';

/** What is said of a setting in addition to its schema. */
export interface SettingDetails {
  /** What it is for. */
  description: string;
  /** What its number counts. */
  unit?: string;
  /** What may be given, where the schema does not say it by numbers or a list of words. */
  allowed?: string;
  /** What holds without it, where that is no plain value. */
  preset?: string;
  /** A secret is shown to nobody; a URL can hold one. */
  holds?: 'secret' | 'url';
}

/** A setting, by what its schema and its details say. */
export interface Setting extends SettingDetails {
  name: string;
  /** The same as `allowed` in a sentence, where the schema alone says it. */
  expected: string | undefined;
  allowed: string;
  preset: string;
}

/** A part of a JSON Schema. */
interface Described extends SettingDetails {
  type?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  default?: unknown;
}

/** Every setting of the environment, in order. */
export function describeSettings(environment: z.ZodObject): Setting[] {
  const { properties = {} } = z.toJSONSchema(environment, { io: 'input' });
  return Object.entries(properties as Record<string, Described>).map(([name, given]) => ({
    ...given,
    name,
    expected: wantedBy(given),
    allowed: allowedBy(given),
    preset: given.preset ?? presetOf(environment.shape[name] as z.ZodType),
  }));
}

function allowedBy({ type, enum: words, minimum, maximum, allowed = '', unit }: Described): string {
  if (words) return isFlag(words) ? '`true`, `false`, `1`, `0`' : words.map((word) => `\`${word}\``).join(', ');
  if (minimum === undefined || maximum === undefined) return allowed;
  const range = `${numeral(minimum)}–${numeral(maximum)}`;
  return `${type === 'integer' ? range : `a number, ${range}`}${unit ? ` ${unit}` : ''}`;
}

function wantedBy({ type, enum: words, minimum, maximum }: Described): string | undefined {
  if (words) return isFlag(words) ? 'true or false' : `one of ${words.join(', ')}`;
  if (minimum === undefined) return undefined;
  return `a ${type === 'integer' ? 'whole ' : ''}number from ${minimum} to ${maximum}`;
}

const isFlag = (words: readonly string[]) => words.includes('true');

const numeral = (value: number) => value.toLocaleString('en');

function presetOf(schema: z.ZodType): string {
  const { success, data } = schema.safeParse(undefined);
  return success && data !== undefined ? `\`${data}\`` : 'none';
}

/** A markdown table of settings. */
export function settingsTable(settings: readonly Setting[]): string {
  const rows = settings.map(({ name, description, allowed, preset }) => [`\`${name}\``, description, allowed, preset]);
  const lines = [['variable', 'what it is', 'allowed', 'default'], ['---', '---', '---', '---'], ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}
