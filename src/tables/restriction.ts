import { type Allowed, type Rules, restrictedPolicies } from '../db/restricted-policies.ts';

// What a credential restricted to companions or users sees of each table, and may change: said once, for row-level
// security and for the statements themselves. What it changes indirectly, as what is believed, which entities there are,
// neighbourhoods and events, is written by `unrestricted` operations of the transaction.

/** Of the workspace as a whole: whoever is in it sees it. */
export const all = () => 'true';

/** Rows with a companion and a user. Those without a user are seen, and not changed. */
const owned = (table: string): Required<Rules> => {
  const companion = (allowed: Allowed) => allowed.companion(`${table}.companion_id`);
  const change = (allowed: Allowed) => `${companion(allowed)} and ${allowed.user(`${table}.user_id`)}`;
  return {
    read: (allowed) => `${companion(allowed)} and ${allowed.userOrNobody(`${table}.user_id`)}`,
    insert: change,
    update: change,
    delete: change,
  };
};

/** Rows that are seen where another row is, and changed where that may be: looked up, row by row. */
const ofRow =
  (table: string, column: string, other: string, mayChange = false) =>
  (allowed: Allowed): string =>
    `exists (select from ${other} o where o.workspace_id = ${table}.workspace_id and o.id = ${table}.${column}` +
    `${mayChange ? ` and ${allowed.user('o.user_id')}` : ''} offset 0)`;

const ofMemory = (table: string): Rules => ({ read: ofRow(table, 'memory_id', 'memories') });

/** Rows about two lineages are seen where both are. */
const ofTwo = (table: string, one: string, other: string) => (allowed: Allowed) =>
  `${ofRow(table, one, 'lineages')(allowed)} and ${ofRow(table, other, 'lineages')(allowed)}`;

/** Relations are made and ended where one end may be changed and the other is seen. */
const ofRelation = (table: string): Rules => {
  const read = ofTwo(table, 'from_lineage_id', 'to_lineage_id');
  const change = (allowed: Allowed) =>
    `${read(allowed)} and (${ofRow(table, 'from_lineage_id', 'lineages', true)(allowed)} ` +
    `or ${ofRow(table, 'to_lineage_id', 'lineages', true)(allowed)})`;
  return { read, insert: change, update: change };
};

/** What a summary is of is seen where the summary is, and written with it. */
const ofSummary = (table: string): Rules => {
  const found = (allowed?: Allowed) =>
    `exists (select from summaries o where o.workspace_id = ${table}.workspace_id and o.lineage_id = ${table}.summary_lineage_id` +
    `${allowed ? ` and ${allowed.user('o.user_id')}` : ''} offset 0)`;
  return { read: () => found(), insert: found, update: found, delete: found };
};

/** Rows that belong to another, as messages to their conversation: seen where that is, and changed where that may be. */
const partOf = (table: string, column: string, other: string): Rules => {
  const change = ofRow(table, column, other, true);
  return { read: ofRow(table, column, other), insert: change, update: change, delete: change };
};

const mentioned = (entityId: string): string =>
  ['mentions', 'mentions_history']
    .map(
      (table) =>
        `exists (select from ${table} x where x.workspace_id = entities.workspace_id and x.entity_id ${entityId} offset 0)`,
    )
    .join(' or ');

/** What of each table a restricted credential sees and changes; of others it sees nothing. */
export const rules = {
  workspaces: { read: all },
  companions: {
    read: (allowed) => allowed.companion('companions.id'),
    update: (allowed) => `${allowed.companion('companions.id')} and ${allowed.everyUser}`,
  },
  users: {
    read: (allowed) => allowed.user('users.id'),
    insert: (allowed) => allowed.everyUser,
    update: (allowed) => allowed.user('users.id'),
  },
  lineages: owned('lineages'),
  memories: owned('memories'),
  memories_history: owned('memories_history'),
  memory_embeddings: owned('memory_embeddings'),
  pending_embeddings: {
    ...ofMemory('pending_embeddings'),
    insert: ofRow('pending_embeddings', 'memory_id', 'memories', true),
    update: ofRow('pending_embeddings', 'memory_id', 'memories', true),
    delete: ofRow('pending_embeddings', 'memory_id', 'memories', true),
  },
  postings: (() => {
    const companion = (allowed: Allowed) => allowed.companion('postings.companion_id');
    const change = (allowed: Allowed) => `${companion(allowed)} and ${allowed.user('postings.user_id')}`;
    return {
      read: (allowed: Allowed) => `${companion(allowed)} and ${allowed.userOfPosting('postings.user_id')}`,
      insert: change,
      delete: change,
    };
  })(),
  // One that leads to what is not seen says that there is something: it is not followed. Those near are looked up together.
  neighborhoods: {
    read: (allowed) =>
      `${ofRow('neighborhoods', 'lineage_id', 'lineages')(allowed)} and cardinality(neighborhoods.near) = (` +
      `select count(*) from lineages o where o.workspace_id = neighborhoods.workspace_id and o.id = any(neighborhoods.near))`,
  },
  mentions: ofMemory('mentions'),
  mentions_history: ofMemory('mentions_history'),
  // Entities are shared: one is there for those who see a memory that mentions it, or one merged into it.
  entities: {
    read: (allowed) =>
      `${allowed.companion('entities.companion_id')} and (${allowed.everyUser} or ${mentioned('= entities.id')} ` +
      `or ${mentioned(`in ${allowed.mergedInto('entities.workspace_id', 'entities.id')}`)})`,
  },
  entities_history: { read: ofRow('entities_history', 'id', 'entities') },
  entity_terms: {
    read: (allowed) =>
      `${allowed.companion('entity_terms.companion_id')} and ${ofRow('entity_terms', 'entity_id', 'entities')(allowed)}`,
  },
  relations: ofRelation('relations'),
  relations_history: ofRelation('relations_history'),
  contradictions: { read: ofTwo('contradictions', 'memory_lineage_id', 'by_lineage_id') },
  contradictions_history: { read: ofTwo('contradictions_history', 'memory_lineage_id', 'by_lineage_id') },
  findings: { read: ofTwo('findings', 'memory_lineage_id', 'by_lineage_id') },
  summaries: owned('summaries'),
  summary_sources: ofSummary('summary_sources'),
  profiles: owned('profiles'),
  decisions: ofMemory('decisions'),
  decisions_history: ofMemory('decisions_history'),
  // Of two memories the second's companion and user are said where they are others than the first's.
  events: {
    read: (allowed) =>
      `${owned('events').read(allowed)} and (events.other_companion_id is null or ` +
      `${allowed.companion('events.other_companion_id')}) and ${allowed.userOrNobody('events.other_user_id')}`,
  },
  conversations: owned('conversations'),
  messages: partOf('messages', 'conversation_id', 'conversations'),
  proposals: owned('proposals'),
  proposal_sources: partOf('proposal_sources', 'proposal_id', 'proposals'),
  extractions: partOf('extractions', 'conversation_id', 'conversations'),
  working_memories: owned('working_memories'),
  working_memories_history: owned('working_memories_history'),
  sessions: owned('sessions'),
  decay_policies: { read: all },
  decay_policies_history: { read: all },
  idempotency_keys: { read: all, insert: all, update: all, delete: all },
  idempotency_subjects: { read: all, insert: all, update: all, delete: all },
} satisfies Record<string, Rules> as Record<string, Rules>;

/** The policies of a table for restricted credentials. */
export function policiesFor(table: string): ReturnType<typeof restrictedPolicies> {
  return restrictedPolicies(rules[table] as Rules, table === 'workspaces' ? 'id' : 'workspace_id');
}

/** What the condition on a table looks into. */
export const needs: Record<string, readonly string[]> = {
  pending_embeddings: ['memories'],
  neighborhoods: ['lineages'],
  mentions: ['memories'],
  mentions_history: ['memories'],
  entities: ['memories', 'mentions', 'mentions_history'],
  entities_history: ['memories', 'mentions', 'mentions_history', 'entities'],
  entity_terms: ['memories', 'mentions', 'mentions_history', 'entities'],
  relations: ['lineages'],
  relations_history: ['lineages'],
  contradictions: ['lineages'],
  contradictions_history: ['lineages'],
  findings: ['lineages'],
  summary_sources: ['summaries'],
  decisions: ['memories'],
  decisions_history: ['memories'],
  messages: ['conversations'],
  proposal_sources: ['proposals'],
  extractions: ['conversations'],
};
