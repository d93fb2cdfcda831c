import { InvalidInput } from '../../kernel/errors.ts';
import { jsonObject, parseInput } from '../../kernel/input.ts';

type Json = Record<string, unknown>;

/** What a working memory says. */
export interface State {
  content: string;
  data: Json | null;
  template: string | null;
  /** JSON Schema that the data has to satisfy. */
  schema: Json | null;
}

/** How it is changed. A part left out stays; of `template` and `schema`, null clears. */
export interface Change {
  content?: string | null | undefined;
  data?: Json | null | undefined;
  /** RFC 7396, of the data. */
  patch?: Json | null | undefined;
  template?: string | null | undefined;
  schema?: Json | null | undefined;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** RFC 7396: null takes a member away, an object is looked into, everything else replaces what was there. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

const refused = (field: string, message: string) => new InvalidInput([{ path: ['input', field], message }]);

/** Throws InvalidInput where a change says nothing, or two things that exclude each other. */
export function refuseUnclear({ content, data, patch, template, schema }: Change): void {
  if (patch != null && (content != null || data != null)) {
    throw refused('patch', 'A patch changes the data, and the content with it: give it without content and data.');
  }
  if (content == null && data == null && patch == null && template === undefined && schema === undefined) {
    throw refused('content', 'Nothing is given: give content, data, both of them, or a patch.');
  }
}

/**
 * What a working memory says after a change. It is rewritten as a whole: content alone leaves no data, and data alone,
 * or a patch, makes the content its JSON text. Throws InvalidInput.
 */
export function stateAfter(before: State | undefined, change: Change): State {
  const { content, data, patch } = change;
  const template = change.template === undefined ? (before?.template ?? null) : change.template;
  const schema = change.schema === undefined ? (before?.schema ?? null) : change.schema;
  if (content != null) return { content, data: data ?? null, template, schema };
  if (data != null) return { content: JSON.stringify(data), data, template, schema };
  if (patch != null) {
    const patched = parseInput(jsonObject, mergePatch(before?.data ?? {}, patch), ['input', 'patch']);
    return { content: JSON.stringify(patched), data: patched, template, schema };
  }
  if (before) return { content: before.content, data: before.data, template, schema };
  throw refused('content', 'There is no working memory yet: give content, data or a patch to begin it.');
}
