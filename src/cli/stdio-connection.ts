import { type JSONRPCMessage, SUBSCRIPTION_ID_META_KEY } from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import type { Subscriptions } from '../mcp/subscribing/subscriptions.ts';
import { watchable } from '../mcp/watchable.ts';

/** What is looked at of a message. */
interface Message {
  method?: string;
  params?: {
    requestId?: string | number;
    notifications?: { resourceSubscriptions?: string[] };
    _meta?: Record<string, unknown>;
  };
}

/**
 * Standard input and output. The SDK itself answers who asks to be told of changes, by the revision 2026-07-28: here it is
 * seen what it has agreed to, and what ends it. Says when the connection is over.
 */
export class StdioConnection extends StdioServerTransport {
  readonly ended: Promise<void>;
  readonly #subscriptions: Subscriptions;
  #end = () => {};

  constructor(subscriptions: Subscriptions) {
    super();
    this.#subscriptions = subscriptions;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  override async start(): Promise<void> {
    const take = this.onmessage;
    this.onmessage = (message) => {
      const { method, params } = message as Message;
      if (method === 'notifications/cancelled' && params?.requestId !== undefined)
        this.#subscriptions.remove(params.requestId);
      take?.(watchable(message as Message).message as JSONRPCMessage);
    };
    await super.start();
  }

  override async send(message: JSONRPCMessage): Promise<void> {
    const { method, params } = message as Message;
    const id = params?._meta?.[SUBSCRIPTION_ID_META_KEY];
    const uris = params?.notifications?.resourceSubscriptions ?? [];
    if (method === 'notifications/subscriptions/acknowledged' && uris.length > 0)
      await this.#subscriptions.add(id as string | number, uris);
    await super.send(message);
  }

  override async close(): Promise<void> {
    await super.close();
    this.#end();
  }
}
