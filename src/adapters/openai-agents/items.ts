import type { AgentInputItem } from '@openai/agents-core';
import type { KeptMessage, MessageRole, NewMessage } from '../transcript.ts';

// Items of the Agents SDK as messages, and back.

/** Bytes have no form in JSON: they are written so. */
const BYTES = '$bytes';
/** So deep the service takes JSON. */
const MAX_DEPTH = 200;

/** An item as JSON that means the same. Throws TypeError for what has none, such as functions, NaN, and circles. */
function toJson(value: unknown, depth = 0): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (depth > MAX_DEPTH)
    throw new TypeError(`An item may nest ${MAX_DEPTH} levels deep, and refers nowhere to itself.`);
  if (value instanceof Uint8Array) return { [BYTES]: base64Of(value) };
  if (Array.isArray(value)) return value.map((each) => toJson(each ?? null, depth + 1));
  if (typeof value === 'object' && !ArrayBuffer.isView(value)) {
    const members = Object.entries(value).filter(([, each]) => each !== undefined);
    return Object.fromEntries(members.map(([key, each]) => [key, toJson(each, depth + 1)]));
  }
  throw new TypeError(`An item may hold JSON and bytes, not ${typeof value === 'number' ? value : typeof value}.`);
}

function fromJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(fromJson);
  const members = Object.entries(value);
  const [[key, bytes] = []] = members;
  if (members.length === 1 && key === BYTES && typeof bytes === 'string') return bytesIn(bytes);
  return Object.fromEntries(members.map(([key, each]) => [key, fromJson(each)]));
}

const CHUNK = 8_192;

function base64Of(bytes: Uint8Array): string {
  let characters = '';
  for (let at = 0; at < bytes.length; at += CHUNK) {
    characters += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(characters);
}

const bytesIn = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** What a tool answered, as the items of several kinds of tools are called. */
const RESULT = /_(?:result|output)$/;
const roles: Record<string, MessageRole> = { user: 'USER', assistant: 'ASSISTANT', system: 'SYSTEM' };

function roleOf(item: AgentInputItem): MessageRole {
  const { type = 'message' } = item;
  if (type === 'message' && 'role' in item) return roles[item.role] ?? 'SYSTEM';
  return RESULT.test(type) ? 'TOOL' : 'ASSISTANT';
}

/** The message that an item is kept as. Throws TypeError for what JSON cannot hold. */
export const messageOf = (item: AgentInputItem, externalId?: string): NewMessage => ({
  role: roleOf(item),
  format: 'OPENAI_ITEM',
  content: toJson(item),
  ...(externalId !== undefined && { externalId }),
});

/** The item of a message, also of one that another program has kept, if it says something. */
export function itemOf({ format, content, role, text }: KeptMessage): AgentInputItem | undefined {
  if (format === 'OPENAI_ITEM') return fromJson(content) as AgentInputItem;
  if (!text || role === 'TOOL') return undefined;
  if (role === 'ASSISTANT') {
    return { type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text }] };
  }
  return { type: 'message', role: role === 'USER' ? 'user' : 'system', content: text };
}
