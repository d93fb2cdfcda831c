import { type FieldNode, type GraphQLField, type GraphQLObjectType, getNamedType, isObjectType } from 'graphql';
import type { ListName, ListPart, Part, Place } from '../../domain/nested/plan.ts';
import { type NodeType, prefixes } from '../../kernel/ids.ts';
import { type Nested, Uncovered } from '../core/nested.ts';
import type { Collected, Collecting } from './collect.ts';
import {
  Code,
  cursorOf,
  madeLater,
  objectCode,
  pageInTurns,
  pageOf,
  type ReadAll,
  type ReadRow,
  type Row,
  type Run,
  readDate,
  readId,
} from './read.ts';

type Field = GraphQLField<unknown, unknown>;
/** The root's place among {@link Run.suffixes}. */
const ROOT = -1;

/** A list of the operation: how its arguments are read, and within which other list it is, if in any. */
export interface ListShape {
  node: FieldNode;
  field: Field;
  nested: Extract<Nested, { list: ListName }>;
  within: number;
  part: ListPart & { parts: Part[] };
}

export interface Shape {
  parts: readonly Part[];
  lists: readonly ListShape[];
  hasCursors: boolean;
  isCounted: boolean;
  /** It is a list itself, and no object. */
  isList: boolean;
  read: ReadAll;
}

/** The row that is being put together: what it has so far. */
interface Scope {
  parts: Part[];
  /** The list whose row it is, or which it is part of. */
  list: number;
  code: Code;
}

/** PostgreSQL takes at most 100 arguments of a function; a row has its key or position beside its values. */
const MAX_VALUES = 97;

/** Turns what a document selects into what the statement reads, and how the answer is made of that. */
export class Shaping {
  readonly lists: ListShape[] = [];
  hasCursors = false;
  isCounted = false;
  readonly #collecting: Collecting;
  #isAlone = false;

  constructor(collecting: Collecting) {
    this.#collecting = collecting;
  }

  /** An object that a statement finds by its key; `isAlone`: no other is found by it. */
  object(type: GraphQLObjectType, nodes: readonly FieldNode[], isAlone: boolean): Shape {
    this.#isAlone = isAlone;
    const scope: Scope = { parts: [], list: ROOT, code: new Code() };
    const read = scope.code.reader(this.#object(type, nodes, 'self', scope));
    return this.#shape(scope.parts, false, read);
  }

  /** A list of the workspace. `row` is then the rows and their number. */
  list(field: Field, nodes: readonly FieldNode[]): Shape {
    const { part, readInTurns } = this.#list(field, nodes, ROOT);
    return this.#shape([{ is: 'list', of: 'self', ...part }], true, ([rows, count], run) =>
      readInTurns(rows as Row[], count, run),
    );
  }

  #shape(parts: readonly Part[], isList: boolean, read: ReadAll): Shape {
    const { lists, hasCursors, isCounted } = this;
    return { parts, lists, hasCursors, isCounted, isList, read };
  }

  #fields(type: GraphQLObjectType, nodes: readonly FieldNode[]): Collected {
    return this.#collecting.of(
      type,
      nodes.map(({ selectionSet }) => selectionSet),
    );
  }

  #object(type: GraphQLObjectType, nodes: readonly FieldNode[], place: Place, scope: Scope): string {
    const later: string[] = [];
    const fields = [...this.#fields(type, nodes)].map(([key, own]) => {
      const nested = type.getFields()[own[0]?.name.value as string]?.extensions.nested as Nested | undefined;
      if (!nested || !('of' in nested)) return [key, this.#value(type, own, place, scope)] as const;
      const values = nested.of.map((column) => this.#column(scope, place, column));
      later.push(`[${JSON.stringify(key)}, ${scope.code.keep(nested.make)}, [${values.join(', ')}]]`);
      return [key, 'null'] as const;
    });
    const code = objectCode(fields);
    return later.length > 0 ? `${scope.code.keep(madeLater)}(${code}, run, [${later.join(', ')}])` : code;
  }

  #value(type: GraphQLObjectType, nodes: readonly FieldNode[], place: Place, scope: Scope): string {
    const [node] = nodes as [FieldNode];
    const name = node.name.value;
    if (name === '__typename') return JSON.stringify(type.name);
    const field = type.getFields()[name];
    if (!field) throw new Uncovered(`${type.name}.${name}`);
    const nested = field.extensions.nested as Nested | undefined;
    if (nested && !('column' in nested)) return this.#nested(field, nodes, nested, place, scope);
    if (name === 'id') {
      const read = scope.code.keep(readId(prefixes[type.name as NodeType], scope.list));
      return `${read}(${this.#column(scope, place, 'id')}, run)`;
    }
    const column = nested ? nested.column : (field.extensions.pothosExposedField as string | undefined);
    if (column === undefined || node.arguments?.length) throw new Uncovered(`${type.name}.${name}`);
    const value = this.#column(scope, place, column);
    return getNamedType(field.type).name === 'DateTime' ? `${scope.code.keep(readDate)}(${value})` : value;
  }

  #nested(field: Field, nodes: readonly FieldNode[], nested: Nested, place: Place, scope: Scope): string {
    if ('find' in nested || 'column' in nested || 'of' in nested) throw new Uncovered(field.name);
    if ('place' in nested) return this.#object(objectOf(field), nodes, nested.place, scope);
    if ('one' in nested) {
      const inner: Scope = { parts: [], list: scope.list, code: new Code() };
      const read = inner.code.reader(this.#object(objectOf(field), nodes, 'self', inner));
      // A list of what many rows share would be read once for each of them.
      if (inner.parts.some(({ is }) => is !== 'column')) throw new Uncovered(`lists of ${field.name}`);
      const value = this.#add(scope, { is: 'one', of: place, to: nested.one, parts: inner.parts });
      return `(${value} === null ? null : ${scope.code.keep(read)}(${value}, run))`;
    }
    // The mentions of entities are counted once for all memories of a level.
    const isOfMany = scope.list !== ROOT || !this.#isAlone;
    if (nested.list === 'entities' && isOfMany) throw new Uncovered('entities of many');
    const { part, read, isCounted } = this.#list(field, nodes, scope.list);
    const rows = this.#add(scope, { is: 'list', of: place, ...part });
    const count = isCounted ? this.#add(scope, { is: 'count', of: place, list: part.list, name: part.name }) : '0';
    return `${scope.code.keep(read)}(${rows}, ${count}, run)`;
  }

  #list(field: Field, nodes: readonly FieldNode[], within: number) {
    const nested = field.extensions.nested as Extract<Nested, { list: ListName }>;
    const list = this.lists.length;
    const part: ListShape['part'] = { list, name: nested.list, parts: [], placed: false, more: false };
    this.lists.push({ node: nodes[0] as FieldNode, field, nested, within, part });
    const type = objectOf(field);
    const fields = this.#fields(type, nodes);
    const names = this.#below(type, fields);
    part.placed = ['cursor', 'startCursor', 'endCursor'].some((name) => names.has(name));
    part.more = names.has('hasNextPage') || names.has('hasPreviousPage');
    this.hasCursors ||= part.placed;
    const isCounted = names.has('totalCount');
    if (within === ROOT) this.isCounted ||= isCounted;
    const scope: Scope = { parts: part.parts, list, code: new Code() };
    const readers: ReadRow[] = [];
    const rowsOf = (code: string) => `page.items[${readers.push(scope.code.reader(code)) - 1}]`;
    const make = scope.code.pageReader(
      objectCode([...fields].map(([key, own]) => [key, this.#ofConnection(type, own, scope, rowsOf)] as const)),
    );
    const read = (rows: readonly Row[], count: unknown, run: Run) => make(pageOf(rows, list, run, readers), count, run);
    const readInTurns = async (rows: readonly Row[], count: unknown, run: Run) =>
      make(await pageInTurns(rows, list, run, readers), count, run);
    return { part, read, readInTurns, isCounted };
  }

  /** The names of the fields of a connection, of its edges and of its page. */
  #below(type: GraphQLObjectType, fields: Collected): Set<string> {
    const all = [...fields.values()].flatMap((nodes) => {
      const name = nodes[0]?.name.value as string;
      const field = type.getFields()[name];
      const isOwn = field && (name === 'edges' || name === 'pageInfo');
      const below = isOwn ? [...this.#fields(objectOf(field), nodes).values()] : [];
      return [name, ...below.map((own) => own[0]?.name.value as string)];
    });
    return new Set(all);
  }

  /** The code of a field of a connection, of `page` and `count`; `rowsOf` is that of what a code makes of each row. */
  #ofConnection(
    type: GraphQLObjectType,
    nodes: readonly FieldNode[],
    scope: Scope,
    rowsOf: (code: string) => string,
  ): string {
    const name = nodes[0]?.name.value as string;
    if (name === '__typename') return JSON.stringify(type.name);
    if (name === 'totalCount') return 'count';
    const field = type.getFields()[name] as Field;
    const below = objectOf(field);
    const fields = () => [...this.#fields(below, nodes)];
    if (name === 'nodes') return rowsOf(this.#object(below, nodes, 'self', scope));
    if (name === 'edges') {
      return rowsOf(objectCode(fields().map(([key, own]) => [key, this.#ofEdge(below, own, scope)] as const)));
    }
    if (name !== 'pageInfo') throw new Uncovered(`${type.name}.${name}`);
    return objectCode(fields().map(([key, own]) => [key, this.#ofPage(below, own, scope)] as const));
  }

  #ofEdge(type: GraphQLObjectType, nodes: readonly FieldNode[], scope: Scope): string {
    const name = nodes[0]?.name.value as string;
    if (name === 'cursor') return this.#cursor('row', scope);
    if (name === 'node') return this.#object(objectOf(type.getFields().node as Field), nodes, 'self', scope);
    return this.#value(type, nodes, 'edge', scope);
  }

  #ofPage(type: GraphQLObjectType, nodes: readonly FieldNode[], scope: Scope): string {
    const name = nodes[0]?.name.value as string;
    if (name === '__typename') return JSON.stringify(type.name);
    if (name === 'startCursor') return this.#cursor('page.rows[0]', scope);
    if (name === 'endCursor') return this.#cursor('page.rows[page.rows.length - 1]', scope);
    return name === 'hasNextPage' ? 'page.hasNextPage' : 'page.hasPreviousPage';
  }

  #cursor(row: string, { list, code }: Scope): string {
    const isMoment = ['memories', 'messages', 'conversations'].includes(this.lists[list]?.nested.list as string);
    return `${code.keep(cursorOf)}(${row}, ${list}, ${isMoment}, run)`;
  }

  /** Where the parts of a row begin: behind its position, where it has one. */
  #offset({ list, parts }: Scope): number {
    return list !== ROOT && this.lists[list]?.part.parts === parts && this.lists[list]?.part.placed ? 2 : 0;
  }

  #column(scope: Scope, place: Place, column: string): string {
    const before = scope.parts.findIndex((part) => part.is === 'column' && part.of === place && part.column === column);
    return before >= 0 ? `row[${this.#offset(scope) + before}]` : this.#add(scope, { is: 'column', of: place, column });
  }

  #add(scope: Scope, part: Part): string {
    if (scope.parts.length === MAX_VALUES) throw new Uncovered('so many values of a row');
    return `row[${this.#offset(scope) + scope.parts.push(part) - 1}]`;
  }
}

function objectOf({ name, type }: Field): GraphQLObjectType {
  const named = getNamedType(type);
  if (!isObjectType(named)) throw new Uncovered(name);
  return named;
}
