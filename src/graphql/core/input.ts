import type { EnumRef, InputRef } from '@pothos/core';
import { z } from 'zod';
import type { NodeType } from '../../kernel/ids.ts';
import {
  bounded,
  bounds,
  filledText,
  freeText,
  type GivenId,
  idOf,
  idsOf,
  jsonObject,
  momentInput,
  oneOf,
  searchText,
  vector,
} from '../../kernel/input.ts';
import type { Types } from './builder.ts';
import { type Arguments, argsOf, enumType, type InputDeclaration, inputType } from './pothos.ts';

/**
 * What the value of an input's field is: how GraphQL declares it, how it is checked, and how its description says the
 * bound. `Given` is the value as GraphQL hands it over, `Read` what the check makes of it.
 */
export interface Kind<Read, Given = Read> {
  readonly type: unknown;
  readonly check: z.ZodType<Read>;
  /** The bound in words, such as `0 to 10`. */
  readonly bound?: string;
  readonly given?: Given;
}

const count = (number: number) => number.toLocaleString('en');

/** A text that says something: not blank. `what` names it where that is refused. */
export const text = (what: string, max: number): Kind<string> => ({
  type: 'String',
  check: filledText(what, max),
  bound: `1 to ${count(max)} characters, not blank`,
});
/** A key or name of the caller's. */
export const key = (what: string): Kind<string> => ({
  ...text(what, bounds.key),
  bound: `1 to ${bounds.key} characters`,
});
/** A text that may be empty. */
export const anyText = (max: number): Kind<string> => ({
  type: 'String',
  check: freeText(max),
  bound: `at most ${count(max)} characters`,
});
/** What a full-text search looks for. */
export const search: Kind<string> = {
  type: 'String',
  check: searchText,
  bound: `at most ${count(bounds.query)} characters and ${bounds.queryWords} words`,
};
/** A number within `[min, max]`. */
export const number = (min: number, max: number): Kind<number> => ({
  type: 'Float',
  check: bounded(min, max),
  bound: `${count(min).replace('-', '−')} to ${count(max)}`,
});
/** Any finite number. */
export const anyNumber: Kind<number> = { type: 'Float', check: z.number('A finite number is expected.') };
/** A whole number, `min`–`max`; where there is no `max`, what is too much is for the caller to refuse as a limit. */
export const whole = (min: number, max = Number.MAX_SAFE_INTEGER): Kind<number> => ({
  type: 'Int',
  check: z
    .int('A whole number is expected.')
    .min(min, `At least ${min} is expected.`)
    .max(max, `At most ${max} is expected.`),
});
export const flag: Kind<boolean> = { type: 'Boolean', check: z.boolean() };
export const moment: Kind<Date> = { type: 'DateTime', check: momentInput };
export const json: Kind<Record<string, unknown>> = { type: 'JSONObject', check: jsonObject };
/** Any JSON value; how large it may be is for the operation to check. */
export const anyJson: Kind<unknown> = { type: 'JSON', check: z.unknown() };
/** Numbers of a vector; how many, the service's model says. */
export const numbers: Kind<number[]> = { type: ['Float'], check: vector };
/** The id of a node of one type. */
export const id = (type: NodeType): Kind<GivenId, string> => ({ type: 'ID', check: idOf(type) });
/** Ids of nodes of one type, each kept once. */
export const ids = (type: NodeType): Kind<GivenId[], string[]> => ({ type: ['ID'], check: idsOf(type) });

/** An enum, with what each of its values means: a {@link Kind} for inputs, `type` for the fields of objects. */
export function defineEnum<Value extends string>(
  name: string,
  description: string,
  values: Readonly<Record<Value, string>>,
): Kind<Value> & { readonly type: EnumRef<Types, Value> } {
  const entries = Object.entries<string>(values).map(([value, says]) => [value, { description: says }]);
  const check: z.ZodType<string> = z.enum(Object.keys(values));
  return { type: enumType<Value>(name, description, Object.fromEntries(entries)), check: check as z.ZodType<Value> };
}

/** Several of a kind; `max`, where more than that many are refused. */
export function many<Read, Given>(kind: Kind<Read, Given>, max?: { of: string; count: number }): Kind<Read[], Given[]> {
  const check = z.array(kind.check);
  if (!max) return { type: [kind.type], check };
  const { of, count: most } = max;
  return {
    type: [kind.type],
    check: check.max(most, `At most ${most} ${of} are allowed.`),
    bound: `at most ${count(most)}`,
  };
}

/** A field of an input: see {@link required} and {@link optional}. */
export interface Field<Read, Given> {
  readonly kind: Kind<Read, Given>;
  readonly isRequired: boolean;
  readonly description: string;
  readonly defaultValue?: unknown;
  readonly check: z.ZodType<Read>;
}
// biome-ignore lint/suspicious/noExplicitAny: any field
export type Fields = Record<string, Field<any, any>>;
export type ReadOf<F extends Fields> = { [K in keyof F]: F[K] extends { check: z.ZodType<infer Read> } ? Read : never };
export type GivenOf<F extends Fields> = {
  [K in keyof F]: F[K] extends { kind: { given?: infer Given } } ? Given : never;
};

/**
 * `What it is.`; of a kind with a bound `What it is: 0 to 10.`, or the bound where `{bound}` stands; then what else
 * there is to say.
 */
const describe = ({ bound }: Kind<never, unknown>, says: string, more: string) =>
  [bound && !says.endsWith('.') ? `${says}: ${bound}.` : says.replace('{bound}', bound ?? ''), more]
    .filter(Boolean)
    .join(' ');

interface Options<Given> {
  /** What else the description says, behind the bound. */
  more?: string;
  /** What counts where the field is left out. */
  default?: Given;
}

/** A field that must have a value, or has a default. `says` what it is; without a full stop, the bound follows. */
export const required = <Read, Given>(
  kind: Kind<Read, Given>,
  says: string,
  { more = '', default: defaultValue }: Options<Given> = {},
): Field<Read, Given> => ({
  kind,
  isRequired: true,
  description: describe(kind as Kind<never, unknown>, says, more),
  ...(defaultValue !== undefined && { defaultValue }),
  check: kind.check,
});

/** A field that may be left out, or null. `says` what it is; without a full stop, the bound follows. */
export const optional = <Read, Given>(
  kind: Kind<Read, Given>,
  says: string,
  { more = '' }: Options<never> = {},
): Field<Read | null | undefined, Given | null | undefined> => ({
  kind: kind as Kind<Read | null | undefined, Given | null | undefined>,
  isRequired: false,
  description: describe(kind as Kind<never, unknown>, says, more),
  check: kind.check.nullish(),
});

/** How GraphQL declares the fields: for an input type, and for the arguments of a field. */
const declarations = (fields: Fields): Record<string, InputDeclaration> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, { kind, isRequired, description, defaultValue }]) => [
      name,
      { type: kind.type, required: isRequired, description, defaultValue },
    ]),
  );

/** The check of all fields together: what it makes of them is known to our types alone. */
const checkOf = <Read>(fields: Fields): z.ZodType<Read> => {
  const check: z.ZodType<unknown> = z.object(
    Object.fromEntries(Object.entries(fields).map(([name, { check }]) => [name, check])),
  );
  return check as z.ZodType<Read>;
};

/** An input type, which is itself a {@link Kind} for fields of others. */
export interface Input<Read, Given> extends Kind<Read, Given> {
  readonly type: InputRef<Given>;
}

/** An input type with its fields: declared, described and checked in one place. */
export function defineInput<F extends Fields>(
  name: string,
  description: string,
  fields: F,
): Input<ReadOf<F>, GivenOf<F>> & { readonly fields: F } {
  return {
    type: inputType<GivenOf<F>>(name, description, declarations(fields)),
    check: checkOf<ReadOf<F>>(fields),
    fields,
  };
}

/** What a one-of input is read into: the one field that was given. */
type OneOf<Values> = { [K in keyof Values]?: NonNullable<Values[K]> };

/** An input type of whose fields exactly one is given. */
export function defineOneOf<F extends Fields>(
  name: string,
  description: string,
  fields: F,
): Input<OneOf<ReadOf<F>>, Partial<GivenOf<F>>> {
  const members = Object.fromEntries(Object.entries(fields).map(([field, { kind }]) => [field, kind.check]));
  const check: z.ZodType<unknown> = oneOf(members);
  return {
    type: inputType<Partial<GivenOf<F>>>(name, description, declarations(fields), true),
    check: check as z.ZodType<OneOf<ReadOf<F>>>,
  };
}

/** The same input read into something else, as `CompanionRef` is. */
export const readAs = <Read, Given, Made>(
  input: Input<Read, Given>,
  make: (read: Read) => Made,
): Input<Made, Given> => ({ ...input, check: input.check.transform(make) });

/** The arguments of a field of an object, and the check of their values. */
export const defineArgs = <F extends Fields>(fields: F): { args: Arguments; check: z.ZodType<ReadOf<F>> } => ({
  args: argsOf(declarations(fields)),
  check: checkOf<ReadOf<F>>(fields),
});
