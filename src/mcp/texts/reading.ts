import type { ConnectData } from '../../client/operations/connect.ts';
import type { ContextData } from '../../client/operations/context.ts';
import type { ExploreData } from '../../client/operations/explore.ts';
import type { RecallData } from '../../client/operations/recall.ts';
import type { TimelineData } from '../../client/operations/timeline.ts';
import { counted, furtherOf, memoryLine, relationLine, roundedOf, section, strengthOf } from './lines.ts';

// What models read of the answers of tools that read.

const NOTHING = 'Nothing was found.';

export function contextText({ text, omitted }: ContextData['context']): string {
  if (text === '') return 'Nothing is known yet.';
  return omitted > 0
    ? `${text}\n(${omitted.toLocaleString('en')} more left out: see recall, or a higher maxTokens.)`
    : text;
}

export function recallText({ edges, pageInfo }: RecallData['recall']): string {
  if (edges.length === 0) return NOTHING;
  const lines = edges.map(({ node, explanation: { excerpt } }) => {
    // Of a long content, the part that fits.
    const part = excerpt && node.content.length > 1_000 ? `… ${excerpt.text} …` : node.content;
    return memoryLine(node, part);
  });
  return [`${counted(edges.length, 'memory', 'memories')}, the best first:`, ...lines, ...furtherOf(pageInfo)].join(
    '\n',
  );
}

export function timelineText({ nodes, pageInfo }: TimelineData['memories']): string {
  if (nodes.length === 0) return NOTHING;
  return [...nodes.map((node) => memoryLine(node)), ...furtherOf(pageInfo)].join('\n');
}

export function exploreText({ memories, relations, truncated }: ExploreData['graph']): string {
  const lines = memories.map(({ memory, depth, viaEntity }) => {
    const hops = depth === 0 ? '' : ` (${counted(depth, 'hop', 'hops')}${viaEntity ? ` by ${viaEntity.name}` : ''})`;
    return memoryLine(memory, memory.content, hops);
  });
  return [
    ...lines,
    ...section('Relations', relations.map(relationLine)),
    ...(truncated ? ['There is more: see a higher maxNodes, or explore from others of these.'] : []),
  ].join('\n');
}

export function connectText({ path }: ConnectData): string {
  if (!path) return 'They are not connected within maxDepth relations.';
  const lines = path.memories.flatMap((memory, index) => {
    const relation = path.relations[index - 1];
    if (!relation) return [memoryLine(memory)];
    const arrow = relation.to.id === memory.id ? `${relation.type} ↓` : `${relation.type} ↑`;
    return [`  ${arrow}${strengthOf(relation.strength)}`, memoryLine(memory)];
  });
  return [`${counted(path.length, 'relation', 'relations')}, strength ${roundedOf(path.strength)}:`, ...lines].join(
    '\n',
  );
}
