import { createHash } from 'node:crypto';
import type { Execute } from '../client/execute.ts';
import { type Bound, callTool, type ToolResult } from './call.ts';
import type { JsonSchema, ToolDescriptor, ToolScope } from './descriptor.ts';

/** What a call of a tool is made with. */
export interface Calling {
  bound: Bound;
  execute: Execute;
  signal: AbortSignal;
  /** Makes a retry safe where the model gives no key of its own. */
  idempotencyKey: string;
}

/** A tool as a server offers it. */
export interface Tool extends Pick<ToolDescriptor, 'name' | 'title' | 'description' | 'annotations'> {
  scopes: readonly ToolScope[];
  inputSchema: JsonSchema;
  outputSchema?: JsonSchema | undefined;
  call(given: Readonly<Record<string, unknown>>, calling: Calling): Promise<ToolResult>;
}

/** A tool that runs its document. */
export const documentTool = (descriptor: ToolDescriptor): Tool => ({
  ...descriptor,
  call(given, { bound, execute, signal, idempotencyKey }) {
    const { idempotency } = descriptor;
    const keyed = idempotency && given[idempotency] == null ? { ...given, [idempotency]: idempotencyKey } : given;
    return callTool(descriptor, keyed, bound, execute, signal);
  },
});

/** Equal for equal arguments. */
export const digestOf = (given: Readonly<Record<string, unknown>>): string =>
  createHash('sha256').update(JSON.stringify(given)).digest('base64url');
