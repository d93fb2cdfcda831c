import { ReadTransaction } from '../db/read-transaction.ts';
import type { Tenant, Transaction } from '../db/transaction.ts';
import { encodeId } from '../kernel/ids.ts';
import { plainNames } from '../model/memory/fields.ts';
import { fill } from '../model/message/cut.ts';
import { findingKind, findingVerdict } from '../tables/finding.ts';
import { proposalKind, proposalStatus, sourceRole } from '../tables/proposal.ts';
import type { Counts } from './counts.ts';
import type { Kind } from './format/items.ts';
import { type ConversationRow, conversationPages, type MessageRow, messagePages } from './read/conversations.ts';
import { type DecisionRow, decisionPages } from './read/decisions.ts';
import { type FindingRow, findingPages } from './read/findings.ts';
import { type MemoryRow, memoryPages, versionsById } from './read/memories.ts';
import {
  type CompanionRow,
  changedPolicies,
  companionPages,
  type EntityRow,
  entityPages,
  type PolicyRow,
  type UserRow,
  userPages,
} from './read/owners.ts';
import { type ProposalRow, proposalPages } from './read/proposals.ts';
import { type RelationRow, relationPages } from './read/relations.ts';
import { type VersionRow, versionPages, type WorkingMemoryOwner, workingMemoryPages } from './read/working-memories.ts';

/**
 * All that stands in a workspace and that the format can say, as JSON Lines, many lines at a time, read from one
 * consistent view of it. Adds what it yields to `counts`.
 */
export async function* exportLines(tenant: Tenant, counts: Counts): AsyncGenerator<string> {
  const tx = new ReadTransaction(tenant);
  const write = <Row>(kind: Kind, rows: readonly Row[], say: (row: Row) => object) => {
    counts.add(kind, true, rows.length);
    return rows.map((row) => `${JSON.stringify({ kind, ...say(row) })}\n`).join('');
  };
  try {
    for await (const rows of companionPages(tx)) yield write('companion', rows, sayCompanion);
    for await (const rows of userPages(tx)) yield write('user', rows, sayUser);
    const policies = await changedPolicies(tx);
    if (policies.length > 0) yield write('policy', policies, sayPolicy);
    for await (const companions of companionPages(tx)) {
      for (const { id, key } of companions) {
        for await (const rows of entityPages(tx, id)) yield write('entity', rows, sayEntity(key));
      }
    }
    for await (const { kind, said } of inOrder(tx)) yield write(kind, [said], (each) => each);
    for await (const rows of relationPages(tx)) yield write('relation', rows, sayRelation);
    for await (const rows of findingPages(tx)) yield write('finding', rows, sayFinding);
    for await (const rows of conversationPages(tx)) yield write('conversation', rows, sayConversation);
    for await (const rows of messagePages(tx)) yield write('message', rows, sayMessage);
    for await (const rows of proposalPages(tx)) yield write('proposal', rows, sayProposal);
    for await (const owners of workingMemoryPages(tx)) {
      for (const owner of owners) {
        for await (const rows of versionPages(tx, owner.id)) yield write('workingMemory', rows, sayVersionOf(owner));
      }
    }
  } finally {
    await tx.end();
  }
}

interface Said {
  kind: Kind;
  said: object;
  recordedAt: Date;
}

async function* saidMemories(tx: Transaction): AsyncGenerator<Said> {
  for await (const rows of memoryPages(tx)) {
    for (const row of rows) yield { kind: 'memory', said: sayMemory(row), recordedAt: row.recordedAt };
  }
}

async function* saidDecisions(tx: Transaction): AsyncGenerator<Said> {
  for await (const rows of decisionPages(tx)) {
    const versions = await versionsById(
      tx,
      rows.flatMap(({ line, version }) => (line === 'correction' && version ? version : [])),
    );
    for (const row of rows) {
      const said = sayDecision(row, row.line === 'correction' ? versions.get(row.version as string) : undefined);
      yield { kind: row.line, said, recordedAt: row.recordedAt };
    }
  }
}

/** Memories and what was decided about them, in the order it came: each can depend on what was there. */
async function* inOrder(tx: Transaction): AsyncGenerator<Said> {
  const sources = [saidMemories(tx), saidDecisions(tx)] as const;
  const next = [await sources[0].next(), await sources[1].next()] as const;
  let [memory, decision] = next;
  while (!memory.done || !decision.done) {
    if (decision.done || (!memory.done && memory.value.recordedAt <= decision.value.recordedAt)) {
      yield memory.value;
      memory = await sources[0].next();
    } else {
      yield decision.value;
      decision = await sources[1].next();
    }
  }
}

// A line leaves out what an import assumes: JSON does not write what is undefined. It writes moments in ISO 8601.

const sayCompanion = ({ id: _, ...companion }: CompanionRow) => companion;

const sayUser = (user: UserRow) => user;

/** True where each alias names what was merged, and no other type is among that. */
const isSaidByAliases = (type: string, aliases: readonly string[], merged: EntityRow['merged']): boolean =>
  merged.length === aliases.length && merged.every((each) => each.type === type && aliases.includes(each.name));

const sayPolicy = ({ knownFrom, ...policy }: PolicyRow) => ({ ...policy, recordedAt: knownFrom });

const sayEntity =
  (companion: string) =>
  ({ type, name, aliases, merged, isKept, recordedAt }: EntityRow) => ({
    companion,
    type,
    name,
    aliases: aliases.toSorted(),
    // Its aliases tell as much where all were of its type, and none has a name of its own by now.
    merged: isSaidByAliases(type, aliases, merged) ? undefined : merged,
    isKept: isKept || undefined,
    recordedAt,
  });

const given = <T>(value: T | null): T | undefined => value ?? undefined;

const sayMemory = (memory: MemoryRow) => ({
  id: encodeId('Memory', memory.id),
  companion: memory.companion,
  user: given(memory.user),
  slot: given(memory.slot),
  ...sayVersion(memory),
  validFrom: memory.validFrom,
  validUntil: given(memory.validUntil),
});

const sayVersion = (memory: MemoryRow) => ({
  type: memory.type,
  content: memory.content,
  ...Object.fromEntries(plainNames.map((name) => [name, given(memory[name])])),
  importance: memory.importance,
  confidence: memory.confidence,
  entities: memory.entities,
  recordedAt: memory.recordedAt,
  importanceAsOf: +memory.importanceAsOf === +memory.recordedAt ? undefined : memory.importanceAsOf,
  accessCount: memory.accessCount || undefined,
  lastAccessedAt: given(memory.lastAccessedAt),
  archivedAt: given(memory.archivedAt),
});

const sayDecision = (row: DecisionRow, version: MemoryRow | undefined) => {
  const { line, recordedAt, memory, by, as, effectiveAt, reason, strength } = row;
  const id = encodeId('Memory', memory);
  const why = given(reason);
  if (by !== null) {
    const sides = { memory: id, by: encodeId('Memory', by) };
    if (line === 'reopening') return { ...sides, recordedAt };
    if (line === 'resolution') return { ...sides, resolution: as, note: why, recordedAt };
    return { ...sides, strength, reason: why, recordedAt };
  }
  if (line === 'reversion') {
    return { memory: id, version: row.version === null ? undefined : encodeId('Memory', row.version), recordedAt };
  }
  const decided = { memory: id, as, effectiveAt: given(effectiveAt), reason: why, recordedAt };
  if (!version) return decided;
  return {
    ...sayVersion(version),
    // Said even where there is nothing: an import would assume what the version before has.
    accessCount: version.accessCount,
    lastAccessedAt: version.lastAccessedAt,
    ...decided,
    id: encodeId('Memory', version.id),
    validFrom: as === 'MISTAKE' ? version.validFrom : undefined,
    validUntil: version.validUntil,
  };
};

const sayRelation = ({ id: _, from, to, ...relation }: RelationRow) => ({
  from: encodeId('Memory', from),
  to: encodeId('Memory', to),
  ...relation,
});

const sayFinding = ({ id: _, memoryId, byId, kind, foundAt, verdict, ...finding }: FindingRow) => ({
  memory: encodeId('Memory', memoryId),
  by: encodeId('Memory', byId),
  as: nameOf(findingKind, kind),
  score: finding.score,
  reason: finding.reason,
  memoryText: finding.memoryText,
  byText: finding.byText,
  recordedAt: foundAt,
  verdict: verdict === null ? undefined : nameOf(findingVerdict, verdict),
  note: given(finding.note),
  judgedAt: given(finding.judgedAt),
  judgedBy: given(finding.judgedBy),
  confirmedBy: given(finding.confirmedBy),
  confirmedAt: given(finding.confirmedAt),
});

const nameOf = (numbers: Record<string, number>, number: number) =>
  Object.keys(numbers).find((name) => numbers[name] === number);

const sayConversation = ({ id: _, user, title, readUntil, ...conversation }: ConversationRow) => ({
  ...conversation,
  user: given(user),
  title: given(title),
  readUntil: given(readUntil),
});

/** With its words, wherever they are. */
const sayMessage = ({ content, words, recordedAt, updatedAt, ...message }: MessageRow) => ({
  id: encodeId('Message', message.id),
  companion: message.companion,
  conversation: message.conversation,
  position: message.position,
  externalId: given(message.externalId),
  role: message.role,
  name: given(message.name),
  format: message.format,
  content: content === null ? undefined : JSON.parse(fill(content, words ?? '')),
  isFinal: message.isFinal ? undefined : false,
  isForgotten: message.isForgotten || undefined,
  tokens: given(message.tokens),
  metadata: message.metadata,
  memory: message.memoryId === null ? undefined : encodeId('Memory', message.memoryId),
  createdAt: message.createdAt,
  updatedAt: +updatedAt === +recordedAt ? undefined : updatedAt,
  recordedAt,
});

const idOf = (type: 'Memory' | 'Message', key: string | null) => (key === null ? undefined : encodeId(type, key));

const sayProposal = ({ id, kind, status, memoryId, otherId, proposedAt, sources, ...proposal }: ProposalRow) => ({
  id: encodeId('Proposal', id),
  companion: proposal.companion,
  conversation: proposal.conversation,
  as: nameOf(proposalKind, kind),
  status: status === proposalStatus.OPEN ? undefined : nameOf(proposalStatus, status),
  draft: proposal.draft,
  memory: idOf('Memory', memoryId),
  other: idOf('Memory', otherId),
  confidence: proposal.confidence,
  proposedBy: proposal.proposedBy,
  recordedAt: proposedAt,
  decidedAt: given(proposal.decidedAt),
  decidedBy: given(proposal.decidedBy),
  note: given(proposal.note),
  sources: (sources ?? []).map((source) => ({
    role: nameOf(sourceRole, source.role),
    message: idOf('Message', source.messageId),
    memory: idOf('Memory', source.memoryId),
    quote: given(source.quote),
  })),
});

const sayVersionOf =
  ({ id: _, user, conversation, ...owner }: WorkingMemoryOwner) =>
  ({ version, content, data, template, schema, updatedAt, updatedBy }: VersionRow) => ({
    ...owner,
    user: given(user),
    conversation: given(conversation),
    version,
    content,
    data: given(data),
    template: given(template),
    schema: given(schema),
    recordedAt: updatedAt,
    recordedBy: updatedBy,
  });
