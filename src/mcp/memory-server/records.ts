import type { EntityInput, NewMemory } from '../../client/operations/types.ts';
import type { GraphRecord, KnowledgeGraph } from './graph.ts';

/** In the context of each record's memory, as an import of the official server's file has it, too. */
export const SOURCE = 'mcp-memory';

/** What a memory is read by that may be a record. */
export interface RecordMemory {
  id: string;
  content: string;
  context: Record<string, unknown>;
  entities: { nodes: EntityInput[] };
}

/** A name that an entity, or a type that one, can have. */
const isName = (text: string, most: number): boolean => text.trim() !== '' && text.length <= most;
const spaced = (text: string): string => text.replaceAll('_', ' ');
const counted = (name: string, count: number) => count > 0 && { [name]: count };

/** What a record is as a memory: a statement that recall finds, and what is exact in its context. */
export function memoryOf(record: GraphRecord, graph: KnowledgeGraph): NewMemory {
  // What is observed of two is said twice.
  const apart = { type: 'FACT', isApart: true } as const;
  if (record.kind === 'relation') {
    const { from, to, relationType, copy } = record;
    const ends = [...new Set([from, to])].flatMap((name) => {
      const type = graph.typeOf(name);
      return type === undefined ? [] : mention(name, type);
    });
    const content = `${from} ${spaced(relationType)} ${to}`;
    const context = { source: SOURCE, relationType, from, to, ...counted('copy', copy) };
    return { ...apart, content: content.trim() || '(blank)', entities: ends, context };
  }
  const { name, nth, entityType } = record;
  const entities = mention(name, entityType);
  if (record.kind === 'entity') {
    const context = { source: SOURCE, entity: name, entityType, ...counted('nth', nth) };
    return { ...apart, content: `${name} (${entityType})`, entities, context };
  }
  const { text, copy } = record;
  const isBlank = text.trim() === '';
  return {
    ...apart,
    content: isBlank ? '(blank)' : text,
    ...(name.trim() !== '' && { summary: spaced(name) }),
    entities,
    context: {
      source: SOURCE,
      observationOf: name,
      entityType,
      ...counted('nth', nth),
      ...counted('copy', copy),
      ...(isBlank && { text }),
    },
  };
}

/** What no entity can be called is not mentioned. */
const mention = (name: string, type: string): EntityInput[] =>
  isName(name, 500) ? [{ name, type: isName(type, 100) ? type : 'thing' }] : [];

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const countOf = (value: unknown): number => (typeof value === 'number' ? value : 0);

/** The record that a memory is; of what was imported from the official server's file, what it observes of whom. */
export function recordsOf({ id, content, context, entities }: RecordMemory): (GraphRecord & { id: string })[] {
  const [from, to, relationType] = [context.from, context.to, context.relationType].map(textOf);
  const [nth, copy] = [countOf(context.nth), countOf(context.copy)];
  if (from !== undefined && to !== undefined && relationType !== undefined) {
    return [{ kind: 'relation', id, from, to, relationType, copy }];
  }
  const [entityType, entity, observed] = [context.entityType, context.entity, context.observationOf].map(textOf);
  if (entity !== undefined && entityType !== undefined) return [{ kind: 'entity', id, name: entity, nth, entityType }];
  const text = textOf(context.text) ?? content;
  const about =
    observed === undefined
      ? entities.nodes
      : [{ name: observed, type: entityType ?? entities.nodes[0]?.type ?? 'thing' }];
  return about.map(({ name, type }) => ({ kind: 'observation', id, name, nth, entityType: type, text, copy }));
}
