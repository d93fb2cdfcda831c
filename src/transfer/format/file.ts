import { type Item, LineProblem } from './items.ts';
import { type Line, MAX_LINE_BYTES } from './lines.ts';
import { McpGraph } from './mcp.ts';
import { entitySchema, type McpEntity, type McpRelation, relationSchema, subjectOf } from './mcp-lines.ts';
import { check, itemOf, parseJson } from './parse.ts';

/** A line, and what it says. */
export interface SaidLine extends Line {
  items: Item[];
}

type Fields = Record<string, unknown>;
type Path = readonly (string | number)[];

/** A file that begins with a line that is no JSON: perhaps all of it together is. */
interface Document {
  begin: Line;
  texts: string[];
  length: number;
  problem: LineProblem;
}

/**
 * Reads a file for an import: lines of our own format, where an object has a `kind`, and the graph of an MCP memory
 * server, which goes to one companion, in any of its forms: a line for each entity and relation, a list of them, or one
 * object with both. Lines of our own are read one after the other. A graph is read whole first, since its relations may
 * come before what they join; so of a graph that cannot be read nothing is imported.
 */
export class ImportedFile {
  /** How many observations have been left out, because they say nothing. */
  emptyObservations = 0;
  readonly #graph: McpGraph;
  readonly #entities: { line: Line; entity: McpEntity }[] = [];
  readonly #relations: { line: Line; relation: McpRelation }[] = [];

  /** `companion`: the key of the one that a graph goes to. */
  constructor(companion?: string) {
    this.#graph = new McpGraph(companion);
  }

  /** The lines, with what they say. Throws LineProblem. */
  async *lines(lines: AsyncIterable<Line>): AsyncGenerator<SaidLine> {
    let document: Document | undefined;
    let isFirst = true;
    for await (const line of lines) {
      if (document) addTo(document, line);
      else if (isFirst) document = yield* this.#readFirst(line);
      else yield* this.#read(line, parseJson(line.text, line.number));
      isFirst = false;
    }
    if (document) yield* this.#read(document.begin, parseDocument(document));
    yield* this.#graphLines();
  }

  *#readFirst(line: Line): Generator<SaidLine, Document | undefined> {
    try {
      yield* this.#read(line, parseJson(line.text, line.number));
      return undefined;
    } catch (problem) {
      if (!(problem instanceof LineProblem) || !problem.isNoJson) throw problem;
      return { begin: line, texts: [line.text], length: line.text.length, problem };
    }
  }

  *#read(line: Line, value: unknown): Generator<SaidLine> {
    const items = isListOfObjects(value)
      ? value.flatMap((each, index) => this.#itemsOf(each, line, [index]))
      : this.#itemsOf(value, line, []);
    if (items.length > 0) yield { ...line, items };
  }

  /** What an object says of our own; what it says of a graph is kept for the end. */
  #itemsOf(value: unknown, line: Line, path: Path): Item[] {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new LineProblem(line.number, `${at(path)}This is not a JSON object.`);
    }
    const fields = value as Fields;
    if ('kind' in fields) return [itemOf(fields, line.number, path)];
    const subject = subjectOf(fields);
    if (subject === 'entity') this.#addEntity(fields, line, path);
    else if (subject === 'relation') this.#addRelation(fields, line, path);
    else if (Array.isArray(fields.entities) || Array.isArray(fields.relations)) this.#addGraph(fields, line, path);
    else throw new LineProblem(line.number, `${at(path)}${neither(fields)}`);
    return [];
  }

  #addGraph({ entities, relations }: Fields, line: Line, path: Path): void {
    const each = (value: unknown, name: string, add: (fields: Fields, path: Path) => void) => {
      if (value == null) return;
      if (!Array.isArray(value)) throw new LineProblem(line.number, `${at([...path, name])}This must be a list.`);
      for (const [index, part] of value.entries()) {
        const place = [...path, name, index];
        if (typeof part !== 'object' || part === null) {
          throw new LineProblem(line.number, `${at(place)}This is not a JSON object.`);
        }
        add(part as Fields, place);
      }
    };
    each(entities, 'entities', (fields, place) => this.#addEntity(fields, line, place));
    each(relations, 'relations', (fields, place) => this.#addRelation(fields, line, place));
  }

  #addEntity(fields: Fields, line: Line, path: Path): void {
    const entity = check(entitySchema, fields, line.number, path);
    this.emptyObservations += entity.empty;
    this.#entities.push({ line, entity });
  }

  #addRelation(fields: Fields, line: Line, path: Path): void {
    this.#relations.push({ line, relation: check(relationSchema, fields, line.number, path) });
  }

  /** The lines of the graph: entities first, whatever their order in the file. */
  *#graphLines(): Generator<SaidLine> {
    const entities = this.#entities.map(({ line, entity }) => ({ line, items: () => this.#graph.entityItems(entity) }));
    const relations = this.#relations.map(({ line, relation }) => ({
      line,
      items: () => this.#graph.relationItems(relation),
    }));
    let read = 0;
    for (const { line, items } of [...entities, ...relations]) {
      read = Math.max(read, line.end);
      yield { ...line, end: read, items: items() };
    }
  }
}

const isListOfObjects = (value: unknown): value is unknown[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'object' && each !== null && !Array.isArray(each));

const at = (path: Path): string => (path.length > 0 ? `${path.join('.')}: ` : '');

function addTo(document: Document, line: Line): void {
  document.texts.push(line.text);
  document.length += line.text.length;
  // The whole would have to be held at once.
  if (document.length > MAX_LINE_BYTES) throw document.problem;
}

function parseDocument({ begin, texts, problem }: Document): unknown {
  if (texts.length === 1) throw problem;
  try {
    return JSON.parse(texts.join('\n'));
  } catch (error) {
    const whole = `Nor is the file as a whole (${(error as Error).message}).`;
    throw new LineProblem(begin.number, `${problem.message} ${whole}`);
  }
}

/** Says what an object lacks to be a line of an import. */
function neither(fields: Fields): string {
  const known = 'This is neither a line of an export, which has a "kind", nor of an MCP memory file';
  const type = typeof fields.type === 'string' ? ` Its "type" is ${JSON.stringify(fields.type.slice(0, 80))}.` : '';
  return `${known}, whose "type" is entity or relation, or which has "name" and "observations", or "from", "to" and "relationType".${type}`;
}
