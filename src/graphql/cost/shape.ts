import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/**
 * How deep and how broad a part of a document is. What lies below `__schema` and `__type` has an account of its own.
 */
export interface Shape {
  /** Fields nested in each other; the leaf counts. */
  depth: number;
  /** Fields and fragments, those with all that is in them wherever they are spread. */
  breadth: number;
  introspectionDepth: number;
  introspectionBreadth: number;
}

export interface DocumentShape extends Shape {
  /** A fragment spreads itself, by way of others or not. */
  isCyclic: boolean;
}

const INTROSPECTION = new Set(['__schema', '__type']);
export const isIntrospection = (field: string) => INTROSPECTION.has(field);

const nothing: Shape = { depth: 0, breadth: 0, introspectionDepth: 0, introspectionBreadth: 0 };
const known = new WeakMap<DocumentNode, DocumentShape>();

/**
 * The shape of a document, which need not be valid: the deepest of its operations, and the selections of all of them
 * and of fragments that none of them spreads. Each fragment is looked at once, however often it is spread.
 */
export function shapeOf(document: DocumentNode): DocumentShape {
  let shape = known.get(document);
  if (!shape) {
    shape = new Measuring(document).whole();
    known.set(document, shape);
  }
  return shape;
}

/**
 * Where in the document most of a measure is, e.g. `memories.nodes.relations`, at most ten fields, or `...Fragment`:
 * for depth the way down, for breadth as far as one selection has more than half of it. Empty where it is all over.
 */
export function placeOfMost(document: DocumentNode, measure: keyof Shape): string {
  return new Measuring(document).placeOfMost(measure);
}

const PATH_LENGTH = 10;

class Measuring {
  readonly #document: DocumentNode;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #shapes = new Map<string, Shape>();
  #isCyclic = false;

  constructor(document: DocumentNode) {
    this.#document = document;
    this.#fragments = new Map(
      document.definitions.flatMap((definition) =>
        definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
      ),
    );
  }

  whole(): DocumentShape {
    const whole = { ...nothing };
    for (const { selectionSet } of this.#operations()) add(whole, this.#selected(selectionSet));
    for (const name of this.#fragments.keys()) {
      if (!this.#shapes.has(name)) add(whole, this.#fragment(name));
    }
    return { ...whole, isCyclic: this.#isCyclic };
  }

  placeOfMost(measure: keyof Shape): string {
    const fields: string[] = [];
    let fragment = '';
    let within: readonly SelectionNode[] | undefined = this.#operations().flatMap(
      ({ selectionSet }) => selectionSet.selections,
    );
    for (let opened = 0; within?.length && opened < 3 * PATH_LENGTH && fields.length < PATH_LENGTH; opened++) {
      const sized: { selection: SelectionNode; size: number }[] = within.map((selection) => ({
        selection,
        size: this.#selection(selection)[measure],
      }));
      const most = sized.reduce((one, other) => (other.size > one.size ? other : one));
      const isSpread = measure.endsWith('readth');
      if (isSpread && most.size <= sized.reduce((sum, { size }) => sum + size, 0) / 2) break;
      const { selection } = most;
      if (selection.kind === Kind.FIELD) {
        fields.push(selection.name.value);
        if (isIntrospection(selection.name.value)) measure = isSpread ? 'breadth' : 'depth';
      }
      if (selection.kind === Kind.FRAGMENT_SPREAD) fragment ||= `...${selection.name.value}`;
      within = this.#inside(selection)?.selections;
    }
    return fields.join('.') || fragment;
  }

  #operations() {
    return this.#document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  }

  #inside(selection: SelectionNode): SelectionSetNode | undefined {
    return selection.kind === Kind.FRAGMENT_SPREAD
      ? this.#fragments.get(selection.name.value)?.selectionSet
      : selection.selectionSet;
  }

  #fragment(name: string): Shape {
    const measured = this.#shapes.get(name);
    if (measured === unfinished) this.#isCyclic = true;
    if (measured) return measured;
    const fragment = this.#fragments.get(name);
    if (!fragment) return nothing;
    this.#shapes.set(name, unfinished);
    const shape = this.#selected(fragment.selectionSet);
    this.#shapes.set(name, shape);
    return shape;
  }

  #selected({ selections }: SelectionSetNode): Shape {
    const sum = { ...nothing };
    for (const selection of selections) add(sum, this.#selection(selection));
    return sum;
  }

  #selection(selection: SelectionNode): Shape {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return counted(this.#fragment(selection.name.value));
    const below = selection.selectionSet ? this.#selected(selection.selectionSet) : nothing;
    if (selection.kind === Kind.INLINE_FRAGMENT) return counted(below);
    return isIntrospection(selection.name.value) ? introspective(below) : under(below);
  }
}

/** Stands for a fragment while it is looked at. */
const unfinished: Shape = { ...nothing };

/** A fragment with that in it. */
const counted = (inside: Shape): Shape => ({ ...inside, breadth: inside.breadth + 1 });

/** A field with that below it. */
const under = (below: Shape): Shape => ({ ...counted(below), depth: below.depth + 1 });

/** `__schema` or `__type`, with that below it. */
const introspective = (below: Shape): Shape => ({
  ...nothing,
  introspectionDepth: 1 + Math.max(below.depth, below.introspectionDepth),
  introspectionBreadth: 1 + below.breadth + below.introspectionBreadth,
});

function add(sum: Shape, other: Shape): void {
  sum.depth = Math.max(sum.depth, other.depth);
  sum.breadth += other.breadth;
  sum.introspectionDepth = Math.max(sum.introspectionDepth, other.introspectionDepth);
  sum.introspectionBreadth += other.introspectionBreadth;
}
