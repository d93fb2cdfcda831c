import { OperationError } from '../../client/operation-error.ts';
import type { CompanionRef, ConversationRef, UserRef } from '../../client/operations/types.ts';
import { failureText } from '../texts/failure.ts';

/** Whose memories a tool is about: it comes from the address or the environment, never from the model. */
export interface Bound {
  companion?: CompanionRef | undefined;
  user?: UserRef | undefined;
  conversation?: ConversationRef | undefined;
}

/** What MCP answers to a call. */
export interface ToolResult {
  content: { type: 'text'; text: string }[];
  /** What the document answered, or of a failure its code, message and details. Failures of the memory server's tools have none. */
  structuredContent?: Record<string, unknown>;
  isError?: true;
}

/** A failure as the result of a call. */
export function failed(error: Pick<OperationError, 'code' | 'message' | 'details'>): Failed {
  const { code, message, details } = error;
  return {
    content: [{ type: 'text', text: failureText(error) }],
    structuredContent: { code, message, ...details },
    isError: true,
  };
}

type Failed = ToolResult & {
  structuredContent: { code: string; message: string } & Record<string, unknown>;
  isError: true;
};

/** What is wrong with one argument. */
export interface Issue {
  path: string[];
  message: string;
}

/** What is wrong with a call before anything is asked. */
export const invalid = (message: string, issues: Issue[] = []): OperationError =>
  new OperationError([{ code: 'INVALID_INPUT', message, path: [], details: issues.length > 0 ? { issues } : {} }]);
