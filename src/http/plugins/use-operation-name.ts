import { type DocumentNode, Kind } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { refusal } from './refusal.ts';

/** Names are the client's, and may be long. */
const MOST_SHOWN = 100;
const MOST_NAMES = 10;

/** Answers 400 where it is not clear which operation of a document is meant, and says which there are. */
export const useOperationName = (): Plugin => ({
  onParse:
    () =>
    ({ result, context }) => {
      if (!isDocument(result)) return;
      const { operationName } = (context as { params?: { operationName?: string } }).params ?? {};
      const names = result.definitions.flatMap((node) =>
        node.kind === Kind.OPERATION_DEFINITION ? [node.name?.value] : [],
      );
      if (operationName ? names.includes(operationName) : names.length === 1) return;
      throw refusal(400, 'OPERATION_RESOLUTION_FAILURE', sentence(operationName, names));
    },
});

function sentence(asked: string | undefined, names: readonly (string | undefined)[]): string {
  if (names.length === 0) return 'The document has no operation: begin with query or mutation.';
  const named = names.flatMap((name) => (name === undefined ? [] : [shown(name)]));
  const rest = named.length > MOST_NAMES ? `, and ${named.length - MOST_NAMES} more` : '';
  const list = named.length > 0 ? `${named.slice(0, MOST_NAMES).join(', ')}${rest}` : 'one without a name';
  if (!asked)
    return `The document has ${names.length} operations: say by operationName which of them is meant: ${list}.`;
  return `The document has no operation named ${shown(asked)}. It has ${list}.`;
}

const shown = (name: string) => JSON.stringify(name.length > MOST_SHOWN ? `${name.slice(0, MOST_SHOWN)}…` : name);

const isDocument = (result: unknown): result is DocumentNode => (result as DocumentNode | null)?.kind === Kind.DOCUMENT;
