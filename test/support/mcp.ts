import { Client, type ClientOptions, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

/** The two eras of the protocol: the revision 2026-07-28, and those before. */
export const eras = ['2026-07-28', '2025-11-25'] as const;
export type Era = (typeof eras)[number];

export interface Connecting {
  era?: Era;
  headers?: Record<string, string>;
  capabilities?: ClientOptions['capabilities'];
}

export const clientOf = (era: Era, capabilities: ClientOptions['capabilities'] = {}) =>
  new Client(
    { name: 'test', version: '1.0.0' },
    {
      capabilities,
      versionNegotiation: { mode: era === '2026-07-28' ? { pin: era } : 'legacy' },
      // What a tool answers is compared with what it says it answers.
      listChanged: {},
    },
  );

/** A client that is connected over HTTP. */
export async function connectMcp(
  url: string | URL,
  { era = '2026-07-28', headers = {}, capabilities }: Connecting = {},
) {
  const client = clientOf(era, capabilities);
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  return client;
}

// biome-ignore lint/suspicious/noExplicitAny: each tool answers something else
type Data = any;

/** Calls a tool: what it answered, as a text and as data. */
export async function callMcp(client: Client, name: string, given: Record<string, unknown> = {}) {
  const { content, structuredContent, isError = false } = await client.callTool({ name, arguments: given });
  const [first] = content as { type: string; text?: string }[];
  return { text: first?.text ?? '', data: structuredContent as Data, isError };
}
