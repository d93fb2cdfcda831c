import { z } from 'zod';
import { bounds, filledText } from '../../kernel/input.ts';
import type { Item } from './items.ts';
import { keyOfParts } from './keys.ts';
import { entityName, entityType } from './parts.ts';

/** The companion that what an MCP memory file says is imported for, unless another is named. */
export const MCP_COMPANION = 'mcp-memory';

const SOURCE = 'mcp-memory';
const UNKNOWN_TYPE = 'unknown';

const entityLine = z.strictObject({
  type: z.literal('entity'),
  name: entityName,
  entityType,
  observations: z.array(filledText('An observation', bounds.content)),
});

const relationLine = z.strictObject({
  type: z.literal('relation'),
  from: entityName,
  to: entityName,
  relationType: filledText('relationType', bounds.name).transform((type) => type.trim()),
});

/** What the lines of an MCP memory file may be. */
export const mcpLine = z.discriminatedUnion('type', [entityLine, relationLine]);
export type McpLine = z.output<typeof mcpLine>;

const memory = (
  companion: string,
  content: string,
  context: Record<string, unknown>,
  entities: { type: string; name: string }[],
  id: string,
): Item => ({
  kind: 'memory',
  id: content.slice(0, 80),
  companion,
  memory: {
    type: 'FACT',
    content,
    importance: 5,
    confidence: 1,
    context: { source: SOURCE, ...context },
    entities,
    past: { id },
  },
});

/**
 * Reads the file of the Model Context Protocol's memory server, whose relations join entities, where ours join
 * memories. An entity becomes an entity, and each of its observations a FACT that mentions it. A relation becomes a
 * FACT as well, "Maya works at Roda", which mentions both entities and REFERENCES the first observation of each, so
 * that a traversal leads from one to the other; `relationType` stays as it is in context and metadata. It is never read
 * as a type of ours, even where the word is the same: who follows whom says nothing of which memory came after which.
 */
export class McpFile {
  readonly #companion: string;
  /** By name: the type of the entity, and the key of its first observation. All that is kept of the file. */
  readonly #entities = new Map<string, { type: string; first: string | undefined }>();

  constructor(companion: string = MCP_COMPANION) {
    this.#companion = companion;
  }

  items(line: McpLine): Item[] {
    return line.type === 'entity' ? this.#entityItems(line) : this.#relationItems(line);
  }

  #entityItems({ name, entityType: type, observations }: z.output<typeof entityLine>): Item[] {
    const companion = this.#companion;
    const keyOf = (observation: string) => keyOfParts(SOURCE, companion, 'observation', name, observation);
    const known = this.#entities.get(name);
    const first = known?.first ?? (observations[0] === undefined ? undefined : keyOf(observations[0]));
    this.#entities.set(name, { type: known?.type ?? type, first });
    return [
      { kind: 'entity', companion, type, name, aliases: [] },
      ...observations.map((observation) => memory(companion, observation, {}, [{ type, name }], keyOf(observation))),
    ];
  }

  #relationItems({ from, to, relationType }: z.output<typeof relationLine>): Item[] {
    const companion = this.#companion;
    const content = `${from} ${relationType.replaceAll('_', ' ')} ${to}`;
    const id = keyOfParts(SOURCE, companion, 'relation', from, relationType, to);
    const ends = { from, to };
    const entities = [...new Set([from, to])].map((name) => ({
      name,
      type: this.#entities.get(name)?.type ?? UNKNOWN_TYPE,
    }));
    const references = Object.entries(ends).flatMap(([end, name]): Item[] => {
      const first = this.#entities.get(name)?.first;
      if (first === undefined) return [];
      return [
        {
          kind: 'relation',
          from: { given: content, uuid: id },
          to: { given: name, uuid: first },
          type: 'REFERENCES',
          strength: 1,
          metadata: { relationType, end },
        },
      ];
    });
    return [memory(companion, content, { relationType, ...ends }, entities, id), ...references];
  }
}
