import {
  type GraphQLOutputType,
  isEnumType,
  isListType,
  isNonNullType,
  isScalarType,
  type SelectionSetNode,
} from 'graphql';
import type { JsonSchema } from '../../../src/mcp/descriptor.ts';
import { scalarSchema } from './input-schema.ts';
import type { Selections } from './selections.ts';

/** So many objects within each other are described; what is deeper is only said to be an object. */
const DEPTH = 2;

/**
 * What an answer is: its shape, and no more, because a list of tools has little room. Every property may be missing,
 * since of a union each member has its own; one that may be null has no type.
 */
export function outputSchemaOf(
  selections: Selections,
  type: GraphQLOutputType,
  set: SelectionSetNode | undefined,
  depth = DEPTH,
): JsonSchema {
  if (!isNonNullType(type)) return {};
  const { ofType } = type;
  if (isListType(ofType)) return { type: 'array', items: outputSchemaOf(selections, ofType.ofType, set, depth) };
  if (isScalarType(ofType)) {
    const { format: _, ...shape } = scalarSchema(ofType.name);
    return shape;
  }
  if (isEnumType(ofType) || !set) return { type: 'string' };
  if (depth === 0) return { type: 'object' };
  const properties: Record<string, JsonSchema> = {};
  for (const member of selections.membersOf(ofType, set)) {
    for (const { name, field, below } of selections.of(member, set)) {
      properties[name] = field ? outputSchemaOf(selections, field.type, below, depth - 1) : { type: 'string' };
    }
  }
  return { type: 'object', properties };
}
