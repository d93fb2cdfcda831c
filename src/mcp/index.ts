import { createMcpHandler } from '@modelcontextprotocol/server';
import type { Executes } from '../client/execute.ts';
import type { ToolResult } from './call.ts';
import type { JsonSchema, ToolDescriptor } from './descriptor.ts';
import { mcpServer } from './server.ts';
import { chooseTools } from './toolset.ts';

export type { ToolResult } from './call.ts';
export type { JsonSchema, ToolDescriptor } from './descriptor.ts';

/** Whose memory tools are about, which no model decides; and which tools there are. */
export interface McpOptions {
  /** The key of a companion. */
  companion: string;
  /** The external id of a user. Default: no particular user. */
  user?: string | undefined;
  /** The externalId of a conversation. Default: none. */
  conversation?: string | undefined;
  /** Names of tools, or of a set of tools. Default: all but those of sets. */
  tools?: readonly string[] | undefined;
}

/** A tool for any model that calls functions. */
export interface MemoryTool extends Pick<ToolDescriptor, 'name' | 'title' | 'description' | 'annotations'> {
  inputSchema: JsonSchema;
  outputSchema?: JsonSchema | undefined;
  /** Runs it with the arguments of a model. Failures that a model can act on are answers with `isError`. */
  call(
    given: Readonly<Record<string, unknown>>,
    options?: { signal?: AbortSignal | undefined; idempotencyKey?: string | undefined },
  ): Promise<ToolResult>;
}

/** The tools over a memory, as functions. Throws an Error for a tool that is not known. */
export function memoryTools({ execute }: Executes, options: McpOptions): MemoryTool[] {
  const bound = boundOf(options);
  return chosen(options).map(({ name, title, description, annotations, inputSchema, outputSchema, call }) => ({
    ...{ name, title, description, annotations, inputSchema, outputSchema },
    call: (given, { signal = new AbortController().signal, idempotencyKey = crypto.randomUUID() } = {}) =>
      call(given, { bound, execute, signal, idempotencyKey }),
  }));
}

/**
 * Answers requests of the Model Context Protocol for one memory. Who may send them is for the caller to decide: their
 * credentials are not looked at.
 */
export function mcpHandler({ execute }: Executes, options: McpOptions): (request: Request) => Promise<Response> {
  const [tools, bound] = [chosen(options), boundOf(options)];
  const handler = createMcpHandler(() => mcpServer({ execute, tools, bound: () => bound }));
  return (request) => handler.fetch(request);
}

const chosen = ({ tools }: McpOptions) => chooseTools(tools?.join(','));

const boundOf = ({ companion, user, conversation }: McpOptions) => ({
  companion: { key: companion },
  ...(user !== undefined && { user: { externalId: user } }),
  ...(conversation !== undefined && { conversation: { externalId: conversation } }),
});
