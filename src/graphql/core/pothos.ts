import type { EnumRef, InputRef, ObjectRef, UnionRef } from '@pothos/core';
import { builder, type Types } from './builder.ts';

// Pothos infers the types of fields from how they are written out. Ours are put together from options (lists,
// mutations, inputs), where it has nothing to infer from: this file is where they are handed over, and what they are is
// said by our types.

/** How an input's field, or an argument, is declared. */
export interface InputDeclaration {
  type: unknown;
  required: boolean;
  description: string;
  defaultValue: unknown;
}

/** How a field of an object is declared. */
export interface FieldDeclaration {
  type: ObjectRef<Types, unknown> | UnionRef<Types, unknown>;
  description: string;
  args: unknown;
  nullable?: boolean;
  extensions?: object;
  errors?: object;
  resolve: unknown;
  /** What a field of `Subscription` follows. */
  subscribe?: unknown;
}

interface FieldMaker<Declaration> {
  field(declaration: Declaration): unknown;
}
type AddField = (name: string, make: (t: FieldMaker<FieldDeclaration>) => unknown) => void;
type Inputs = (t: FieldMaker<InputDeclaration>) => Record<string, unknown>;
interface Loose {
  queryField: AddField;
  mutationField: AddField;
  subscriptionField: AddField;
  objectField(parent: unknown, ...of: Parameters<AddField>): void;
  inputType(name: string, options: { description: string; isOneOf?: boolean; fields: Inputs }): unknown;
  enumType(name: string, options: { description: string; values: object }): unknown;
  args(fields: Inputs): unknown;
}
const loose = builder as unknown as Loose;

const inputsOf = (fields: Readonly<Record<string, InputDeclaration>>) => (t: FieldMaker<InputDeclaration>) =>
  Object.fromEntries(Object.entries(fields).map(([name, declaration]) => [name, t.field(declaration)]));

/** Adds a field to an object type, or to `Query`, `Mutation` or `Subscription`. */
export function addField(
  parent: object | 'Query' | 'Mutation' | 'Subscription',
  name: string,
  declaration: FieldDeclaration,
): void {
  const make = (t: FieldMaker<FieldDeclaration>) => t.field(declaration);
  if (parent === 'Query') loose.queryField(name, make);
  else if (parent === 'Mutation') loose.mutationField(name, make);
  else if (parent === 'Subscription') loose.subscriptionField(name, make);
  else loose.objectField(parent, name, make);
}

/** Makes an input type whose values are `Given`. */
export const inputType = <Given>(
  name: string,
  description: string,
  fields: Readonly<Record<string, InputDeclaration>>,
  isOneOf = false,
): InputRef<Given> => loose.inputType(name, { description, isOneOf, fields: inputsOf(fields) }) as InputRef<Given>;

/** Makes an enum type. */
export const enumType = <Value>(name: string, description: string, values: object): EnumRef<Types, Value> =>
  loose.enumType(name, { description, values }) as EnumRef<Types, Value>;

/** Makes the arguments of a field. */
export const argsOf = (fields: Readonly<Record<string, InputDeclaration>>): Arguments =>
  loose.args(inputsOf(fields)) as Arguments;
/** Arguments, as fields take them. */
export type Arguments = ReturnType<typeof builder.args>;
