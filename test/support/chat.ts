import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { Tenant } from '../../src/db/transaction.ts';
import { write } from '../../src/db/write.ts';
import { Chat } from '../../src/domain/chat/chat.ts';
import { keepConfirming } from '../../src/domain/finding/confirming.ts';
import { readConfig } from '../../src/library/config.ts';
import { patience } from './calibration.ts';
import { type ChatServer, startChatServer } from './chat-server.ts';
import { openTestDatabase, recordStatements } from './database.ts';
import { localEmbeddings } from './embeddings.ts';
import { serviceOn, type TestService } from './service.ts';

export const KEY = 'sk-chat-hush-hush';

/** A service with a chat model. */
export interface ChatService extends TestService {
  chat: Chat;
  /** What the chat has logged. */
  said: string[];
  /** Confirms findings of its workspaces, as a server does; ends with the test. */
  keepUp(...workspaces: string[]): Promise<{ stop(): Promise<void> }>;
}

export interface ChatProvider {
  server: ChatServer;
  database: ReturnType<typeof recordStatements>;
  /** The settings that lead to the server. */
  settings(env?: Record<string, string>): Record<string, string>;
  chat(env?: Record<string, string>, clock?: () => number): { chat: Chat; said: string[] };
  /** A service under such settings; `workspace` is what callers are of unless they say. */
  open(workspace: string, env?: Record<string, string>, clock?: () => number): Promise<ChatService>;
}

/** A server of the chat completions protocol, and a database of this file's own, for as many services as tests open. */
export function useChatProvider(): ChatProvider {
  const provider = {} as ChatProvider;
  const running: { stop(): Promise<void> }[] = [];
  beforeAll(async () => {
    const server = await startChatServer();
    const database = recordStatements(await openTestDatabase());
    const settings = (env = {}) => ({
      CHAT_PROVIDER: 'openai',
      CHAT_MODEL: 'small',
      OPENAI_BASE_URL: server.url,
      OPENAI_API_KEY: KEY,
      CHAT_DEADLINE_MS: `${patience(20_000)}`,
      ...env,
    });
    const chat = (env = {}, clock?: () => number) => {
      const said: string[] = [];
      const { chat: configured } = readConfig(settings(env));
      if (!configured) throw new Error('no chat model is configured');
      return { chat: new Chat(configured, (text) => said.push(text), clock), said };
    };
    const open = async (workspace: string, env = {}, clock?: () => number) => {
      const { chat: model, said } = chat(env, clock);
      const service = serviceOn(database, await localEmbeddings(), workspace, undefined, null, { chat: model });
      await service.tenant();
      const keepUp = async (...names: string[]) => {
        const tenants = await Promise.all((names.length ? names : [workspace]).map((name) => service.tenant(name)));
        const loop = keepConfirming(
          async () => tenants,
          model,
          (text) => said.push(text),
        );
        running.push(loop);
        return loop;
      };
      return Object.assign(service, { chat: model, said, keepUp });
    };
    Object.assign(provider, { server, database, settings, chat, open });
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((loop) => loop.stop()));
    provider.server.misbehave(null);
    Object.assign(provider.server, { answering: () => ({}), meanwhile: async () => {} });
    provider.server.requests.length = 0;
  });
  afterAll(async () => {
    await provider.server.stop();
    await provider.database.close();
  });
  return provider;
}

/** How many tokens a workspace has used today, and those set aside. */
export async function tokensUsed(tenant: Tenant): Promise<number> {
  const rows = await write(tenant, (tx) =>
    tx.rows<{ tokens: number }>(
      sql`select sum(tokens)::int as tokens from chat_usage where workspace_id = ${tx.workspaceId}`,
    ),
  );
  return rows[0]?.tokens ?? 0;
}
