import { inexact } from '../../kernel/exact-number.ts';
import { findInexact, parseInPieces } from './json-pieces.ts';
import type { Inexact } from './json-walk.ts';
import { Refused } from './refused.ts';

/** A variable that came with a request, and has not been parsed. */
export interface Unparsed {
  name: string;
  start: number;
  end: number;
  values: number;
  inexact: Inexact | undefined;
}

/** The variables of a request, of which only those are parsed that its operation declares. */
export class Variables {
  #bytes: Buffer | undefined;
  readonly #unparsed: ReadonlyMap<string, Unparsed>;

  constructor(bytes: Buffer, unparsed: readonly Unparsed[]) {
    this.#bytes = bytes;
    this.#unparsed = new Map(unparsed.map((variable) => [variable.name, variable]));
  }

  /** How many values there are in the variables of these names. */
  valuesOf(names: readonly string[]): number {
    return names.reduce((sum, name) => sum + (this.#unparsed.get(name)?.values ?? 0), 0);
  }

  /**
   * The values of the variables of these names; the text they came in is let go. A number that would not be kept is
   * taken where `takesDoubles` says so, and refused elsewhere. Throws Refused.
   */
  async parse(
    names: readonly string[],
    takesDoubles: (path: readonly (string | number)[]) => boolean,
  ): Promise<Record<string, unknown>> {
    const bytes = this.#bytes;
    this.#bytes = undefined;
    const parsed: [string, unknown][] = [];
    for (const name of names) {
      const variable = this.#unparsed.get(name);
      if (!variable || !bytes) continue;
      // Most variables have none, and are not walked over again.
      const inexact = variable.inexact && (await findInexact(bytes, variable, (path) => takesDoubles([name, ...path])));
      if (inexact) throw changed(name, inexact);
      parsed.push([name, await parseInPieces(bytes, variable)]);
    }
    return Object.fromEntries(parsed);
  }
}

function changed(name: string, { written, path }: Inexact): Refused {
  const place = [name, ...path];
  const message = `Variable "$${name}" at ${JSON.stringify(place.join('.'))}: ${inexact(written)}`;
  return new Refused(400, 'INVALID_INPUT', message, {
    extensions: { issues: [{ path: place, message: inexact(written) }] },
  });
}

const unparsedOf = new WeakMap<object, Variables>();

/** Stands for variables that are parsed later. Whoever looks into it finds nothing. */
export function placeholderFor(variables: Variables): Record<string, unknown> {
  const placeholder = Object.freeze({});
  unparsedOf.set(placeholder, variables);
  return placeholder;
}

/** The variables that a {@link placeholderFor} stands for. */
export const variablesBehind = (placeholder: unknown): Variables | undefined =>
  typeof placeholder === 'object' && placeholder !== null ? unparsedOf.get(placeholder) : undefined;
