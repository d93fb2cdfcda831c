import { setTimeout as sleep } from 'node:timers/promises';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import { ConfigError } from '../kernel/config-error.ts';
import { describeError } from '../kernel/describe-error.ts';
import { BadAddress } from '../mcp/address.ts';
import type { ToolScope } from '../mcp/descriptor.ts';
import { mcpServer } from '../mcp/server.ts';
import type { Tool } from '../mcp/tool.ts';
import { chooseTools } from '../mcp/toolset.ts';
import { lastingExecute } from './lasting-execute.ts';
import { LocalServer } from './local-server.ts';
import { readStdioSettings, type StdioSettings } from './mcp-settings.ts';
import type { Define } from './parser.ts';
import type { Surroundings } from './surroundings.ts';

/** How long a list waits for what the credential may do; a client that has to wait longer gives up. */
const SCOPES_TIMEOUT_MS = 500;

export const define: Define = (command, surroundings) => {
  command.action(async () => {
    const settings = readStdioSettings(surroundings, (sentence) => console.error(sentence));
    await serve(settings, toolsOf(settings), surroundings);
  });
};

function toolsOf({ tools }: StdioSettings): readonly Tool[] {
  try {
    return chooseTools(tools);
  } catch (error) {
    if (error instanceof BadAddress)
      throw new ConfigError(error.message.replace('The parameter tools', 'PALIMPSEST_TOOLS'));
    throw error;
  }
}

/**
 * Serves the Model Context Protocol over standard input and output, until the client closes them. Nothing else is
 * written to standard output. What a server does not need to be asked for is answered while it is still starting.
 */
async function serve(settings: StdioSettings, tools: readonly Tool[], surroundings: Surroundings): Promise<void> {
  const { url, companion, user, conversation, key } = settings;
  const local = new LocalServer(settings.folder, surroundings);
  const find = async () => url ?? local.url();
  const execute = lastingExecute(find, { key, companion, user });
  // So that it is there when the first tool is called. What fails is said then.
  find().catch(() => {});
  const scopes = key === undefined ? undefined : scopesOf(execute);
  const transport = new EndingTransport();
  const handle = serveStdio(
    () =>
      mcpServer({
        execute,
        tools,
        bound: () => ({
          companion: { key: companion },
          ...(user !== undefined && { user: { externalId: user } }),
          ...(conversation !== undefined && { conversation: { externalId: conversation } }),
        }),
        ...(scopes && { scopes }),
        unexpected: (error) => console.error(describeError(error)),
      }),
    { transport, onerror: (error) => console.error(describeError(error)) },
  );
  await Promise.race([transport.ended, surroundings.untilStopped()]);
  await handle.close();
}

/** What a credential may do, once that is known; undefined while it is not. */
function scopesOf(execute: ReturnType<typeof lastingExecute>): () => Promise<ReadonlySet<ToolScope> | undefined> {
  const known = execute<{ viewer: { scopes: ToolScope[] } }>('query Scopes { viewer { scopes } }')
    .then(({ viewer }) => new Set(viewer.scopes))
    // A call says what is wrong with it.
    .catch(() => undefined);
  return () => Promise.race([known, sleep(SCOPES_TIMEOUT_MS, undefined, { ref: false })]);
}

/** Says when it is over. */
class EndingTransport extends StdioServerTransport {
  readonly ended: Promise<void>;
  #end = () => {};

  constructor() {
    super();
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  override async close(): Promise<void> {
    await super.close();
    this.#end();
  }
}
