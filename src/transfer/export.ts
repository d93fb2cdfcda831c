import { ReadScope, type Tenant } from '../db/scope.ts';
import { encodeId } from '../ids.ts';
import type { Counts } from './counts.ts';
import type { Kind } from './items.ts';
import {
  type CompanionRow,
  companionPages,
  type EntityRow,
  entityPages,
  type MemoryRow,
  memoryPages,
  type RelationRow,
  relationPages,
  type UserRow,
  userPages,
} from './read.ts';

/**
 * All that stands in a workspace and that the format can say, as JSON Lines, many lines at a time, read from one
 * consistent view of it. Adds what it yields to `counts`.
 */
export async function* exportLines(tenant: Tenant, counts: Counts): AsyncGenerator<string> {
  const scope = new ReadScope(tenant);
  const write = <Row>(kind: Kind, rows: readonly Row[], say: (row: Row) => object) => {
    counts.add(kind, true, rows.length);
    return rows.map((row) => `${JSON.stringify({ kind, ...say(row) })}\n`).join('');
  };
  try {
    for await (const rows of companionPages(scope)) yield write('companion', rows, sayCompanion);
    for await (const rows of userPages(scope)) yield write('user', rows, sayUser);
    for await (const companions of companionPages(scope)) {
      for (const { id, key } of companions) {
        for await (const rows of entityPages(scope, id)) yield write('entity', rows, sayEntity(key));
      }
    }
    for await (const rows of memoryPages(scope)) yield write('memory', rows, sayMemory);
    for await (const page of relationPages(scope)) {
      const rows = page.filter(({ from, to }) => from && to);
      if (rows.length > 0) yield write('relation', rows, sayRelation);
    }
  } finally {
    await scope.end();
  }
}

// What an import takes for granted is left out of a line: JSON does not write what is undefined.

const sayCompanion = ({ key, name, description, config, isActive }: CompanionRow) => ({
  key,
  name,
  description,
  config,
  isActive,
});

const sayUser = ({ externalId, metadata }: UserRow) => ({ externalId, metadata });

const sayEntity =
  (companion: string) =>
  ({ type, name, aliases }: EntityRow) => ({ companion, type, name, aliases: aliases.toSorted() });

const iso = (moment: Date | null) => moment?.toISOString();

const sayMemory = (memory: MemoryRow) => ({
  id: encodeId('Memory', memory.id),
  companion: memory.companion,
  user: memory.user ?? undefined,
  type: memory.type,
  content: memory.content,
  summary: memory.summary ?? undefined,
  importance: memory.importance,
  confidence: memory.confidence,
  context: memory.context,
  entities: memory.entities,
  validFrom: iso(memory.validFrom),
  validUntil: iso(memory.validUntil),
  expiresAt: iso(memory.expiresAt),
  recordedAt: iso(memory.recordedAt),
  importanceAsOf: +memory.importanceAsOf === +memory.recordedAt ? undefined : iso(memory.importanceAsOf),
  accessCount: memory.accessCount || undefined,
  lastAccessedAt: iso(memory.lastAccessedAt),
  archivedAt: iso(memory.archivedAt),
});

const sayRelation = ({ from, to, type, strength, metadata }: RelationRow) => ({
  from: encodeId('Memory', from as string),
  to: encodeId('Memory', to as string),
  type,
  strength,
  metadata,
});
