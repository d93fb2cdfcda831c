import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { OperationError } from '../client/operation-error.ts';
import { failed, type ToolResult } from './call.ts';
import { type Calling, digestOf, type Tool } from './tool.ts';

/** Whom is asked, and for what, is told by this key. */
const KEY = 'confirm';
/** How much of the memories is shown. */
const MOST_SHOWN = 5;
const MOST_CHARACTERS = 120;

/** What goes along with a question, and comes back with its answer. */
interface Asked {
  /** The idempotency key of the call: the same before and after. */
  key: string;
  /** Of the arguments that were asked about. */
  digest: string;
}

/** What was asked before, if this is its answer. What a client changes in it concerns its own call alone. */
export function askedBefore(context: ServerContext): Asked | undefined {
  try {
    const state = JSON.parse(String(context.mcpReq.requestState() ?? 'null'));
    return typeof state?.key === 'string' && typeof state.digest === 'string' ? state : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Has the user confirm a call that destroys something, where the client can ask: it is answered by the question, and
 * called again with the answer. Undefined where nothing stands in the way of the call.
 */
export async function confirmation(
  tool: Tool,
  given: Readonly<Record<string, unknown>>,
  calling: Calling,
  context: ServerContext,
  server: Server,
): Promise<InputRequiredResult | ToolResult | undefined> {
  if (!tool.annotations.destructiveHint || !canAsk(context, server)) return undefined;
  const digest = digestOf(given);
  const answer = inputResponse(context.mcpReq.inputResponses, KEY);
  if (answer.kind === 'elicit' && askedBefore(context)?.digest === digest) {
    return answer.action === 'accept' && answer.content?.confirm === true ? undefined : declined(tool);
  }
  const asked: Asked = { key: calling.idempotencyKey, digest };
  return inputRequired({
    inputRequests: {
      [KEY]: inputRequired.elicit({
        mode: 'form',
        message: `${tool.title}: this cannot be undone.\n${await linesOf(given, calling)}`,
        requestedSchema: {
          type: 'object',
          properties: { confirm: { type: 'boolean', title: 'Erase for good' } },
          required: ['confirm'],
        },
      }),
    },
    requestState: JSON.stringify(asked),
  });
}

const declined = ({ name }: Tool): ToolResult =>
  failed({ code: 'DECLINED', message: `The user did not agree to ${name}: nothing was changed.`, details: {} });

/** Whether the client shows forms to its user. Of clients of revisions before 2026 that is known on stdio alone. */
function canAsk({ mcpReq: { envelope } }: ServerContext, server: Server): boolean {
  const declared = (envelope as Partial<Record<string, ClientCapabilities>> | undefined)?.[
    CLIENT_CAPABILITIES_META_KEY
  ];
  const { elicitation } = declared ?? server.getClientCapabilities() ?? {};
  return elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined);
}

const CONTENTS = 'query Confirm($ids: [ID!]!) { nodes(ids: $ids) { ... on Memory { content } } }';

/** The beginnings of the memories that it is about. */
async function linesOf({ ids }: Readonly<Record<string, unknown>>, { execute, signal }: Calling): Promise<string> {
  if (!Array.isArray(ids)) return '';
  const shown = ids.slice(0, MOST_SHOWN);
  const contents = await execute<{ nodes: ({ content?: string } | null)[] }>(CONTENTS, { ids: shown }, { signal })
    .then(({ nodes }) => nodes.map((node) => node?.content))
    // The call itself says what is wrong.
    .catch((error) => {
      if (error instanceof OperationError) return [];
      throw error;
    });
  const lines = shown.map((id, index) => `- ${shortened(contents[index] ?? String(id))}`);
  const rest = ids.length - shown.length;
  return [...lines, ...(rest > 0 ? [`- and ${rest} more`] : [])].join('\n');
}

const shortened = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)}…` : line;
};
