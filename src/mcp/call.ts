import type { Execute } from '../client/execute.ts';
import { OperationError } from '../client/operation-error.ts';
import { refuseBad, withoutNulls } from './calling/arguments.ts';
import { type Bound, failed, invalid, type ToolResult } from './calling/result.ts';
import type { ToolDescriptor } from './descriptor.ts';
import { texts } from './texts/all.ts';

export type { Bound, ToolResult } from './calling/result.ts';
export { failed } from './calling/result.ts';

/**
 * Calls a tool: checks what the model gives, adds what is bound, runs the document, and says what it answers. What is
 * wrong with the arguments, and the failures that the service tells of, are results with `isError`; whatever else
 * happens, such as an end by `signal`, is thrown.
 */
export async function callTool(
  descriptor: ToolDescriptor,
  given: Readonly<Record<string, unknown>>,
  bound: Bound,
  execute: Execute,
  signal?: AbortSignal,
): Promise<ToolResult> {
  try {
    const asked = withoutNulls(descriptor.inputSchema, given) as Record<string, unknown>;
    await refuseBad(descriptor.inputSchema, asked);
    const variables = { ...asked, ...boundOf(descriptor, bound), ...choiceOf(descriptor, asked) };
    const data = await execute<Record<string, unknown>>(descriptor.document, variables, { signal });
    const answer = (descriptor.unwraps ? Object.values(data)[0] : data) as Record<string, unknown>;
    const text = texts[descriptor.name]?.(answer, asked) ?? JSON.stringify(answer, null, 2);
    return { content: [{ type: 'text', text }], structuredContent: answer };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return failed(error);
  }
}

function boundOf({ bound, document, name }: ToolDescriptor, given: Bound): Record<string, unknown> {
  const values = bound.map((variable) => [variable, given[variable as keyof Bound]] as const);
  const missing = values.find(
    ([variable, value]) => value === undefined && document.includes(`$${variable}: CompanionRef!`),
  );
  if (missing) throw invalid(`${name} needs to know whose memory it is about: this connection names no ${missing[0]}.`);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

/** The Boolean variables that follow from what is given. */
function choiceOf({ choices, name }: ToolDescriptor, asked: Record<string, unknown>): Record<string, boolean> {
  if (!choices) return {};
  const groups = Object.values(choices);
  const isTouched = (group: string[]) => group.some((argument) => asked[argument] !== undefined);
  const [chosen, ...others] = groups.filter(isTouched);
  if (!chosen || others.length > 0 || chosen.some((argument) => asked[argument] === undefined)) {
    throw invalid(`${name} takes either ${groups.map((group) => group.join(' and ')).join(', or ')}.`);
  }
  return Object.fromEntries(Object.entries(choices).map(([variable, group]) => [variable, group === chosen]));
}
