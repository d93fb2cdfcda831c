// What an item is found by: the texts of its value.

/** The parts of a path: names, `[0]`, `[-1]`, `[*]`, `*` and `{one,other.name}`. */
const partsOf = (path: string): string[] => path.match(/\{[^}]*\}|\[[^\]]*\]|[^.[\]{}]+/g) ?? [];

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** The values at a path. */
function valuesAt(value: unknown, [part, ...rest]: readonly string[]): unknown[] {
  if (part === undefined) return [value];
  if (part === '$') return valuesAt(value, rest);
  if (part === '*' || part === '[*]') {
    return isObject(value) ? Object.values(value).flatMap((each) => valuesAt(each, rest)) : [];
  }
  if (part.startsWith('{')) {
    return part
      .slice(1, -1)
      .split(',')
      .flatMap((path) => valuesAt(value, [...partsOf(path.trim()), ...rest]));
  }
  const index = /^\[(-?\d+)\]$/.exec(part)?.[1];
  if (index !== undefined) return Array.isArray(value) ? valuesAt(value.at(Number(index)), rest) : [];
  return isObject(value) && Object.hasOwn(value, part) ? valuesAt(value[part], rest) : [];
}

interface Leaf {
  path: string;
  text: string;
}

/** What a value says, with where; null and nothing say nothing. */
function leavesOf(value: unknown, path = ''): Leaf[] {
  if (isObject(value)) {
    return Object.entries(value).flatMap(([name, each]) =>
      leavesOf(each, Array.isArray(value) ? path : [path, name].filter(Boolean).join('.')),
    );
  }
  return value === null || value === undefined || value === '' ? [] : [{ path, text: String(value) }];
}

const MOST_CHARACTERS = 100_000;
/** What PostgreSQL can hold as text. */
const clean = (text: string) => text.replaceAll('\0', ' ').toWellFormed().slice(0, MOST_CHARACTERS).trim();

/**
 * The text of what is at some paths of a value (`$`: all of it): where it is one text, that alone, else a line for each, with
 * its name. Undefined where there is none.
 */
export function textOf(value: unknown, paths: readonly string[]): string | undefined {
  const leaves = paths.flatMap((path) => valuesAt(value, partsOf(path)).flatMap((each) => leavesOf(each)));
  const [first] = leaves;
  const lines = leaves.length === 1 && first ? [first.text] : leaves.map(lineOf);
  return clean(lines.join('\n')) || undefined;
}

const lineOf = ({ path, text }: Leaf) => (path ? `${path}: ${text}` : text);

/** The text of an item that is not to be found by what it says. */
export const labelOf = (namespace: readonly string[], key: string): string =>
  clean([...namespace, key].join(' / ')) || 'item';
