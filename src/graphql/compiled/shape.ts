import {
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
} from 'graphql';
import type { ListName, ListPart, Part, Place } from '../../domain/nested/plan.ts';
import { type NodeType, prefixes } from '../../kernel/ids.ts';
import type { Nested } from '../core/nested.ts';
import { type Collected, type Collecting, Uncovered } from './collect.ts';
import { Code, cursorOf, objectCode, type PageRead, pageOf, type ReadRow, type Row, type Run, readDate, readId } from './read.ts';

type Field = GraphQLField<unknown, unknown>;
/** How many objects the JSON of one row may have: it is held as a whole before its bytes are counted. */
const MAX_OBJECTS = 200;
/** The root's place among {@link Run.suffixes}. */
const ROOT = -1;

/** A list of the operation: how its arguments are read, and within which other list it is, if in any. */
export interface ListShape {
  node: FieldNode;
  field: Field;
  nested: Extract<Nested, { list: ListName }>;
  within: number;
  part: ListPart & { parts: Part[] };
  needsOneLead: boolean;
}

export interface Shape {
  parts: readonly Part[];
  lists: readonly ListShape[];
  hasCursors: boolean;
  isCounted: boolean;
  read: ReadRow;
}

/** The row that is being put together: what it has so far. */
interface Scope {
  parts: Part[];
  /** The first place of its parts: behind the position, where there is one. */
  list: number;
  code: Code;
  /** How many objects there may be of it at most within one of the statement's rows. */
}

/** Turns what a document selects into what the statement reads, and how the answer is made of that. */
export class Shaping {
  readonly lists: ListShape[] = [];
  hasCursors = false;
  isCounted = false;
  readonly #schema: GraphQLSchema;
  readonly #collecting: Collecting;

  constructor(schema: GraphQLSchema, collecting: Collecting) {
    this.#schema = schema;
    this.#collecting = collecting;
  }

  /** An object that a statement finds by its key. */
  object(type: GraphQLObjectType, nodes: readonly FieldNode[]): Shape {
    const scope: Scope = { parts: [], list: ROOT, code: new Code() };
    const code = this.#object(type, nodes, 'self', scope);
    return this.#shape(scope.parts, scope.code.reader(code));
  }

  /** A list of the workspace. `row` is then the rows and their number. */
  list(field: Field, nodes: readonly FieldNode[]): Shape {
    const { part, read } = this.#list(field, nodes, ROOT);
    return this.#shape([{ is: 'list', of: 'self', ...part }], ([rows, count], run) => read(rows as Row[], count, run));
  }

  #shape(parts: readonly Part[], read: ReadRow): Shape {
    const { lists, hasCursors, isCounted } = this;
    return { parts, lists, hasCursors, isCounted, read };
  }

  #fields(type: GraphQLObjectType, nodes: readonly FieldNode[]): Collected {
    return this.#collecting.of(
      type,
      nodes.map(({ selectionSet }) => selectionSet),
    );
  }

  #object(type: GraphQLObjectType, nodes: readonly FieldNode[], place: Place, scope: Scope): string {
    const fields = [...this.#fields(type, nodes)].map(
      ([key, own]) => [key, this.#value(type, own, place, scope)] as const,
    );
    return objectCode(fields);
  }

  #value(type: GraphQLObjectType, nodes: readonly FieldNode[], place: Place, scope: Scope): string {
    const [node] = nodes as [FieldNode];
    const name = node.name.value;
    if (name === '__typename') return JSON.stringify(type.name);
    const field = type.getFields()[name];
    if (!field) throw new Uncovered(`${type.name}.${name}`);
    const nested = field.extensions.nested as Nested | undefined;
    if (nested) return this.#nested(field, nodes, nested, place, scope);
    if (name === 'id') {
      const read = scope.code.keep(readId(prefixes[type.name as NodeType], scope.list));
      return `${read}(${this.#column(scope, place, 'id')}, run)`;
    }
    const columns = field.extensions.columns as readonly string[] | undefined;
    const column = (field.extensions.pothosExposedField as string | undefined) ?? columns?.[0];
    if (column === undefined || node.arguments?.length || (columns?.length ?? 0) > 1) {
      throw new Uncovered(`${type.name}.${name}`);
    }
    const value = this.#column(scope, place, column);
    return getNamedType(field.type).name === 'DateTime' ? `${scope.code.keep(readDate)}(${value})` : value;
  }

  #nested(field: Field, nodes: readonly FieldNode[], nested: Nested, place: Place, scope: Scope): string {
    if ('memory' in nested) throw new Uncovered(field.name);
    if ('place' in nested) return this.#object(objectOf(field), nodes, nested.place, scope);
    if ('one' in nested) {
      const inner: Scope = { parts: [], list: scope.list, code: new Code() };
      const read = inner.code.reader(this.#object(objectOf(field), nodes, 'self', inner));
      // A list of what many rows share would be read once for each of them.
      if (inner.parts.some(({ is }) => is !== 'column')) throw new Uncovered(`lists of ${field.name}`);
      const value = this.#add(scope, { is: 'one', of: place, to: nested.one, parts: inner.parts });
      return `(${value} === null ? null : ${scope.code.keep(read)}(${value}, run))`;
    }
    const { part, read, isCounted } = this.#list(field, nodes, scope.list);
    const rows = this.#add(scope, { is: 'list', of: place, ...part });
    const count = isCounted ? this.#add(scope, { is: 'count', of: place, list: part.list, name: part.name }) : '0';
    return `${scope.code.keep(read)}(${rows}, ${count}, run)`;
  }

  #list(field: Field, nodes: readonly FieldNode[], within: number) {
    const nested = field.extensions.nested as Extract<Nested, { list: ListName }>;
    const list = this.lists.length;
    const part: ListShape['part'] = { list, name: nested.list, parts: [], placed: false, more: false };
    const shape: ListShape = { node: nodes[0] as FieldNode, field, nested, within, part, needsOneLead: false };
    this.lists.push(shape);
    const connection = new ConnectionShaping(part, this.#fields(objectOf(field), nodes), objectOf(field), {
      fieldsOf: (type, below) => this.#fields(type, below),
      objectOf: (type, below, place, scope) => this.#object(type, below, place, scope),
      valueOf: (type, below, place, scope) => this.#value(type, below, place, scope),
    });
    const make = connection.made();
    shape.needsOneLead = part.parts.some(({ of }) => of === 'from' || of === 'to');
    this.hasCursors ||= part.placed;
    if (within === ROOT) this.isCounted ||= connection.isCounted;
    const read = (rows: Row[], count: unknown, run: Run) => make(pageOf(rows, list, run), count, run);
    return { part, read, isCounted: connection.isCounted };
  }

  #column(scope: Scope, place: Place, column: string): string {
    const before = scope.parts.findIndex((part) => part.is === 'column' && part.of === place && part.column === column);
    return before >= 0 ? `row[${offset(scope) + before}]` : this.#add(scope, { is: 'column', of: place, column });
  }

  #add(scope: Scope, part: Part): string {
    return `row[${offset(scope) + scope.parts.push(part) - 1}]`;
  }
}
