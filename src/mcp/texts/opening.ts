import type { OpenData } from '../../client/operations/open.ts';
import { dayOf, minuteOf, onOneLine } from '../../model/context/words.ts';
import { contradictionLines, indented, memoryLine, roundedOf, section, strengthOf } from './lines.ts';

type Opened = NonNullable<OpenData['nodes'][number]>;
type OpenedMemory = Extract<Opened, { __typename: 'Memory' }>;

/** What models read of things that are opened by their ids. */
export function openText({ nodes }: OpenData, { ids }: { ids?: unknown }): string {
  const asked = Array.isArray(ids) ? ids : [];
  return nodes.map((node, index) => (node ? nodeText(node) : `- ${asked[index]}: not found`)).join('\n');
}

function nodeText(node: Opened): string {
  switch (node.__typename) {
    case 'Memory':
      return memoryText(node);
    case 'Contradiction':
      return contradictionLines(node);
    case 'Entity': {
      const { id, name, aliases, memories } = node;
      const also = aliases.length > 0 ? ` (also ${aliases.map(onOneLine).join(', ')})` : '';
      return [
        `- ${onOneLine(name)}${also} [${id}]`,
        ...section(
          '  Mentioned by',
          memories.nodes.map((memory) => indented(memoryLine(memory))),
        ),
      ].join('\n');
    }
    case 'Message': {
      const said = new Date(node.createdAt);
      const text = node.text?.replaceAll(/\s*\n/gu, '\n  ') ?? '(no text)';
      return `- ${node.role.toLowerCase()}, ${dayOf(said)}, ${minuteOf(said)}: ${text} [${node.id}]`;
    }
  }
}

/** Whole: it was asked for. */
function memoryText(memory: OpenedMemory): string {
  const { content, summary, entities, relations, versions, contradictions } = memory;
  const others = versions.nodes.filter(({ id }) => id !== memory.id);
  const facts = `confidence ${roundedOf(memory.confidence)}, importance ${roundedOf(memory.importance)}`;
  return [
    memoryLine(memory),
    ...(content.length > 1_000 ? section('  Content', [indented(content)]) : []),
    ...(summary === null ? [] : [`  Summary: ${onOneLine(summary)}`]),
    `  ${memory.type}, ${facts}, recorded on ${dayOf(new Date(memory.recordedAt))}`,
    ...section(
      '  Mentions',
      entities.nodes.map(({ id, type, name }) => `  - ${onOneLine(name)} (${onOneLine(type)}) [${id}]`),
    ),
    ...section(
      '  Relations',
      relations.edges.map(({ direction, node, neighbor }) => {
        const arrow = direction === 'OUT' ? `${node.type} →` : `← ${node.type}`;
        return `  - ${arrow} ${onOneLine(neighbor.content).slice(0, 200)}${strengthOf(node.strength)} [${neighbor.id}]`;
      }),
    ),
    ...section(
      '  Other versions',
      others.map((version) => indented(memoryLine(version))),
    ),
    ...section(
      '  Contradictions',
      contradictions.nodes.map((each) => indented(contradictionLines(each))),
    ),
  ].join('\n');
}
