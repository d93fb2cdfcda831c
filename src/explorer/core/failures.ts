import { OperationError } from './api.ts';
import { messageOf } from './text.ts';

/** What is wrong with what was put in, to be shown where it was. */
export interface InputFailure {
  /** Messages by the field of the input they are about, e.g. `content`. */
  fields: Readonly<Record<string, string>>;
  /** What is about no field that is shown; undefined where each message has its field. */
  general: string | undefined;
}

interface Issue {
  path: readonly string[];
  message: string;
}

/** Sorts what the server says of an input by its fields; `shown` are those that a form has. */
export function inputFailure(error: unknown, shown: readonly string[]): InputFailure {
  const message = messageOf(error);
  const issues = error instanceof OperationError ? ((error.details.issues as Issue[] | undefined) ?? []) : [];
  const placed = issues.map(({ path, message: said }) => {
    return { name: path.find((step) => shown.includes(step)), said };
  });
  const fields = Object.fromEntries(placed.flatMap(({ name, said }) => (name === undefined ? [] : [[name, said]])));
  const isPlaced = issues.length > 0 && placed.every(({ name }) => name !== undefined);
  return { fields, general: isPlaced ? undefined : message };
}
