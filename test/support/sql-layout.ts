/** How long a line may get before it is broken. */
const WIDTH = 110;

/** A word, a quoted text or a sign, and whether white space stood before it. */
interface Token {
  text: string;
  isApart: boolean;
}

/** Something in brackets. */
interface Group {
  open: Token;
  items: Item[];
}

type Item = Token | Group;

const isGroup = (item: Item): item is Group => 'open' in item;

/** A quoted text or name, a word, or one sign. */
const TOKEN = /(\s*)('(?:[^']|'')*'|"(?:[^"]|"")*"|[\w$.]+|[^\s])/gy;

/** Words that begin a line of their own where what they belong to is too long for one. */
const CLAUSE = /^(select|from|where|join|cross|left|order|group|limit|offset|union|having)$/i;
/** After these words such a word does not begin anything: `cross join`, `is distinct from`. */
const CONTINUES = /^(cross|left|distinct)$/i;
const CONDITION = /^(and|or)$/i;
const CASE = /^(when|else|end)$/i;
/** Words that what follows belongs to, so that it stands further in. */
const HEAD = /^(select|from|where|join|cross|left|order|group|having|with|on|and|or|case|when|else)$/i;

function parse(sql: string): Item[] {
  const root: Item[] = [];
  const stack = [root];
  for (const [, space, text = ''] of sql.trim().matchAll(TOKEN)) {
    const token = { text, isApart: space !== '' };
    if (text === ')') {
      stack.pop();
      continue;
    }
    stack.at(-1)?.push(text === '(' ? { open: token, items: [] } : token);
    const last = stack.at(-1)?.at(-1);
    if (last && isGroup(last)) stack.push(last.items);
  }
  if (stack.length !== 1) throw new Error(`Brackets do not match in: ${sql}`);
  return root;
}

const flat = (items: readonly Item[]): string =>
  items
    .map((item, index) => {
      const { isApart, text } = isGroup(item) ? { ...item.open, text: `(${flat(item.items)})` } : item;
      return isApart && index > 0 ? ` ${text}` : text;
    })
    .join('');

/** Parts that each begin with what `begins` says, but for the first, which may begin with anything. */
function split(items: readonly Item[], begins: (item: Item, before: Item | undefined) => boolean): Item[][] {
  const parts: Item[][] = [[]];
  for (const [index, item] of items.entries()) {
    if (index > 0 && begins(item, items[index - 1])) parts.push([]);
    parts.at(-1)?.push(item);
  }
  return parts;
}

const is = (item: Item | undefined, pattern: RegExp) => item !== undefined && !isGroup(item) && pattern.test(item.text);

/** Where a text may be broken: by clauses first, then by commas, by conditions, by cases. */
const breaks: ((item: Item, before: Item | undefined) => boolean)[] = [
  (item, before) => (is(item, CLAUSE) && !is(before, CONTINUES)) || is(before, /^all$/i),
  (_item, before) => is(before, /^,$/),
  (item) => is(item, CONDITION),
  (item) => is(item, CASE),
];

function lay(items: readonly Item[], indent: string): string {
  const whole = flat(items);
  if (indent.length + whole.length <= WIDTH) return indent + whole;
  for (const [rank, begins] of breaks.entries()) {
    const [first = [], ...others] = split(items, begins);
    if (others.length === 0) continue;
    const further = rank > 0 && is(first[0], HEAD) ? `${indent}  ` : indent;
    return [lay(first, indent), ...others.map((part) => lay(part, further))].join('\n');
  }
  return layGroups(items, indent);
}

/** Breaks what is in brackets, where it does not fit beside what comes before it. */
function layGroups(items: readonly Item[], indent: string): string {
  const lines = [indent];
  for (const [index, item] of items.entries()) {
    const text = flat([item]);
    const last = (lines.pop() ?? '') + (index > 0 && (isGroup(item) ? item.open : item).isApart ? ' ' : '');
    if (isGroup(item) && last.length + text.length > WIDTH) {
      lines.push(`${last}(`, lay(item.items, `${indent}  `), `${indent})`);
    } else {
      lines.push(last + text);
    }
  }
  return lines.join('\n');
}

/** A statement with line breaks where a reader of a difference wants them; nothing but its white space changes. */
export function layOut(sql: string): string {
  const text = lay(parse(sql), '');
  const bare = (given: string) => given.replaceAll(/\s+/g, '');
  if (bare(text) !== bare(sql)) throw new Error(`Laid out as something else: ${sql}`);
  return text;
}
