import { ResourceNotFoundError } from '@modelcontextprotocol/server';
import { OperationError } from '../client/operation-error.ts';
import type { OpenData } from '../client/operations/open.ts';
import type { ToolResult } from './call.ts';
import type { Calling } from './tool.ts';
import { ownTools } from './toolset.ts';

const TYPE = 'text/plain';
const MEMORY = 'palimpsest://memory/';
const TIMELINE = 'palimpsest://timeline';
const GRAPH = 'palimpsest://graph';
/** Of the newest memories so many are in the resources. */
const MOST_MEMORIES = 50;
const MOST_NODES = 100;

export const resources = [
  {
    uri: TIMELINE,
    name: 'timeline',
    title: 'Timeline',
    description: `The ${MOST_MEMORIES} memories that became true last, the newest first.`,
    mimeType: TYPE,
  },
  {
    uri: GRAPH,
    name: 'graph',
    title: 'Graph',
    description: `Those memories with their relations, and what is next to them: at most ${MOST_NODES} memories.`,
    mimeType: TYPE,
  },
];

export const resourceTemplates = [
  {
    uriTemplate: `${MEMORY}{id}`,
    name: 'memory',
    title: 'Memory',
    description: 'A memory by its id, mem_…, with its relations, versions and disputes.',
    mimeType: TYPE,
  },
];

/** Reads a resource, as the tool reads it that is for that. Throws ResourceNotFoundError where there is none. */
export async function readResource(uri: string, calling: Calling) {
  const text = await textOf(uri, calling);
  if (text === undefined) throw new ResourceNotFoundError(uri);
  return { contents: [{ uri, mimeType: TYPE, text }] };
}

async function textOf(uri: string, calling: Calling): Promise<string | undefined> {
  if (uri === TIMELINE) return said(await call('timeline', { first: MOST_MEMORIES }, calling));
  if (uri === GRAPH) {
    const newest = await call('timeline', { first: MOST_MEMORIES }, calling);
    const { nodes } = done(newest) as { nodes: { id: string }[] };
    if (nodes.length === 0) return said(newest);
    const from = nodes.map(({ id }) => id);
    return said(await call('explore', { from, depth: 1, maxNodes: MOST_NODES }, calling));
  }
  if (!uri.startsWith(MEMORY)) return undefined;
  const id = uri.slice(MEMORY.length);
  if (!/^mem_[0-9a-z@.:,~+-]+$/i.test(id)) return undefined;
  const opened = await call('open', { ids: [id] }, calling);
  const { nodes } = (opened.isError ? { nodes: [] } : opened.structuredContent) as unknown as OpenData;
  return nodes[0]?.__typename === 'Memory' ? said(opened) : undefined;
}

function call(name: string, given: Record<string, unknown>, calling: Calling): Promise<ToolResult> {
  const tool = ownTools.find((each) => each.name === name);
  if (!tool) throw new Error(`there is no tool ${name}`);
  return tool.call(given, calling);
}

/** What a tool answered. Throws what it failed with. */
function done({ isError, structuredContent = {} }: ToolResult): Record<string, unknown> {
  if (!isError) return structuredContent;
  const { code, message, ...details } = structuredContent;
  throw new OperationError([{ code: String(code), message: String(message), path: [], details }]);
}

const said = (result: ToolResult): string => {
  done(result);
  return result.content.map(({ text }) => text).join('\n');
};
