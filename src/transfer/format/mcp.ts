import { foldName } from '../../model/entity/ref.ts';
import type { Item } from './items.ts';
import { keyOfParts } from './keys.ts';
import { type McpEntity, type McpRelation, type Observation, UNKNOWN_TYPE } from './mcp-lines.ts';

/** The companion that what an MCP memory file says is imported for, unless another is named. */
export const MCP_COMPANION = 'mcp-memory';

const SOURCE = 'mcp-memory';

interface Fact {
  id: string;
  content: string;
  summary?: string;
  context: Record<string, unknown>;
  entities: { type: string; name: string }[];
  recordedAt?: Date | undefined;
  isApart: boolean;
}

/**
 * Reads the graph of the Model Context Protocol's memory server, whose relations join entities, where ours join
 * memories. An entity becomes an entity, and each of its observations a FACT that mentions it, with the observation as
 * its content and the entity's name as its summary, so that it is found by both. What is observed of two entities are
 * two facts. A relation becomes a FACT as well, "Maya works at Roda", which mentions both entities and REFERENCES the
 * first observation of each, so that a traversal leads from one to the other; `relationType` stays as it is in context
 * and metadata. It is never read as a type of ours, even where the word is the same: who follows whom says nothing of
 * which memory came after which. Entities come first, relations after them.
 */
export class McpGraph {
  readonly #companion: string;
  /** By folded name: the entity as it was first named, and the key of its first observation. */
  readonly #entities = new Map<string, { entity: { type: string; name: string }; first: string | undefined }>();

  constructor(companion: string = MCP_COMPANION) {
    this.#companion = companion;
  }

  /** A name is one entity: where another of its lines says another type, or spells it differently, the first counts. */
  entityItems({ name, entityType, observations }: McpEntity): Item[] {
    const companion = this.#companion;
    const keyOf = ({ text }: Observation) => keyOfParts(SOURCE, companion, 'observation', name, text);
    const known = this.#entities.get(foldName(name));
    const entity = known?.entity ?? { type: entityType, name };
    const first = known?.first ?? (observations[0] && keyOf(observations[0]));
    this.#entities.set(foldName(name), { entity, first });
    return [
      { kind: 'entity', companion, ...entity, aliases: [] },
      ...observations.map((observation) =>
        this.#fact({
          id: keyOf(observation),
          content: observation.text,
          summary: name.replaceAll('_', ' '),
          context: observation.context,
          entities: [entity],
          recordedAt: observation.recordedAt,
          isApart: true,
        }),
      ),
    ];
  }

  relationItems({ from, to, relationType }: McpRelation): Item[] {
    const content = `${from} ${relationType.replaceAll('_', ' ')} ${to}`;
    const id = keyOfParts(SOURCE, this.#companion, 'relation', from, relationType, to);
    const ends = { from, to };
    const known = (name: string) => this.#entities.get(foldName(name));
    const entities = [...new Set([from, to])].map((name) => known(name)?.entity ?? { type: UNKNOWN_TYPE, name });
    const references = Object.entries(ends).flatMap(([end, name]): Item[] => {
      const uuid = known(name)?.first;
      if (uuid === undefined) return [];
      return [
        {
          kind: 'relation',
          from: { given: content, uuid: id },
          to: { given: name, uuid },
          type: 'REFERENCES',
          strength: 1,
          metadata: { relationType, end },
        },
      ];
    });
    const context = { relationType, ...ends };
    return [this.#fact({ id, content, context, entities, isApart: false }), ...references];
  }

  #fact({ id, content, summary, context, entities, recordedAt, isApart }: Fact): Item {
    return {
      kind: 'memory',
      id: content.slice(0, 80),
      companion: this.#companion,
      memory: {
        type: 'FACT',
        content,
        summary: summary ?? null,
        importance: 5,
        confidence: 1,
        context: { source: SOURCE, ...context },
        entities,
        isApart,
        past: { id, recordedAt },
      },
    };
  }
}
