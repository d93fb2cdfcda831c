import type { IncomingMessage } from 'node:http';
import {
  createMcpHandler,
  isLegacyRequest,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import type { FetchAPI, Plugin } from 'graphql-yoga';
import { describeError } from '../../kernel/describe-error.ts';
import type { Principal } from '../../kernel/principal.ts';
import { type Address, BadAddress, readAddress } from '../../mcp/address.ts';
import { type McpOptions, mcpServer } from '../../mcp/server.ts';
import { chooseTools } from '../../mcp/toolset.ts';
import { refusal, refusalFor } from '../plugins/refusal.ts';
import { COMPANION_HEADER, inHeader, USER_HEADER } from '../plugins/use-narrowing.ts';
import type { BodyBudget } from '../requests/body-budget.ts';
import { Refused } from '../requests/refused.ts';
import { currentRequest } from '../telemetry/request-record.ts';
import { foreignOrigin } from './origin.ts';
import { Parts } from './parts.ts';
import { type Message, readMessage } from './read-message.ts';

export const MCP_PATH = '/mcp';
/** The most bytes of a message, where the settings allow as much: it is read in one go. */
const MOST_BYTES = 2 ** 20;

/** What the endpoint is made with. */
export interface McpSettings {
  /** The companion of requests that name none. */
  companion: string;
}

interface Surroundings {
  /** Where GraphQL is. */
  endpoint: string;
  /** Answers a request by all the plugins. */
  fetch: (url: string, init: RequestInit, context: object) => Response | Promise<Response>;
  /** The most bytes of a body, and of all that are in flight. */
  bodies: { most: number; budget: BodyBudget };
  corsOrigins: readonly string[];
  log: (text: string) => void;
}

/** A request of MCP, as it came. */
interface Came {
  request: Request;
  address: Address | BadAddress;
}

interface Served {
  req?: IncomingMessage;
  principal: Principal;
  mcp?: Came;
}

/**
 * Answers the Model Context Protocol at `/mcp`: statelessly, by the revision 2026-07-28 and those before. A request
 * there passes what any other does until it is known who asks, and what a tool of it does is a GraphQL request of its
 * own. Comes after the plugins that decide whether a request is answered, and before those that read a body.
 */
export function useMcp(settings: McpSettings, surroundings: Surroundings): Plugin<object, Served> {
  return {
    onRequest({ request, url, serverContext, setRequest, fetchAPI }) {
      if (url.pathname !== MCP_PATH || request.method === 'OPTIONS') return;
      const { address, headers } = addressIn(request, url);
      serverContext.mcp = { request, address };
      setRequest(asGraphql(request, `${url.origin}${surroundings.endpoint}`, headers, fetchAPI));
    },
    async onRequestParse({ request, serverContext, endResponse, fetchAPI }) {
      const { mcp } = serverContext;
      if (!mcp) return;
      const { address } = mcp;
      if (address instanceof BadAddress) throw refusal(400, 'INVALID_INPUT', address.message);
      if (foreignOrigin(mcp.request, serverContext.principal, surroundings.corsOrigins))
        throw refusal(
          403,
          'FORBIDDEN',
          'Pages of this origin may not use the server: CORS_ORIGINS names those that may.',
        );
      const whole = { ...mcp, address, as: request };
      endResponse(await answer(whole, serverContext, settings, surroundings, fetchAPI));
    },
  };
}

/** What the address says, and the headers that narrow the credential to it. */
function addressIn(request: Request, url: URL): { address: Address | BadAddress; headers: Record<string, string> } {
  const headers: Record<string, string> = {};
  try {
    const address = readAddress(url.searchParams);
    chooseTools(address.tools);
    for (const [name, header] of [
      ['companion', COMPANION_HEADER],
      ['user', USER_HEADER],
    ] as const) {
      const [here, there] = [address[name], request.headers.get(header)];
      if (here !== undefined && there !== null && there !== inHeader(here))
        throw new BadAddress(`The address names another ${name} than the header ${header}: name one of them.`);
      if (here !== undefined) headers[header] = inHeader(here);
      else if (there !== null) address[name] = fromHeader(there);
    }
    return { address, headers };
  } catch (error) {
    if (error instanceof BadAddress) return { address: error, headers };
    throw error;
  }
}

/** What is no name is refused when it is looked at. */
function fromHeader(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The request as if it asked GraphQL: so that it passes what such a request does. */
function asGraphql(request: Request, url: string, headers: Record<string, string>, { Request }: FetchAPI): Request {
  return new Request(url, {
    method: request.method === 'POST' ? 'POST' : 'GET',
    headers: { ...Object.fromEntries(request.headers), ...headers, accept: 'application/json' },
    signal: request.signal,
  });
}

async function answer(
  { request, address, as }: Came & { address: Address; as: Request },
  { req, principal }: Served,
  { companion }: McpSettings,
  { fetch, bodies, log }: Surroundings,
  fetchAPI: FetchAPI,
): Promise<Response> {
  const reservation = bodies.budget.open(principal.workspaceId);
  try {
    const message =
      request.method === 'POST'
        ? await readMessage(request, req, Math.min(bodies.most, MOST_BYTES), reservation)
        : undefined;
    const tools = chooseTools(address.tools);
    note(message, (name) => tools.some((tool) => tool.name === name));
    const whole = { headers: as.headers, principal, companion: address.companion };
    const parts = new Parts(as.url, (url, init) => fetch(url, init, { within: { req } }), whole, companion);
    const { user, conversation } = address;
    const response = await serve(request, message, {
      execute: parts.execute,
      bound: async () => ({
        companion: { key: await parts.companion() },
        ...(user !== undefined && { user: { externalId: user } }),
        ...(conversation !== undefined && { conversation: { externalId: conversation } }),
      }),
      tools,
      scopes: () => principal.scopes,
      failed: (code) => void currentRequest.getStore()?.codes.add(code),
      unexpected: (error) => log(describeError(error)),
    });
    // As a whole, which is sent at once.
    const { status, headers } = response;
    return new fetchAPI.Response(await response.text(), { status, headers: Object.fromEntries(headers) });
  } catch (error) {
    if (error instanceof Refused) throw refusalFor(error);
    throw error;
  } finally {
    reservation.release();
  }
}

/** Says in the record what is asked; of names that clients choose, those that are known. */
function note(message: Message | undefined, isTool: (name: string) => boolean): void {
  const { method, params } = message ?? {};
  if (typeof method !== 'string' || !/^[a-z]+(?:\/[a-z_]+){0,2}$/i.test(method)) return;
  const name = method === 'tools/call' && typeof params?.name === 'string' && isTool(params.name) ? params.name : '';
  currentRequest.getStore()?.asks(name ? `${method} ${name}` : method);
}

async function serve(request: Request, message: Message | undefined, options: McpOptions): Promise<Response> {
  const parsedBody = message;
  if (!message || !(await isLegacyRequest(request, message))) {
    return createMcpHandler(() => mcpServer(options)).fetch(request, { parsedBody });
  }
  // As the handler would, but answered by JSON in place of a stream of one event.
  const server = mcpServer(options);
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  await server.connect(transport);
  request.signal.addEventListener('abort', () => void server.close(), { once: true });
  try {
    return await transport.handleRequest(request, { parsedBody });
  } finally {
    await server.close();
  }
}
