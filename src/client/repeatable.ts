const PARTS = /"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|#[^\n\r]*|\.\.\.|[_A-Za-z]\w*|[{}()[\]:@]/g;

/** What an operation is, and how many fields it has at its root; a fragment there may stand for any number. */
interface Operation {
  isMutation: boolean;
  fields: number;
}

/**
 * Whether a request may be sent again where nobody knows whether it has been done: every query, and a mutation that has as
 * many idempotency keys, in its text or in its variables, as fields.
 */
export function isRepeatable(document: string, variables: object = {}): boolean {
  const values = Object.entries(variables);
  const fields = Math.max(0, ...operationsOf(document).map((each) => (each.isMutation ? each.fields : 0)));
  const inInputs = values.filter(([, value]) => isObject(value) && isKey(value.idempotencyKey));
  const inText = [...document.matchAll(KEY)].filter(([, name]) => !name || isKey(new Map(values).get(name)));
  return fields <= inInputs.length + inText.length;
}

const KEY = /\bidempotencyKey\s*:\s*(?:\$(\w+)|"[^"]+")/g;

const isKey = (value: unknown) => typeof value === 'string' && value !== '';

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function operationsOf(document: string): Operation[] {
  const operations: Operation[] = [];
  let current: Operation | undefined;
  let [braces, brackets] = [0, 0];
  const parts = [...document.matchAll(PARTS)].map(([part]) => part).filter((part) => !/^["#]/.test(part));
  for (const [index, part] of parts.entries()) {
    if (part === '(' || part === '[') brackets++;
    else if (part === ')' || part === ']') brackets--;
    else if (brackets > 0) continue;
    else if (part === '{') braces++;
    else if (part === '}') braces--;
    else if (braces === 0 && /^(?:query|mutation|subscription|fragment)$/.test(part) && isStart(parts[index - 1])) {
      current = { isMutation: part === 'mutation', fields: 0 };
      operations.push(current);
    } else if (braces === 1 && current) {
      if (part === '...') current.fields = Number.POSITIVE_INFINITY;
      // An alias is followed by its field, and a directive is none.
      else if (/^\w/.test(part) && parts[index + 1] !== ':' && parts[index - 1] !== '@') current.fields++;
    }
  }
  return operations;
}

/** Whether what comes next begins a definition: an operation may have any name. */
const isStart = (before: string | undefined) => before === undefined || before === '}';
