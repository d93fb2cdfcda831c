import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../kernel/config-error.ts';
import { environment } from '../library/config.ts';
import { describeMisspelt } from '../library/misspelt-settings.ts';
import type { Surroundings } from './surroundings.ts';

const name = z.string().regex(/^(?=.*\S).{1,500}$/su, '1–500 characters are expected');

/** The environment of `palimpsest mcp`, beside DATA_DIR. An empty variable counts as unset. */
export const mcpVariables = {
  PALIMPSEST_URL: z
    .string()
    .refine((url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ''), 'an http:// or https:// URL is expected')
    .optional(),
  PALIMPSEST_KEY: z.string().regex(/^\S+$/, 'an API key or a JWT is expected').optional(),
  PALIMPSEST_COMPANION: name.optional(),
  PALIMPSEST_USER: name.optional(),
  PALIMPSEST_CONVERSATION: name.optional(),
  PALIMPSEST_TOOLS: z.string().optional(),
  DATA_DIR: environment.shape.DATA_DIR.unwrap().optional(),
  MCP_COMPANION: environment.shape.MCP_COMPANION,
};

/** What a client's connection by stdio is. */
export interface StdioSettings {
  /** Where GraphQL is; undefined: on this machine, by the folder. */
  url: string | undefined;
  folder: string;
  key: string | undefined;
  companion: string;
  user: string | undefined;
  conversation: string | undefined;
  tools: string | undefined;
}

/** Reads the environment of `palimpsest mcp`. Throws ConfigError. */
export function readStdioSettings({ env }: Surroundings, warn: (sentence: string) => void): StdioSettings {
  const known = [...Object.keys(environment.shape), ...Object.keys(mcpVariables)];
  for (const sentence of describeMisspelt(Object.keys(env), known)) warn(sentence);
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = z.object(mcpVariables).safeParse(given);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    throw new ConfigError(`The environment has wrong settings: ${wrong}.`);
  }
  const { data } = parsed;
  if (given.DATABASE_URL && !data.PALIMPSEST_URL) {
    throw new ConfigError('With DATABASE_URL, PALIMPSEST_URL must say where the server is that serves this database.');
  }
  return {
    url: data.PALIMPSEST_URL && graphqlAt(data.PALIMPSEST_URL),
    folder: data.DATA_DIR ?? join(homedir(), '.palimpsest'),
    key: data.PALIMPSEST_KEY,
    companion: data.PALIMPSEST_COMPANION ?? data.MCP_COMPANION,
    user: data.PALIMPSEST_USER,
    conversation: data.PALIMPSEST_CONVERSATION,
    tools: data.PALIMPSEST_TOOLS,
  };
}

/** Where GraphQL is at a server, whose address may be given as that of MCP, or bare. */
function graphqlAt(given: string): string {
  const url = new URL(given);
  if (url.pathname === '/') url.pathname = '/graphql';
  url.pathname = url.pathname.replace(/\/mcp$/, '/graphql');
  return url.href;
}
