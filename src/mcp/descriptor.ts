import type { JsonSchema } from './calling/json-schema.ts';
import tools from './tools.json' with { type: 'json' };

export type { JsonSchema } from './calling/json-schema.ts';

export type ToolScope = 'READ' | 'WRITE' | 'ADMIN';

/** A tool: one named GraphQL document, and what a model and a program read of it. See `npm run tools`. */
export interface ToolDescriptor {
  /** That of the operation. */
  name: string;
  title: string;
  description: string;
  /** The text of the document, with the fragments it spreads. */
  document: string;
  kind: 'query' | 'mutation';
  /** All of them are needed. */
  scopes: ToolScope[];
  /** What a model may give: the variables, but for those that are bound from outside or follow from others. */
  inputSchema: JsonSchema;
  /** What `structuredContent` is. */
  outputSchema: JsonSchema;
  annotations: { readOnlyHint: boolean; destructiveHint: boolean; idempotentHint: boolean; openWorldHint: boolean };
  /** Variables that come from outside and never from the model: companion, user, conversation. */
  bound: string[];
  /** The variable that makes a retry safe; null: the tool writes nothing. */
  idempotency: string | null;
  /**
   * Boolean variables that follow from what is given: each is true where all the arguments it names are. Exactly one
   * must be. Null: there are none.
   */
  choices: Record<string, string[]> | null;
  /** The answer is what the only field of the data holds, rather than the data. */
  unwraps: boolean;
}

/** All tools, in the order in which they are listed. */
export const toolDescriptors: readonly ToolDescriptor[] = tools as unknown as ToolDescriptor[];
